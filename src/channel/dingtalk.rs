//! DingTalk (钉钉) custom robot: `POST /robot/send?access_token=…&timestamp=…&sign=…`
//! ("自定义机器人接入"). The whole body is limited to 20,000 bytes. Somebody rings only if he is
//! listed in `at` and `@<number>` also stands in the text.

use super::{Emphasis, Endpoint, Layout, MENTIONS_MAX, WHERE, lines, named};
use crate::action::{Outcome, Request, Value};
use crate::host::Host;
use crate::message::fit::{Count, cut, fit};
use crate::message::text::{inert, without_mentions};
use crate::message::{Mentions, Message};
use crate::secret::{dingtalk_sign, percent_encode};
use crate::settings::{DINGTALK_BASE_URL, DINGTALK_SECRET, DINGTALK_TOKEN};

/// UTF-8 bytes of the whole JSON body.
pub const BODY_MAX: usize = 20_000;
/// What the body's fixed parts take of it.
const FRAME: usize = 160;
/// Bytes of the title, which stands in the body twice and alone in the conversation list.
const TITLE_MAX: usize = 256;

const SEND: Endpoint = Endpoint {
    host: "https://oapi.dingtalk.com",
    own: DINGTALK_BASE_URL,
    path: "/robot/send",
    field: "access_token",
};

const LAYOUT: Layout = Layout {
    heading: "### ",
    after_heading: "\n",
    bullet: "- ",
    block: "  \n  ",
    level: Emphasis::Bold,
};

/// The signed request URL of the robot `name` (empty: the default robot).
///
/// Token and secret come as a pair from one source: `org_params`, else `server_attrs` with a
/// warning. A robot without settings of its own falls back to the default one, with a warning.
pub fn robot_url(host: &Host, name: &str, out: &mut Outcome) -> Result<String, String> {
    for robot in [name, ""] {
        let token_name = named(DINGTALK_TOKEN.name, robot);
        let secret_name = named(DINGTALK_SECRET.name, robot);
        let mut missing = None;
        for source in ['o', 's'] {
            match (host.secret(source, &token_name), host.secret(source, &secret_name)) {
                (Some(token), Some(secret)) => {
                    if source == 's' {
                        out.warn([&token_name, " and ", &secret_name, " were read from server_attrs, which every operator and MQTT subscriber can read. Move them to Org Params."].concat());
                    }
                    if robot != name {
                        out.warn(
                            [
                                &named(DINGTALK_TOKEN.name, name),
                                " is not set: sent to ",
                                &token_name,
                                " instead. Set it",
                                WHERE,
                            ]
                            .concat(),
                        );
                    }
                    let mut url = SEND.url(host, &token_name, token)?;
                    if !secret.expose().eq_ignore_ascii_case("none") {
                        let now = host.get('f', "now").unwrap_or("");
                        let sign = percent_encode(&dingtalk_sign(secret, now), b"");
                        url = [&url, "&timestamp=", now, "&sign=", &sign].concat();
                    }
                    return Ok(url);
                }
                (Some(_), None) => missing = Some(&secret_name),
                (None, Some(_)) => missing = Some(&token_name),
                (None, None) => {}
            }
        }
        if let Some(missing) = missing {
            return Err([
                missing,
                " is not set beside its pair. Set it (",
                &secret_name,
                " = none for a robot without signing)",
                WHERE,
            ]
            .concat());
        }
    }
    Err([
        &named(DINGTALK_TOKEN.name, name),
        " and ",
        &named(DINGTALK_SECRET.name, name),
        " are not set. Set them",
        WHERE,
    ]
    .concat())
}

/// The `@…` words that must stand in the text for the listed people to ring.
fn words(text: &str, mentions: &Mentions) -> String {
    let mut out = String::new();
    for id in mentions.mobiles.iter().chain(&mentions.users) {
        let word = ["@", id].concat();
        if !text.contains(&word) && !out.contains(&word) {
            out.push(' ');
            out.push_str(&word);
        }
    }
    out
}

/// The `at` field: `atUserIds` only where somebody asked for it.
fn at(mentions: &Mentions) -> Value {
    let mut at = Value::object([("atMobiles", Value::texts(&mentions.mobiles))]);
    if !mentions.users.is_empty() {
        at = at.with("atUserIds", Value::texts(&mentions.users));
    }
    at.with("isAtAll", Value::Flag(mentions.all))
}

/// What mentions take of the body: each stands in a list and in the text.
fn mentions_cost(mentions: &Mentions) -> usize {
    mentions.mobiles.iter().chain(&mentions.users).map(|id| 2 * id.len() + 8).sum()
}

/// A text message.
pub fn text(url: String, content: &str, mentions: &Mentions, out: &mut Outcome) -> Request {
    let mut content = without_mentions(content);
    if cut(&mut content, BODY_MAX - FRAME - mentions_cost(mentions), Count::Json) {
        out.warn("the message was over 20000 bytes and was cut.".into());
    }
    let words = words(&content, mentions);
    if !words.is_empty() {
        content.push('\n');
        content.push_str(words.trim_start());
    }
    let mut data = Value::object([
        ("msgtype", Value::Word("text")),
        ("text", Value::object([("content", Value::Text(content))])),
    ]);
    if !mentions.is_empty() {
        data = data.with("at", at(mentions));
    }
    Request::post(url, data)
}

/// An alarm as markdown; the title also stands in the conversation list.
pub fn markdown(url: String, message: &Message, mentions: &Mentions, out: &mut Outcome) -> Request {
    let mut title = [message.heading, &inert(message.subject, None)].concat();
    cut(&mut title, TITLE_MAX, Count::Json);
    let mut lines = lines(&LAYOUT, message);
    if let Some(heading) = lines.first_mut() {
        heading.before = LAYOUT.heading.into();
        heading.text = title.clone();
        heading.shed = 0;
    }
    let limit = BODY_MAX - FRAME - TITLE_MAX - mentions_cost(mentions);
    let (mut text, shortened) = fit(lines, "\n", limit, Count::Json);
    if shortened {
        out.warn("the message was over 20000 bytes and was shortened.".into());
    }
    let words = words(&text, mentions);
    if !words.is_empty() {
        text.push_str("\n\n");
        text.push_str(words.trim_start());
    }
    let markdown = Value::object([("title", Value::Text(title)), ("text", Value::Text(text))]);
    let data = Value::object([
        ("msgtype", Value::Word("markdown")),
        ("markdown", markdown),
        ("at", at(mentions)),
    ]);
    Request::post(url, data)
}

/// Ids as they may stand in a text: a phone number or a user id. The rest is dropped, with a warning.
pub fn ids<'a>(list: Option<&'a str>, out: &mut Outcome) -> Vec<&'a str> {
    let mut ids = Vec::new();
    for id in crate::host::items(list.unwrap_or("")) {
        let plain = id.len() <= 64
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-_.@".contains(&b));
        if plain && ids.len() < MENTIONS_MAX && !ids.contains(&id) {
            ids.push(id);
        } else if !plain {
            out.warn("a mention was left out: it is neither a phone number nor a user id.".into());
        }
    }
    ids
}
