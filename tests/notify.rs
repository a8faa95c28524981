//! The `notify` preset as a whole: what a call with few parameters says. Policy, delivery and wording have tests
//! of their own.

mod wire;

use serde_json::{Value, json};
use wire::{Input, input};

fn run(input: &Input) -> Value {
    let text = input.text();
    serde_json::from_str(&tkl_notify::preset::run(&text).into_json()).unwrap()
}

/// A call of `notify` with one bot, sent by the platform.
fn call(action: &str) -> Input {
    input("notify")
        .set("owecom_webhook_url", "key-1")
        .set("pname", "overheat")
        .set("paction", action)
}

/// A call whose requests were answered by these codes.
fn answered(call: &Input, codes: &[&str]) -> Value {
    let mut text = call.text();
    for code in codes {
        text += &format!("\0r\01700000000100\0hstatus\0200\0jerrcode\0{code}");
    }
    serde_json::from_str(&tkl_notify::preset::run(&text).into_json()).unwrap()
}

/// The actions of a type.
fn actions<'v>(outcome: &'v Value, kind: &str) -> Vec<&'v Value> {
    outcome["actions"].as_array().unwrap().iter().filter(|a| a["type"] == kind).collect()
}

/// The first message that the platform sends.
fn content(outcome: &Value) -> &str {
    let pushes = actions(outcome, "axios");
    pushes[0]["dnMsg"]["data"]["markdown"]["content"].as_str().unwrap()
}

/// The alarm's state as the last action leaves it.
fn state(outcome: &Value) -> &str {
    let stored = actions(outcome, "modifyAttrs");
    stored.last().unwrap()["dnMsg"]["server_attrs"]["ntf_overheat"].as_str().unwrap()
}

#[test]
fn a_recovery_without_a_title_has_the_title_of_its_raise() {
    let raised = run(&call("new").set("ptitle", "Boiler too hot"));
    assert!(content(&raised).contains("Alarm: Boiler too hot"), "{raised}");
    let clear = call("clear").set("nntf_overheat", state(&raised));
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

/// WeCom's markdown rings user ids only.
#[test]
fn a_short_text_behind_the_message_rings_mobiles_and_everybody_in_wecom() {
    let mentions = "onotify_mentions";
    for (set, lists) in [
        ("mobile:13800000003", json!({ "mentioned_mobile_list": ["13800000003"] })),
        ("all", json!({ "mentioned_list": ["@all"] })),
    ] {
        let call = call("new").set("ptitle", "Boiler <@all> too hot").set(mentions, set);
        let outcome = run(&call);
        let all = outcome["actions"].as_array().unwrap().iter();
        let kinds: Vec<_> = all.map(|a| a["type"].as_str().unwrap()).collect();
        let order = ["axios", "modifyAttrs", "axios", "modifyAttrs"];
        assert!(kinds.ends_with(&order), "told, then rung, each noted: {kinds:?}");
        let pushes = actions(&outcome, "axios");
        assert_eq!(pushes[1]["dnMsg"]["url"], pushes[0]["dnMsg"]["url"]);
        let mut text = pushes[1]["dnMsg"]["data"]["text"].clone();
        let said = text.as_object_mut().unwrap().remove("content").unwrap();
        assert_eq!(text, lists);
        let said = said.as_str().unwrap();
        assert!(said.starts_with("Alarm: Boiler ") && !said.contains("<@"), "{said}");
    }
    for none in ["user:li", ""] {
        let outcome = run(&call("new").set(mentions, none));
        assert_eq!(actions(&outcome, "axios").len(), 1, "{none}");
    }
}

/// The same where the script sends: the short text follows what arrived, and its failure is only told.
#[test]
fn the_short_text_follows_a_message_that_arrived() {
    let call = call("new").set("faxios", "1").set("onotify_mentions", "all");
    let answered = |codes: &[&str]| answered(&call, codes);
    assert_eq!(answered(&[])["calls"][0]["data"]["msgtype"], "markdown");
    assert_eq!(answered(&["0"])["calls"][0]["data"]["msgtype"], "text");
    for (last, owed, logs) in [("0", false, 1), ("93000", false, 2), ("45009", true, 2)] {
        let done = answered(&["0", last]);
        assert_eq!(actions(&done, "modifyAttrs").len(), 1, "{done}");
        assert_eq!(done["actions"].as_array().unwrap().len(), 1);
        assert_eq!(done["logs"].as_array().unwrap().len(), logs, "{done}");
        // What is owed is sent alone by the next call.
        let next = run(&call.set("nntf_overheat", state(&done)));
        assert_eq!(next["calls"][0]["data"]["msgtype"] == "text", owed, "{next}");
    }
    assert!(answered(&["93000"]).get("calls").is_none(), "a refused message rings nobody");
}

#[test]
fn what_no_channel_took_stays_due() {
    let call = call("new").set("faxios", "1");
    let after = |code| {
        let done = answered(&call, &[code]);
        let later = call.set("fnow", "1700000100001").set("nntf_overheat", state(&done));
        answered(&later, &[])
    };
    assert!(after("0").get("calls").is_none(), "it was told");
    let again = &after("93000")["calls"][0]["data"]["markdown"]["content"];
    assert!(again.as_str().unwrap().contains("Alarm: overheat"));
}

/// The platform's list and the state speak of the same alarm.
#[test]
fn a_tick_tells_of_each_alarm_once() {
    let raised = run(&call("new").set("ptitle", "Boiler too hot"));
    let tick = call("tick").set("fnow", "1700090000001").set("nntf_overheat", state(&raised));
    let listed = tick.set("aoverheat", "high\u{1}Boiler 2 too hot\u{1}88 degrees");
    for (tick, title) in [(tick, "Boiler too hot"), (listed, "Boiler 2 too hot")] {
        let outcome = run(&tick);
        assert_eq!(actions(&outcome, "axios").len(), 1, "{outcome}");
        assert!(content(&outcome).contains(&format!("Alarm still active: {title}")), "{outcome}");
    }
}

#[test]
fn what_there_is_to_say_of_settings_is_said_once_with_the_answers() {
    let call = call("new").set("faxios", "1").set("onotify_repeat", "soon");
    assert_eq!(answered(&call, &[])["logs"], json!([]), "the run begins anew");
    let logs = answered(&call, &["0"])["logs"].to_string();
    assert_eq!(logs.matches("notify_repeat").count(), 1, "{logs}");
}

#[test]
fn a_link_is_whole_whatever_its_template_and_the_device_hold() {
    let fields = "link=https://tkl.example.com/(a)[b]/{eui}?q={id}";
    let outcome = run(&call("new").set("onotify_fields", fields).set("did", "1)[x](y"));
    let link = "[open](https://tkl.example.com/%28a%29%5Bb%5D/24e1?q=1%29%5Bx%5D%28y)";
    assert!(content(&outcome).contains(link), "{outcome}");
}

#[test]
fn each_way_to_write_chinese_is_chinese() {
    for lang in ["zh", "ZH", "zh-CN", "zh_TW", "cn", "CN", "Chinese", "中文"] {
        let outcome = run(&call("new").set("onotify_lang", lang));
        assert!(content(&outcome).contains("告警：overheat"), "{lang}: {outcome}");
    }
    for lang in ["", "en", "z", "c"] {
        let outcome = run(&call("new").set("onotify_lang", lang));
        assert!(content(&outcome).contains("Alarm: overheat"), "{lang}: {outcome}");
    }
}

#[test]
fn a_call_may_narrow_its_route_but_not_to_nothing() {
    let call = call("new").set("odingtalk_token", "t").set("odingtalk_secret", "none");
    for (channels, pushes, warned) in [("dingtalk", 1, false), ("slack", 2, true), ("", 2, false)] {
        let outcome = run(&call.set("pchannels", channels));
        assert_eq!(actions(&outcome, "axios").len(), pushes, "{outcome}");
        assert_eq!(outcome["logs"].to_string().contains("params.channels"), warned, "{outcome}");
    }
}
