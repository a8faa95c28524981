//! The trigger's rules as people write them, over uplinks as the platform hands them in.
//! The paste file itself is tested in `trigger.test.mjs`; here a few lines of Rust stand in for its shim.

#![cfg(feature = "trigger")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tkl_notify::alarm::Level;
use tkl_notify::policy::{State, key};
use tkl_notify::trigger::{self, Field};

/// What the shim hands to the core: keys and values in turn.
#[derive(Default)]
struct Input(Vec<String>);

impl Input {
    fn text(&self) -> String {
        self.0.join("\0")
    }

    fn put(&mut self, key: &str, value: &Value) {
        self.0.push(key.replace('\0', ""));
        self.0.push(text(value));
    }

    /// A value that may be a number.
    fn put_number(&mut self, key: &str, value: &Value) {
        self.put(key, value);
        let number = match value {
            Value::String(text) => text.trim().parse().unwrap_or(f64::NAN),
            Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
            _ => f64::NAN,
        };
        if number.is_finite() {
            let bits = number.to_bits();
            let [high, low] = [(bits >> 32) as u32, bits as u32].map(base_32);
            self.0.last_mut().unwrap().push_str(&format!("\u{1}{high}\u{1}{low}"));
        }
    }

    /// What a rule or a step says.
    fn put_part(&mut self, part: &Map<String, Value>, device: &Value, models: &Map<String, Value>) {
        for (name, value) in part {
            let place = Field::ALL.iter().position(|field| field.word() == name);
            let key = match place {
                Some(place) => format!("k{}", char::from(b'a' + place as u8)),
                None => format!("k?{name}"),
            };
            match name.as_str() {
                "threshold" | "default" => {
                    for (item, which) in
                        list(value).iter().chain(&[Value::Null, Value::Null]).zip(["", "2"])
                    {
                        self.put_number(&[&key, which].concat(), item);
                        let attribute = &device["server_attrs"][&text(item)];
                        if name == "threshold" && !attribute.is_null() {
                            self.put_number(&["s", which].concat(), attribute);
                        }
                    }
                }
                "hysteresis" => self.put_number(&key, value),
                "methods" | "group" | "steps" => {}
                _ => self.put(&key, value),
            }
        }
        if let Some(field) = part.get("field") {
            for (id, telemetry) in models {
                if let Some(reading) = telemetry.get(text(field)) {
                    self.put_number(&["t", id].concat(), reading);
                }
            }
        }
    }
}

/// A value as text.
fn text(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN).to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    };
    text.replace(['\0', '\u{1}'], "")
}

fn base_32(number: u32) -> String {
    let digit = |shift: u32| char::from_digit(number >> shift & 31, 32).unwrap();
    (0..=30).rev().step_by(5).map(digit).collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Runs the rules; `model` is what the host passes as `thingModelId`. The calls are those that the shim
/// makes of the answer, but that `group` is the number of the rule.
fn run(device: &Value, model: Option<&str>, rules: &Value) -> Vec<Value> {
    let mut input = Input::default();
    input.put("dname", &device["name"]);
    input.put("deui", &device["eui"]);
    let mut models = map(&device["telemetry_data"]);
    models.retain(|id, _| model.is_none_or(|model| model == id));
    for (id, telemetry) in &models {
        input.put_number(&["m", id].concat(), &telemetry["update_time"]);
    }
    let states: BTreeMap<String, Value> = map(&device["server_attrs"])
        .into_iter()
        .filter(|(name, _)| name.starts_with("ntf_"))
        .collect();
    for (name, value) in &states {
        input.put(&["n", name].concat(), value);
    }
    let rules = list(rules);
    let mut names = BTreeMap::new();
    for (rule, number) in rules.iter().zip(1..) {
        let before = names.insert(text(&rule["name"]), number);
        let before = before.map(|number: usize| number.to_string()).unwrap_or_default();
        input.put(&["u", &before].concat(), &json!(number));
        input.put_part(&map(rule), device, &models);
        let steps = rule.get("steps").filter(|steps| !steps.is_null()).map(list);
        for step in steps.unwrap_or_default() {
            input.put("l", &Value::Null);
            input.put_part(&map(&step), device, &models);
        }
    }
    let mut calls = Vec::new();
    for [rule, action, name, title, level, desc] in read(&trigger::run(&input.text())) {
        let mut methods = list(&rules[rule.parse::<usize>().unwrap() - 1]["methods"]);
        methods.retain(|method| !text(method).is_empty());
        if methods.is_empty() {
            methods = vec![json!("notify"), json!("alarm")];
        }
        for method in methods {
            calls.push(json!({ "method": text(&method), "params": {
                "_eui": text(&device["eui"]), "action": action, "name": name, "title": title,
                "level": level, "desc": desc, "group": rule,
            }}));
        }
    }
    calls
}

/// The alarms in the core's answer: rule, action, name, title, level, description.
fn read(answer: &str) -> Vec<[&str; 6]> {
    let mut values: Vec<&str> = answer.split('\0').collect();
    assert_eq!(values.pop(), Some(""), "each value is ended");
    let (alarms, rest) = values.as_chunks();
    assert!(rest.is_empty());
    alarms.to_vec()
}

/// A device whose thing model 7 just reported `temperature`.
fn device(temperature: Value, server_attrs: Value) -> Value {
    json!({
        "name": "Boiler 3", "eui": "24e1", "server_attrs": server_attrs,
        "telemetry_data": { "7": { "temperature": temperature, "update_time": 1_763_000_000_000u64 } },
    })
}

/// A rule with the fields that a test does not care about.
fn rule(fields: Value) -> Value {
    let mut rule = map(&json!({
        "name": "hot", "field": "temperature", "is": ">=", "threshold": 80, "level": "high", "methods": ["m"],
    }));
    rule.extend(map(&fields));
    Value::Object(rule)
}

/// What comes out, one line a call: `action name level: desc`.
fn lines(actions: &[Value]) -> Vec<String> {
    let text = |action: &Value, field| action["params"][field].as_str().unwrap_or("?").to_owned();
    let line = |a: &Value| [text(a, "action"), text(a, "name"), text(a, "level")].join(" ");
    actions
        .iter()
        .map(|a| [line(a), text(a, "desc")].join(": ").trim_end_matches(": ").to_owned())
        .collect()
}

/// The same for one uplink of one rule without server attributes.
fn says(temperature: Value, fields: Value) -> Vec<String> {
    lines(&run(&device(temperature, json!({})), Some("7"), &json!([rule(fields)])))
}

/// `server_attrs` in which `notify` keeps these alarms as raised.
fn raised(alarms: &[(&str, Level)]) -> Value {
    let states = alarms.iter().map(|(name, level)| {
        let state = State { level: Some(*level), ..State::default() };
        (key(name), Value::String(state.text(name)))
    });
    Value::Object(states.collect())
}

#[test]
fn the_notes_example_comes_out_as_the_note_has_it() {
    let rules = json!([{
        "name": "overheat_alarm", "field": "temperature", "is": ">=", "threshold": "alarm_temp", "level": "high",
        "title": "Overheat: [{device}]", "unit": "°C",
        "desc": "[{device}] temperature {value}{unit} exceeded threshold {threshold}{unit}",
        "methods": ["alarm", "wecom_notify"],
    }]);
    let call = |method: &str, action: &str, desc: &str| {
        json!({ "method": method, "params": {
            "_eui": "24e1", "action": action, "name": "overheat_alarm", "title": "Overheat: [Boiler 3]",
            "level": "high", "desc": desc, "group": "1",
        }})
    };
    let desc = "[Boiler 3] temperature 85.5°C exceeded threshold 80°C";
    assert_eq!(
        run(&device(json!(85.5), json!({ "alarm_temp": 80 })), Some("7"), &rules),
        [call("alarm", "new", desc), call("wecom_notify", "new", desc)]
    );
    assert_eq!(
        run(&device(json!(20), json!({ "alarm_temp": "80" })), Some("7"), &rules),
        [call("alarm", "clear", ""), call("wecom_notify", "clear", "")]
    );
}

#[test]
fn each_comparison_holds_where_it_says() {
    let holds = |is: &str, threshold: Value, value: f64| {
        let lines = says(json!(value), json!({ "is": is, "threshold": threshold }));
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].starts_with("new")
    };
    let around =
        |is, threshold: Value, values: [f64; 3]| values.map(|v| holds(is, threshold.clone(), v));
    assert_eq!(around(">", json!(5), [4.9, 5.0, 5.1]), [false, false, true]);
    assert_eq!(around(">=", json!(5), [4.9, 5.0, 5.1]), [false, true, true]);
    assert_eq!(around("<", json!(5), [4.9, 5.0, 5.1]), [true, false, false]);
    assert_eq!(around("<=", json!(5), [4.9, 5.0, 5.1]), [true, true, false]);
    assert_eq!(around("==", json!(5), [4.9, 5.0, 5.1]), [false, true, false]);
    assert_eq!(around("!=", json!(5), [4.9, 5.0, 5.1]), [true, false, true]);
    assert_eq!(around("between", json!([-5, 5]), [-5.0, 0.0, 5.0]), [true, true, true]);
    assert_eq!(around("between", json!([-5, 5]), [-5.1, 5.1, 99.0]), [false, false, false]);
    assert_eq!(around("outside", json!([-5, 5]), [-5.0, 0.0, 5.0]), [false, false, false]);
    assert_eq!(around("outside", json!([-5, 5]), [-5.1, 5.1, 99.0]), [true, true, true]);
}

#[test]
fn a_value_that_is_no_number_decides_nothing() {
    for value in [
        json!(null),
        json!("hot"),
        json!(""),
        json!(" "),
        json!(true),
        json!(false),
        json!([85]),
        json!({}),
    ] {
        assert_eq!(says(value.clone(), json!({})), [""; 0], "{value}");
    }
    assert_eq!(says(json!(" 85.5 "), json!({})).len(), 1, "people's numeric text is a number");
    assert_eq!(says(json!(85), json!({ "field": "humidity" })), [""; 0]);
    // The wrong thing model: the rule's own, and one without this field.
    assert_eq!(says(json!(85), json!({ "thingModelId": "8" })), [""; 0]);
    assert_eq!(says(json!(85), json!({ "thingModelId": 7 })).len(), 1);
    assert!(run(&device(json!(85), json!({})), Some("8"), &json!([rule(json!({}))])).is_empty());
    assert!(run(&json!({}), Some("7"), &json!([rule(json!({}))])).is_empty());
}

#[test]
fn without_a_thing_model_id_the_newest_telemetry_speaks() {
    let speaks = |times: [Value; 2], fields: Value| {
        let device = json!({ "eui": "24e1", "telemetry_data": {
            "7": { "temperature": 85, "update_time": times[0] }, "8": { "temperature": 20, "update_time": times[1] },
        }});
        lines(&run(&device, None, &json!([rule(fields)])))
    };
    assert_eq!(speaks([json!(2), json!(1)], json!({})), ["new hot high: temperature 85 >= 80"]);
    assert_eq!(speaks([json!(1), json!(2)], json!({})), ["clear hot high"]);
    assert_eq!(
        speaks([json!(1), json!(2)], json!({ "thingModelId": "7" })),
        [""; 0],
        "7 did not report"
    );
    assert_eq!(
        speaks([json!(2), json!(2)], json!({ "thingModelId": "8" })),
        ["clear hot high"],
        "both reported"
    );
    assert_eq!(speaks([json!(null), json!(2)], json!({})), ["clear hot high"]);
    assert_eq!(
        speaks([json!(null), json!(null)], json!({})),
        ["new hot high: temperature 85 >= 80"]
    );
}

#[test]
fn an_alarm_that_is_raised_clears_only_beyond_the_hysteresis() {
    let after = |state: &Value, value: f64, fields: Value| {
        let lines =
            lines(&run(&device(json!(value), state.clone()), Some("7"), &json!([rule(fields)])));
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].starts_with("new")
    };
    let up = raised(&[("hot", Level::High)]);
    let calm = raised(&[("other", Level::High)]);
    for (is, threshold, held, cleared) in [
        (">=", json!(80), 75.0, 74.9),
        (">", json!(80), 75.1, 75.0),
        ("<=", json!(80), 85.0, 85.1),
        ("<", json!(80), 84.9, 85.0),
        ("==", json!(80), 85.0, 85.1),
        ("between", json!([80, 90]), 75.0, 74.9),
        ("between", json!([80, 90]), 95.0, 95.1),
        ("outside", json!([60, 80]), 64.9, 65.0),
        ("outside", json!([60, 80]), 75.1, 75.0),
    ] {
        let fields = json!({ "is": is, "threshold": threshold, "hysteresis": 5 });
        assert!(after(&up, held, fields.clone()), "{is} {held} held");
        assert!(!after(&calm, held, fields.clone()), "{is} {held} not raised before");
        assert!(!after(&up, cleared, fields), "{is} {cleared} cleared");
    }
    for odd in [json!("x"), json!(1), json!({}), json!(null), json!("1.0.0.")] {
        assert!(!after(&json!({ "ntf_hot": odd }), 79.0, json!({ "hysteresis": 5 })), "no state");
    }
}

#[test]
fn a_state_is_found_whatever_the_alarm_is_called() {
    let names =
        ["hot", "cold", "过温", "a b", "ack", "超过三十二个字节的名字也一样", "Hot", "hot_2"];
    let states = raised(&names.map(|name| (name, Level::High)));
    for name in names {
        let rules = json!([rule(json!({ "name": name, "hysteresis": 5 }))]);
        assert!(
            lines(&run(&device(json!(76), states.clone()), Some("7"), &rules))[0]
                .starts_with("new")
        );
        let fault = raised(&[(&["rule_fault_", name].concat(), Level::Mid)]);
        let lines = lines(&run(&device(json!(20), fault), Some("7"), &rules));
        assert_eq!(lines[1..], [["clear rule_fault_", name, " mid"].concat()]);
    }
}

#[test]
fn the_level_that_a_state_tells_is_the_one_that_notify_keeps() {
    for level in Level::ALL.map(Some).into_iter().chain([None]) {
        let worst = Some(Level::Urgent);
        let text =
            State { level, worst, messages: 7, title: "Hot", ..State::default() }.text("hot");
        assert_eq!(State::level(&text, "hot"), level);
        assert_eq!(State::level(&text, "other"), None);
    }
    // The text that the tests of the paste file put on their device.
    let text = State { level: Some(Level::High), ..State::default() }.text("overheat_alarm");
    assert_eq!(text, include_str!("fixtures/state_overheat_alarm_high.txt").trim_end());
}

#[test]
fn steps_are_one_alarm_at_the_highest_level_that_holds() {
    let steps = json!({ "hysteresis": 5, "desc": "{level} {value}/{threshold}", "steps": [
        { "level": "high", "threshold": 80 }, { "level": "urgent", "threshold": 90, "hysteresis": 2 },
    ]});
    let says = |state: Value, value: f64| {
        lines(&run(&device(json!(value), state), Some("7"), &json!([rule(steps.clone())])))
    };
    let at = |level| raised(&[("hot", level)]);
    assert_eq!(says(json!({}), 79.0), ["clear hot high"]);
    assert_eq!(says(json!({}), 80.0), ["new hot high: high 80/80"]);
    assert_eq!(says(json!({}), 90.0), ["new hot urgent: urgent 90/90"]);
    assert_eq!(says(at(Level::Urgent), 88.0), ["new hot urgent: urgent 88/90"]);
    assert_eq!(says(at(Level::Urgent), 87.9), ["new hot high: high 87.9/80"]);
    assert_eq!(says(at(Level::High), 89.0), ["new hot high: high 89/80"], "urgent was not reached");
    assert_eq!(says(at(Level::High), 75.0), ["new hot high: high 75/80"]);
    assert_eq!(says(at(Level::High), 74.9), ["clear hot high"]);
}

#[test]
fn a_threshold_of_a_step_replaces_all_that_the_rule_says_of_it() {
    let says = |threshold: Value| {
        let rule = rule(json!({
            "is": "between", "threshold": ["low", "high"], "default": [70, 80],
            "steps": [{ "threshold": threshold }],
        }));
        lines(&run(&device(json!(85), json!({ "low": 60, "high": 90 })), Some("7"), &json!([rule])))
    };
    assert_eq!(says(json!(["low", "high"])), ["new hot high: temperature 85 between 60..90"]);
    assert_eq!(says(json!(["low", "top"])), ["clear hot high"], "the default, not what high says");
    assert!(says(json!(["low"]))[0].ends_with("threshold must be [lower, upper]."));
}

#[test]
fn each_fault_is_named_with_its_rule_and_its_fix() {
    let fault = |fields: Value| {
        let lines = says(json!(85), fields);
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].clone()
    };
    let golden = [
        (
            json!({ "name": null }),
            "_1 mid: Rule 1 (no name): name is missing; give it one of its own.",
        ),
        (
            json!({ "field": null }),
            "_hot mid: Rule 1 (hot): field is missing; name a telemetry field.",
        ),
    ];
    for (fields, expected) in golden {
        assert_eq!(fault(fields), ["new rule_fault", expected].concat());
    }
    for (fields, expected) in [
        (json!({ "treshold": 3 }), "treshold is not a field of a rule; the fields are name field"),
        (json!({ "is": "over" }), "is must be one of > >= < <= == != between outside"),
        (json!({ "is": null }), "is must be one of"),
        (json!({ "level": "hot" }), "level must be one of low mid high urgent"),
        (json!({ "hysteresis": -1 }), "hysteresis must be 0 or more"),
        (json!({ "hysteresis": "wide" }), "hysteresis must be"),
        (json!({ "hysteresis": 1, "is": "!=" }), "does not go with !="),
        (json!({ "threshold": null }), "threshold must be one number"),
        (
            json!({ "threshold": [1, 2] }),
            "threshold must be one number or the name of a server attribute",
        ),
        (
            json!({ "threshold": "alarm_temp" }),
            "server attribute alarm_temp is not set; set it, or give the rule a default",
        ),
        (json!({ "is": "between" }), "threshold must be [lower, upper]"),
        (
            json!({ "is": "between", "threshold": [2, 1] }),
            "the lower threshold is above the upper one",
        ),
        (
            json!({ "is": "outside", "threshold": [1, 2], "hysteresis": 0.6 }),
            "would never let it clear",
        ),
    ] {
        let text = fault(fields);
        assert!(
            text.starts_with("new rule_fault_hot mid: Rule 1 (hot): ") && text.contains(expected),
            "{text}"
        );
    }
}

#[test]
fn a_bad_rule_harms_no_other() {
    let rules = json!([
        rule(json!({ "is": "over", "name": "bad" })),
        null,
        rule(json!({})),
        rule(json!({})),
        "x"
    ]);
    assert_eq!(
        lines(&run(&device(json!(85), json!({})), Some("7"), &rules)),
        [
            "new rule_fault_bad mid: Rule 1 (bad): is must be one of > >= < <= == != between outside.",
            "new rule_fault_2 mid: Rule 2 (no name): name is missing; give it one of its own.",
            "new rule_fault_2 mid: Rule 2 (no name): name is missing; give it one of its own.",
            "new hot high: temperature 85 >= 80",
            "new rule_fault_4 mid: Rule 4 (hot): hot is also the name of an earlier rule; make them steps of one.",
            "new rule_fault_5 mid: Rule 5 (no name): name is missing; give it one of its own.",
            "new rule_fault_5 mid: Rule 5 (no name): name is missing; give it one of its own.",
        ]
    );
}

#[test]
fn a_faulty_step_hides_no_other_and_never_clears() {
    let fields =
        json!({ "steps": [{ "threshold": 80 }, { "level": "urgent", "threshold": "limit" }] });
    let lines = |value| says(json!(value), fields.clone());
    assert_eq!(lines(85)[0], "new hot high: temperature 85 >= 80");
    assert_eq!(lines(85).len(), 2);
    assert_eq!(lines(20).len(), 1);
    assert!(lines(20)[0].starts_with("new rule_fault_hot"));
}

#[test]
fn a_default_stands_in_for_an_attribute_and_a_wrong_one_is_told() {
    let says = |attrs: Value| {
        let rule = rule(json!({ "threshold": "alarm_temp", "default": "75" }));
        lines(&run(&device(json!(78), attrs), Some("7"), &json!([rule])))
    };
    assert_eq!(says(json!({})), ["new hot high: temperature 78 >= 75"]);
    assert_eq!(says(json!({ "alarm_temp": "" })), ["new hot high: temperature 78 >= 75"]);
    assert_eq!(says(json!({ "alarm_temp": "90" })), ["clear hot high"]);
    assert_eq!(
        says(json!({ "alarm_temp": "8o" })),
        [
            "new hot high: temperature 78 >= 75",
            "new rule_fault_hot mid: Rule 1 (hot): server attribute alarm_temp is not a number; the default is used until it is.",
        ]
    );
}

#[test]
fn the_fault_is_cleared_once_the_rule_decides_again() {
    let faults = raised(&[
        ("rule_fault_hot", Level::Mid),
        ("rule_fault_1", Level::Mid),
        ("rule_fault_2", Level::Mid),
    ]);
    let says = |value: Value| {
        lines(&run(&device(value, faults.clone()), Some("7"), &json!([rule(json!({}))])))
    };
    assert_eq!(
        says(json!(20)),
        ["clear hot high", "clear rule_fault_hot mid", "clear rule_fault_1 mid"]
    );
    assert_eq!(says(json!(null)), [""; 0], "still unknown whether the rule is good");
}

#[test]
fn placeholders_are_filled_once_and_unknown_ones_stay() {
    let device = json!({
        "name": "{eui} {value}", "eui": "24e1", "telemetry_data": { "7": { "temperature": "85.50" } },
    });
    let fields = json!({
        "title": "{device}|{nope}|{|}|{}|{unit", "unit": "°C",
        "desc": "{name} {field} {is} {threshold} {unit} {level} {eui} {value}{value}",
    });
    let actions = run(&device, Some("7"), &json!([rule(fields)]));
    assert_eq!(actions[0]["params"]["title"], "{eui} {value}|{nope}|{|}|{}|{unit");
    assert_eq!(actions[0]["params"]["desc"], "hot temperature >= 80 °C high 24e1 85.5085.50");
}

#[test]
fn a_rule_without_words_or_methods_still_says_what_holds() {
    let rules = json!([{ "name": "wet", "field": "temperature", "is": "outside", "threshold": [10, "top"], "default": [0, 30] }]);
    let actions = run(&device(json!(31), json!({})), Some("7"), &rules);
    assert_eq!(lines(&actions), ["new wet mid: temperature 31 outside 10..30"; 2]);
    assert_eq!((&actions[0]["method"], &actions[1]["method"]), (&json!("notify"), &json!("alarm")));
    assert_eq!(actions[0]["params"]["title"], "wet");
}

#[test]
fn numbers_cross_exactly() {
    let action = |reading: f64| {
        let rules = json!([rule(json!({ "is": "==", "threshold": 0.1 + 0.2 }))]);
        let calls = run(&device(json!(reading), json!({})), Some("7"), &rules);
        calls[0]["params"]["action"].as_str().unwrap().to_owned()
    };
    assert_eq!(action(0.1 + 0.2), "new");
    assert_eq!(action(0.3), "clear");
}

/// Values as a careless person or a broken device writes them.
fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-100i32..100).prop_map(Value::from),
        prop::sample::select(vec![
            "80",
            "alarm_temp",
            ">=",
            "between",
            "high",
            "ntf_hot",
            "{value}",
            "",
            "hot",
            "\0",
            "过温"
        ])
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        let fields =
            prop::sample::select(vec!["threshold", "level", "is", "field", "name", "x", ""]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((fields, inner), 0..3).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
        ]
    })
}

fn any_rule() -> impl Strategy<Value = Value> {
    let fields = "name field is threshold default hysteresis level title desc unit group methods steps thingModelId typo";
    let fields = prop::sample::select(fields.split(' ').collect::<Vec<_>>());
    prop::collection::vec((fields, any_value()), 0..4).prop_map(|fields| {
        rule(Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()))
    })
}

proptest! {
    #[test]
    fn any_rules_over_any_values_end_in_well_formed_calls(
        rules in prop::collection::vec(prop_oneof![4 => any_rule(), 1 => any_value()], 0..4),
        value in any_value(),
        attribute in any_value(),
        state in any_value(),
        model in prop::option::of("[78]"),
    ) {
        let device = device(value, json!({ "alarm_temp": attribute, "ntf_hot": state }));
        for action in run(&device, model.as_deref(), &Value::from(rules.clone())) {
            let params = &action["params"];
            prop_assert!(action["method"].is_string());
            prop_assert!(params["action"] == "new" || params["action"] == "clear");
            prop_assert!(params["name"].as_str().is_some_and(|name| !name.is_empty()));
            prop_assert!(params["level"].as_str().and_then(Level::from_word).is_some());
            prop_assert!(params["group"].as_str().unwrap().parse::<usize>().unwrap() <= rules.len());
            prop_assert_eq!(&params["_eui"], "24e1");
        }
    }

    #[test]
    fn a_rule_never_clears_what_it_cannot_judge(rule in any_rule(), value in any_value()) {
        let is_number = match &value {
            Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
            value => value.is_number(),
        };
        let actions = run(&device(value, json!({})), Some("7"), &json!([rule]));
        let faulty = actions.iter().any(|a| a["params"]["name"].as_str().unwrap().starts_with("rule_fault_"));
        if !is_number || faulty {
            prop_assert!(actions.iter().all(|a| a["params"]["action"] == "new"), "{:?}", actions);
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[\\x00-\\x02dumlkstn0-9a-z]{0,80}") {
        read(&trigger::run(&text));
    }

    #[test]
    fn a_good_rule_agrees_with_its_comparison(value in -1e6f64..1e6, threshold in -1e6f64..1e6) {
        let lines = says(json!(value), json!({ "threshold": threshold }));
        prop_assert_eq!(lines.len(), 1);
        prop_assert_eq!(lines[0].starts_with("new"), value >= threshold);
    }
}
