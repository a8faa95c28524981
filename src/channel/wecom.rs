//! WeCom (企业微信) group bot and smart bot: `POST /cgi-bin/webhook/send?key=…`
//! ("消息推送配置说明"). Text ≤ 2048 bytes with mention lists; markdown ≤ 4096 bytes.

use super::{Emphasis, Endpoint, Layout, MENTIONS_MAX, WHERE, lines, named};
use crate::action::{Outcome, Request, Value};
use crate::host::Host;
use crate::message::fit::{Count, cut, fit};
use crate::message::text::without_mentions;
use crate::message::{Mentions, Message};
use crate::settings::{WECOM_BASE_URL, WECOM_WEBHOOK, WECOM_WEBHOOK_URL};

/// UTF-8 bytes of `text.content`.
pub const TEXT_MAX: usize = 2048;
/// UTF-8 bytes of `markdown.content`.
pub const MARKDOWN_MAX: usize = 4096;

const SEND: Endpoint = Endpoint {
    host: "https://qyapi.weixin.qq.com",
    own: WECOM_BASE_URL,
    path: "/cgi-bin/webhook/send",
    field: "key",
};

const LAYOUT: Layout = Layout {
    heading: "### ",
    after_heading: "",
    bullet: "> ",
    block: "\n> ",
    level: Emphasis::Font,
};

/// The request URL of the bot `name` (empty: the default bot).
///
/// A bot without a setting of its own falls back to the default one, with a warning: an alarm in
/// the wrong group is better than none.
pub fn bot_url(host: &Host, name: &str, out: &mut Outcome) -> Result<String, String> {
    let own = named(WECOM_WEBHOOK.name, name);
    let group = named(WECOM_WEBHOOK.name, "group");
    for setting in [own.as_str(), WECOM_WEBHOOK_URL.name, &group] {
        // The bare prefix is no setting: without a name the default bot is meant.
        if setting == WECOM_WEBHOOK.name {
            continue;
        }
        if let Some(webhook) = host.secret('o', setting) {
            if !name.is_empty() && setting != own {
                out.warn(
                    [&own, " is not set: sent to ", setting, " instead. Set it", WHERE].concat(),
                );
            }
            return SEND.url(host, setting, webhook);
        }
    }
    let missing = if name.is_empty() { WECOM_WEBHOOK_URL.name } else { &own };
    Err([missing, " is not set. Set it to the bot's webhook URL", WHERE].concat())
}

/// A text message. The lists ring user ids and phone numbers; `@all` stands for everybody.
pub fn text(
    url: String,
    content: &str,
    users: &[&str],
    mobiles: &[&str],
    out: &mut Outcome,
) -> Request {
    let mut content = without_mentions(content);
    if cut(&mut content, TEXT_MAX, Count::Text) {
        out.warn("the text was over 2048 bytes and was cut.".into());
    }
    let mut text = Value::object([("content", Value::Text(content))]);
    for (field, ids) in [("mentioned_list", users), ("mentioned_mobile_list", mobiles)] {
        if !ids.is_empty() {
            text = text.with(field, Value::texts(ids.get(..MENTIONS_MAX).unwrap_or(ids)));
        }
    }
    Request::post(url, Value::object([("msgtype", Value::Word("text")), ("text", text)]))
}

/// An alarm as markdown. Markdown can ring user ids only (`<@id>`), not phone numbers or everybody.
pub fn markdown(url: String, message: &Message, mentions: &Mentions, out: &mut Outcome) -> Request {
    let mut rung = String::new();
    for user in mentions.users.iter().take(MENTIONS_MAX) {
        rung = [&rung, "\n<@", user, ">"].concat();
    }
    let (mut content, shortened) =
        fit(lines(&LAYOUT, message), "\n", MARKDOWN_MAX - rung.len().min(1024), Count::Text);
    if shortened {
        out.warn("the message was over 4096 bytes and was shortened.".into());
    }
    content.push_str(&rung);
    let markdown = Value::object([("content", Value::Text(content))]);
    Request::post(
        url,
        Value::object([("msgtype", Value::Word("markdown")), ("markdown", markdown)]),
    )
}
