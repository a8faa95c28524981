//! The bodies of the fuzz targets: what holds for any input at all. Inputs are read as lines, so that seeds can be read
//! and written by people; a carriage return stands for a line break inside a value.

use serde_json::Value;
use tkl_notify::{
    delivery::Sending,
    host::Host,
    policy::{LIMIT, PREFIX, Rules, State, key},
    preset::{self, METHODS},
    secret::{Owner, Secret},
    settings::{Reader, Texts},
    trigger,
};

/// A target's name and its body.
pub type Body = (&'static str, fn(&[u8]));

/// All bodies but the packer's.
pub const BODIES: &[Body] = &[
    ("preset", preset),
    ("trigger", trigger),
    ("settings", settings),
    ("state", state),
    ("seal", seal),
    ("markup", markup),
];

/// The input as the core's text: an entry's key and value are a line each.
fn entries(data: &[u8]) -> Option<String> {
    Some(std::str::from_utf8(data).ok()?.replace('\n', "\0").replace('\r', "\n"))
}

/// Every method answers any input alike each time: JSON of bounded size with actions that the platform knows.
fn preset(data: &[u8]) {
    let Some(text) = entries(data) else { return };
    for method in METHODS {
        for host in ["", "forg\x001\0faxios\x001\0"] {
            let input = format!("fmethod\0{}\0fnow\x001772438400000\0{host}{text}", method.name);
            let outcome = preset::run(&input).into_json();
            assert_eq!(preset::run(&input).into_json(), outcome, "{}", method.name);
            assert!(outcome.len() < 100_000 + 20 * input.len(), "{} bytes", outcome.len());
            let outcome: Value = serde_json::from_str(&outcome).expect("JSON");
            let actions = outcome["actions"].as_array().expect("a list of actions");
            for action in actions {
                assert!(matches!(action["type"].as_str(), Some("axios" | "modifyAttrs")));
            }
            // Its actions would be published.
            let named = |fact: &str| text.split('\0').step_by(2).any(|key| key == fact);
            if host.is_empty() && !named("forg") && !named("faxios") {
                assert!(actions.is_empty() && outcome["throw"].is_string());
            }
            for line in outcome["logs"].as_array().expect("a list of lines") {
                assert!(matches!(line[0].as_str(), Some("info" | "warn" | "error")));
            }
        }
    }
}

/// Any rules over any values are six texts an alarm, the same each time.
fn trigger(data: &[u8]) {
    let Some(text) = entries(data) else { return };
    let answer = trigger::run(&text);
    assert_eq!(trigger::run(&text), answer);
    assert_eq!(answer.matches('\0').count() % 6, 0);
    assert!(answer.is_empty() || answer.ends_with('\0'));
    for alarm in answer.split_terminator('\0').collect::<Vec<_>>().chunks(6) {
        // The rule's number is handed back as it came.
        assert!(text.contains(alarm[0]) && matches!(alarm[1], "new" | "clear"), "{alarm:?}");
    }
}

/// Any text of a setting is read, alike each time, and what is wrong with it is said of a setting that was set.
/// A line is a setting's name and its text, with `=` between.
fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut input = String::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        input += &format!("o{}\0{}\0", name.replace('\0', ""), value.replace('\0', ""));
    }
    let host = Host::read(&input);
    let texts = Texts::read(&host, &[Rules::KEYS, Sending::KEYS]);
    let faults = || {
        let mut reader = Reader::new(1_772_438_400, 480);
        Rules::read(&texts, &mut reader);
        Sending::read(&texts, &mut reader);
        reader.faults
    };
    let first = faults();
    assert_eq!(faults(), first);
    for fault in first {
        assert!(!fault.piece.is_empty() && fault.sentence().contains(&fault.setting));
        assert!(input.contains(&format!("o{}\0", fault.setting)), "{}", fault.setting);
        assert!(fault.sentence().len() < 1_000);
    }
}

/// A text is either no state, or a state whose own text leads back to it. The first line is the alarm's name.
fn state(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (name, text) = text.split_once('\n').unwrap_or(("x", text));
    let attribute = key(name);
    assert!(attribute.starts_with(PREFIX) && attribute.len() <= PREFIX.len() + 32);
    // The mark that a text has for a name is not to be guessed, so it is also put in.
    let own = State::default().text(name);
    let mark = own.split('.').nth(1).unwrap_or("");
    for text in [text.to_string(), text.replacen('@', mark, 1)] {
        let Some(mut state) = State::read(&text, name) else { continue };
        // What a text of the version before says of all channels is noted for each before anything is written.
        state.told_all = None;
        assert_eq!(State::level(&text, name), state.level);
        let written = state.text(name);
        assert!(written.len() <= LIMIT);
        let again = State::read(&written, name).expect("its own text");
        assert!(state.title.starts_with(again.title));
        assert_eq!(again, State { title: again.title, ..state.clone() });
        assert_eq!(again.text(name), written);
    }
}

/// What is sealed opens for its owner in its time and else never; what else opens was sealed by him.
/// Lines: secret, corp, agent, expiry, token.
fn seal(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(5, '\n');
    let mut line = || lines.next().unwrap_or("");
    let (secret, corp, agent) = (line(), line(), line());
    let owner = Owner { secret: Secret::new(secret), corp, agent };
    let (expires, token) = (line().parse::<u32>().unwrap_or(2_000_000_000), line());
    assert_eq!(owner.open(0, token), None, "no seal can be guessed");
    let Some(sealed) = owner.seal(expires, token) else {
        assert!(!token.is_ascii());
        return;
    };
    assert!(sealed.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(sealed.len(), 2 * (4 + 12 + token.len() + 16));
    assert_eq!(owner.open(expires, &sealed), None);
    if expires > 0 {
        assert_eq!(owner.open(expires - 1, &sealed).as_deref(), Some(token));
    }
    let others = [
        (format!("{secret}x"), corp, agent),
        (secret.into(), agent, "x"),
        (secret.into(), corp, "y"),
    ];
    for (secret, corp, agent) in others {
        let other = Owner { secret: Secret::new(&secret), corp, agent };
        if (corp, agent) != (owner.corp, owner.agent) || secret != owner.secret.expose() {
            assert_eq!(other.open(0, &sealed), None);
        }
    }
    let at = data.len() % sealed.len();
    let digit = if sealed.as_bytes()[at] == b'0' { "1" } else { "0" };
    let mut changed = sealed.clone();
    changed.replace_range(at..=at, digit);
    assert_eq!(owner.open(0, &changed), None);
}

/// Untrusted text adds nothing live to a message: beside plain words in its place, the service finds the same marks.
fn markup(data: &[u8]) {
    let Some(raw) = std::str::from_utf8(data).ok().map(|text| text.replace('\0', "")) else {
        return;
    };
    // Longer ones are cut, and a part of the frame may go with them.
    if raw.len() > 200 || !raw.chars().any(char::is_alphanumeric) {
        return;
    }
    for (method, path) in [("wecom_notify", "content"), ("dingtalk_notify", "text")] {
        let message = |text: &str| {
            let input = format!(
                "fmethod\0{method}\0fnow\x001772438400000\0forg\x001\0faxios\x001\0pname\0hot\0paction\0new\0plevel\0high\0\
                 ptitle\0{text}\0pdesc\0{text}\0dname\0{text}\0deui\x0024e1\0odingtalk_token\0t\0odingtalk_secret\0none\0\
                 owecom_webhook_url\0https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"
            );
            let outcome: Value =
                serde_json::from_str(&preset::run(&input).into_json()).expect("JSON");
            let data = &outcome["actions"][0]["dnMsg"]["data"]["markdown"][path];
            data.as_str().unwrap_or_else(|| panic!("{method}: no message in {outcome}")).to_string()
        };
        let (live, plain) = (message(&raw), message("word"));
        assert_eq!(marks(&live), marks(&plain), "{method}: {live:?}");
    }
}

/// What a service's markdown makes of a text: mentions, links and images, tags, code and bold marks, and the blocks that
/// open at a line's beginning. Quotes are left out, since each line of a description is one.
fn marks(text: &str) -> [usize; 6] {
    let chars: Vec<char> = text.chars().collect();
    let pairs = || chars.windows(2);
    let tag = |pair: &&[char]| {
        pair[0] == '<' && (pair[1].is_ascii_alphabetic() || "/!?".contains(pair[1]))
    };
    let block = |line: &&str| {
        let line = line.trim_start_matches([' ', '>']);
        line.starts_with(['#', '|', '=', '~', '+'])
            || line.starts_with("- ")
            || line.starts_with("---")
    };
    [
        text.matches("<@").count(),
        pairs().filter(|pair| pair[0] == ']' && "([".contains(pair[1])).count(),
        pairs().filter(tag).count(),
        text.matches('`').count(),
        text.matches("**").count(),
        text.lines().filter(block).count(),
    ]
}
