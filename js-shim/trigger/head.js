// tkl-notify trigger {version}
var RULES = [
  {
    "name": "overheat_alarm",
    "field": "temperature", "is": ">=", "threshold": "alarm_temp", "unit": "°C",
    "level": "high",
    "title": "Overheat: [{device}]",
    "desc": "[{device}] temperature {value}{unit} exceeded threshold {threshold}{unit}",
    "methods": ["notify", "alarm"]
  }
];
