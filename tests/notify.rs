//! The `notify` preset as a whole: what a call with few parameters says. Policy, delivery and wording have tests
//! of their own.

mod wire;

use serde_json::Value;
use wire::{Input, input};

fn run(input: &Input) -> Value {
    let text = input.text();
    serde_json::from_str(&tkl_notify::preset::run(&text, None).into_json()).unwrap()
}

/// A call of `notify` with one bot, sent by the platform.
fn call(action: &str) -> Input {
    input("notify")
        .set("owecom_webhook_url", "key-1")
        .set("pname", "overheat")
        .set("paction", action)
}

fn content(outcome: &Value) -> &str {
    outcome["actions"][0]["dnMsg"]["data"]["markdown"]["content"].as_str().unwrap()
}

#[test]
fn a_recovery_without_a_title_has_the_title_of_its_raise() {
    let raised = run(&call("new").set("ptitle", "Boiler too hot"));
    assert!(content(&raised).contains("Alarm: Boiler too hot"), "{raised}");
    let state = raised["actions"][1]["dnMsg"]["server_attrs"]["ntf_overheat"].as_str().unwrap();
    let clear = call("clear").set("sntf_overheat", state);
    let recovered = run(&clear);
    assert!(content(&recovered).contains("Recovered: Boiler too hot"), "{recovered}");
    let renamed = run(&clear.set("ptitle", "Boiler fine"));
    assert!(content(&renamed).contains("Recovered: Boiler fine"), "{renamed}");
}

#[test]
fn an_alarm_that_never_had_a_title_goes_by_its_name() {
    let raised = run(&call("new"));
    assert!(content(&raised).contains("Alarm: overheat"), "{raised}");
}
