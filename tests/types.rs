//! The types that the package gives TypeScript, held against the text that the core writes and against
//! the table of methods: field for field, in both directions.

#[allow(dead_code)]
#[path = "../src/wasm/package/types.rs"]
mod types;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tkl_notify::preset::METHODS;
use types::{MethodActions, MethodParams, ServiceRequest};
use wire::{Input, input, run};

/// Reads a text as a type, and writes it again: nothing is unknown, nothing is lost.
#[track_caller]
fn holds<T: DeserializeOwned + Serialize>(value: &Value) {
    let read: T =
        serde_json::from_value(value.clone()).unwrap_or_else(|fault| panic!("{fault}: {value}"));
    assert_eq!(serde_json::to_value(read).unwrap(), *value);
}

/// What the services answer to every request, as entries.
const ANSWERS: [&[(&str, &str)]; 6] = [
    &[("hstatus", "200"), ("jerrcode", "0"), ("jaccess_token", "tok"), ("jexpires_in", "7200")],
    &[("hstatus", "200"), ("jerrcode", "45009"), ("jerrmsg", "too fast")],
    &[("hstatus", "200"), ("jerrcode", "130101"), ("jerrmsg", "too fast")],
    &[("hstatus", "200"), ("jerrcode", "40201"), ("jerrmsg", "no")],
    &[("hstatus", "502")],
    &[("herror", "ECONNRESET")],
];

/// Runs a call to its end; every request is answered alike, but a token is given. The actions.
fn finished(start: &Input, answer: &[(&str, &str)], seen: &mut BTreeSet<String>) -> Vec<Value> {
    let mut text = start.text();
    loop {
        let outcome = run(&text).value;
        let Some(calls) = outcome["calls"].as_array() else {
            return outcome["actions"].as_array().expect("actions are a list").clone();
        };
        for call in calls {
            holds::<ServiceRequest>(call);
            seen.insert(format!("{} {}", call["method"], call["data"]["msgtype"]));
            let token = call["method"] == "GET";
            text += "\0r\x001700000000101";
            for (key, value) in if token { ANSWERS[0] } else { answer } {
                text += &format!("\0{key}\0{value}");
            }
        }
    }
}

/// Calls of a method that make it answer with all that it may.
fn calls(method: &str) -> Vec<Input> {
    let base = input(method)
        .set("owecom_webhook_url", "k-1")
        .set("odingtalk_token", "tok")
        .set("odingtalk_secret", "SECdemo")
        .set("owecom_corp_id", "ww1")
        .set("owecom_corp_secret", "secret")
        .set("owecom_agent_id", "7")
        .set("pname", "hot")
        .set("paction", "new")
        .set("plevel", "high");
    let confirming = base.set("faxios", "1");
    let rung = |input: &Input| {
        input
            .set("pmentioned_list", "zhang,@all")
            .set("pmentioned_mobile_list", "138")
            .set("pat_mobiles", "138")
            .set("pat_user_ids", "u1")
            .set("pat_all", "true")
            .set("ptouser", "zhang")
            .set("ptoparty", "2")
            .set("ptotag", "3")
            .set("pnotify_mentions", "*=user:zhang,mobile:138,all")
    };
    let mut calls = Vec::new();
    for input in [&base, &rung(&base), &confirming, &rung(&confirming)] {
        calls.push(input.clone());
        for delivery in ["action", "confirm"] {
            let input = input.set("pnotify_delivery", delivery);
            calls.push(input.set("pwecom_token_cache", "on"));
            calls.push(input.set("pnotify_routes", "*=wecom").set("pnotify_fallback", "dingtalk"));
        }
    }
    calls
}

#[test]
fn what_a_method_answers_is_what_its_type_says() {
    let mut seen = BTreeSet::new();
    let mut types = BTreeSet::new();
    // Each method's first action stands for it while another's are looked at.
    let mut all: BTreeMap<&str, Value> = BTreeMap::new();
    for method in METHODS {
        let input = calls(method.name).pop().expect("there are some").set("faxios", "1");
        let actions = finished(&input.set("pnotify_delivery", "action"), ANSWERS[0], &mut seen);
        all.insert(method.name, actions.first().expect("it pushes").clone());
    }
    for method in METHODS {
        for input in calls(method.name) {
            for answer in ANSWERS {
                for action in finished(&input, answer, &mut seen) {
                    types.insert(format!("{} {}", method.name, action["type"].as_str().unwrap()));
                    let mut all = all.clone();
                    all.insert(method.name, action);
                    holds::<MethodActions>(&json!(all));
                }
            }
        }
    }
    let asked = ["\"GET\" null", "\"POST\" \"markdown\"", "\"POST\" \"text\""];
    assert_eq!(seen, asked.map(String::from).into());
    let answered = [
        "dingtalk_notify axios",
        "dingtalk_text axios",
        "notify axios",
        "notify modifyAttrs",
        "wecom_app_notify axios",
        "wecom_app_notify modifyAttrs",
        "wecom_notify axios",
        "wecom_text axios",
    ];
    assert_eq!(types, answered.map(String::from).into());
}

#[test]
fn a_method_takes_the_parameters_that_its_type_lists() {
    let none: BTreeMap<&str, Value> =
        METHODS.iter().map(|method| (method.name, json!({}))).collect();
    let params: MethodParams = serde_json::from_value(json!(none)).unwrap();
    let typed = serde_json::to_value(params).unwrap();
    assert_eq!(typed.as_object().unwrap().len(), METHODS.len());
    for method in METHODS {
        let channels = method.channels.iter().flat_map(|channel| channel.params);
        let listed: BTreeSet<&str> = channels.chain(method.params).copied().collect();
        let typed = typed[method.name].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(listed, typed, "{}", method.name);
    }
}
