//! The one-service presets over the shim's input text: what is sent where, what is refused and how it is said.

mod wire;

use proptest::prelude::*;
use serde_json::{Value, json};
use wire::{Run, run};

const HOOK: &str = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k-1";

fn wecom() -> wire::Input {
    wire::input("wecom_notify")
        .set("owecom_webhook_url", HOOK)
        .set("pname", "overheat")
        .set("paction", "new")
        .set("plevel", "high")
        .set("pdesc", "85 over 80")
}

fn dingtalk() -> wire::Input {
    wire::input("dingtalk_notify").set("odingtalk_token", "tok").set("odingtalk_secret", "SECdemo")
}

#[track_caller]
fn content(run: &Run) -> String {
    run.value["actions"][0]["dnMsg"]["data"]["markdown"]["content"]
        .as_str()
        .expect("a markdown push")
        .into()
}

#[test]
fn an_alarm_is_pushed_as_the_application_note_writes_it() {
    let run = wecom().set("ptitle", "Overheat: [KS52]").run();
    assert_eq!(
        run.value["actions"],
        json!([{
            "sleepTimeMs": 0,
            "type": "axios",
            "dnMsg": {
                "method": "POST",
                "url": HOOK,
                "headers": { "Content-Type": "application/json" },
                "data": {
                    "msgtype": "markdown",
                    "markdown": { "content": "### Device Alarm\n> **Device**: Boiler\n> **EUI**: `24e1`\n> **Alarm Name**: `overheat`\n> **Title**: Overheat: [KS52]\n> **Level**: <font color=\"warning\">HIGH</font>\n> **Description**: 85 over 80\n> **Time**: 2023-11-14T22:13:20.001Z" },
                },
                "timeout": 5000,
            },
        }])
    );
    assert_eq!(run.value["logs"], json!([]));
}

#[test]
fn a_clear_is_pushed_only_while_the_alarm_is_active() {
    assert_eq!(wecom().set("paction", "clear").run().value["actions"], json!([]));
    let run = wecom().set("paction", "clear").set("aoverheat", "").run();
    assert!(content(&run).starts_with("### Alarm Recovered\n"));
    assert!(content(&run).contains("> **Recovery note**: 85 over 80\n"));
    for other in ["no", "NEW", "", "newer"] {
        assert_eq!(
            wecom().set("paction", other).set("aoverheat", "").run().value["actions"],
            json!([])
        );
    }
}

#[test]
fn levels_have_the_notes_colours() {
    for (level, colour) in [
        ("urgent", "warning"),
        ("high", "warning"),
        ("mid", "comment"),
        ("low", "info"),
        ("odd", "info"),
        ("", "comment"),
    ] {
        let text = content(&wecom().set("plevel", level).run());
        assert!(text.contains(&format!("<font color=\"{colour}\">")), "{level}: {text}");
    }
}

#[test]
fn a_host_without_http_actions_gets_no_action_at_all() {
    for preset in ["wecom_text", "wecom_notify", "dingtalk_text", "dingtalk_notify"] {
        let run = wecom().set("fmethod", preset).set("forg", "").run();
        assert_eq!(run.value["actions"], json!([]));
        assert!(run.value["throw"].as_str().unwrap().contains("no HTTP actions"));
    }
}

#[test]
fn the_webhook_may_be_a_whole_url_or_a_bare_key() {
    for webhook in
        [HOOK, "k-1", " k-1 ", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?debug=1&key=k-1"]
    {
        assert_eq!(wecom().set("owecom_webhook_url", webhook).run().url(), HOOK, "{webhook}");
    }
    let run = wecom().set("owecom_webhook_url", "a b&c=d/e").run();
    assert_eq!(run.url(), "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a%20b%26c%3Dd%2Fe");
}

#[test]
fn a_webhook_of_another_host_is_refused_without_showing_it() {
    for webhook in [
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=SECRET-1",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=SECRET-1",
        "https://evil.example/cgi-bin/webhook/send?key=SECRET-1",
        "https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=SECRET-1",
        "https://qyapi.weixin.qq.com/cgi-bin/message/send?key=SECRET-1",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?access_token=SECRET-1",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "qyapi.weixin.qq.com/cgi-bin/webhook/send?key=SECRET-1",
    ] {
        let run = wecom().set("owecom_webhook_url", webhook).run();
        let error = run.error();
        assert!(error.starts_with("wecom_webhook_url is not a webhook"), "{error}");
        assert!(!error.contains("SECRET-1") && !error.contains("evil"), "{error}");
        assert_eq!(run.value["actions"], json!([]));
    }
}

#[test]
fn an_own_gateway_takes_the_place_of_the_host() {
    let run = wecom().set("owecom_base_url", "https://gw.example/wx/").run();
    assert_eq!(run.url(), "https://gw.example/wx/cgi-bin/webhook/send?key=k-1");
    let below = "https://gw.example/wx/cgi-bin/webhook/send?key=k-1";
    let run = wecom()
        .set("owecom_base_url", "https://gw.example/wx")
        .set("owecom_webhook_url", below)
        .run();
    assert_eq!(run.url(), below);
    for bad in ["http://gw.example", "gw.example", "https://gw.example/?x=1"] {
        assert!(
            wecom()
                .set("owecom_base_url", bad)
                .run()
                .error()
                .starts_with("wecom_base_url must start with https://")
        );
    }
}

#[test]
fn a_channel_picks_its_bot_and_falls_back_with_a_warning() {
    let run = wecom().set("pchannel", "daily").set("owecom_webhook_daily", "k-2").run();
    assert!(run.url().ends_with("key=k-2"));
    assert_eq!(run.value["logs"], json!([]));
    let run = wecom().set("pchannel", "daily").run();
    assert!(run.url().ends_with("key=k-1"));
    assert!(
        run.logs().contains("wecom_webhook_daily is not set: sent to wecom_webhook_url instead")
    );
    let run =
        wire::input("wecom_notify").set("paction", "new").set("owecom_webhook_group", "k-3").run();
    assert!(run.url().ends_with("key=k-3"), "the note's other name of the default bot");
    let run = wecom().set("pchannel", "daily").set("owecom_webhook_url", "").run();
    assert!(run.error().starts_with("wecom_webhook_daily is not set"));
}

#[test]
fn a_webhook_is_read_from_org_params_only() {
    let run = wecom()
        .set("owecom_webhook_url", "")
        .set("swecom_webhook_url", HOOK)
        .set("pwecom_webhook_url", HOOK)
        .run();
    assert!(run.error().starts_with("wecom_webhook_url is not set"));
}

#[test]
fn a_text_rings_those_whom_the_caller_lists() {
    let run = wire::input("wecom_text")
        .set("owecom_webhook_url", HOOK)
        .set("pcontent", "line 1\nsee https://x.y/z <@all>")
        .set("pmentioned_list", "zhang\u{1}@all")
        .set("pmentioned_mobile_list", "13800000000")
        .run();
    assert_eq!(
        run.data(),
        &json!({ "msgtype": "text", "text": {
            "content": "line 1\nsee https://x.y/z ＜@all>",
            "mentioned_list": ["zhang", "@all"],
            "mentioned_mobile_list": ["13800000000"],
        }})
    );
}

#[test]
fn a_text_without_content_names_the_device() {
    let run = wire::input("wecom_text").set("owecom_webhook_url", HOOK).run();
    assert_eq!(
        run.data(),
        &json!({ "msgtype": "text", "text": { "content": "Device Boiler(24e1) alert" } })
    );
    let run = dingtalk().set("fmethod", "dingtalk_text").run();
    assert_eq!(run.data(), &json!({ "msgtype": "text", "text": { "content": "Boiler alert" } }));
}

#[test]
fn dingtalk_is_signed_as_its_vectors_say() {
    for (ms, secret, sign) in [
        ("1577262236757", "this is secret", "hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"),
        ("1700000000001", "SECdemo", "PTs%2BdsurGspsy8LSQV%2FUd2CTvBpozdeoue2U2fgKqxI%3D"),
        ("1700000000008", "SEC密钥demo", "%2BUobO9wc9bvkEgpI06S2miLMyg3Hb8YLz3d%2F1f2QAeo%3D"),
    ] {
        let run = dingtalk().set("fnow", ms).set("odingtalk_secret", secret).run();
        assert_eq!(
            run.url(),
            format!(
                "https://oapi.dingtalk.com/robot/send?access_token=tok&timestamp={ms}&sign={sign}"
            )
        );
        // Feishu's scheme over the same inputs is another one.
        assert!(!run.url().contains("nHh3Cp6duMZBlaspftrhkkDSIlJ0Lkj6vL71ujaX6pE"));
    }
}

#[test]
fn dingtalk_pushes_without_an_action_as_the_note_does() {
    let run = dingtalk().set("plevel", "high").set("pdesc", "hot").run();
    assert_eq!(
        run.data(),
        &json!({
            "msgtype": "markdown",
            "markdown": {
                "title": "Device Alert - Boiler",
                "text": "### Device Alert - Boiler\n\n- **EUI**: `24e1`\n- **Level**: **HIGH**\n- **Description**: hot\n- **Time**: 2023-11-14T22:13:20.001Z",
            },
            "at": { "atMobiles": [], "isAtAll": false },
        })
    );
}

#[test]
fn dingtalk_with_an_action_pushes_changes_only_and_words_a_recovery() {
    assert_eq!(
        dingtalk().set("paction", "clear").set("pname", "x").run().value["actions"],
        json!([])
    );
    assert_eq!(dingtalk().set("paction", "no").run().value["actions"], json!([]));
    let run = dingtalk()
        .set("paction", "clear")
        .set("pname", "x")
        .set("ax", "")
        .set("pdesc", "cool")
        .run();
    let text = run.data()["markdown"]["text"].as_str().unwrap();
    assert!(text.starts_with("### Device Recovered - Boiler\n\n"), "{text}");
    assert!(text.contains("- **Recovery note**: cool\n"), "{text}");
}

#[test]
fn dingtalk_mentions_stand_in_the_list_and_in_the_text() {
    let run = dingtalk()
        .set("pat_mobiles", "13800000000\u{1}<@all>\u{1}13800000000")
        .set("pat_user_ids", "lead")
        .set("pat_all", "true")
        .run();
    let data = run.data();
    assert_eq!(
        data["at"],
        json!({ "atMobiles": ["13800000000"], "atUserIds": ["lead"], "isAtAll": true })
    );
    assert!(data["markdown"]["text"].as_str().unwrap().ends_with("\n\n@13800000000 @lead"));
    assert!(run.logs().contains("a mention was left out"));
    for no in ["false", "0", "no", "", "False"] {
        assert_eq!(dingtalk().set("pat_all", no).run().data()["at"]["isAtAll"], json!(false));
    }
}

#[test]
fn more_mentions_than_fit_are_left_out_and_the_message_keeps_its_place() {
    let ids: Vec<String> = (0..100).map(|i| format!("{i:a<64}")).collect();
    for preset in ["dingtalk_text", "dingtalk_notify"] {
        let run = dingtalk()
            .set("fmethod", preset)
            .set("pcontent", &"x".repeat(20_000))
            .set("pdesc", &"x".repeat(20_000))
            .set("pat_mobiles", &ids.join("\u{1}"))
            .set("pat_user_ids", &ids.join("\u{1}").replace('a', "b"))
            .run();
        let body = run.data().to_string();
        assert!((19_000..=20_000).contains(&body.len()), "{preset}: {}", body.len());
        assert!(run.logs().contains("too many mentions"));
        let listed = run.data()["at"]["atMobiles"].as_array().unwrap();
        assert!(listed.len() > 50, "{}", listed.len());
        for id in listed {
            assert!(body.contains(&format!("@{}", id.as_str().unwrap())), "listed and in the text");
        }
    }
    let users: Vec<String> = ids.iter().map(|id| format!("user:{id}")).collect();
    let run = wecom()
        .set("fmethod", "notify")
        .set("pdesc", &"x".repeat(20_000))
        .set("onotify_mentions", &users.join(","))
        .run();
    // The state may come first.
    let mut actions = run.value["actions"].as_array().unwrap().iter();
    let push = actions.find(|action| action["type"] == "axios").expect("a push");
    let text = push["dnMsg"]["data"]["markdown"]["content"].as_str().unwrap();
    assert!((4_000..=4_096).contains(&text.len()), "{}", text.len());
    assert!(text.ends_with('>') && text.matches("<@").count() > 10);
    assert!(run.logs().contains("too many mentions"));
}

#[test]
fn dingtalk_credentials_are_a_pair_of_one_source() {
    let org = "access_token=tok&";
    assert!(dingtalk().set("sdingtalk_token", "other").run().url().contains(org));
    let device = dingtalk()
        .set("odingtalk_secret", "")
        .set("sdingtalk_token", "dev")
        .set("sdingtalk_secret", "S");
    let run = device.run();
    assert!(run.url().contains("access_token=dev&"));
    assert!(run.logs().contains("were read from server_attrs"));
    assert!(
        dingtalk()
            .set("odingtalk_secret", "")
            .run()
            .error()
            .starts_with("dingtalk_secret is not set beside")
    );
    assert!(
        dingtalk()
            .set("odingtalk_token", "")
            .run()
            .error()
            .starts_with("dingtalk_token is not set beside")
    );
    let none = dingtalk().set("odingtalk_token", "").set("odingtalk_secret", "").run();
    assert!(none.error().starts_with("dingtalk_token and dingtalk_secret are not set"));
    let keyword = dingtalk().set("odingtalk_secret", "none").run();
    assert_eq!(keyword.url(), "https://oapi.dingtalk.com/robot/send?access_token=tok");
    let boss = dingtalk().set("pchannel", "boss");
    assert!(
        boss.run()
            .logs()
            .contains("dingtalk_token_boss is not set: sent to dingtalk_token instead")
    );
    let boss = boss.set("odingtalk_token_boss", "bt").set("odingtalk_secret_boss", "none").run();
    assert!(boss.url().ends_with("access_token=bt"));
}

#[test]
fn a_pasted_webhook_serves_as_dingtalk_token() {
    let run = dingtalk()
        .set("odingtalk_token", "https://oapi.dingtalk.com/robot/send?access_token=tok")
        .run();
    assert!(
        run.url().starts_with("https://oapi.dingtalk.com/robot/send?access_token=tok&timestamp=")
    );
}

#[test]
fn time_is_local_where_a_zone_is_set() {
    let text = content(&wecom().set("onotify_timezone", "+08:00").run());
    assert!(text.ends_with("> **Time**: 2023-11-15 06:13:20 UTC+08:00"), "{text}");
    let text =
        content(&wecom().set("onotify_timezone", "Asia/Shanghai").set("foffset", "480").run());
    assert!(text.ends_with("06:13:20 UTC+08:00"), "{text}");
    let far = wecom().set("onotify_timezone", "Asia/Shanghai").set("foffset", "901").run();
    assert!(content(&far).ends_with("T22:13:20.001Z"), "no zone is so far off");
    let run = wecom().set("onotify_timezone", "Mars/Phobos").run();
    assert!(content(&run).ends_with("T22:13:20.001Z"));
    assert!(run.logs().contains("notify_timezone"));
}

#[test]
fn a_long_description_is_shortened_to_the_services_limit() {
    let run = wecom().set("pdesc", &"温度过高🔥".repeat(2000)).run();
    let text = content(&run);
    assert!(text.len() <= 4096 && text.len() > 4000, "{}", text.len());
    assert!(text.contains("…\n> **Time**: 2023-"), "the time stays");
    assert!(run.logs().contains("shortened"));
    let run = dingtalk().set("pdesc", &"\"\\\n温度".repeat(4000)).run();
    let body = run.data().to_string();
    assert!(body.len() <= 20_000 && body.len() > 19_000, "{}", body.len());
    let run = wire::input("wecom_text")
        .set("owecom_webhook_url", HOOK)
        .set("pcontent", &"中".repeat(1000))
        .run();
    let text = run.data()["text"]["content"].as_str().unwrap();
    assert_eq!(text.len(), 2046, "{}", text.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Any text at all in any field: a push within the limits or a refusal in words, never a panic.
    #[test]
    fn any_input_is_answered_within_the_limits(
        preset in prop::sample::select(vec!["wecom_text", "wecom_notify", "dingtalk_text", "dingtalk_notify"]),
        fields in prop::collection::vec((prop::sample::select(vec![
            "dname", "deui", "pname", "paction", "ptitle", "plevel", "pdesc", "pcontent", "pchannel", "pat_mobiles", "pat_user_ids",
            "pat_all", "pmentioned_list", "pmentioned_mobile_list", "owecom_webhook_url", "owecom_base_url", "odingtalk_token",
            "odingtalk_secret", "sdingtalk_token", "onotify_timezone", "fnow", "foffset", "forg",
        ]), "(\\PC|[<>@\\[\\]()`*\\\\\"\u{1}\n]){0,60}", 1usize..80), 0..8),
    ) {
        let mut input = wecom().set("fmethod", preset).set("odingtalk_token", "t").set("odingtalk_secret", "s");
        for (key, text, times) in &fields {
            input = input.set(key, &text.repeat(*times));
        }
        let run = input.run();
        let actions = run.value["actions"].as_array().unwrap();
        let refused = run.value["error"].is_string() || run.value["throw"].is_string();
        prop_assert!(actions.len() <= 1);
        prop_assert!(!refused || actions.is_empty());
        for action in actions {
            let data = &action["dnMsg"]["data"];
            let text = |path: &str| data.pointer(path).and_then(Value::as_str).unwrap_or("").to_string();
            prop_assert!(!text("/text/content").contains("<@") && !text("/markdown/content").contains("<@"));
            prop_assert!(text("/markdown/content").len() <= 4096);
            if preset.starts_with("wecom") {
                prop_assert!(text("/text/content").len() <= 2048);
            }
            prop_assert!(data.to_string().len() <= 20_000);
        }
    }

    /// Not even the input text's own framing can make the core panic.
    #[test]
    fn any_framing_is_answered(text in "[\\x00\\x01a-z:/.?=&<@\n]{0,300}", preset in prop::sample::select(vec!["wecom_notify", "dingtalk_text"])) {
        run(&format!("fmethod\0{preset}\0forg\x001\0{text}"));
    }
}
