//! Everything that the simulation knows of the core's texts: the input that the shim builds, the outcome,
//! and how a delivered message says what it is. Nothing else here reads or writes such text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::plan::{Added, At, Kind, LEVELS, Level, Place, Plan, Repeat, START_MS, eui};

pub type Attributes = BTreeMap<String, String>;

/// The platform's records of active alarms: level and title by name.
pub type Records = BTreeMap<String, (Level, String)>;

/// What a script is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    New(Level),
    Clear(Level),
    Tick,
}

/// How the attributes of states begin; the acknowledgement begins alike.
const STATES: &str = "ntf_";
const ACK: &str = "ntf_ack";

/// No stored state is longer, in bytes.
pub const STATE_LIMIT: usize = 320;

pub fn is_state(attribute: &str) -> bool {
    attribute.starts_with(STATES) && attribute != ACK
}

pub fn acknowledge(attributes: &mut Attributes, on: bool) {
    attributes.insert(ACK.into(), if on { "true" } else { "0" }.into());
}

/// The shim answers this call itself: nothing is known of the alarm, so nothing can end.
pub fn nothing_to_do(
    call: Call,
    name: &str,
    attributes: &Attributes,
    records: Option<&Records>,
) -> bool {
    let active = records.is_some_and(|records| records.contains_key(name));
    let plain =
        name.len() <= 32 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    matches!(call, Call::Clear(_))
        && !active
        && plain
        && !attributes.contains_key(&format!("{STATES}{name}"))
}

/// The input of one call, as the shim builds it.
#[allow(clippy::too_many_arguments)]
pub fn input(
    plan: &Plan,
    server_ms: u64,
    device: usize,
    call: Call,
    name: &str,
    attributes: &Attributes,
    records: Option<&Records>,
) -> String {
    let mut text = String::with_capacity(1_024);
    let mut put = |key: &str, value: &str| {
        if !text.is_empty() {
            text.push('\0');
        }
        text.push_str(key);
        text.push('\0');
        text.push_str(value);
    };
    put("fmethod", "notify");
    put("fnow", &server_ms.to_string());
    if plan.platform.axios {
        put("faxios", "1");
    }
    put("forg", "1");
    put("dname", &format!("Device {}", device + 1));
    put("deui", &eui(device));
    match call {
        Call::Tick => put("paction", "tick"),
        Call::New(level) | Call::Clear(level) => {
            put("paction", if matches!(call, Call::New(_)) { "new" } else { "clear" });
            put("pname", name);
            put("ptitle", &title(name));
            put("plevel", LEVELS[level]);
        }
    }
    let settings = settings(plan);
    let mut put_settings = |place: Place, letter: &str| {
        for (setting, value) in settings.iter().filter(|_| plan.settings.place == place) {
            put(&format!("{letter}{setting}"), value);
        }
    };
    put_settings(Place::Params, "p");
    put_settings(Place::Attributes, "s");
    put_settings(Place::Org, "o");
    if let Some(until) = plan.settings.mute {
        put("snotify_mute_until", &(START_MS + u64::from(until) * 1_000).to_string());
    }
    for (attribute, value) in attributes {
        let own = attribute.strip_prefix(STATES);
        if !is_state(attribute) {
            put(&format!("s{attribute}"), value);
        } else if call == Call::Tick || own == Some(name) || attribute.contains('~') {
            put(&format!("n{attribute}"), value);
        }
    }
    for (setting, value) in credentials(plan) {
        put(&format!("o{setting}"), &value);
    }
    for (record, (level, title)) in records.into_iter().flatten() {
        if call == Call::Tick || record == name {
            put(&format!("a{record}"), &format!("{}\u{1}{title}\u{1}", LEVELS[*level]));
        }
    }
    text
}

pub fn title(name: &str) -> String {
    format!("Too hot {name}")
}

/// Where credentials are read from: each channel's own.
fn credentials(plan: &Plan) -> Vec<(String, String)> {
    let mut list = Vec::new();
    for channel in &plan.channels {
        // One of several robots may be meant: `wecom:a|b`.
        let (service, robots) = channel.name.split_once(':').unwrap_or((channel.name, ""));
        for robot in robots.split('|') {
            let named = |setting: &str| match robot {
                "" => setting.to_string(),
                robot => format!("{setting}_{robot}"),
            };
            let key = match robot {
                "" => credential(service),
                robot => credential(&format!("{service}:{robot}")),
            };
            match channel.kind {
                Kind::Bot if robot.is_empty() => list.push(("wecom_webhook_url".into(), key)),
                Kind::Bot => list.push((named("wecom_webhook"), key)),
                Kind::Robot => {
                    list.push((named("dingtalk_token"), key));
                    list.push((named("dingtalk_secret"), "SECsimulated".into()));
                }
                Kind::App => {
                    list.push(("wecom_corp_id".into(), "ww1234567890abcdef".into()));
                    list.push(("wecom_corp_secret".into(), "simulated-secret-of-the-app".into()));
                    list.push(("wecom_agent_id".into(), "1000002".into()));
                }
            }
        }
    }
    list
}

/// The key by which a service knows a channel.
pub fn credential(channel: &str) -> String {
    format!("key-of-{}", channel.replace(':', "-"))
}

/// The settings as texts, by name.
pub fn settings(plan: &Plan) -> Vec<(&'static str, String)> {
    let set = &plan.settings;
    let names = |list: &[usize]| {
        let names: Vec<&str> = list.iter().map(|c| plan.channels[*c].name).collect();
        if names.is_empty() { "none".to_string() } else { names.join(",") }
    };
    let by_level = |value: &dyn Fn(Level) -> String| {
        let entries: Vec<String> = (0..4).map(|l| format!("{}={}", LEVELS[l], value(l))).collect();
        entries.join("; ")
    };
    let mut list = Vec::new();
    if let Some(routes) = &set.routes {
        list.push(("notify_routes", by_level(&|level| names(&routes[level]))));
    }
    if let Some(repeat) = &set.repeat {
        let word = |level: Level| match repeat[level] {
            Repeat::Always => "always".to_string(),
            Repeat::Change => "change".to_string(),
            Repeat::Seconds(seconds) => format!("{seconds}s"),
        };
        list.push(("notify_repeat", by_level(&word)));
    }
    match set.flapping {
        Some(Some((changes, window, calm))) => {
            list.push(("notify_flapping", format!("{changes}/{window}s,{calm}s")));
        }
        Some(None) => list.push(("notify_flapping", "off".into())),
        None => {}
    }
    if let Some(quiet) = set.quiet {
        let time = |minute: u32| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
        let levels: Vec<&str> =
            (0..4).filter(|l| quiet.levels >> l & 1 == 1).map(|l| LEVELS[l]).collect();
        let (from, to) = (time(quiet.from), time(quiet.from + quiet.length));
        list.push(("notify_quiet", format!("{from}-{to}={}", levels.join(","))));
    }
    if let Some(steps) = &set.escalate {
        let step = |(after, added): &(u32, Added)| match added {
            Added::Channel(channel) => format!("{after}s={}", plan.channels[*channel].name),
            Added::Mention(mention) => format!("{after}s=@{mention}"),
        };
        let steps: Vec<String> = steps.iter().map(step).collect();
        list.push(("notify_escalate", steps.join("; ")));
    }
    if let Some(fallback) = &set.fallback {
        list.push(("notify_fallback", names(fallback)));
    }
    if let Some(mentions) = set.mentions {
        list.push(("notify_mentions", mentions.into()));
    }
    if let Some(action) = set.action {
        list.push(("notify_delivery", if action { "action" } else { "confirm" }.into()));
    }
    if let Some(wait) = set.wait {
        list.push(("notify_wait", format!("{wait}s")));
    }
    if let Some(cache) = set.token_cache {
        list.push(("wecom_token_cache", if cache { "on" } else { "off" }.into()));
    }
    list
}

/// Runs the core over an input.
pub fn run(text: &str) -> String {
    tkl_notify::preset::run(text).into_json()
}

/// One HTTP answer, as entries behind the input.
pub fn append_answer(text: &mut String, server_ms: u64, entries: &[(&str, String)]) {
    text.push_str(&format!("\0r\0{server_ms}"));
    for (key, value) in entries {
        text.push_str(&format!("\0{key}\0{value}"));
    }
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    Raised,
    Worse,
    Better,
    Reminder,
    Escalated,
    Recovered,
    Unstable,
    Stable,
}

/// What a reader takes from a message: the alarm at a level, or that it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    Holds(Level),
    Over,
}

/// A message as its readers understand it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Device and alarm.
    pub about: (usize, usize),
    pub event: Event,
    pub word: Word,
}

const HEADINGS: [(&str, Event); 8] = [
    ("Alarm: ", Event::Raised),
    ("Alarm worse: ", Event::Worse),
    ("Alarm better: ", Event::Better),
    ("Alarm still active: ", Event::Reminder),
    ("Alarm unanswered: ", Event::Escalated),
    ("Recovered: ", Event::Recovered),
    ("Alarm unstable: ", Event::Unstable),
    ("Stable again: ", Event::Stable),
];

/// Reads the body of a request to a service. `Ok(None)`: a short text that only rings.
pub fn read_message(data: &Value) -> Result<Option<Message>, String> {
    if data["msgtype"] == "text" {
        return Ok(None);
    }
    let markdown = &data["markdown"];
    let content = markdown["content"].as_str().or(markdown["text"].as_str()).unwrap_or("");
    let fault = |what: &str| format!("a message without {what}: {content:?}");
    let first = content.lines().next().unwrap_or("").trim_start_matches(['#', ' ']);
    let heading = HEADINGS.iter().find(|(heading, _)| first.starts_with(heading));
    let (_, event) = heading.ok_or_else(|| fault("a known heading"))?;
    let about = first.trim_end().rsplit(' ').next().and_then(read_name);
    let about = about.ok_or_else(|| fault("its alarm's title"))?;
    let line = |label: &str| content.lines().find(|line| line.contains(&format!("**{label}**: ")));
    let level = |line: &str| (0..4).rev().find(|l| line.contains(&LEVELS[*l].to_uppercase()));
    let word = match event {
        Event::Recovered => Word::Over,
        _ if line("Now").is_some_and(|line| line.contains("normal")) => Word::Over,
        _ => line("Level").and_then(level).map(Word::Holds).ok_or_else(|| fault("a level"))?,
    };
    Ok(Some(Message { about, event: *event, word }))
}

/// `d1a2` as device and alarm.
fn read_name(name: &str) -> Option<(usize, usize)> {
    let (device, alarm) = name.strip_prefix('d')?.split_once('a')?;
    Some((
        device.parse::<usize>().ok()?.checked_sub(1)?,
        alarm.parse::<usize>().ok()?.checked_sub(1)?,
    ))
}

/// What is wrong with the shape of an outcome, if anything.
pub fn shape_fault(outcome: &Value, device: usize) -> Option<String> {
    let empty = Vec::new();
    let actions = outcome["actions"].as_array();
    let Some(actions) = actions else { return Some("no list of actions".into()) };
    let calls = outcome["calls"].as_array().unwrap_or(&empty);
    if !calls.is_empty() && (!actions.is_empty() || outcome["logs"] != Value::Array(Vec::new())) {
        return Some("a run that asks for answers says or does something else".into());
    }
    for action in actions {
        let body = &action["dnMsg"];
        let sound = match action["type"].as_str() {
            Some("axios") => is_request(body),
            Some("modifyAttrs") => {
                action["target"] == eui(device)
                    && body["server_attrs"]
                        .as_object()
                        .is_some_and(|set| !set.is_empty() && set.values().all(Value::is_string))
            }
            _ => false,
        };
        if !sound || !action["sleepTimeMs"].is_u64() {
            return Some(format!("an action of no known shape: {action}"));
        }
    }
    calls.iter().find(|call| !is_request(call)).map(|call| format!("no request: {call}"))
}

fn is_request(request: &Value) -> bool {
    request["url"].as_str().is_some_and(|url| url.starts_with("https://"))
        && request["timeout"].as_u64().is_some_and(|ms| ms <= 30_000)
        && matches!(request["method"].as_str(), Some("GET" | "POST"))
}

/// `3:05:20` for a moment of the world.
pub fn clock(at: At) -> String {
    format!("{}:{:02}:{:02}", at / 3_600, at / 60 % 60, at % 60)
}

/// The name of the alarm whose state an attribute keeps.
pub fn alarm_of(attribute: &str) -> Option<&str> {
    attribute.strip_prefix(STATES).filter(|_| is_state(attribute))
}
