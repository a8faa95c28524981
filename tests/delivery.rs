//! Delivery over scripted services: the replay loop with answers as the shim hands them in.
//! What a message looks like is tested elsewhere; here it is about who got it, when, and what is said.

mod wire;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tkl_notify::alarm::Level;
use tkl_notify::channel::verdict::{Verdict, explain};
use tkl_notify::channel::{CHANNELS, TABLES, dingtalk, wecom, wecom_app};
use tkl_notify::delivery::Sending;
use tkl_notify::policy::{self, Heard, State};
use tkl_notify::secret::{Owner, QUERY_VALUE, Secret};
use tkl_notify::settings::{Reader, Texts};
use wire::{Input, input};

const NOW: u64 = 1_700_000_000_001;
const CORP: &str = "ww1234567890abcdef";
const SECRET: &str = "s3cr3t+/corp=SECRET-value_0123456789";
const KEY: &str = "693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa";
const DING: &str = "d1ngt4lk0acc3ss0t0ken";
const SIGN: &str = "SECd1ngt4lks1gn1ngs3cr3t";

/// One scripted answer: entries without their leading `r`, and how long it took.
#[derive(Clone)]
struct Answer(u64, Vec<(String, String)>);

fn answer(entries: &[(&str, &str)]) -> Answer {
    Answer(100, entries.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())
}

/// HTTP 200 with a JSON body.
fn ok(body: Value) -> Answer {
    let mut entries = vec![("hstatus".into(), "200".into())];
    for (name, value) in body.as_object().expect("a body is an object") {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        entries.push((format!("j{name}"), text));
    }
    Answer(100, entries)
}

fn code(errcode: i64, errmsg: &str) -> Answer {
    ok(json!({ "errcode": errcode, "errmsg": errmsg }))
}

fn token(text: &str) -> Answer {
    ok(json!({ "errcode": 0, "errmsg": "ok", "access_token": text, "expires_in": 7200 }))
}

fn failure(error: &str, took: u64) -> Answer {
    Answer(took, answer(&[("herror", error)]).1)
}

/// What came of a run that is finished.
#[derive(Debug)]
struct Done {
    value: Value,
    calls: Vec<Value>,
    /// How many requests each round had.
    rounds: Vec<usize>,
    /// When the last answer came.
    end: u64,
    runs: String,
}

impl Done {
    fn urls(&self) -> Vec<&str> {
        self.calls.iter().map(|call| call["url"].as_str().unwrap()).collect()
    }

    fn paths(&self) -> Vec<&str> {
        self.urls()
            .into_iter()
            .map(|url| url.split(".com").nth(1).unwrap().split('?').next().unwrap())
            .collect()
    }

    fn logs(&self) -> String {
        self.value["logs"].to_string()
    }

    fn actions(&self) -> &Vec<Value> {
        self.value["actions"].as_array().unwrap()
    }

    fn kinds(&self) -> Vec<&str> {
        self.actions().iter().map(|action| action["type"].as_str().unwrap()).collect()
    }

    /// The attributes that the run stores, the last word on each.
    fn attrs(&self) -> BTreeMap<String, String> {
        let mut attrs = BTreeMap::new();
        for action in self.actions().iter().filter(|action| action["type"] == "modifyAttrs") {
            assert_eq!(action["target"], "24e1");
            for (name, value) in action["dnMsg"]["server_attrs"].as_object().unwrap() {
                attrs.insert(name.clone(), value.as_str().unwrap().to_string());
            }
        }
        attrs
    }

    /// The token that it stores.
    fn stored(&self) -> Option<(String, String)> {
        self.attrs().into_iter().find(|(name, _)| name.starts_with("wecom_token_"))
    }

    /// The next call of this script, with everything that this one stored.
    fn then(&self, next: &Input) -> Input {
        self.attrs().into_iter().fold(next.clone(), |input, (name, value)| {
            let source = if name.starts_with("ntf_") { "n" } else { "s" };
            input.set(&format!("{source}{name}"), &value)
        })
    }

    /// What the alarm's ledger says of a channel after this run.
    fn heard(&self, channel: &str) -> Heard {
        heard(&self.attrs()["ntf_overheat"], "overheat", channel)
    }
}

/// What a state says that a channel heard.
#[track_caller]
fn heard(text: &str, name: &str, channel: &str) -> Heard {
    State::read(text, name).expect("a state").heard(policy::channel_mark(channel))
}

/// Seconds of [`NOW`].
const NOW_S: u32 = 1_700_000_000;

/// The same call some seconds later.
fn later(input: &Input, seconds: u64) -> Input {
    input.set("fnow", &(NOW + seconds * 1000).to_string())
}

/// Replays the script until it asks for nothing more. `service` answers the n-th request. Requests of a round are on
/// their way at the same time: each answer has its own time, and all of them are handed in, in their order.
fn drive(
    start: &Input,
    mut service: impl FnMut(usize, &Value) -> Answer,
    run: impl Fn(&str) -> Value,
) -> Done {
    let mut text = start.text();
    let (mut calls, mut rounds, mut runs) = (Vec::new(), Vec::new(), String::new());
    let mut now = text.split("fnow\0").nth(1).unwrap().split('\0').next().unwrap().parse().unwrap();
    loop {
        let value = run(&text);
        runs += &json!([value["logs"], value["error"], value["throw"]]).to_string();
        assert_eq!(value, run(&text), "the same input gives the same outcome");
        let Some(asked) = value["calls"].as_array() else {
            return Done { value, calls, rounds, end: now, runs };
        };
        assert_eq!(value["actions"], json!([]), "an unfinished run has no actions");
        assert_eq!(value["logs"], json!([]), "an unfinished run says nothing");
        assert!(!asked.is_empty());
        let sent = now;
        rounds.push(asked.len());
        for call in asked {
            let Answer(took, entries) = service(calls.len(), call);
            assert!(took <= call["timeout"].as_u64().unwrap(), "it outlives the timeout: {call}");
            calls.push(call.clone());
            assert!(calls.len() < 40, "endless");
            now = now.max(sent + took);
            text += &format!("\0r\0{}", sent + took);
            for (key, value) in entries {
                text += &format!("\0{key}\0{value}");
            }
        }
    }
}

fn preset(start: &Input, service: impl FnMut(usize, &Value) -> Answer) -> Done {
    drive(start, service, run_once)
}

fn run_once(text: &str) -> Value {
    serde_json::from_str(&tkl_notify::preset::run(text).into_json()).unwrap()
}

/// `notify` with these channels as the route of every level.
fn routes(start: &Input, routes: &[&str]) -> Input {
    start.set("fmethod", "notify").set("onotify_routes", &format!("*={}", routes.join(",")))
}

fn routed(start: &Input, channels: &[&str], service: impl FnMut(usize, &Value) -> Answer) -> Done {
    preset(&routes(start, channels), service)
}

/// Answers by the service that is asked.
fn by_service(wecom: Answer, app: Answer, dingtalk: Answer) -> impl FnMut(usize, &Value) -> Answer {
    move |_, call| match call["url"].as_str().unwrap() {
        url if url.contains(ROBOT) => dingtalk.clone(),
        url if url.contains(BOT) => wecom.clone(),
        url if url.contains(GETTOKEN) => token("T0"),
        _ => app.clone(),
    }
}

fn good() -> Answer {
    code(0, "ok")
}

fn hangs(call: &Value) -> Answer {
    failure("ECONNABORTED", call["timeout"].as_u64().unwrap())
}

fn host(name: &str) -> Input {
    input(name)
        .set("faxios", "1")
        .set("pname", "overheat")
        .set("paction", "new")
        .set("plevel", "high")
        .set("pdesc", "88 degrees")
}

fn app() -> Input {
    host("wecom_app_notify")
        .set("owecom_corp_id", CORP)
        .set("owecom_corp_secret", SECRET)
        .set("owecom_agent_id", "1000002")
}

fn cached() -> Input {
    app().set("owecom_token_cache", "on")
}

fn confirmed() -> Input {
    app().set("onotify_delivery", "confirm")
}

/// Settings of every channel.
fn all() -> Input {
    host("notify")
        .set("owecom_corp_id", CORP)
        .set("owecom_corp_secret", SECRET)
        .set("owecom_agent_id", "1000002")
        .set("owecom_webhook_url", KEY)
        .set("odingtalk_token", DING)
        .set("odingtalk_secret", SIGN)
}

const GETTOKEN: &str = "/cgi-bin/gettoken";
const SEND: &str = "/cgi-bin/message/send";
const BOT: &str = "/cgi-bin/webhook/send";
const ROBOT: &str = "/robot/send";

/// A service that accepts everything.
fn sound(_: usize, call: &Value) -> Answer {
    if call["method"] == "GET" { token("T0") } else { code(0, "ok") }
}

// The note's form.

#[test]
fn the_notes_settings_give_the_notes_action_field_for_field() {
    let done = preset(
        &app().set("ptitle", "Overheat").set("ptouser", "zhang|li").set("ptotag", "7"),
        |_, call| {
            assert_eq!(
                call.to_string(),
                json!({
                    "method": "GET",
                    "url": "https://qyapi.weixin.qq.com/cgi-bin/gettoken",
                    "params": { "corpid": CORP, "corpsecret": SECRET },
                    "timeout": 5000,
                })
                .to_string()
            );
            token("T0")
        },
    );
    let content = "## Device Alarm\n\n**Device**: Boiler (`24e1`)\n\n**Alarm**: Overheat\n\n**Level**: HIGH\n\n**Description**: 88 degrees\n\n**Time**: 2023-11-14T22:13:20.001Z";
    assert_eq!(
        serde_json::to_string(&done.value["actions"]).unwrap(),
        serde_json::to_string(&json!([{
            "sleepTimeMs": 0,
            "type": "axios",
            "dnMsg": {
                "method": "POST",
                "url": "https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=T0",
                "headers": { "Content-Type": "application/json" },
                "data": {
                    "touser": "zhang|li",
                    "totag": "7",
                    "msgtype": "markdown",
                    "agentid": 1000002,
                    "markdown": { "content": content },
                },
                "timeout": 5000,
            },
        }]))
        .unwrap()
    );
    assert_eq!(done.logs(), "[]");
}

#[test]
fn only_a_script_that_may_repeat_a_message_asks_the_service_to_drop_the_second() {
    let field = |call: &Value| call["data"]["enable_duplicate_check"].clone();
    assert_eq!(field(&preset(&confirmed(), sound).calls[1]), 1);
    assert_eq!(field(&preset(&app(), sound).actions()[0]["dnMsg"]), Value::Null);
}

#[test]
fn fields_stand_in_the_notes_order() {
    let text = app().set("ptouser", "a").set("ptoparty", "1").set("ptotag", "2").text();
    let order = |text: &str, fields: &[&str]| {
        let json = tkl_notify::preset::run(text).into_json();
        let at: Vec<_> = fields.iter().map(|f| json.find(&format!("\"{f}\":"))).collect();
        assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{json}");
    };
    order(&text, &["method", "url", "params", "corpid", "corpsecret", "timeout"]);
    let text = text + "\0r\x001\0hstatus\x00200\0jerrcode\x000\0jaccess_token\0T0";
    order(&text, &["sleepTimeMs", "type", "dnMsg", "method", "url", "headers", "data"]);
    order(&text, &["touser", "toparty", "totag", "msgtype", "agentid", "markdown", "timeout"]);
}

#[test]
fn a_recovery_has_the_notes_words() {
    let start = app().set("paction", "clear").set("aoverheat", "high\u{1}t\u{1}d").set("pdesc", "");
    let done = preset(&start, sound);
    let content = done.actions()[0]["dnMsg"]["data"]["markdown"]["content"].as_str().unwrap();
    assert!(content.starts_with("## Alarm Recovered\n\n"), "{content}");
    assert!(content.contains("**Recovery**: n/a\n\n"), "{content}");
}

#[test]
fn nothing_to_do_asks_nobody() {
    for (action, active) in [("clear", false), ("no", true), ("", true)] {
        let mut start = app().set("paction", action);
        if active {
            start = start.set("aoverheat", "high\u{1}t\u{1}d");
        }
        let done = preset(&start, |_, _| unreachable!());
        assert_eq!(done.value["actions"], json!([]));
        assert_eq!(done.value.get("error"), None);
    }
}

#[test]
fn a_missing_setting_is_named() {
    for name in ["wecom_corp_id", "wecom_corp_secret", "wecom_agent_id"] {
        let done = preset(&app().set(&format!("o{name}"), " "), |_, _| unreachable!());
        let error = done.value["error"].as_str().unwrap();
        assert!(error.contains(name) && error.contains("Org Params"), "{error}");
        assert_eq!(done.value["actions"], json!([]));
    }
    let done = preset(&app().set("owecom_agent_id", "app-7"), |_, _| unreachable!());
    assert!(done.value["error"].as_str().unwrap().contains("wecom_agent_id is not a whole number"));
}

#[test]
fn without_axios_the_error_names_what_is_missing() {
    for start in [app(), cached(), confirmed()] {
        let done = preset(&start.set("faxios", "").set("forg", "1"), |_, _| unreachable!());
        assert!(done.value["error"].as_str().unwrap().contains("axios"), "{:?}", done.value);
        assert_eq!(done.value["actions"], json!([]));
    }
}

#[test]
fn recipients_come_from_one_source_as_a_whole() {
    let data = |start: &Input| preset(start, sound).actions()[0]["dnMsg"]["data"].clone();
    let sets =
        app().set("owecom_touser", "boss").set("owecom_toparty", "3").set("swecom_totag", "9, 10");
    assert_eq!(data(&app())["touser"], "@all");
    assert_eq!(data(&sets)["totag"], "9|10");
    assert_eq!(data(&sets).get("touser"), None, "server_attrs before Org Params, as a whole");
    let params = data(&sets.set("ptoparty", "5\u{1}6"));
    assert_eq!(params["toparty"], "5|6");
    assert_eq!((params.get("touser"), params.get("totag")), (None, None));
}

#[test]
fn too_many_recipients_are_cut_with_a_warning() {
    for (field, most) in [("touser", 1000), ("toparty", 100), ("totag", 100)] {
        for (given, warned) in [(most, false), (most + 1, true)] {
            let list: Vec<String> = (0..given).map(|n| format!("u{n}")).collect();
            let done = preset(&app().set(&format!("p{field}"), &list.join("|")), sound);
            let sent = done.actions()[0]["dnMsg"]["data"][field].as_str().unwrap().to_string();
            assert_eq!(sent.split('|').count(), most);
            assert_eq!(done.logs().contains("too long"), warned, "{field}");
        }
    }
}

#[test]
fn a_long_description_is_fitted_to_2048_bytes() {
    let done = preset(&app().set("pdesc", &"温度过高".repeat(400)), sound);
    let content = done.actions()[0]["dnMsg"]["data"]["markdown"]["content"].as_str().unwrap();
    assert!(content.len() <= 2048 && content.len() > 1900, "{}", content.len());
    assert!(content.contains("**Time**: 2023"), "{content}");
    assert!(done.logs().contains("2048"));
}

// The token.

#[test]
fn a_kept_token_is_used_until_it_expires() {
    let first = preset(&cached(), sound);
    assert_eq!(first.paths(), [GETTOKEN, SEND]);
    let (name, sealed) = first.stored().expect("the token is kept");
    assert!(name.starts_with("wecom_token_"), "{name}");
    let (mut fetched, mut now) = (0, NOW);
    let kept = cached().set(&format!("s{name}"), &sealed);
    while now < NOW + 6_899_000 {
        let done = preset(&kept.set("fnow", &now.to_string()), |_, call| {
            fetched += usize::from(call["method"] == "GET");
            sound(0, call)
        });
        assert_eq!(done.stored(), None);
        now += 300_000;
    }
    assert_eq!(fetched, 0, "expires_in (7200 s) less the margin of 300 s");
    let late = preset(&kept.set("fnow", &(NOW + 6_901_000).to_string()), sound);
    assert_eq!(late.paths(), [GETTOKEN, SEND]);
}

#[test]
fn a_token_without_a_sound_life_is_not_kept() {
    for life in [json!(0), json!("soon"), json!(300), Value::Null] {
        let done = preset(&cached(), |_, call| match call["method"] == "GET" {
            true => ok(json!({ "errcode": 0, "access_token": "T0", "expires_in": life })),
            false => code(0, "ok"),
        });
        assert_eq!(done.stored(), None, "{life}");
        assert_eq!(done.paths(), [GETTOKEN, SEND]);
    }
}

#[test]
fn a_token_refused_in_mid_flight_is_dropped_and_fetched_once_more() {
    let (name, sealed) = preset(&cached(), sound).stored().unwrap();
    for refused in [40014, 42001] {
        let done = preset(&cached().set(&format!("s{name}"), &sealed), |n, _| match n {
            0 => code(refused, "invalid access_token"),
            1 => token("T1"),
            _ => code(0, "ok"),
        });
        assert_eq!(done.paths(), [SEND, GETTOKEN, SEND]);
        assert!(done.urls()[0].ends_with("=T0") && done.urls()[2].ends_with("=T1"));
        let (again, resealed) = done.stored().expect("the new token replaces the old one");
        assert_eq!(again, name);
        assert_ne!(resealed, sealed);
        assert!(done.logs().contains("delivered"));
    }
}

#[test]
fn a_token_refused_twice_is_not_fetched_for_ever() {
    let done = preset(&cached(), |_, call| match call["method"] == "GET" {
        true => token("T0"),
        false => code(42001, "access_token expired"),
    });
    assert_eq!(done.paths(), [GETTOKEN, SEND, GETTOKEN, SEND]);
    assert!(done.logs().contains("42001"));
    assert_eq!(done.kinds(), ["modifyAttrs"]);
}

#[test]
fn a_wrong_secret_is_never_tried_twice() {
    for start in [app(), cached(), confirmed()] {
        let done = preset(&start, |_, _| code(40001, "invalid credential"));
        assert_eq!(done.paths(), [GETTOKEN]);
        assert_eq!(done.value["actions"], json!([]));
        let error = done.value["error"].as_str().unwrap();
        assert!(error.contains("40001") && error.contains("secret"), "{error}");
        // Nor is a code that nobody knows a matter of the message, which was not sent.
        let done = preset(&start, |_, _| code(61451, ""));
        assert_eq!(done.paths(), [GETTOKEN]);
    }
}

#[test]
fn a_kept_value_that_does_not_open_counts_as_no_token() {
    let (name, sealed) = preset(&cached(), sound).stored().unwrap();
    let slot = format!("s{name}");
    let rotated = cached().set("owecom_corp_secret", "another-secret").set(&slot, &sealed);
    assert_eq!(preset(&rotated, sound).paths(), [GETTOKEN, SEND]);
    for garbage in
        ["", "x", "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "{}", "1", "温"]
    {
        assert_eq!(preset(&cached().set(&slot, garbage), sound).paths(), [GETTOKEN, SEND]);
    }
}

// Sealing.

fn owner<'a>(secret: &'a str, corp: &'a str, agent: &'a str) -> Owner<'a> {
    Owner { secret: Secret::new(secret), corp, agent }
}

#[test]
fn sealed_texts_are_the_known_ones() {
    // Computed with Python's hmac.
    let known = [
        (
            "s",
            "ww1",
            "1000002",
            2000,
            "token",
            "000007d0111f713ce528711e4dacfe09311df3a950d1f6f348b447aa5ff8891e690463b49f",
            "8811fbfc",
        ),
        (
            "corp-secret_0123456789-ABCDEFGHIJKLMNOPQRSTUV",
            "ww1234567890abcdef",
            "1000002",
            1700006900,
            "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT-access_token_",
            "65540bf4ce54f749974b389b3646745343419393a52094f595e9ba4acff97427751938a1a1431cc4f1af9861a14ace5cfe96d0dc7f55560895ab5e93fbaf081e41586965fa6a75847b7b77b217ccc77b3b49827c9ebb5f20b3e2643bfffb4bfa8e50e94e7c4579f27eb588d2f53e",
            "bc61e424",
        ),
        (
            "密钥",
            "ww温",
            "0",
            4294967295,
            "",
            "ffffffffeeda3f37108300d86c1bfa17c8ef1b72ab777f672a7ef2ad070952b2",
            "fa1c4d08",
        ),
    ];
    for (secret, corp, agent, expires, text, sealed, mark) in known {
        let owner = owner(secret, corp, agent);
        assert_eq!(owner.seal(expires, text).as_deref(), Some(sealed));
        assert_eq!(owner.open(expires - 1, sealed).as_deref(), Some(text));
        assert_eq!(owner.mark(), mark);
    }
}

#[test]
fn a_sealed_text_opens_for_its_owner_only_and_only_whole() {
    let mine = owner(SECRET, CORP, "1000002");
    let sealed = mine.seal(2_000, "access-token_0123456789").unwrap();
    assert_eq!(mine.open(1_999, &sealed).as_deref(), Some("access-token_0123456789"));
    assert_eq!(mine.open(2_000, &sealed), None, "expired");
    for foreign in [
        owner("other", CORP, "1000002"),
        owner(SECRET, "ww2", "1000002"),
        owner(SECRET, CORP, "1000003"),
    ] {
        assert_eq!(foreign.open(0, &sealed), None);
    }
    assert_eq!(owner(SECRET, "ww", "11").mark(), owner("rotated", "ww", "11").mark());
    assert_ne!(owner(SECRET, "ww", "11").mark(), owner(SECRET, "ww1", "1").mark());
    let bytes = sealed.as_bytes();
    for at in 0..bytes.len() {
        assert_eq!(mine.open(0, std::str::from_utf8(&bytes[..at]).unwrap()), None, "cut at {at}");
        for other in b"Aa0-_9Zz=" {
            let mut forged = bytes.to_vec();
            if forged[at] != *other {
                forged[at] = *other;
                assert_eq!(mine.open(0, std::str::from_utf8(&forged).unwrap()), None, "byte {at}");
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn nothing_else_opens(text in ".{0,300}", raw in proptest::collection::vec(0u8..=255, 0..200)) {
        let mine = owner(SECRET, CORP, "1000002");
        proptest::prop_assert_eq!(mine.open(0, &text), None);
        let raw: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
        proptest::prop_assert_eq!(mine.open(0, &raw), None);
    }

    #[test]
    fn what_is_sealed_opens_again(text in "[ -~]{0,300}", expires in 1u32..) {
        let mine = owner(SECRET, CORP, "1000002");
        let sealed = mine.seal(expires, &text).unwrap();
        proptest::prop_assert_eq!(mine.open(expires - 1, &sealed), Some(text));
    }
}

// Verdicts.

/// Every code of the services' documents has a verdict, texts in both languages, and the core agrees.
#[test]
fn every_code_has_a_row_and_the_core_follows_it() {
    for table in TABLES {
        let (name, rows) = (table.name, table.codes);
        let channel = CHANNELS.iter().find(|channel| channel.name == name).unwrap();
        assert!(rows.is_sorted_by_key(|row| row.code), "{name}");
        for row in rows {
            assert_eq!(channel.codes.verdict(row.code), row.verdict, "{name} {}", row.code);
            assert!(row.cause.1.chars().any(|c| c > '\u{4e00}'), "{name} {}", row.code);
            assert!(!row.cause.0.is_empty() && row.cause.0.is_ascii() && row.remedy.0.is_ascii());
        }
        assert_eq!(
            channel.codes.verdict(999_999),
            Verdict::Payload,
            "an unknown code is no success"
        );
    }
    let listed = |rows: &[tkl_notify::channel::verdict::Row], codes: &[u32]| {
        for code in codes {
            assert!(rows.iter().any(|row| row.code == *code), "{code} is missing");
        }
    };
    listed(
        wecom::ROWS,
        &[
            40008, 40058, 40033, 44004, 45002, 45008, 45034, 45009, 45033, 93000, 93004, 93008,
            40001, 40003, 40007, 41006, 40009, 301019, 40201, 42027, 42028, 42029, 42030, 42031,
            42033, 42035, 42036, 42042, 42044, 42045, 42050,
        ],
    );
    listed(
        wecom_app::ROWS,
        &[
            40001, 40013, 40014, 42001, 40091, 41001, 41002, 41004, 41011, 40003, 60111, 46004,
            40031, 40032, 40035, 40056, 301002, 40008, 40058, 40063, 44004, 45002, 41016, 41033,
            40074, 45009, 45033, 48002, 50003, 60011, 60020, 60021, 660003, 660004, 660005, 81012,
            82001, 81013, 82002, 82003, 82004,
        ],
    );
    listed(
        dingtalk::ROWS,
        &[
            310000, 130101, 130102, 410100, 300001, 300005, 40035, 43004, 400013, 400101, 400102,
            400105, 400106, 430101, 430102, 430103, 430104, 460101, 101002, 88, 22,
        ],
    );
}

#[test]
fn the_causes_of_310000_are_told_apart() {
    let said = [
        ("keywords not in content", "keyword", "keyword"),
        ("invalid timestamp", "timestamp", "timestamp"),
        ("sign not match", "sign", "signature"),
        ("ip 203.0.113.7 not in whitelist", "whitelist", "IP"),
        ("something new", "", "safety"),
    ];
    for (errmsg, mark, cause) in said {
        let row = explain(dingtalk::ROWS, 310000, errmsg).unwrap();
        assert_eq!(row.mark, mark);
        assert!(row.cause.0.contains(cause), "{}", row.cause.0);
        let done = routed(&all(), &["dingtalk"], |_, _| code(310000, errmsg));
        assert_eq!(done.calls.len(), 1);
        let error = done.logs();
        assert!(error.contains(["310000 ", mark].concat().trim()), "{error}");
        assert!(!error.contains("203.0.113.7"), "{error}");
    }
}

#[test]
fn a_partial_delivery_is_said_and_not_repeated() {
    for list in ["invaliduser", "invalidparty", "invalidtag", "unlicenseduser"] {
        let done = preset(&confirmed(), |n, _| match n {
            0 => token("T0"),
            _ => ok(json!({ "errcode": 0, "errmsg": "ok", list: "zhang|li" })),
        });
        assert_eq!(done.paths(), [GETTOKEN, SEND]);
        assert!(done.logs().contains(list) && done.logs().contains("warn"), "{}", done.logs());
    }
    let done = preset(&confirmed(), |n, _| match n {
        0 => token("T0"),
        _ => ok(json!({ "errcode": 0, "errmsg": "ok", "invaliduser": "", "invalidparty": "" })),
    });
    assert!(done.logs().contains("info"), "empty lists leave nobody out");
}

// Acting on verdicts.

/// Every way in which a service says "too many", and how long it then refuses.
fn throttles() -> Vec<(&'static str, Answer, u32)> {
    vec![
        ("wecom", code(45009, ""), 60),
        (
            "wecom",
            answer(&[("hstatus", "429"), ("herror", "ERR_BAD_REQUEST"), ("hbody", "slow down")]),
            60,
        ),
        ("wecom_app", code(45033, ""), 60),
        ("dingtalk", code(130_101, ""), 600),
        (
            "dingtalk",
            answer(&[
                ("hstatus", "200"),
                ("jstatus", "1111"),
                ("jwait", "5"),
                ("jpunish", "deny"),
                ("jerrcode", "130101"),
            ]),
            600,
        ),
    ]
}

#[test]
fn a_throttled_message_stays_due_for_as_long_as_the_service_refuses() {
    for (channel, throttle, wait) in throttles() {
        let start = routes(&all(), &[channel]);
        let service = by_service(throttle.clone(), throttle.clone(), throttle);
        let done = preset(&start, service);
        assert_eq!(done.kinds(), ["modifyAttrs"], "nothing is handed over");
        assert!(done.logs().contains("[\"warn\"") && !done.logs().contains("[\"error\""));
        let heard = done.heard(channel);
        assert!(heard.throttled && heard.tries == 1 && heard.told.is_none(), "{heard:?}");
        let waits = heard.next - NOW_S;
        assert!((wait..=wait * 5 / 4).contains(&waits), "{channel}: {waits}");
        let early = later(&done.then(&start), u64::from(waits) - 1);
        assert_eq!(preset(&early, |_, _| unreachable!()).kinds(), [""; 0]);
        let again = preset(&later(&done.then(&start), u64::from(waits)), sound);
        assert_eq!(again.heard(channel).told, Some(Level::High));
    }
}

/// It remembers nothing, so nobody would ask again.
#[test]
fn what_the_app_method_could_not_send_for_being_one_too_many_the_platform_sends_later() {
    for start in [confirmed(), cached()] {
        let done = preset(&start, by_service(good(), code(45009, ""), good()));
        assert_eq!(done.paths(), [GETTOKEN, SEND]);
        let stores = done.stored().is_some();
        assert_eq!(stores, done.kinds() == ["modifyAttrs", "axios"], "the token does not wait");
        let push = done.actions().last().unwrap();
        let sleep = push["sleepTimeMs"].as_u64().unwrap();
        assert!((60_000..=75_000).contains(&sleep), "{sleep}");
        assert_eq!(push["dnMsg"]["data"], done.calls[1]["data"]);
        assert_eq!(push["dnMsg"]["timeout"], 5000);
        assert!(done.logs().contains("Handed to the platform"), "{}", done.logs());
    }
}

/// All of them are on their way at the same time, and each has a ledger of its own.
#[test]
fn alarms_that_a_busy_robot_refuses_stay_due_each_by_itself() {
    let start = routes(&all(), &["dingtalk"]);
    let mut tick = start.set("paction", "tick");
    for name in ["first", "second", "third"] {
        let raise = start.set("pname", name);
        let raised = preset(&raise, |_, _| code(130_101, ""));
        tick = raised.then(&tick);
    }
    let done = preset(&later(&tick, 900), |_, _| code(130_101, ""));
    assert_eq!(done.rounds, [3]);
    assert_eq!(done.kinds(), ["modifyAttrs"], "one action stores all");
    for name in ["first", "second", "third"] {
        let heard = heard(&done.attrs()[&format!("ntf_{name}")], name, "dingtalk");
        assert!(heard.tries == 2 && heard.throttled, "{heard:?}");
        assert!((600..=750).contains(&(heard.next - NOW_S - 900)));
    }
}

#[test]
fn devices_come_back_at_different_times() {
    let next = |eui: &str| {
        let done = routed(&all().set("deui", eui), &["wecom"], |_, _| code(45009, ""));
        let state = &done.actions()[0]["dnMsg"]["server_attrs"]["ntf_overheat"];
        heard(state.as_str().unwrap(), "overheat", "wecom").next
    };
    assert_ne!(next("24e1"), next("24e2"));
}

#[test]
fn a_removed_robot_gives_way_to_the_fallback_which_says_so() {
    let start = all().set("onotify_fallback", "wecom, dingtalk");
    let done = routed(&start, &["wecom"], |n, _| match n {
        0 => code(93000, "invalid webhook url, hint: [1700000000_1_abc], from ip: 203.0.113.7"),
        _ => code(0, "ok"),
    });
    assert_eq!(done.paths(), [BOT, ROBOT]);
    let text = done.calls[1]["data"]["markdown"]["text"].as_str().unwrap();
    assert!(text.contains("**Note**: wecom failed (errcode 93000)"), "{text}");
    assert_eq!(done.kinds(), ["modifyAttrs"]);
    assert!(done.logs().contains("wecom: refused") && done.logs().contains("dingtalk: delivered"));
    assert!(!done.logs().contains("203.0.113.7") && !done.logs().contains("hint"));
}

/// The bots alone, so that a call has no token to ask for.
fn bots() -> Input {
    all().set("owecom_corp_id", "").set("owecom_corp_secret", "").set("owecom_agent_id", "")
}

#[test]
fn a_route_of_which_no_channel_can_be_used_goes_to_every_channel_and_says_so() {
    let unset = [("wecom_app", "wecom_corp_id"), ("slack", "slack"), ("wecomapp", "wecomapp")];
    for (channel, word) in unset {
        let start = bots().set("onotify_mentions", "*=all,user:zhang");
        let done = routed(&start, &[channel], sound);
        assert_eq!(done.paths(), [BOT, ROBOT], "{channel}");
        for text in done.calls.iter().map(|call| call["data"].to_string()) {
            assert!(text.contains("notify_routes names no channel that can be used"), "{text}");
            assert!(text.contains("zhang"), "who is named is rung: {text}");
            assert!(!text.contains("@all") && !text.contains("\"isAtAll\":true"), "{text}");
        }
        let logs = done.logs();
        assert!(logs.contains("warn") && logs.contains(word), "{channel}: {logs}");
        // Both hear the end, and the settings' fault is said again.
        let over = preset(&routes(&done.then(&start), &[channel]).set("paction", "clear"), sound);
        assert_eq!(over.paths(), [BOT, ROBOT], "{channel}");
        assert!(over.logs().contains(word), "{channel}: {}", over.logs());
    }
}

#[test]
fn a_setting_that_no_service_can_be_reached_by_does_not_silence() {
    let start = bots().set("owecom_webhook_url", "https://example.com/hook");
    let done = routed(&start, &["wecom"], sound);
    assert_eq!(done.paths(), [ROBOT]);
    assert!(done.logs().contains("wecom_webhook_url is not a webhook of this service"));
    // None is left: each says what is wrong, and the alarm stays due.
    let start = start.set("odingtalk_token", "");
    let done = routed(&start, &["wecom", "dingtalk"], |_, _| unreachable!());
    assert!(done.logs().contains("error") && done.logs().contains("dingtalk_token"));
    assert!(heard(&done.attrs()["ntf_overheat"], "overheat", "wecom").told.is_none());
}

#[test]
fn of_a_route_with_a_channel_that_cannot_be_used_the_others_hear_and_a_stand_in_speaks_for_it() {
    let done = routed(&bots(), &["wecom", "slack"], sound);
    assert_eq!(done.paths(), [BOT]);
    assert!(done.logs().contains("slack: there is no such channel"), "{}", done.logs());
    assert!(!done.calls[0]["data"].to_string().contains("notify_routes"));
    let start = bots().set("onotify_fallback", "dingtalk");
    let done = routed(&start, &["wecom", "slack"], sound);
    assert_eq!(done.paths(), [BOT, ROBOT]);
    assert!(done.calls[1]["data"].to_string().contains("slack failed"));
    // Told once, not with every call.
    let next = later(&done.then(&routes(&start, &["wecom", "slack"])), 300);
    assert_eq!(preset(&next, |_, _| unreachable!()).logs(), "[]");
}

#[test]
fn a_fault_of_any_setting_that_names_channels_is_said_whatever_the_level() {
    for (setting, text) in [
        ("notify_routes", "urgent=wechat; *=wecom"),
        ("notify_fallback", "wechat"),
        ("notify_escalate", "15m=wechat,@user:lead"),
    ] {
        let start =
            routes(&bots(), &["wecom"]).set("plevel", "low").set(&format!("o{setting}"), text);
        let done = preset(&start, sound);
        assert_eq!(done.paths(), [BOT], "{setting}");
        assert!(done.logs().contains("wechat: there is no such channel"), "{setting}");
    }
}

#[test]
fn where_only_a_named_robot_is_set_up_a_slip_of_its_name_reaches_it() {
    let start = host("notify").set("owecom_webhook_ops", "key-ops");
    let done = routed(&start, &["wecom:osp"], sound);
    assert_eq!(done.urls(), ["https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-ops"]);
    let done = preset(&start, sound);
    assert_eq!(done.urls().len(), 1, "without routes, too");
}

#[test]
fn the_same_robot_is_told_once() {
    let done = routed(&bots(), &["wecom", "wecom:duty"], sound);
    assert_eq!(done.paths(), [BOT], "duty has no settings of its own");
    assert!(done.logs().contains("wecom_webhook_duty is not set"), "{}", done.logs());
    let twin = bots().set("owecom_webhook_duty", KEY);
    assert_eq!(routed(&twin, &["wecom:duty", "wecom"], sound).paths(), [BOT]);
}

#[test]
fn the_callers_choice_of_channels_never_silences() {
    for (choice, paths, said) in [
        ("dingtalk", vec![ROBOT], ""),
        ("dingtalk\u{1}slack", vec![ROBOT], "the others are used"),
        ("slack", vec![BOT, ROBOT], "the whole route"),
        ("wecom_app", vec![BOT, ROBOT], "the whole route"),
    ] {
        let start = bots().set("pchannels", choice);
        let done = routed(&start, &["wecom", "dingtalk", "wecom_app"], sound);
        assert_eq!(done.paths(), paths, "{choice}");
        assert!(done.logs().contains(said), "{choice}: {}", done.logs());
    }
}

#[test]
fn nobody_is_told_twice_by_a_fallback() {
    let start = all().set("onotify_fallback", "dingtalk");
    let done = routed(&start, &["dingtalk", "wecom"], by_service(code(93000, ""), good(), good()));
    assert_eq!(done.paths(), [ROBOT, BOT]);
    let done = routed(&start, &["wecom", "dingtalk"], by_service(code(93000, ""), good(), good()));
    assert_eq!(done.paths(), [BOT, ROBOT]);
    assert_eq!(done.rounds, [2], "it is told in its own right");
}

#[test]
fn refused_content_is_sent_again_without_untrusted_text() {
    for (channel, errcode) in [("wecom", 40201), ("dingtalk", 430104), ("wecom", 40058)] {
        let done = routed(&all().set("ptitle", "Evil title"), &[channel], |n, _| {
            code(if n == 0 { errcode } else { 0 }, "")
        });
        let texts: Vec<String> = done.calls.iter().map(|call| call["data"].to_string()).collect();
        assert_eq!(texts.len(), 2);
        for word in ["88 degrees", "Evil", "Boiler"] {
            assert!(texts[0].contains(word) && !texts[1].contains(word), "{}", texts[1]);
        }
        assert!(
            texts[1].contains("24e1") && texts[1].contains("HIGH") && texts[1].contains("left out")
        );
        assert_eq!(done.kinds(), ["modifyAttrs"]);
    }
}

#[test]
fn content_refused_twice_is_a_failure() {
    let done = routed(&all(), &["wecom"], |_, _| code(40201, ""));
    assert_eq!(done.calls.len(), 2);
    let heard = done.heard("wecom");
    assert!(heard.told.is_none() && heard.tries == 1, "nothing is recorded as told: {heard:?}");
    assert!(done.logs().contains("error") && done.logs().contains("40201"), "{}", done.logs());
}

/// Every way in which a request can go wrong on its way, over every channel.
fn faults() -> Vec<(&'static str, Answer)> {
    vec![
        ("refused", failure("ECONNREFUSED", 5)),
        ("reset", failure("ECONNRESET", 5)),
        ("dns", failure("ENOTFOUND", 5)),
        ("dns", failure("EAI_AGAIN", 5)),
        ("network", failure("Network Error", 5)),
        ("busy", code(-1, "system busy")),
        ("500", answer(&[("hstatus", "500"), ("herror", "ERR_BAD_RESPONSE"), ("hbody", "<html>")])),
        ("502", answer(&[("hstatus", "502")])),
        ("html", answer(&[("hstatus", "200"), ("hbody", "<html><body>Login</body></html>")])),
        ("cut", answer(&[("hstatus", "200"), ("hbody", "{\"errcode\":0,\"errm")])),
        ("nothing", answer(&[])),
        ("empty", answer(&[("hstatus", "200")])),
        ("shape", ok(json!({ "data": "x", "ok": true }))),
        ("word", ok(json!({ "errcode": "none" }))),
        ("null", failure("", 5)),
    ]
}

#[test]
fn a_transient_fault_is_tried_once_more() {
    for channel in ["wecom", "dingtalk", "wecom_app"] {
        for (name, fault) in faults() {
            let mut failed = false;
            let done = routed(&all(), &[channel], |n, call| {
                if failed {
                    return sound(n, call);
                }
                failed = true;
                fault.clone()
            });
            assert!(done.logs().contains("delivered"), "{channel} {name}: {}", done.logs());
            assert_eq!(done.calls.len(), if channel == "wecom_app" { 3 } else { 2 });
            assert_eq!(done.kinds(), ["modifyAttrs"], "{channel} {name}");
        }
    }
}

#[test]
fn a_message_that_is_tried_again_has_its_warnings_once() {
    let done = preset(&confirmed().set("pdesc", &"x".repeat(3000)), |n, call| {
        if n == 1 { failure("ECONNRESET", 100) } else { sound(n, call) }
    });
    assert_eq!(done.paths(), [GETTOKEN, SEND, SEND]);
    assert_eq!(done.logs().matches("shortened").count(), 1, "{}", done.logs());
}

#[test]
fn a_message_that_may_not_have_arrived_stays_due_with_a_back_off() {
    for (channel, path) in [("wecom", BOT), ("dingtalk", ROBOT), ("wecom_app", SEND)] {
        for (name, fault) in faults() {
            let done = routed(&all(), &[channel], |n, call| {
                if call["method"] == "GET" { sound(n, call) } else { fault.clone() }
            });
            assert_eq!(done.paths().iter().filter(|p| **p == path).count(), 2, "{channel} {name}");
            assert_eq!(done.kinds(), ["modifyAttrs"], "{channel} {name}: nothing is handed over");
            let heard = done.heard(channel);
            assert!(heard.told.is_none() && heard.tries == 1 && !heard.throttled, "{heard:?}");
            assert!((30..=37).contains(&(heard.next - NOW_S)), "{heard:?}");
        }
    }
}

/// It remembers nothing, so nobody would ask again.
#[test]
fn what_may_not_have_arrived_by_the_app_method_is_handed_to_the_platform() {
    for (name, fault) in faults() {
        let done = preset(&confirmed(), |n, call| {
            if call["method"] == "GET" { sound(n, call) } else { fault.clone() }
        });
        assert_eq!(done.paths(), [GETTOKEN, SEND, SEND], "{name}");
        assert_eq!(done.kinds(), ["axios"], "{name}");
        assert_eq!(done.actions()[0]["dnMsg"]["timeout"], 5000);
        assert_eq!(done.actions()[0]["sleepTimeMs"], 0);
        // A push that fails leaves nothing behind that says it was made.
        let done =
            preset(
                &cached(),
                |n, call| {
                    if call["method"] == "GET" { sound(n, call) } else { fault.clone() }
                },
            );
        assert_eq!(done.kinds(), ["axios", "modifyAttrs"], "{name}");
    }
}

#[test]
fn what_there_was_no_time_to_send_is_handed_to_the_platform_by_the_app_method() {
    let slow = |took| Answer(took, token("T0").1);
    let done = preset(&confirmed(), |_, _| slow(2_950));
    assert_eq!((done.paths(), done.kinds()), (vec![GETTOKEN], vec!["axios"]));
    assert!(done.actions()[0]["dnMsg"]["url"].as_str().unwrap().contains(SEND));
    // Asked before, it is as that answer left it: refused content is not handed over.
    let refused = Answer(2_900, code(40201, "").1);
    let done = preset(&confirmed(), |n, _| if n == 0 { token("T0") } else { refused.clone() });
    assert_eq!((done.paths(), done.kinds()), (vec![GETTOKEN, SEND], vec![]));
    // Without a token there is nothing to hand over.
    let done = preset(&confirmed(), |_, _| Answer(2_950, answer(&[("hstatus", "502")]).1));
    let error = done.value["error"].as_str().unwrap();
    assert!(done.paths() == [GETTOKEN] && error.contains("no time left"), "{error}");
}

#[test]
fn a_fallback_takes_over_from_a_channel_that_does_not_answer() {
    let start = all().set("onotify_fallback", "dingtalk");
    let done = routed(&start, &["wecom"], |_, call| {
        if call["url"].as_str().unwrap().contains("qyapi") {
            failure("ECONNRESET", 5)
        } else {
            code(0, "")
        }
    });
    assert_eq!(done.paths(), [BOT, BOT, ROBOT]);
    assert_eq!(done.kinds(), ["modifyAttrs"]);
    assert!(done.calls[2]["data"].to_string().contains("wecom failed (ECONNRESET)"));
}

#[test]
fn a_refusal_by_status_is_configuration() {
    for status in ["301", "400", "401", "403", "404"] {
        let done = routed(&all(), &["wecom"], |_, _| {
            answer(&[("hstatus", status), ("herror", "ERR_BAD_REQUEST")])
        });
        assert_eq!(done.calls.len(), 1);
        assert!(done.logs().contains("error") && done.logs().contains(&format!("HTTP {status}")));
    }
}

#[test]
fn a_token_that_cannot_be_fetched_is_a_clear_error() {
    for start in [app(), cached(), confirmed()] {
        for (name, fault) in faults() {
            let done = preset(&start, |_, _| fault.clone());
            assert_eq!(done.paths(), [GETTOKEN, GETTOKEN], "{name}");
            assert_eq!(done.value["actions"], json!([]), "{name}");
            assert!(
                done.value["error"].as_str().unwrap().starts_with("wecom_app: no usable answer"),
                "{name}"
            );
        }
    }
}

#[test]
fn errcode_zero_over_a_broken_transport_is_no_success() {
    for entries in [
        vec![("hstatus", "500"), ("jerrcode", "0")],
        vec![("hstatus", "200"), ("herror", "ERR_BAD_RESPONSE"), ("jerrcode", "0")],
        vec![("hstatus", "302"), ("jerrcode", "0")],
    ] {
        let done = routed(&all(), &["wecom"], |_, _| answer(&entries));
        assert!(!done.logs().contains("delivered"), "{entries:?}");
    }
}

// Time.

#[test]
fn the_whole_call_is_bounded() {
    for (set, limit) in
        [("", 3_000), ("1s", 1_000), ("10", 10_000), ("soon", 3_000), ("0s", 3_000), ("99s", 3_000)]
    {
        let start = all().set("onotify_wait", set).set("onotify_fallback", "wecom_app, dingtalk");
        let done = routed(&start, &["wecom", "dingtalk:b"], |_, call| hangs(call));
        assert!(done.end - NOW <= limit, "{set}: {} ms", done.end - NOW);
        let least = done.calls.iter().map(|call| call["timeout"].as_u64()).min();
        assert!(least.unwrap() >= Some(60), "{set}: two thirds of a tenth of a second at least");
        assert_eq!(done.heard("wecom").tries, 1, "it stays due rather than being lost");
        assert_eq!(done.logs().contains("notify_wait"), !["", "1s", "10"].contains(&set));
    }
}

#[test]
fn a_channel_that_hangs_costs_the_others_nothing() {
    for hanging in [BOT, ROBOT] {
        let done = routed(&all(), &["wecom", "dingtalk"], |_, call| {
            if call["url"].as_str().unwrap().contains(hanging) { hangs(call) } else { good() }
        });
        assert_eq!(done.paths(), [BOT, ROBOT]);
        assert_eq!(done.rounds, [2], "both at once, and what does not answer is not asked again");
        assert_eq!(done.kinds(), ["modifyAttrs"]);
        let (dead, living) =
            if hanging == BOT { ("wecom", "dingtalk") } else { ("dingtalk", "wecom") };
        assert_eq!(done.heard(living).told, Some(Level::High));
        let heard = done.heard(dead);
        assert!(heard.told.is_none() && heard.tries == 1, "{heard:?}");
    }
    // Nor the second try of another.
    let done = routed(&all(), &["wecom", "dingtalk"], |n, call| match n {
        0 => hangs(call),
        1 => answer(&[("hstatus", "502")]),
        _ => good(),
    });
    assert_eq!(done.paths(), [BOT, ROBOT, ROBOT]);
    assert_eq!(done.heard("dingtalk").told, Some(Level::High));
}

#[test]
fn a_stand_in_has_time_behind_one_that_hangs_and_waits_for_no_other_channel() {
    let start = all().set("onotify_fallback", "dingtalk");
    let done = routed(&start, &["wecom"], |n, call| if n == 0 { hangs(call) } else { good() });
    assert_eq!(done.paths(), [BOT, ROBOT]);
    assert_eq!(done.heard("dingtalk").told, Some(Level::High));
    // It is asked while another channel is tried once more.
    let done = routed(&start, &["wecom", "wecom_app"], |n, call| match n {
        0 => code(93000, ""),
        2 => answer(&[("hstatus", "502")]),
        _ => sound(n, call),
    });
    assert_eq!(done.paths(), [BOT, GETTOKEN, SEND, ROBOT, SEND]);
    assert_eq!(done.rounds, [2, 2, 1]);
}

#[test]
fn each_request_may_take_what_is_left() {
    let mut left = 3_000;
    routed(&all(), &["wecom"], |_, call| {
        assert_eq!(call["timeout"], left);
        left -= 700;
        failure("ECONNRESET", 700)
    });
    assert_eq!(left, 1_600);
}

#[test]
fn a_clock_that_jumps_back_gains_no_time() {
    let start = routes(&all(), &["wecom"]);
    let done = drive(
        &start,
        |_, _| failure("ECONNRESET", 5),
        |text| run_once(&text.replace("\0r\x0017", "\0r\x0015")),
    );
    assert_eq!(done.calls.len(), 2);
}

// Settings.

#[test]
fn settings_of_delivery_as_people_type_them() {
    let read = |name: &'static str, text: &str| {
        let texts = Texts::from_iter([(name, text)]);
        let mut reader = Reader::new(0, 0);
        let sending = Sending::read(&texts, &mut reader);
        let fallback: Vec<String> = sending.fallback.channels().map(String::from).collect();
        let faults: Vec<String> = reader.faults.iter().map(|fault| fault.sentence()).collect();
        (fallback, sending.wait.0, sending.confirm.0, sending.cache.0, faults)
    };
    for list in
        ["wecom_app, dingtalk", "wecom_app dingtalk", "wecom_app；dingtalk", "wecom_app、dingtalk"]
    {
        assert_eq!(read("notify_fallback", list).0, ["wecom_app", "dingtalk"], "{list}");
    }
    for off in ["off", "none", "0", ""] {
        let (fallback, .., faults) = read("notify_fallback", off);
        assert!(fallback.is_empty() && faults.is_empty(), "{off}");
    }
    let (fallback, .., faults) = read("notify_fallback", "wecom,a=b");
    assert!(fallback.is_empty());
    assert_eq!(
        faults,
        [
            "notify_fallback: \"a=b\" is not a channel: write wecom or wecom:alarm. Its default applies."
        ]
    );
    assert_eq!(read("notify_wait", "１０ｓ").1, 10);
    assert_eq!(read("notify_wait", "5").1, 5);
    for bad in ["0s", "31s", "soon", "5m"] {
        let (_, wait, .., faults) = read("notify_wait", bad);
        assert_eq!((wait, faults.len()), (3, 1), "{bad}");
    }
    assert_eq!(read("notify_delivery", "Confirm").2, Some(true));
    assert_eq!(read("notify_delivery", "ａｃｔｉｏｎ").2, Some(false));
    assert_eq!(read("notify_delivery", "fast").4.len(), 1);
    assert_eq!(read("wecom_token_cache", "OFF").3, Some(false));
    assert_eq!(read("wecom_token_cache", "maybe").3, None);
}

// Words.

#[test]
fn reports_come_in_both_languages() {
    let zh = confirmed().set("onotify_lang", "zh");
    assert!(preset(&zh, sound).logs().contains("已送达"));
    let done = preset(&zh, |n, _| if n == 0 { token("T0") } else { code(60020, "") });
    assert!(done.value["error"].as_str().unwrap().contains("可信 IP"), "{:?}", done.value);
}

#[test]
fn every_channel_gets_one_line() {
    let done = routed(&all(), &["wecom", "dingtalk", "wecom_app"], sound);
    assert_eq!(done.value["logs"].as_array().unwrap().len(), 3);
    assert_eq!(done.kinds(), ["modifyAttrs"], "token and state in one change");
    assert_eq!(done.actions()[0]["dnMsg"]["server_attrs"].as_object().unwrap().len(), 2);
}

#[test]
fn no_secret_reaches_a_log_an_error_or_the_state() {
    use base64::Engine;
    let secrets = [SECRET, KEY, DING, SIGN, "T0"];
    let mut forms: Vec<String> = Vec::new();
    for secret in &secrets[..4] {
        forms.push(secret.to_string());
        forms.push(tkl_notify::secret::percent_encode(secret, QUERY_VALUE));
        forms.push(base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret));
        forms.push(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret));
    }
    forms.extend(["access_token=".into(), "https://".into(), "sign=".into()]);
    // A hostile answer echoes whatever it was sent, in every field.
    let echo = |call: &Value, status: &str, errcode: &str| {
        let sent = call.to_string();
        answer(&[
            ("hstatus", status),
            ("herror", &sent),
            ("hbody", &sent),
            ("jerrcode", errcode),
            ("jerrmsg", &sent),
            ("jinvaliduser", &sent),
        ])
    };
    let start = all().set("onotify_fallback", "wecom_app, dingtalk");
    for status in ["", "200", "404", "500"] {
        for errcode in ["0", "-1", "93000", "40001", "42001", "45009", "430104", "x"] {
            let done = routed(&start, &["wecom", "dingtalk", "wecom_app"], |_, call| {
                if call["method"] == "GET" && errcode != "40001" {
                    token("T0")
                } else {
                    echo(call, status, errcode)
                }
            });
            let stored =
                done.actions().iter().filter(|a| a["type"] == "modifyAttrs").map(Value::to_string);
            let said = done.runs.clone() + &stored.collect::<String>();
            for form in &forms {
                assert!(!said.contains(form.as_str()), "{form} in {said}");
            }
        }
    }
}

// The ledger over several calls.

/// The whole of a call's requests as text.
fn said(done: &Done) -> String {
    done.calls.iter().map(|call| call["data"].to_string()).collect()
}

#[test]
fn each_answer_settles_its_own_channel_and_who_missed_the_raise_hears_it_late() {
    let start = routes(&all(), &["wecom", "dingtalk"]);
    let bad = answer(&[("hstatus", "502")]);
    let raised = preset(&start, by_service(good(), good(), bad));
    assert_eq!(raised.rounds, [2, 1]);
    assert_eq!(raised.heard("wecom").told, Some(Level::High));
    assert_eq!((raised.heard("dingtalk").told, raised.heard("dingtalk").tries), (None, 1));
    let late = preset(&later(&raised.then(&start), 600), sound);
    assert_eq!(late.paths(), [ROBOT]);
    assert!(said(&late).contains("Told late by"), "{}", said(&late));
    assert_eq!(late.heard("dingtalk").told, Some(Level::High));
    assert_eq!(late.heard("wecom"), raised.heard("wecom"), "its entry is as it was");
    let clear = later(&late.then(&raised.then(&start)), 660).set("paction", "clear");
    assert_eq!(preset(&clear, sound).rounds, [2], "both hear the end");
}

#[test]
fn a_channel_that_failed_is_asked_when_its_time_is_come_or_its_credential_is_another() {
    let start = routes(&all(), &["wecom"]);
    let failed = preset(&start, |_, _| code(93000, ""));
    let wait = u64::from(failed.heard("wecom").next - NOW_S);
    assert!((30..=37).contains(&wait), "{wait}");
    let after = failed.then(&start);
    assert_eq!(preset(&later(&after, wait - 1), sound).rounds, [0; 0]);
    assert_eq!(preset(&later(&after, wait), sound).rounds, [1]);
    let other = after.set("odingtalk_token", "other");
    assert_eq!(preset(&later(&other, 1), sound).rounds, [0; 0], "of another channel");
    let corrected = after.set("owecom_webhook_url", "another-key");
    assert_eq!(preset(&later(&corrected, 1), sound).rounds, [1]);
}

#[test]
fn whichever_part_of_a_credential_was_corrected_its_channel_is_asked_at_once() {
    let start = all().set("owecom_webhook_a", "key-a").set("owecom_webhook_b", "key-b");
    for (channel, setting) in [
        ("wecom:b", "owecom_webhook_b"),
        ("wecom:a|b", "owecom_webhook_a"),
        ("wecom:a|b", "owecom_webhook_b"),
        ("dingtalk", "odingtalk_secret"),
        ("wecom_app", "owecom_agent_id"),
    ] {
        let start = routes(&start, &[channel]);
        let failed = preset(&start, |_, _| answer(&[("hstatus", "404")]));
        let after = later(&failed.then(&start), 1);
        assert!(preset(&after, sound).calls.is_empty(), "{channel}");
        let corrected = preset(&after.set(setting, "12345"), sound);
        assert!(!corrected.calls.is_empty(), "{channel} {setting}");
    }
}

#[test]
fn the_wait_doubles_up_to_ten_minutes() {
    let start = routes(&all(), &["wecom"]);
    let (mut call, mut at) = (start.clone(), 0);
    for wait in [30, 60, 120, 240, 480].into_iter().chain([600; 35]) {
        let failed = preset(&later(&call, at), |_, _| code(93000, ""));
        assert_eq!(failed.rounds, [1], "after {at} s");
        let next = u64::from(failed.heard("wecom").next - NOW_S);
        assert!((wait..=wait * 5 / 4).contains(&(next - at)), "{}", next - at);
        (call, at) = (failed.then(&start), next);
    }
}

#[test]
fn what_is_urgent_or_high_does_not_wait_for_a_busy_service_where_there_is_a_fallback() {
    for (level, spoken) in [("urgent", true), ("high", true), ("mid", false), ("low", false)] {
        let start = routes(&all().set("onotify_fallback", "dingtalk"), &["wecom"]);
        let start = start.set("plevel", level);
        let done = preset(&start, by_service(code(45009, ""), good(), good()));
        assert_eq!(done.paths().len(), 1 + usize::from(spoken), "{level}");
        assert_eq!(done.heard("dingtalk").told.is_some(), spoken, "{level}");
        assert!(done.heard("wecom").throttled && done.heard("wecom").told.is_none());
        let next = u64::from(done.heard("wecom").next - NOW_S);
        let waits = preset(&later(&done.then(&start), next - 1), |_, _| unreachable!());
        assert_eq!(waits.rounds, [0; 0], "{level}: so does the fallback");
        assert!((60..=75).contains(&next), "{next}");
        let stands_back = if spoken { 0 } else { 450 };
        let again = preset(&later(&done.then(&start), next + stands_back), sound);
        assert_eq!(again.paths(), [BOT], "{level}: it stays due");
    }
}

#[test]
fn a_fallback_that_failed_too_speaks_as_soon_as_it_may_for_one_that_must_wait() {
    for (fault, level, spoken) in
        [(93000, "low", true), (45009, "high", true), (45009, "low", false)]
    {
        let start = routes(&all().set("onotify_fallback", "dingtalk"), &["wecom"]);
        let start = start.set("plevel", level);
        let failed = preset(&start, by_service(code(fault, ""), good(), code(300001, "")));
        let corrected = failed.then(&start).set("odingtalk_token", "another");
        let done = preset(&later(&corrected, 1), sound);
        assert_eq!(done.paths().len(), usize::from(spoken), "{fault} {level}");
        assert_eq!(said(&done).contains("wecom failed"), spoken, "{fault} {level}");
    }
}

#[test]
fn what_got_worse_meanwhile_does_not_stand_back_at_a_busy_service() {
    let start = routes(&all(), &["wecom"]).set("plevel", "mid");
    // Each moment has its own time to stand back: one that is long enough to see.
    let long = (0..60).map(|at| later(&start, at)).find_map(|call| {
        let busy = preset(&call, |_, _| code(45009, ""));
        let next = u64::from(busy.heard("wecom").next - NOW_S);
        let after = later(&busy.then(&call), next);
        preset(&after, sound).rounds.is_empty().then_some(after)
    });
    let after = long.expect("mid stands back");
    assert_eq!(preset(&after.set("plevel", "urgent"), sound).rounds, [1]);
}

#[test]
fn a_fallback_that_spoke_hears_the_end_and_whom_it_spoke_for_gets_the_raise_late() {
    let start = routes(&all().set("onotify_fallback", "dingtalk"), &["wecom"]);
    let dead = || by_service(code(93000, ""), good(), good());
    let raised = preset(&start, dead());
    assert_eq!(raised.paths(), [BOT, ROBOT]);
    assert_eq!(raised.heard("dingtalk").told, Some(Level::High));
    assert_eq!((raised.heard("wecom").told, raised.heard("wecom").tries), (None, 1));
    let after = raised.then(&start);

    let ended = preset(&later(&after, 600).set("paction", "clear"), dead());
    assert_eq!(ended.paths(), [ROBOT], "who heard nothing hears of no end");
    assert!(said(&ended).contains("Recovered"));

    let still = preset(&later(&after, 600), dead());
    assert_eq!(still.paths(), [BOT], "nobody is told for it twice");

    let late = preset(&later(&after, 600), sound);
    assert_eq!(late.paths(), [BOT]);
    assert!(said(&late).contains("Told late by"));
    let clear = later(&late.then(&start), 700).set("paction", "clear");
    assert_eq!(preset(&clear, sound).paths(), [BOT, ROBOT]);
}

#[test]
fn one_fallback_speaks_for_all_that_fail_and_the_next_only_if_it_fails_too() {
    let start = all().set("onotify_fallback", "dingtalk, wecom_app");
    let dead = |dingtalk| by_service(code(93000, ""), good(), dingtalk);
    assert_eq!(routed(&start, &["wecom"], dead(good())).paths(), [BOT, ROBOT]);
    let refused = routed(&start, &["wecom"], dead(code(300001, "")));
    assert_eq!(refused.paths(), [BOT, ROBOT, GETTOKEN, SEND]);
    let both = "wecom failed (errcode 93000); dingtalk failed (errcode 300001)";
    assert!(said(&refused).contains(both), "{}", said(&refused));
    // One that is tried once more is on its way.
    let slow = routed(&start, &["wecom"], |n, _| match n {
        0 => code(93000, ""),
        1 => answer(&[("hstatus", "502")]),
        _ => good(),
    });
    assert_eq!(slow.paths(), [BOT, ROBOT, ROBOT]);
    // That another channel of the route was told helps nobody of this one.
    let other = routed(&start.set("onotify_fallback", "wecom_app"), &["wecom", "dingtalk"], {
        dead(good())
    });
    assert_eq!(other.paths(), [BOT, ROBOT, GETTOKEN, SEND]);
    let handed = start.set("onotify_delivery", "action");
    let handed = handed.set("onotify_fallback", "dingtalk, wecom:b").set("owecom_webhook_b", "b");
    let handed = routed(&handed, &["wecom", "slack"], |_, _| unreachable!());
    let pushes = handed.kinds().iter().filter(|kind| **kind == "axios").count();
    assert_eq!(pushes, 2, "one for the route, one for whom no channel is: {:?}", handed.kinds());
}

#[test]
fn a_fallback_hears_of_the_alarm_that_failed_and_of_no_other() {
    let start = routes(&all().set("onotify_fallback", "dingtalk"), &["wecom"]);
    let mut tick = start.set("paction", "tick");
    for name in ["first", "second"] {
        let raise = start.set("pname", name).set("ptitle", name).set("onotify_fallback", "");
        tick = preset(&raise, |_, _| answer(&[("hstatus", "404")])).then(&tick);
    }
    let done = preset(&later(&tick, 60), |_, call| {
        let refused = call["url"].as_str().unwrap().contains(BOT)
            && call["data"].to_string().contains("second");
        if refused { code(93000, "") } else { good() }
    });
    assert_eq!(done.paths(), [BOT, BOT, ROBOT]);
    assert!(done.calls[2]["data"].to_string().contains("second"));
}

#[test]
fn who_may_have_heard_of_a_raise_hears_of_its_end_and_who_cannot_have_does_not() {
    for (channel, heard) in [("wecom", true), ("wecom_app", false)] {
        let start = routes(&all(), &[channel]);
        let raised = preset(&start, |_, call| hangs(call));
        assert_eq!(raised.heard(channel).unsure, heard, "{channel}");
        let clear = later(&raised.then(&start), 60).set("paction", "clear");
        assert_eq!(preset(&clear, sound).calls.len(), usize::from(heard), "{channel}");
    }
}

#[test]
fn two_channels_that_hang_and_a_dead_fallback_leave_both_due() {
    let fallback = all().set("onotify_fallback", "wecom_app");
    let start = routes(&fallback, &["wecom", "dingtalk"]);
    let done = preset(&start, |_, call| match call["url"].as_str().unwrap() {
        url if url.contains(GETTOKEN) => token("T0"),
        url if url.contains(SEND) => code(60020, ""),
        _ => hangs(call),
    });
    assert_eq!(done.paths(), [BOT, ROBOT, GETTOKEN, SEND], "there is time for the fallback");
    assert_eq!(done.calls[0]["timeout"], 2000, "two thirds of the time");
    for channel in ["wecom", "dingtalk"] {
        let heard = done.heard(channel);
        assert!(heard.told.is_none() && heard.tries == 1, "{channel}: {heard:?}");
    }
    let next = preset(&later(&done.then(&start), 60), sound);
    assert_eq!(next.paths(), [BOT, ROBOT]);
}

#[test]
fn users_of_an_app_whose_token_could_not_be_fetched_hear_by_the_next_call() {
    let start = routes(&all(), &["wecom", "wecom_app"]);
    let done = preset(&start, |_, call| match call["method"] == "GET" {
        true => answer(&[("hstatus", "502")]),
        false => good(),
    });
    assert_eq!(done.paths(), [BOT, GETTOKEN, GETTOKEN]);
    assert_eq!(done.heard("wecom").told, Some(Level::High));
    assert_eq!((done.heard("wecom_app").told, done.heard("wecom_app").tries), (None, 1));
    let next = preset(&later(&done.then(&start), 60), sound);
    assert_eq!(next.paths(), [GETTOKEN, SEND]);
    assert_eq!(next.heard("wecom_app").told, Some(Level::High));
}

#[test]
fn what_is_lent_is_asked_for_once_and_keeps_no_other_channel_back() {
    let done = routed(&all(), &["wecom_app", "wecom"], sound);
    assert_eq!((done.paths(), &done.rounds[..]), (vec![GETTOKEN, BOT, SEND], &[2, 1][..]));
    let start = routes(&all(), &["wecom_app"]);
    let mut tick = start.set("paction", "tick");
    for name in ["first", "second"] {
        let raise = start.set("pname", name);
        tick = preset(&raise, |_, _| answer(&[("hstatus", "404")])).then(&tick);
    }
    let done = preset(&later(&tick, 60), sound);
    assert_eq!(done.paths(), [GETTOKEN, SEND, SEND]);
}

#[test]
fn a_token_that_was_fetched_anew_is_kept_over_a_transient_fault() {
    let start = routes(&all(), &["wecom_app"]);
    let first = preset(&start, sound);
    let kept = first.then(&start).set("pname", "second");
    let done = preset(&kept, |n, _| match n {
        0 => code(40014, ""),
        1 => token("T1"),
        2 => answer(&[("hstatus", "502")]),
        _ => good(),
    });
    assert_eq!(done.paths(), [SEND, GETTOKEN, SEND, SEND]);
    assert!(done.urls()[2].ends_with("=T1") && done.urls()[3].ends_with("=T1"));
    // Without a kept one: two, never three.
    let done = preset(&start, |n, _| match n {
        0 => token("T0"),
        1 => code(40014, ""),
        2 => token("T1"),
        3 => answer(&[("hstatus", "502")]),
        _ => code(40014, ""),
    });
    assert_eq!(done.paths(), [GETTOKEN, SEND, GETTOKEN, SEND, SEND]);
    assert_eq!(done.heard("wecom_app").tries, 1);
}

#[test]
fn a_ring_that_did_not_arrive_is_owed_and_sent_alone() {
    let start = routes(&all().set("onotify_mentions", "all"), &["wecom"]);
    let kind = |done: &Done| -> Vec<String> {
        done.calls.iter().map(|call| call["data"]["msgtype"].to_string()).collect()
    };
    let done = preset(&start, |n, _| if n == 0 { good() } else { answer(&[("hstatus", "502")]) });
    assert_eq!(kind(&done), ["\"markdown\"", "\"text\"", "\"text\""]);
    let heard = done.heard("wecom");
    assert!(heard.ring && heard.told == Some(Level::High), "{heard:?}");
    let slow = preset(&start, |_, _| Answer(2_950, good().1));
    assert!(kind(&slow) == ["\"markdown\""] && slow.heard("wecom").ring, "no time was left for it");
    let again = preset(&later(&done.then(&start), 60), sound);
    assert_eq!(kind(&again), ["\"text\""]);
    assert_eq!(again.calls[0]["data"]["text"]["mentioned_list"], json!(["@all"]));
    assert_eq!(again.heard("wecom"), Heard { ring: false, ..heard }, "that is no message");
    assert_eq!(preset(&later(&again.then(&start), 120), sound).rounds, [0; 0]);
    let ended = preset(&later(&done.then(&start), 60).set("paction", "clear"), sound);
    assert_eq!(kind(&ended), ["\"markdown\""], "good news rings nobody");
    let seen = preset(&later(&done.then(&start), 60).set("sntf_ack", "true"), sound);
    assert!(
        kind(&seen).is_empty() && seen.heard("wecom").ring,
        "it waits while somebody sees to it"
    );
}

/// Whom the texts of a call ring by mobile, one list each.
fn rung(done: &Done) -> Vec<String> {
    let lists = done.calls.iter().map(|call| &call["data"]["text"]["mentioned_mobile_list"]);
    lists.filter(|list| !list.is_null()).map(Value::to_string).collect()
}

#[test]
fn people_of_a_step_are_rung_by_the_message_that_tells_of_it_or_later_if_that_failed() {
    let steps = "15m=@mobile:1; 30m=@mobile:2";
    let start = routes(&all().set("onotify_escalate", steps), &["wecom"]);
    let (mut call, mut all) = (start.clone(), Vec::new());
    for at in [0, 900, 1800, 1860, 6000] {
        let done = preset(&later(&call, at), |n, _| {
            if at == 1800 && n > 0 { answer(&[("hstatus", "502")]) } else { good() }
        });
        call = done.then(&start);
        all.push(rung(&done).join(" "));
    }
    // Told, but not rung; then rung alone; a reminder rings nobody of a step.
    assert_eq!(all, ["", "[\"1\"]", "[\"2\"] [\"2\"]", "[\"2\"]", ""]);
}

#[test]
fn what_gets_better_or_was_seen_rings_nobody() {
    let start = routes(&all().set("onotify_mentions", "mobile:1"), &["wecom"]);
    let raised = preset(&start, sound);
    assert_eq!(rung(&raised).len(), 1);
    let better = later(&raised.then(&start), 60).set("plevel", "low");
    let better = preset(&better, sound);
    assert!(said(&better).contains("Alarm better") && rung(&better).is_empty());
    // A channel that missed the raise hears it late, and somebody has seen it by then.
    let both = routes(&start.set("owecom_webhook_b", "key-b"), &["wecom", "wecom:b"]);
    let seen = later(&raised.then(&both), 60).set("sntf_ack", "true");
    let late = preset(&seen, sound);
    assert!(late.paths() == [BOT] && rung(&late).is_empty(), "{:?}", late.calls);
}

#[test]
fn a_channel_that_only_a_step_or_a_fallback_names_hears_the_end() {
    let start = routes(&all().set("owecom_webhook_b", "key-b"), &["wecom"]);
    let to_b = |done: &Done| done.urls().iter().filter(|url| url.ends_with("key-b")).count();
    let step = start.set("onotify_escalate", "15m=wecom:b");
    let raised = preset(&step, sound);
    assert_eq!(to_b(&raised), 0);
    let escalated = preset(&later(&raised.then(&step), 900), sound);
    assert_eq!(to_b(&escalated), 1);
    let clear = later(&escalated.then(&step), 960).set("paction", "clear");
    assert_eq!(to_b(&preset(&clear, sound)), 1, "of a step");

    let fallback = start.set("onotify_fallback", "wecom:b");
    let raised = preset(&fallback, |n, _| code([93000, 0][n], ""));
    assert_eq!(to_b(&raised), 1);
    let clear = later(&raised.then(&fallback), 960).set("paction", "clear");
    assert_eq!(to_b(&preset(&clear, sound)), 1, "of a fallback");
}

#[test]
fn a_ring_that_is_owed_waits_while_an_unstable_alarm_is_off() {
    let start = all().set("onotify_mentions", "all").set("onotify_flapping", "3/1h");
    let mut call = routes(&start, &["wecom"]);
    let mut sent = Vec::new();
    for (at, action) in [(0, "new"), (60, "clear"), (120, "new"), (180, "clear"), (240, "new")] {
        let done = preset(&later(&call, at).set("paction", action), |n, _| {
            if at == 120 && n > 0 { answer(&[("hstatus", "502")]) } else { good() }
        });
        call = done.then(&call);
        let kinds = done.calls.iter().map(|call| call["data"]["msgtype"].as_str().unwrap().into());
        sent.push(kinds.collect::<Vec<String>>().join(" "));
    }
    let ring = "markdown text";
    assert_eq!(sent, [ring, "markdown", "markdown text text", "", "text"]);
}

#[test]
fn a_refused_payload_is_sent_without_mentions_and_then_without_the_fields_text() {
    let start = routes(&all().set("onotify_mentions", "user:li"), &["wecom"]);
    let tries = |accepted: usize| {
        preset(&start, |n, _| if n < accepted { code(40058, "") } else { good() })
    };
    let done = tries(9);
    let texts: Vec<String> = done.calls.iter().map(|call| call["data"].to_string()).collect();
    assert_eq!(texts.len(), 3);
    let holds = |word: &str| texts.iter().map(|text| text.contains(word)).collect::<Vec<_>>();
    assert_eq!(holds("<@li>"), [true, false, false]);
    assert_eq!(holds("88 degrees"), [true, true, false]);
    assert_eq!(holds("left out"), [false, false, true]);
    assert_eq!(done.heard("wecom").told, None);
    assert!(tries(1).logs().contains("sent without mentions"));
    assert_eq!(tries(1).heard("wecom").told, Some(Level::High));
    assert_eq!(tries(2).heard("wecom").told, Some(Level::High));
    for (rung, mark) in [("mobile:13800000003", "@13800000003"), ("all", "\"isAtAll\":true")] {
        let start = all().set("onotify_mentions", rung);
        let done = routed(&start, &["dingtalk"], |n, _| code([400105, 0][n], ""));
        let sent = done.calls.iter().map(|call| call["data"].to_string());
        let marked: Vec<bool> = sent.map(|text| text.contains(mark)).collect();
        assert_eq!(marked, [true, false], "{rung}");
        assert!(said(&done).matches("88 degrees").count() == 2 && !done.heard("dingtalk").ring);
    }
}

#[test]
fn two_alarms_of_one_tick_are_settled_each_in_its_own_ledger() {
    let start = routes(&all(), &["wecom", "dingtalk"]);
    let mut tick = start.set("paction", "tick");
    for name in ["first", "second"] {
        let raise = start.set("pname", name).set("ptitle", name);
        tick = preset(&raise, |_, _| answer(&[("hstatus", "404")])).then(&tick);
    }
    let done = preset(&later(&tick, 60), |_, call| {
        let second = call["data"].to_string().contains("second");
        let bot = call["url"].as_str().unwrap().contains(BOT);
        if second == bot { good() } else { answer(&[("hstatus", "404")]) }
    });
    assert_eq!(done.rounds, [4]);
    let told = |name, channel| heard(&done.attrs()[&format!("ntf_{name}")], name, channel).told;
    assert_eq!((told("first", "wecom"), told("first", "dingtalk")), (None, Some(Level::High)));
    assert_eq!((told("second", "wecom"), told("second", "dingtalk")), (Some(Level::High), None));
}

#[test]
fn a_fallback_that_failed_is_left_alone_for_its_own_time() {
    let start = routes(&all().set("onotify_fallback", "dingtalk"), &["wecom"]);
    let dead = || by_service(code(93000, ""), good(), code(300001, ""));
    let failed = preset(&start, dead());
    assert_eq!(failed.paths(), [BOT, ROBOT]);
    let other = failed.then(&start).set("owecom_webhook_url", "another-key");
    assert_eq!(preset(&later(&other, 1), dead()).paths(), [BOT]);
}

#[test]
fn what_is_held_back_is_not_sent_and_an_end_is_held_by_the_level_that_was_told() {
    let hour = |levels: &str| format!("22:00-23:00={levels}");
    let start = routes(&all(), &["wecom"]).set("plevel", "urgent");
    for (name, text) in
        [("onotify_quiet", hour("urgent")), ("snotify_mute_until", "2023-11-14 23:00".into())]
    {
        assert_eq!(preset(&start.set(name, &text), |_, _| unreachable!()).rounds, [0; 0], "{name}");
    }
    let raised = preset(&start, sound);
    let clear = later(&raised.then(&start), 60).set("paction", "clear");
    let held = |levels| preset(&clear.set("onotify_quiet", &hour(levels)), sound).calls.is_empty();
    assert_eq!((held("low,mid,high"), held("urgent")), (false, true));
    // It may have been told nothing at all: then as high.
    let hung = preset(&start, |_, call| hangs(call));
    let clear = later(&hung.then(&start), 60).set("paction", "clear");
    let held = |levels| preset(&clear.set("onotify_quiet", &hour(levels)), sound).calls.is_empty();
    assert_eq!((held("low,mid,urgent"), held("high")), (false, true));
}

// Many alarms of one tick.

/// The state of an alarm that was raised a day ago and of which a channel heard this.
fn raised(tick: &Input, name: &str, level: Level, heard: &[(&str, Heard)]) -> Input {
    let since = NOW_S - 86_400;
    let mut state =
        State { level: Some(level), worst: Some(level), since, first: since, ..State::default() };
    for (channel, heard) in heard {
        state.note(Heard { channel: policy::channel_mark(channel), ..*heard });
    }
    tick.set(&format!("nntf_{name}"), &state.text(name))
}

/// It was told this level so many seconds ago.
fn told(level: Level, ago: u32) -> Heard {
    Heard { told: Some(level), at: NOW_S - ago, ..Heard::default() }
}

#[test]
fn only_messages_make_a_digest_not_rings_that_are_owed_nor_who_might_stand_in() {
    let start = routes(&all().set("paction", "tick"), &["wecom"]);
    let mut tick = start.set("onotify_mentions", "all");
    for name in ["a", "b", "c"] {
        tick = raised(&tick, name, Level::High, &[("wecom", told(Level::High, 80_000))]);
    }
    let owed = Heard { ring: true, ..told(Level::High, 60) };
    tick = raised(&tick, "d", Level::High, &[("wecom", owed)]);
    let done = preset(&tick, sound);
    assert_eq!(done.rounds, [4, 3], "three messages and four rings");

    let mut tick = start.set("onotify_fallback", "dingtalk");
    for (n, name) in ["a", "b", "c", "d", "e", "f"].into_iter().enumerate() {
        let ago = if n < 2 { 80_000 } else { 60 };
        tick = raised(&tick, name, Level::High, &[("wecom", told(Level::High, ago))]);
    }
    assert_eq!(preset(&tick, sound).paths(), [BOT, BOT], "the others are not due");
}

#[test]
fn the_worst_of_what_holds_and_what_was_told_comes_first() {
    let tick = routes(&all().set("paction", "tick"), &["wecom"]);
    let tick = raised(&tick, "still", Level::High, &[("wecom", told(Level::High, 80_000))]);
    let tick = raised(&tick, "better", Level::Low, &[("wecom", told(Level::Urgent, 80_000))]);
    let done = preset(&tick, sound);
    let first = done.calls[0]["data"].to_string();
    assert!(done.paths() == [BOT, BOT] && first.contains("better"), "{first}");
}

#[test]
fn in_a_storm_one_stand_in_speaks_for_all_that_fails() {
    let tick = all().set("paction", "tick").set("fmethod", "notify");
    let tick = tick.set("onotify_routes", "urgent=dingtalk; *=wecom");
    let mut tick = tick.set("onotify_fallback", "wecom_app");
    for name in ["a", "b", "c", "d"] {
        tick = raised(&tick, name, Level::High, &[("wecom", told(Level::High, 80_000))]);
    }
    tick = raised(&tick, "e", Level::Urgent, &[("dingtalk", told(Level::Urgent, 80_000))]);
    let done = preset(&tick, by_service(code(93000, ""), good(), good()));
    assert_eq!(done.paths(), [ROBOT, BOT, GETTOKEN, SEND]);
    assert!(done.calls[3]["data"].to_string().contains("Alarms: 5"), "{}", done.calls[3]);
}

// Where the platform sends.

const THREE: [&str; 3] = ["wecom", "wecom:b", "dingtalk"];

fn by_platform() -> Input {
    let start = all().set("owecom_webhook_b", "key-b").set("onotify_delivery", "action");
    routes(&start, &THREE)
}

/// The same, an earlier alarm of that name remembered as told and over.
fn remembered() -> Input {
    let before = by_platform().set("onotify_delivery", "confirm");
    let before = before.set("fnow", &(NOW - 90_000_000).to_string());
    let raised = preset(&before, sound);
    let over = preset(&raised.then(&before).set("paction", "clear"), sound);
    over.then(&by_platform())
}

/// Which channel a push is for.
fn to(action: &Value) -> &'static str {
    match action["dnMsg"]["url"].as_str().unwrap() {
        url if url.contains(ROBOT) => "dingtalk",
        url if url.ends_with("key-b") => "wecom:b",
        _ => "wecom",
    }
}

#[test]
fn where_the_platform_sends_states_go_first_and_each_push_is_followed_by_its_own() {
    let done = preset(&remembered(), |_, _| unreachable!());
    let pair = ["axios", "modifyAttrs"];
    assert_eq!(done.kinds(), [&["modifyAttrs"][..], &pair, &pair, &pair].concat());
    let mut told: Vec<&str> = Vec::new();
    for action in done.actions() {
        if action["type"] == "axios" {
            told.push(to(action));
            continue;
        }
        let text = action["dnMsg"]["server_attrs"]["ntf_overheat"].as_str().unwrap();
        for channel in THREE {
            let heard = heard(text, "overheat", channel);
            let known = told.contains(&channel);
            assert_eq!((heard.told.is_some(), heard.tries == 0), (known, known), "{heard:?}");
        }
    }
    assert_eq!(told.len(), 3);
}

#[test]
fn each_state_between_pushes_says_what_was_told_and_rung_and_that_the_next_push_is_in_doubt() {
    for mentions in ["", "all"] {
        let start = remembered().set("onotify_mentions", mentions);
        let text = tkl_notify::preset::run(&start.text()).into_json();
        let done = preset(&start, |_, _| unreachable!());
        let stores = done.kinds().iter().filter(|kind| **kind == "modifyAttrs").count();
        assert_eq!(text.matches("\"ntf_overheat\":").count(), stores, "once in each");
        let (mut told, mut rung) = (Vec::new(), Vec::new());
        for (n, action) in done.actions().iter().enumerate() {
            if action["type"] == "axios" {
                let is_ring = action["dnMsg"]["data"]["msgtype"] == "text";
                if is_ring { &mut rung } else { &mut told }.push(to(action));
                continue;
            }
            let next = done.actions()[n..].iter().find(|action| action["type"] == "axios").map(to);
            let text = action["dnMsg"]["server_attrs"]["ntf_overheat"].as_str().unwrap();
            for channel in THREE {
                let heard = heard(text, "overheat", channel);
                let knows = told.contains(&channel);
                let rings = mentions == "all" && channel != "dingtalk";
                assert_eq!(heard.told.is_some(), knows, "{heard:?}");
                assert_eq!(heard.ring, knows && rings && !rung.contains(&channel), "{heard:?}");
                assert_eq!(heard.unsure, !knows && next == Some(channel), "{heard:?}");
            }
        }
        assert_eq!((told.len(), rung.len()), (3, if mentions == "all" { 2 } else { 0 }));
    }
}

#[test]
fn a_ring_that_the_platform_makes_alone_leaves_no_doubt_about_the_message() {
    let start = routes(&all().set("onotify_mentions", "all"), &["wecom"]);
    let owed = preset(&start, |n, _| if n == 0 { good() } else { answer(&[("hstatus", "502")]) });
    let call = later(&owed.then(&start), 60).set("onotify_delivery", "action");
    let done = preset(&call, |_, _| unreachable!());
    assert_eq!(done.kinds(), ["modifyAttrs", "axios", "modifyAttrs"]);
    let before = stored(&call, &done.actions()[..1]).text();
    let state = before.split("nntf_overheat\0").nth(1).unwrap().split('\0').next().unwrap();
    let heard = heard(state, "overheat", "wecom");
    assert!(heard.ring && !heard.unsure && heard.tries == 1, "{heard:?}");
    assert!(!done.heard("wecom").ring);
}

#[test]
fn a_channel_goes_by_its_last_attempt_whichever_alarm_that_was_for() {
    let call = routes(&all().set("onotify_delivery", "action"), &["wecom", "dingtalk"]);
    let mut call = call.set("paction", "tick");
    // Seconds since each channel might have been tried again.
    for (name, wecom, dingtalk) in [("first", 100, 200), ("second", 400, 300)] {
        let mut state = State { level: Some(Level::High), since: NOW_S - 900, ..State::default() };
        for (channel, ago) in [("wecom", wecom), ("dingtalk", dingtalk)] {
            let channel = policy::channel_mark(channel);
            state.note(Heard { channel, tries: 1, next: NOW_S - ago, ..Heard::default() });
        }
        call = call.set(&format!("nntf_{name}"), &state.text(name));
    }
    let done = preset(&call, |_, _| unreachable!());
    let pushes = done.actions().iter().filter(|action| action["type"] == "axios").map(to);
    assert_eq!(pushes.collect::<Vec<_>>(), ["dingtalk", "dingtalk", "wecom", "wecom"]);
    // Behind a push of the one stands that the other is under way.
    let states = done.actions()[2]["dnMsg"]["server_attrs"].as_object().unwrap();
    let second = states["ntf_second"].as_str().unwrap();
    assert!(heard(second, "second", "dingtalk").unsure, "{states:?}");
}

/// The next call, where the platform ran these actions of the last one.
fn stored(input: &Input, actions: &[Value]) -> Input {
    let value = json!({ "actions": actions, "logs": [] });
    Done { value, calls: vec![], rounds: vec![], end: 0, runs: String::new() }.then(input)
}

/// An action that fails may stop those behind it.
#[test]
fn wherever_a_list_of_actions_is_cut_the_next_calls_tell_everybody_once() {
    let told = |input: &Input, channel| {
        let text = input.text();
        let state = text.split("nntf_overheat\0").nth(1).unwrap().split('\0').next().unwrap();
        heard(state, "overheat", channel).told.is_some()
    };
    for start in [later(&remembered(), 0), later(&remembered(), 7)] {
        let all = preset(&start, sound).actions().len();
        for cut in 1..=all {
            for dead in [None, Some(THREE[0]), Some(THREE[1]), Some(THREE[2])] {
                let mut call = start.clone();
                for (round, at) in [0, 100, 400].into_iter().enumerate() {
                    let before = THREE.map(|channel| told(&call, channel));
                    let done = preset(&later(&call, at), sound);
                    let limit = if round == 0 { cut } else { usize::MAX };
                    let mut made = done.actions().len().min(limit);
                    for (n, action) in done.actions().iter().enumerate().take(made) {
                        if action["type"] != "axios" {
                            continue;
                        }
                        let index = THREE.iter().position(|channel| *channel == to(action));
                        assert!(!before[index.unwrap()], "{} again after {cut}", to(action));
                        if Some(to(action)) == dead {
                            made = n;
                            break;
                        }
                    }
                    call = stored(&call, &done.actions()[..made]);
                }
                for channel in THREE {
                    let living = Some(channel) != dead;
                    assert_eq!(told(&call, channel), living, "{channel}, cut {cut}, dead {dead:?}");
                }
            }
        }
    }
}

#[test]
fn the_channel_to_begin_with_moves_on_with_each_attempt() {
    let mut call = remembered();
    let mut first = Vec::new();
    for at in 0..4u64 {
        let done = preset(&later(&call, at * 1000), |_, _| unreachable!());
        first.push(to(&done.actions()[1]));
        let pending = done.actions()[0]["dnMsg"]["server_attrs"]["ntf_overheat"].as_str().unwrap();
        call = call.set("nntf_overheat", pending);
    }
    let all: std::collections::BTreeSet<&str> = first[..3].iter().copied().collect();
    assert_eq!(all, THREE.into_iter().collect(), "each was the first once");
    assert_eq!(first[3], first[0]);
    let text = call.text();
    let state = text.split("nntf_overheat\0").nth(1).unwrap().split('\0').next().unwrap();
    // Who only stood behind one that failed was not tried.
    assert_eq!(THREE.map(|channel| heard(state, "overheat", channel).tries), [2; 3]);
    let wait = heard(state, "overheat", first[0]).next - NOW_S - 3000;
    assert!((60..=75).contains(&wait), "the second wait, not the first: {wait}");
}

#[test]
fn what_stood_behind_a_push_that_failed_is_not_put_off() {
    let call = by_platform();
    let start = (0..100).find(|at| {
        let done = preset(&later(&call, *at), |_, _| unreachable!());
        done.kinds()[0] == "modifyAttrs"
    });
    let call = later(&call, start.unwrap());
    let done = preset(&call, |_, _| unreachable!());
    let dead = to(&done.actions()[1]);
    let call = stored(&call, &done.actions()[..1]);
    // So long the platform may still be at it.
    let pushes = |seconds| {
        let done = preset(&later(&call, start.unwrap() + seconds), |_, _| unreachable!());
        let pushes = done.actions().iter().filter(|action| action["type"] == "axios");
        pushes.map(to).collect::<Vec<_>>()
    };
    assert_eq!(pushes(19), [""; 0]);
    let soon = pushes(21);
    assert!(
        soon.len() == 2 && !soon.contains(&dead),
        "it is left alone for half a minute: {soon:?}"
    );
    let then = pushes(60);
    assert!(then.len() == 3 && then[2] == dead, "and goes last then: {then:?}");
}

#[test]
fn where_nothing_is_remembered_both_orders_occur_in_time_and_each_channel_is_the_first_to_be_pushed()
 {
    let mut seen = std::collections::BTreeSet::new();
    for at in 0..200 {
        let done = preset(&later(&by_platform(), at), |_, _| unreachable!());
        let states_first = done.kinds()[0] == "modifyAttrs";
        let push = done.actions().iter().find(|action| action["type"] == "axios").unwrap();
        seen.insert((states_first, to(push)));
    }
    // A state that was written first says by itself which channel is next.
    let pushes = ["dingtalk", "wecom", "wecom:b"].map(|channel| (false, channel));
    let all = pushes.into_iter().chain([(true, "wecom")]);
    assert_eq!(seen, all.collect(), "{seen:?}");
}

#[test]
fn action_that_is_set_wins_over_the_token_cache() {
    let start = routes(&all().set("owecom_token_cache", "on"), &["wecom_app"]);
    let done = preset(&start.set("onotify_delivery", "action"), sound);
    assert_eq!(done.paths(), [GETTOKEN]);
    assert!(done.kinds().contains(&"axios"));
    assert_eq!(done.stored(), None);
}

// What the device and the platform say.

#[test]
fn an_acknowledgement_is_dated_in_its_attribute() {
    let start = routes(&all(), &["wecom"]);
    let raised = preset(&start, sound);
    let after = later(&raised.then(&start), 60);
    let seen = preset(&after.set("sntf_ack", "true"), |_, _| unreachable!());
    let dated = seen.attrs()["ntf_ack"].clone();
    let acked = after.set("sntf_ack", &dated);
    assert_ne!(dated, "true");
    let next = preset(&acked.set("fnow", &(NOW + 120_000).to_string()), |_, _| unreachable!());
    assert_eq!(next.attrs().get("ntf_ack"), None, "{dated} is a moment already");
    let state = seen.attrs()["ntf_overheat"].clone();
    // The second before, so that it does not count for a raise in this one.
    assert_eq!(dated, format!("{}000", NOW_S + 59));
    assert_eq!(State::read(&state, "overheat").unwrap().ack_at, NOW_S + 59);
    let acked = acked.set("nntf_overheat", &state);
    assert_eq!(preset(&later(&acked, 90_000), sound).rounds, [0; 0], "no reminders");
    let worse = preset(&later(&acked, 90_000).set("plevel", "urgent"), sound);
    assert_eq!(worse.rounds, [1]);
}

#[test]
fn an_alarm_that_two_ticks_do_not_find_on_the_platform_was_closed_there() {
    let start = routes(&all().set("falarms", "1"), &["wecom"]);
    let raised = preset(&start, sound);
    let mut call = raised.then(&start).set("paction", "tick");
    let listed = later(&call, 60).set("aoverheat", "high\u{1}t\u{1}d");
    call = preset(&listed, |_, _| unreachable!()).then(&call);
    let blind = call.set("falarms", "0");
    let twice = preset(&later(&blind, 90), |_, _| unreachable!()).then(&blind);
    let nothing = preset(&later(&twice, 100), |_, _| unreachable!());
    assert_eq!(nothing.kinds(), [""; 0], "a call that has no record says nothing of it");
    let once = preset(&later(&call, 120), |_, _| unreachable!());
    call = once.then(&call);
    let twice = preset(&later(&call, 180), sound);
    assert_eq!(twice.paths(), [BOT]);
    assert!(
        said(&twice).contains("Recovered") && said(&twice).contains("closed"),
        "{}",
        said(&twice)
    );
    assert_eq!(State::level(&twice.attrs()["ntf_overheat"], "overheat"), None);
    call = twice.then(&call);
    assert_eq!(preset(&later(&call, 240), |_, _| unreachable!()).rounds, [0; 0]);
}

// The next step of one message.

#[test]
fn what_follows_each_verdict_after_each_way() {
    use tkl_notify::delivery::{Next, Way, next};
    let bools = [false, true];
    for n in 0..32 {
        let bit = |at: u32| bools[(n >> at & 1) as usize];
        let way =
            Way { again: bit(0), fresh: bit(1), no_mentions: bit(2), bare: bit(3), robots: 0 };
        let rings = bit(4);
        for verdict in Verdict::ALL {
            for code in ["", "ECONNRESET", "ETIMEDOUT", "ECONNABORTED"] {
                let reading =
                    tkl_notify::channel::verdict::Reading { verdict, kind: "", code, detail: "" };
                let once = |done: bool, way| if done { Next::Failed } else { Next::Again(way) };
                let bare = once(way.bare, Way { bare: true, ..way });
                let expected = match verdict {
                    Verdict::Delivered | Verdict::Partly => Next::Told,
                    Verdict::Throttled | Verdict::Misconfigured => Next::Failed,
                    Verdict::Token => once(way.fresh, Way { fresh: true, ..way }),
                    Verdict::Content => bare,
                    Verdict::Payload if rings && !way.no_mentions => {
                        Next::Again(Way { no_mentions: true, ..way })
                    }
                    Verdict::Payload => bare,
                    Verdict::Transient
                        if code.ends_with("TIMEDOUT") || code.ends_with("ABORTED") =>
                    {
                        Next::Failed
                    }
                    Verdict::Transient => once(way.again, Way { again: true, ..way }),
                };
                assert_eq!(next(way, &reading, rings, 1), expected, "{way:?} {verdict:?} {code}");
            }
        }
    }
}

#[test]
fn one_of_several_robots_takes_an_alarm_and_the_next_one_if_it_is_throttled() {
    let start = all().set("owecom_webhook_a", "key-a").set("owecom_webhook_b", "key-b");
    let used = |name: &str| {
        let start = start.set("pname", name);
        let done = routed(&start, &["wecom:a|b"], sound);
        done.urls()[0].split('=').next_back().unwrap().to_string()
    };
    let keys: std::collections::BTreeSet<String> = (0..9).map(|n| used(&n.to_string())).collect();
    assert_eq!(keys.len(), 2, "alarms are spread");
    assert_eq!(used("x"), used("x"));
    let of = |start: &Input| routed(start, &["wecom:a|b"], sound).urls()[0].to_string();
    let devices = (0..9).map(|n| of(&start.set("deui", &n.to_string())));
    assert_eq!(devices.collect::<std::collections::BTreeSet<_>>().len(), 2, "and devices");
    let failed = routed(&start, &["wecom:a|b"], |_, _| code(93000, ""));
    let again = later(&failed.then(&start), 60);
    assert_ne!(of(&again), failed.urls()[0], "the next attempt is the other's");
    let done = routed(&start, &["wecom:a|b"], |n, _| code(if n == 0 { 45009 } else { 0 }, ""));
    assert_eq!(done.paths(), [BOT, BOT]);
    assert_ne!(done.urls()[0], done.urls()[1]);
    assert_eq!(done.heard("wecom:a|b").told, Some(Level::High));
    let done = routed(&start, &["wecom:a|b"], |_, _| code(45009, ""));
    assert_eq!(done.paths(), [BOT, BOT], "each is asked once");
    let rings = start.set("onotify_mentions", "all");
    let done = routed(&rings, &["wecom:a|b"], |n, _| code([0, 45009][n], ""));
    assert!(done.heard("wecom:a|b").ring, "who told it rings, later");
}

#[test]
fn what_is_wrong_with_a_channel_is_said_once_and_only_where_a_setting_names_it() {
    // Of the app nobody asks anything here; without axios it could not answer.
    let start = routes(&all(), &["wecom"]).set("faxios", "");
    assert_eq!(preset(&start, |_, _| unreachable!()).logs(), "[]");
    let urgent = start.set("onotify_routes", "urgent=wecom_app; *=wecom");
    assert!(preset(&urgent, |_, _| unreachable!()).logs().contains("no axios function"));
    let default = start.set("onotify_routes", "");
    assert!(preset(&default, |_, _| unreachable!()).logs().contains("no axios function"));
    // Known before it is asked, and again when it is.
    let exposed = bots().set("odingtalk_token", "").set("odingtalk_secret", "");
    let exposed = exposed.set("sdingtalk_token", DING).set("sdingtalk_secret", SIGN);
    let done = routed(&exposed, &["dingtalk"], sound);
    assert_eq!(done.paths(), [ROBOT]);
    assert_eq!(done.logs().matches("were read from server_attrs").count(), 1, "{}", done.logs());
}
