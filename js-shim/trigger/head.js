// tkl-notify trigger {version}: the body of a TKL trigger model. Paste all of it between the editor's two fixed lines,
// function trigger_script(device, thingModelId) { and }, which are not part of it. Edit RULES; leave what is below them.
//
// A rule:
//   name          the alarm; one rule an alarm, several levels of it are its steps
//   field         telemetry field; a value that is missing or not a number ("21.5" is one) decides nothing
//   is            > >= < <= == != between outside
//   threshold     80, or "alarm_temp": the device's server attribute; [lower, upper] for between and outside
//   default       threshold(s) where the attribute is not set
//   hysteresis    5: once raised, it clears only 5 beyond the threshold (needs the method notify, which keeps the state)
//   level         low, mid (if not given), high, urgent
//   steps         [{"level": "high", "threshold": 80}, {"level": "urgent", "threshold": 90}]: the highest that holds;
//                 what a step does not say, it takes from the rule; name, group and methods are the rule's
//   title, desc   with {device} {eui} {value} {threshold} {unit} {level} {field} {name} {is}
//   unit          "°C"
//   group         notice groups: a server attribute (if not given: "group"), or the value itself, such as {"notify": ["ops"]}
//   methods       RPCs to call, in this order (if not given: ["notify", "alarm"])
//   thingModelId  "123": only telemetry of this thing model; a server that names none (2.00.011) means the newest
// A faulty rule raises the alarm rule_fault_<name>, whose description says what to correct, and harms no other rule.
// The alarm clears by itself where notify keeps the state.
var RULES = [
  {
    "name": "overheat_alarm",
    "field": "temperature",
    "is": ">=",
    "threshold": "alarm_temp",
    "unit": "°C",
    "level": "high",
    "title": "Overheat: [{device}]",
    "desc": "[{device}] temperature {value}{unit} exceeded threshold {threshold}{unit}",
    "methods": ["notify", "alarm"]
  }
];
// Not to be edited from here on.
