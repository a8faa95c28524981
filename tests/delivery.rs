//! Delivery over scripted services: the replay loop with answers as the shim hands them in.
//! What a message looks like is tested elsewhere; here it is about who got it, when, and what is said.

mod wire;

use serde_json::{Value, json};
use tkl_notify::alarm::Level;
use tkl_notify::channel::verdict::{Verdict, explain};
use tkl_notify::channel::{CHANNELS, TABLES, dingtalk, wecom, wecom_app};
use tkl_notify::delivery::Sending;
use tkl_notify::policy::{Heard, State, channel_mark};
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

    fn stored(&self) -> Option<(String, String)> {
        let modify = self.actions().iter().find(|action| action["type"] == "modifyAttrs")?;
        assert_eq!(modify["target"], "24e1");
        let (name, value) =
            modify["dnMsg"]["server_attrs"].as_object().unwrap().iter().next().unwrap();
        Some((name.clone(), value.as_str().unwrap().to_string()))
    }
}

/// Replays `run` until it asks for nothing more. `service` answers the n-th request.
fn drive(
    start: &Input,
    mut service: impl FnMut(usize, &Value) -> Answer,
    run: impl Fn(&str) -> Value,
) -> Done {
    let mut text = start.text();
    let (mut calls, mut now, mut runs) = (Vec::new(), NOW, String::new());
    loop {
        let value = run(&text);
        runs += &json!([value["logs"], value["error"], value["throw"]]).to_string();
        assert_eq!(value, run(&text), "the same input gives the same outcome");
        let Some(asked) = value["calls"].as_array().filter(|calls| !calls.is_empty()) else {
            return Done { value, calls, end: now, runs };
        };
        assert_eq!(value["actions"], json!([]), "an unfinished run has no actions");
        assert_eq!(value["logs"], json!([]), "an unfinished run says nothing");
        // All are sent at once; each answer has its own time.
        let mut last = now;
        for call in asked {
            let Answer(took, entries) = service(calls.len(), call);
            assert!(took <= call["timeout"].as_u64().unwrap(), "it outlives its timeout: {call}");
            calls.push(call.clone());
            text += &format!("\0r\0{}", now + took);
            for (key, value) in entries {
                text += &format!("\0{key}\0{value}");
            }
            last = last.max(now + took);
        }
        assert!(calls.len() < 30, "endless");
        now = last;
    }
}

fn preset(start: &Input, service: impl FnMut(usize, &Value) -> Answer) -> Done {
    drive(start, service, |text| {
        serde_json::from_str(&tkl_notify::preset::run(text).into_json()).unwrap()
    })
}

/// A raise by `notify` through these channels.
fn routed(start: &Input, routes: &[&str], service: impl FnMut(usize, &Value) -> Answer) -> Done {
    preset(&start.set("onotify_routes", &["*=", &routes.join(",")].concat()), service)
}

/// What a channel heard, by the state that a run stores.
fn heard(done: &Done, channel: &str) -> Heard {
    let attrs = done.actions().iter().filter_map(|action| {
        action["dnMsg"]["server_attrs"]["ntf_overheat"].as_str().map(String::from)
    });
    let text = attrs.last().expect("a state is stored");
    State::read(&text, "overheat").expect("a state").heard(channel_mark(channel))
}

const HIGH: Option<Level> = Some(Level::High);

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
    // Computed with Python's hmac and the `cryptography` package's ChaCha20.
    let known = [
        (
            "s",
            "ww1",
            "1000002",
            2000,
            "token",
            "000007d0ca432c22ffc3686b7ac5284dc66d8ea37bb310a4ffb6cf0085cd6ffd2ec55c3f7e",
            "8811fbfc",
        ),
        (
            "corp-secret_0123456789-ABCDEFGHIJKLMNOPQRSTUV",
            "ww1234567890abcdef",
            "1000002",
            1700006900,
            "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT-access_token_",
            "65540bf4396a4e922c00605b27ed4b93efd86169b476a4f6c8dc3b2d664e9fdae01113343379f0dc55a47754b366fa57f2355c1c66e18cdd6c25493d2a1055611585f35efce31f2dd4a05deb86e59bb879324e51a1fbbb0e4bead4716d67a7b6414c3086e3c3011017d1e9a26eac",
            "bc61e424",
        ),
        (
            "密钥",
            "ww温",
            "0",
            4294967295,
            "",
            "ffffffffbaf1ec5ea16dc5607c6a928d183ebd5d7ce14e121478024bd18321c2",
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

#[test]
fn a_throttled_message_stays_due_and_waits_the_services_time() {
    let cases = [
        ("wecom", vec![("hstatus", "200"), ("jerrcode", "45009")], 60),
        (
            "wecom",
            vec![("hstatus", "429"), ("herror", "ERR_BAD_REQUEST"), ("hbody", "slow down")],
            60,
        ),
        ("dingtalk", vec![("hstatus", "200"), ("jerrcode", "130101")], 600),
        (
            "dingtalk",
            vec![
                ("hstatus", "200"),
                ("jstatus", "1111"),
                ("jwait", "5"),
                ("jpunish", "deny"),
                ("jerrcode", "130101"),
            ],
            600,
        ),
    ];
    for (channel, entries, wait) in cases {
        let done = routed(&all(), &[channel], |_, _| answer(&entries));
        assert_eq!(done.calls.len(), 1);
        assert_eq!(done.kinds(), ["modifyAttrs"], "nothing is handed to the platform");
        let heard = heard(&done, channel);
        assert_eq!((heard.told, heard.tries, heard.throttled), (None, 1, true));
        let sleep = heard.next - (NOW / 1000) as u32;
        assert!((wait..=wait * 5 / 4).contains(&sleep), "{sleep}");
    }
}

#[test]
fn devices_come_back_at_different_times() {
    let sleep = |eui: &str| {
        let done = routed(&all().set("deui", eui), &["wecom"], |_, _| code(45009, ""));
        heard(&done, "wecom").next
    };
    assert_ne!(sleep("24e1"), sleep("24e2"));
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

/// Action: nobody reads answers, and a push that fails stops what is behind it.
#[test]
fn each_push_is_followed_by_the_state_that_says_it_was_made() {
    let start = all().set("onotify_delivery", "action");
    let first = routed(&start, &["wecom", "dingtalk"], |_, _| unreachable!());
    // From here on there is a state, and so the state comes first.
    let (_, text) = first.stored().expect("a state");
    let stored = start.set("nntf_overheat", &text).set("plevel", "urgent");
    let later = stored.set("fnow", &(NOW + 3_600_000).to_string());
    let done = routed(&later, &["wecom", "dingtalk"], |_, _| unreachable!());
    assert_eq!(done.kinds(), ["modifyAttrs", "axios", "modifyAttrs", "axios", "modifyAttrs"]);
    let told = |upto: usize| {
        let part = Done {
            value: json!({ "actions": done.actions()[..upto] }),
            calls: Vec::new(),
            end: 0,
            runs: String::new(),
        };
        ["wecom", "dingtalk"].map(|channel| {
            let heard = heard(&part, channel);
            (heard.told == Some(Level::Urgent), heard.tries > 0, heard.unsure)
        })
    };
    let mut pending = told(1);
    pending.sort();
    assert_eq!(pending, [(false, true, false), (false, true, true)], "one of them is under way");
    assert_eq!(told(3).iter().filter(|(told, ..)| *told).count(), 1);
    assert_eq!(told(3).iter().filter(|(.., unsure)| *unsure).count(), 1, "now the other one is");
    assert_eq!(told(5), [(true, false, false); 2]);
}

#[test]
fn a_channel_without_settings_gives_way_to_the_fallback() {
    let start = all().set("owecom_webhook_url", "").set("onotify_fallback", "dingtalk");
    let done = routed(&start, &["wecom"], sound);
    assert_eq!(done.paths(), [ROBOT]);
    assert!(done.logs().contains("wecom_webhook_url"));
}

#[test]
fn nobody_is_rung_twice_by_a_fallback() {
    let start = all().set("onotify_fallback", "dingtalk");
    let done =
        routed(&start, &["dingtalk", "wecom"], |n, _| code(if n == 0 { 0 } else { 93000 }, ""));
    assert_eq!(done.paths(), [ROBOT, BOT]);
    let done =
        routed(&start, &["wecom", "dingtalk"], |n, _| code(if n == 0 { 93000 } else { 0 }, ""));
    assert_eq!(done.paths(), [BOT, ROBOT]);
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
    assert_eq!((heard(&done, "wecom").told, heard(&done, "wecom").tries), (None, 1));
    assert!(done.logs().contains("40201") && done.logs().contains("error"));
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
fn what_no_service_accepted_stays_due() {
    for (channel, path) in [("wecom", BOT), ("dingtalk", ROBOT), ("wecom_app", SEND)] {
        for (name, fault) in faults() {
            let down = |n: usize, call: &Value| {
                if call["method"] == "GET" { sound(n, call) } else { fault.clone() }
            };
            let done = routed(&all(), &[channel], down);
            assert_eq!(done.paths().iter().filter(|p| **p == path).count(), 2, "{channel} {name}");
            assert_eq!(done.kinds(), ["modifyAttrs"], "{channel} {name}");
            let failed = heard(&done, channel);
            assert_eq!((failed.told, failed.tries, failed.unsure), (None, 1, false));

            // The next call after the wait tells it, late; one before it asks nobody.
            let text = done.actions()[0]["dnMsg"]["server_attrs"]["ntf_overheat"].clone();
            let stored = all().set("nntf_overheat", text.as_str().unwrap());
            let at = |seconds: u64| stored.set("fnow", &(NOW + seconds * 1000).to_string());
            let early = routed(&at(20), &[channel], |_, _| unreachable!());
            assert_eq!(early.value["actions"], json!([]));
            let late = routed(&at(200), &[channel], sound);
            assert_eq!(heard(&late, channel).told, HIGH);
            let text = late.calls.last().unwrap()["data"].to_string();
            assert!(text.contains("**Told late by**: 3 min 20 s"), "{text}");
        }
    }
}

#[test]
fn a_message_that_timed_out_may_have_arrived_so_it_is_not_repeated_at_once() {
    for error in ["ETIMEDOUT", "ECONNABORTED"] {
        let done = routed(&all(), &["wecom"], |_, _| failure(error, 500));
        assert_eq!(done.paths(), [BOT]);
        assert!(heard(&done, "wecom").unsure);
    }
}

/// It remembers nothing, so nobody would ask again.
#[test]
fn a_method_without_states_hands_an_open_message_to_the_platform() {
    for (name, fault) in faults() {
        let done = preset(&confirmed(), |n, call| {
            if call["method"] == "GET" { sound(n, call) } else { fault.clone() }
        });
        assert_eq!(done.paths(), [GETTOKEN, SEND, SEND], "{name}");
        assert_eq!(done.kinds(), ["axios"], "{name}");
        assert_eq!(done.actions()[0]["dnMsg"]["timeout"], 5000);
        assert_eq!(done.actions()[0]["sleepTimeMs"], 0);
    }
    let done = preset(&confirmed(), |n, _| if n == 0 { token("T0") } else { code(45009, "") });
    let sleep = done.actions()[0]["sleepTimeMs"].as_u64().unwrap();
    assert!((60_000..=75_000).contains(&sleep), "{sleep}");
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
        assert!(done.logs().contains(&format!("HTTP {status}")));
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
        let done = routed(&start, &["wecom", "dingtalk:b"], |_, call| {
            failure("ECONNABORTED", call["timeout"].as_u64().unwrap())
        });
        assert!(done.end - NOW <= limit, "{set}: {} ms", done.end - NOW);
        assert_eq!(heard(&done, "wecom").told, None, "it stays due");
        assert_eq!(done.logs().contains("notify_wait"), !["", "1s", "10"].contains(&set));
    }
}

#[test]
fn all_channels_are_asked_at_once_and_each_answer_settles_its_own() {
    let done = routed(&all(), &["wecom", "dingtalk"], |n, call| match n {
        0 => failure("ETIMEDOUT", call["timeout"].as_u64().unwrap()),
        _ => code(0, "ok"),
    });
    assert_eq!(done.paths(), [BOT, ROBOT]);
    assert_eq!(done.end - NOW, 3_000, "side by side");
    assert_eq!((heard(&done, "wecom").told, heard(&done, "dingtalk").told), (None, HIGH));
}

#[test]
fn a_hanging_channel_leaves_time_for_who_must_ask_for_a_token_first() {
    let done = routed(&all(), &["wecom", "wecom_app"], |_, call| {
        match call["url"].as_str().unwrap().contains("webhook") {
            true => failure("ETIMEDOUT", call["timeout"].as_u64().unwrap()),
            false => sound(0, call),
        }
    });
    assert_eq!((heard(&done, "wecom").told, heard(&done, "wecom_app").told), (None, HIGH));
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
    let done = routed(&start, &["wecom:a|b"], |n, _| code(if n == 0 { 45009 } else { 0 }, ""));
    assert_eq!(done.paths(), [BOT, BOT]);
    assert_ne!(done.urls()[0], done.urls()[1]);
    assert_eq!(heard(&done, "wecom:a|b").told, HIGH);
}

#[test]
fn who_cannot_wait_goes_to_the_fallback_when_throttled_and_who_can_waits() {
    for (level, asked) in [("urgent", 2), ("high", 2), ("mid", 1), ("low", 1)] {
        let start = all().set("onotify_fallback", "dingtalk").set("plevel", level);
        let done = routed(&start, &["wecom"], |n, _| code(if n == 0 { 45009 } else { 0 }, ""));
        assert_eq!(done.calls.len(), asked, "{level}");
    }
}

#[test]
fn a_corrected_credential_is_tried_at_once() {
    let done = routed(&all(), &["wecom"], |_, _| code(93000, ""));
    let text = done.actions()[0]["dnMsg"]["server_attrs"]["ntf_overheat"].clone();
    let stored = all().set("nntf_overheat", text.as_str().unwrap());
    assert_eq!(routed(&stored, &["wecom"], |_, _| unreachable!()).calls.len(), 0);
    let corrected = stored.set("owecom_webhook_url", "another-key");
    assert_eq!(heard(&routed(&corrected, &["wecom"], sound), "wecom").told, HIGH);
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
    let start = all().set("onotify_routes", "*=wecom");
    let done = drive(
        &start,
        |_, _| failure("ECONNRESET", 5),
        |text| {
            let text = text.replace("\0r\x0017", "\0r\x0015");
            serde_json::from_str(&tkl_notify::preset::run(&text).into_json()).unwrap()
        },
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
fn an_unknown_channel_is_named() {
    for channel in ["slack", "wecom_app:x"] {
        let done = routed(&all(), &[channel], |_, _| unreachable!());
        assert!(done.logs().contains("no channel"), "{channel}");
    }
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
