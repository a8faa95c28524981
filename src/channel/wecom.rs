//! WeCom (企业微信) group bot and smart bot: `POST /cgi-bin/webhook/send?key=…`
//! ("消息推送配置说明"). Text ≤ 2048 bytes with mention lists; markdown ≤ 4096 bytes.

use super::verdict::{Codes, known, known_len, rows};
use super::{
    Emphasis, Endpoint, FELL_BACK, Layout, MENTIONS_MAX, Push, Service, TOO_MANY, lines, named,
};
use crate::action::{Json, Outcome, Request};
use crate::host::Host;
use crate::message::fit::{Count, cut, fit};
use crate::message::text::{inert, tell, without_mentions};
use crate::message::{Mentions, Message};
use crate::settings::{WECOM_BASE_URL, WECOM_WEBHOOK, WECOM_WEBHOOK_GROUP, WECOM_WEBHOOK_URL};

/// UTF-8 bytes of `text.content`.
pub const TEXT_MAX: usize = 2048;
/// UTF-8 bytes of `markdown.content`.
pub const MARKDOWN_MAX: usize = 4096;
/// What mentions may take of it; the message needs the rest.
const RUNG_MAX: usize = 1024;

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

const CODES: Codes =
    Codes { known: &known::<{ known_len(ROWS) }>(ROWS), marks: &[], partly: &[], wait_s: 60 };

/// This channel's row in the table of services.
pub const SERVICE: Service = Service {
    name: "wecom",
    named: true,
    settings: &[WECOM_WEBHOOK_URL, WECOM_WEBHOOK_GROUP],
    request: |wire, push, out| {
        let url = bot_url(wire.host, push.robot, out)?;
        Ok(markdown(url, push.message, push.mentions, out))
    },
    ring,
    codes: CODES,
};

/// The request URL of the bot `name` (empty: the default bot).
///
/// A bot without a setting of its own falls back to the default one, with a warning: an alarm in
/// the wrong group is better than none.
pub fn bot_url(host: &Host, name: &str, out: &mut Outcome) -> Result<String, String> {
    let own = named(WECOM_WEBHOOK.name, name);
    for setting in [own.as_str(), WECOM_WEBHOOK_URL.name, WECOM_WEBHOOK_GROUP.name] {
        // The bare prefix is no setting: without a name the default bot is meant.
        if setting == WECOM_WEBHOOK.name {
            continue;
        }
        if let Some(webhook) = host.secret('o', setting) {
            if !name.is_empty() && setting != own {
                out.warn(tell(FELL_BACK, &own, setting));
            }
            return SEND.url(host, setting, webhook);
        }
    }
    let missing = if name.is_empty() { WECOM_WEBHOOK_URL.name } else { &own };
    Err(tell("{a} is not set. Set it to the bot's webhook URL{where}", missing, ""))
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
    let mut text = Json::object();
    text.text("content", &content);
    for (field, ids) in [("mentioned_list", users), ("mentioned_mobile_list", mobiles)] {
        if !ids.is_empty() {
            text.texts(field, ids.get(..MENTIONS_MAX).unwrap_or(ids));
        }
    }
    let mut data = Json::object();
    data.text("msgtype", "text").put("text", text);
    Request::post(&url, data)
}

/// The heading once more, as a text that rings phone numbers and everybody.
fn ring(host: &Host, push: &Push) -> Option<Request> {
    let Mentions { mobiles, all, .. } = push.mentions;
    if mobiles.is_empty() && !*all {
        return None;
    }
    // What there is to say about the address was said with the message.
    let mut said = Outcome::default();
    let url = bot_url(host, push.robot, &mut said).ok()?;
    let users: &[&str] = if *all { &["@all"] } else { &[] };
    let content = cat!(push.message.start(), inert(push.message.subject, None));
    Some(text(url, &content, users, mobiles, &mut said))
}

/// An alarm as markdown. Markdown can ring user ids only (`<@id>`): the others by `ring`.
pub fn markdown(url: String, message: &Message, mentions: &Mentions, out: &mut Outcome) -> Request {
    let mut rung = String::new();
    for user in &mentions.users {
        let longer = cat!(&rung, "\n<@", user, ">");
        if longer.len() > RUNG_MAX {
            out.warn(TOO_MANY.into());
            break;
        }
        rung = longer;
    }
    let (mut content, shortened) =
        fit(lines(&LAYOUT, message), "\n", MARKDOWN_MAX - rung.len(), Count::Text);
    if shortened {
        out.warn("the message was over 4096 bytes and was shortened.".into());
    }
    content.push_str(&rung);
    let mut markdown = Json::object();
    markdown.text("content", &content);
    let mut data = Json::object();
    data.text("msgtype", "markdown").put("markdown", markdown);
    Request::post(&url, data)
}

rows! {
    /// The service's codes. The order is by code; -1 (busy) is every service's and stands in
    /// [`Answer::read`](super::wire::Answer::read).
    Misconfigured 40001, "wrong key", "copy the webhook URL again", "key 错误", "重新复制 Webhook 地址";
    Misconfigured 40003, "a mentioned user id does not exist", "correct the user ids", "被提醒的成员 ID 不存在", "更正成员 ID";
    Payload 40007, "media id wrong, expired (3 days) or another bot's", "upload the file again", "media_id 错误、过期（3 天）或属于其他机器人", "重新上传文件";
    Payload 40008, "unknown message type", "update tkl-notify", "消息类型无效", "升级 tkl-notify";
    Payload 40009, "image too big", "use an image of at most 2 MB", "图片过大", "使用不超过 2 MB 的图片";
    Payload 40033, "illegal characters", "update tkl-notify", "含非法字符", "升级 tkl-notify";
    Payload 40058, "a parameter is malformed, empty or too long", "shorten the alarm's texts; update tkl-notify", "参数格式错误、为空或过长", "缩短告警文本；升级 tkl-notify";
    Content 40201, "blocked as spam or sensitive", "reword the device name or description", "被判定为垃圾或敏感内容", "修改设备名称或描述";
    Payload 41006, "media id missing", "upload the file again", "缺少 media_id", "重新上传文件";
    Payload 42027, "card: a list entry has no name", "update tkl-notify", "卡片：列表项缺少 keyname", "升级 tkl-notify";
    Payload 42028, "card: a URL is missing", "set the link's address", "卡片：缺少 url", "设置链接地址";
    Payload 42029, "card: a media id is missing", "update tkl-notify", "卡片：缺少 media_id", "升级 tkl-notify";
    Payload 42030, "card: an app id is missing", "update tkl-notify", "卡片：缺少 appid", "升级 tkl-notify";
    Payload 42031, "card: unknown card type", "update tkl-notify", "卡片：card_type 无效", "升级 tkl-notify";
    Payload 42033, "card: a title is missing", "update tkl-notify", "卡片：缺少标题", "升级 tkl-notify";
    Payload 42035, "card: more than 6 list entries", "show fewer facts", "卡片：横向列表超过 6 项", "减少展示字段";
    Payload 42036, "card: more than 4 vertical entries", "show fewer facts", "卡片：纵向列表超过 4 项", "减少展示字段";
    Payload 42042, "card: more than 3 links", "use fewer links", "卡片：跳转列表超过 3 项", "减少链接";
    Payload 42044, "card: no image URL", "set the image's address", "卡片：缺少图片 url", "设置图片地址";
    Payload 42045, "card: no valid click action", "set the link's address", "卡片：card_action 缺失或无效", "设置链接地址";
    Payload 42050, "card: a user id is missing or wrong", "correct the user ids", "卡片：成员 ID 缺失或无效", "更正成员 ID";
    Payload 44004, "the text is empty", "give the message a text", "文本为空", "填写消息内容";
    Payload 45002, "the text is too big", "shorten the alarm's texts", "内容过大", "缩短告警文本";
    Payload 45008, "more than 8 articles", "use fewer articles", "图文超过 8 条", "减少图文条数";
    Throttled 45009, "more than 20 messages a minute", "wait a minute, merge alarms, use more bots", "每分钟超过 20 条", "等待一分钟，合并告警，增加机器人";
    Throttled 45033, "too many calls at once", "send one after the other", "并发调用过多", "串行发送";
    Payload 45034, "a link has no http:// or https://", "correct the link's address", "链接缺少 http:// 或 https://", "更正链接地址";
    Misconfigured 93000, "wrong webhook URL, or the bot was removed from the group", "add the bot again and set the new URL", "Webhook 地址错误，或机器人已被移出群", "重新添加机器人并填写新地址";
    Misconfigured 93004, "the bot is disabled", "enable the bot", "机器人已停用", "启用机器人";
    Misconfigured 93008, "the bot is not in the group", "add the bot to the group again", "机器人不在群中", "重新将机器人加入群";
    Payload 301019, "image checksum wrong", "update tkl-notify", "图片 md5 不符", "升级 tkl-notify";
}
