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
    for (tick, title, desc) in [(tick, "Boiler too hot", false), (listed, "Boiler 2 too hot", true)]
    {
        let outcome = run(&tick);
        assert_eq!(content(&outcome).contains("88 degrees"), desc, "{outcome}");
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
    for lang in ["zh", "ZH", "zh-CN", "zh_TW"] {
        let outcome = run(&call("new").set("onotify_lang", lang));
        assert!(content(&outcome).contains("告警：overheat"), "{lang}: {outcome}");
    }
    for lang in ["", "en", "z", "中文"] {
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
    let nobody = call.set("onotify_routes", "*=none").set("pchannels", "dingtalk");
    assert_eq!(run(&nobody)["logs"], json!([]), "there is nothing to narrow");
}

#[test]
fn a_level_that_is_none_is_taken_as_high_and_told_with_the_raise() {
    let raised = run(&call("new").set("plevel", "terrible"));
    assert!(content(&raised).contains("HIGH"), "{raised}");
    assert!(raised["logs"].to_string().contains("taken as high"), "{raised}");
    let clear = call("clear").set("plevel", "terrible").set("nntf_overheat", state(&raised));
    assert_eq!(run(&clear)["logs"], json!([]), "an end has no level");
}

#[test]
fn where_no_channel_is_set_up_a_raise_says_so_and_an_end_has_nobody_to_tell() {
    let nowhere = |action| run(&call(action).set("owecom_webhook_url", ""));
    let raised = nowhere("new");
    let error = raised["error"].as_str().expect("an error");
    assert!(error.contains("wecom_webhook_url, wecom_corp_id, dingtalk_token"), "{error}");
    for action in ["clear", "tick"] {
        assert_eq!(nowhere(action), json!({ "actions": [], "logs": [] }), "{action}");
    }
}

/// Raised on 2026-11-21, reminded an hour later, one escalation step done.
#[test]
fn whom_the_version_before_told_hears_of_the_end() {
    let text = "1.tschsr.3.3.3.3.0.0.1.3.0.tots00.tots00.totus0.tots00.0.0.0.0.0.0.0.0.Overheat";
    let clear = call("clear")
        .set("fnow", "1795226400000")
        .set("odingtalk_token", "t")
        .set("odingtalk_secret", "none")
        .set("onotify_routes", "*=wecom")
        .set("nntf_overheat", text);
    assert_eq!(actions(&run(&clear), "axios").len(), 1);
    let step = clear.set("onotify_escalate", "15m=dingtalk");
    assert_eq!(actions(&run(&step), "axios").len(), 2, "and whom a step brought in");
}

// ---- What a message says.

/// Calls of one alarm, each with what is stored so far: action, level, seconds, settings. What each says.
fn story(calls: &[(&str, &str, i64, &str)]) -> Vec<String> {
    let mut kept = call("new");
    let mut said = Vec::new();
    for (action, level, seconds, mute) in calls {
        let call = kept.set("paction", action).set("plevel", level).set("fnow", &at(*seconds));
        let outcome = run(&call.set("snotify_mute_until", mute));
        if !actions(&outcome, "modifyAttrs").is_empty() {
            kept = kept.set("nntf_overheat", state(&outcome));
        }
        said.push(contents(&outcome).join("\n\n"));
    }
    said
}

/// A moment behind all of a story.
const MUTED: &str = "2023-11-16";

#[test]
fn each_message_says_what_changed_and_how_long_it_is_and_the_last_one_how_it_was() {
    let said = story(&[
        ("new", "high", 0, ""),
        ("new", "urgent", 600, ""),
        ("tick", "", 1_500, ""),
        ("new", "mid", 1_560, ""),
        ("clear", "", 1_620, ""),
    ]);
    let holds = |at: usize, words: &[&str]| {
        for word in words {
            assert!(said[at].contains(word), "{word}: {}", said[at]);
        }
    };
    holds(0, &["Alarm: overheat", ">HIGH<"]);
    assert!(!said[0].contains("Active for") && !said[0].contains("before"), "{}", said[0]);
    holds(1, &["Alarm worse", "**Level before**: HIGH", "**Active for**: 10 min"]);
    holds(2, &["Alarm still active", "**Active for**: 25 min"]);
    holds(3, &["Alarm better", "**Level before**: URGENT"]);
    holds(4, &["Recovered", ">URGENT<", "**Lasted**: 27 min", "**Messages**: 4"]);
    assert!(said.iter().all(|text| !text.contains("Told late")), "{said:?}");
}

#[test]
fn a_change_that_is_told_two_minutes_later_says_so() {
    let late = |calls: &[(&str, &str, i64, &str)]| {
        let said = story(calls).pop().unwrap();
        said.split("**Told late by**: ").nth(1).map(|rest| rest.lines().next().unwrap().to_string())
    };
    let after = |seconds| [("new", "high", 0, MUTED), ("new", "high", seconds, "")];
    assert_eq!(late(&after(119)), None);
    assert_eq!(late(&after(120)).as_deref(), Some("2 min"));
    for (action, level) in [("new", "urgent"), ("new", "low"), ("clear", "")] {
        let told = ("new", "high", 0, "");
        let said = late(&[told, (action, level, 60, MUTED), ("tick", "", 240, "")]);
        assert_eq!(said.as_deref(), Some("3 min"), "{action} {level}");
    }
}

#[test]
fn an_unstable_alarm_says_how_often_it_changed_and_that_it_is_quiet_from_here_on() {
    let mut calls: Vec<_> =
        (0..5).map(|n| (if n % 2 == 0 { "new" } else { "clear" }, "high", n * 60, "")).collect();
    calls.extend([("clear", "", 300, ""), ("tick", "", 3_000, "")]);
    let said = story(&calls);
    assert!(said[4].contains("Alarm unstable") && said[4].contains("**Changes**: 5"), "{said:?}");
    assert!(said[4].contains("quiet until it is stable"), "{}", said[4]);
    assert!(said[6].contains("Stable again") && said[6].contains("**Changes**: 6"), "{said:?}");
    assert!(said[6].contains("**Now**: normal") && !said[6].contains("quiet"), "{}", said[6]);
}

#[test]
fn a_page_is_https_and_stands_in_a_digest_too() {
    let page = "[open](https://tkl.example.com/24e1)";
    let link = |scheme: &str| format!("link={scheme}://tkl.example.com/{{eui}}");
    let digest = run(&storm(&["high"; 4]).set("onotify_fields", &link("https")));
    assert!(content(&digest).contains(page), "{digest}");
    let plain = run(&call("new").set("onotify_fields", &link("http")));
    assert!(!content(&plain).contains("open"), "{plain}");
    assert!(plain["logs"].to_string().contains("notify_fields"), "{plain}");
}

#[test]
fn a_digest_says_how_bad_it_was_of_what_is_over() {
    let mut tick = call("tick").set("fnow", &at(120));
    for n in 0..4 {
        let name = format!("n{n}");
        let key = format!("ntf_{name}");
        let new = call("new").set("pname", &name).set("plevel", "urgent");
        let stored = |outcome: &Value| {
            let stored = actions(outcome, "modifyAttrs");
            stored.last().unwrap()["dnMsg"]["server_attrs"][&key].as_str().unwrap().to_string()
        };
        let clear = new.set(&format!("n{key}"), &stored(&run(&new))).set("paction", "clear");
        let over = run(&clear.set("fnow", &at(60)).set("snotify_mute_until", MUTED));
        tick = tick.set(&format!("n{key}"), &stored(&over));
    }
    let said = contents(&run(&tick));
    assert!(said.len() == 1 && said[0].matches("**URGENT**: Recovered").count() == 4, "{said:?}");
}

// ---- A silent device.

/// [`call`]'s time, some seconds later, as the platform writes it.
fn at(seconds: i64) -> String {
    format!("{}001", 1_700_000_000 + seconds)
}

/// A tick of a device that is watched, by two thing models that reported so many seconds ago.
fn watched(ago: &[i64]) -> Input {
    let tick = call("tick").set("onotify_silent", "high=2h; urgent=1d");
    ago.iter()
        .enumerate()
        .fold(tick, |tick, (model, ago)| tick.set(&format!("m{model}"), &at(-ago)))
}

/// The messages that the platform sends.
fn contents(outcome: &Value) -> Vec<String> {
    let text =
        |push: &&Value| push["dnMsg"]["data"]["markdown"]["content"].as_str().unwrap().into();
    actions(outcome, "axios").iter().map(text).collect()
}

#[test]
fn a_device_without_data_raises_an_alarm_on_a_tick_by_the_time_that_passed() {
    for (ago, level) in
        [(7_199, None), (7_200, Some("HIGH")), (86_399, Some("HIGH")), (86_400, Some("URGENT"))]
    {
        let outcome = run(&watched(&[ago, 90_000]));
        assert_eq!(contents(&outcome).len(), usize::from(level.is_some()), "{outcome}");
        if let Some(level) = level {
            let content = content(&outcome);
            assert!(content.contains("Alarm: No data") && content.contains(level), "{content}");
        }
    }
    let said = run(&watched(&[7_200]));
    let words = "no data for 2 h, last at 2023-11-14T20:13:20.000Z";
    assert!(content(&said).contains(words), "{said}");
    // A clock that is ahead is no silence, an uplink is none, and what never reported is.
    assert_eq!(contents(&run(&watched(&[-9_000]))), [""; 0]);
    assert_eq!(contents(&run(&watched(&[]).set("m", "12"))).len(), 1);
    let never = run(&watched(&[]));
    assert!(content(&never).contains("no data since it was set up"), "{never}");
    assert!(content(&never).contains("HIGH"), "{never}");
    let uplink = run(&watched(&[7_200]).set("paction", "new"));
    assert!(contents(&uplink).len() == 1 && content(&uplink).contains("overheat"), "{uplink}");
}

#[test]
fn silence_ends_with_data_or_with_its_setting_and_once() {
    let raised = run(&watched(&[90_000]));
    let stored = actions(&raised, "modifyAttrs");
    let stored = stored.last().unwrap()["dnMsg"]["server_attrs"]["ntf_no_data"].as_str().unwrap();
    let after = |input: &Input| input.set("fnow", &at(900)).set("nntf_no_data", stored);
    let still = run(&after(&watched(&[90_000])));
    assert_eq!(contents(&still).len(), 1, "one reminder: {still}");
    for action in ["tick", "new", "clear"] {
        let data = run(&after(&watched(&[0]).set("paction", action)));
        let said = contents(&data);
        let said = said.iter().find(|text| text.contains("Recovered: No data")).expect(action);
        assert!(said.contains("data again") && said.contains("URGENT"), "{said}");
    }
    let unset = run(&after(&watched(&[90_000]).set("onotify_silent", "off")));
    assert!(content(&unset).contains("notify_silent is not set any more"), "{unset}");
    for idle in [watched(&[0]), watched(&[]).set("onotify_silent", "off")] {
        let idle = idle.set("falarms", "1").set("ano_data", "high\u{1}No data\u{1}");
        assert_eq!(run(&idle)["actions"], json!([]), "nothing is over that never was");
    }
}

// ---- Many alarms of one tick.

/// A tick with these alarms raised long ago, each with its level.
fn storm(levels: &[&str]) -> Input {
    let mut tick = call("tick").set("fnow", &at(90_000));
    for (n, level) in levels.iter().enumerate() {
        let raise = call("new").set("pname", &format!("n{n}")).set("plevel", level);
        let raised = run(&raise);
        let stored = actions(&raised, "modifyAttrs");
        let text = stored.last().unwrap()["dnMsg"]["server_attrs"][format!("ntf_n{n}")].as_str();
        tick = tick.set(&format!("nntf_n{n}"), text.unwrap());
    }
    tick
}

#[test]
fn from_four_messages_to_a_channel_on_they_are_one_digest_the_worst_first() {
    let three = run(&storm(&["low", "urgent", "mid"]));
    let said = contents(&three);
    assert_eq!(said.len(), 3, "{three}");
    let names = ["n1", "n2", "n0"];
    assert!(said.iter().zip(names).all(|(text, name)| text.contains(name)), "{said:?}");

    let four = run(&storm(&["low", "urgent", "mid", "high"]));
    let said = contents(&four);
    assert_eq!(said.len(), 1, "{four}");
    assert!(said[0].starts_with("### Alarms: 4"), "{said:?}");
    let lines: Vec<&str> = said[0].lines().filter(|line| line.contains("still active")).collect();
    let worst_first = ["**URGENT**: Alarm still active: n1", "**HIGH**: Alarm still active: n3"];
    assert!(lines.len() == 4 && lines[..2].iter().zip(worst_first).all(|(l, w)| l.contains(w)));

    let many = run(&storm(&["high"; 150]));
    let said = contents(&many);
    let named = said[0].matches("still active").count();
    assert!((90..140).contains(&named) && said[0].len() > 4_000, "{named} of {}", said[0].len());
    assert!(said[0].contains(&format!("+{} more", 150 - named)), "{said:?}");
    // Each alarm is told by it, in its own state.
    let stored = actions(&many, "modifyAttrs");
    let states = stored.last().unwrap()["dnMsg"]["server_attrs"].as_object().unwrap();
    assert_eq!(states.len(), 150);
}

#[test]
fn the_states_of_all_alarms_go_first_where_one_of_them_is_remembered() {
    for second in 0..16 {
        let tick =
            storm(&["high", "low"]).set("onotify_silent", "2h").set("fnow", &at(90_000 + second));
        let outcome = run(&tick);
        assert_eq!(contents(&outcome).len(), 3, "two reminders, and no data: {outcome}");
        assert_eq!(outcome["actions"][0]["type"], "modifyAttrs", "{second}");
        let states = outcome["actions"][0]["dnMsg"]["server_attrs"].as_object().unwrap();
        assert_eq!(states.keys().collect::<Vec<_>>(), ["ntf_n0", "ntf_n1", "ntf_no_data"]);
    }
}
