//! WeCom (企业微信) group bot and smart bot: `POST /cgi-bin/webhook/send?key=…`
//! ("消息推送配置说明"). Text ≤ 2048 bytes with mention lists; markdown ≤ 4096 bytes.

use alloc::{string::String, vec::Vec};

use super::verdict::{Codes, known, known_len, rows};
use super::{
    Address, Channel, Emphasis, Endpoint, LENDS_NOTHING, Layout, MENTIONS_MAX, Push, Rendered,
    TOO_MANY, Table, lines, named,
};
use crate::action::Json;
use crate::host::{Host, Source};
use crate::message::fit::{Count, fit, truncate_to};
use crate::message::inert::{inert, without_mentions};
use crate::message::{Mentions, Message};
use crate::settings::{Fault, Kind, Named, ORG, Setting};

/// UTF-8 bytes of `text.content`.
pub const TEXT_MAX: usize = 2048;
/// UTF-8 bytes of `markdown.content`.
pub const MARKDOWN_MAX: usize = 4096;
/// What mentions may take of it; the message needs the rest.
const RUNG_MAX: usize = 1024;

const WEBHOOK_URL: Setting = Setting::new("wecom_webhook_url", ORG)
    .secret()
    .example("693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa")
    .words(
        "Webhook of the WeCom group or smart bot: the whole URL, or only its key.",
        "企业微信群机器人或智能机器人的 Webhook：完整 URL，或只填 key。",
    );
const WEBHOOK: Setting = Setting::new("wecom_webhook", ORG)
    .secret()
    .named(Named::Only)
    .example("693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa")
    .words(
        "Webhook of a further bot, picked by `params.channel = <name>`, or as `wecom:<name>` in a route.",
        "其他机器人的 Webhook，用 `params.channel = <name>` 选择，或在路由中写 `wecom:<name>`。",
    );
const WEBHOOK_GROUP: Setting =
    Setting::new("wecom_webhook_group", ORG).secret().example("693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa").words(
        "The default bot under the application note's other name, where `wecom_webhook_url` is not set.",
        "未设置 `wecom_webhook_url` 时的默认机器人（应用笔记中的另一名称）。",
    );
/// Own gateway in front of the WeCom API, for bots and apps.
pub const BASE_URL: Setting = Setting::new("wecom_base_url", ORG)
    .default("https://qyapi.weixin.qq.com")
    .example("https://gateway.example.com/wecom")
    .words(
        "Own gateway in front of the WeCom API (https).",
        "企业微信 API 的自有网关地址（https）。",
    );

const SETTINGS: &[Setting] = &[WEBHOOK_URL, WEBHOOK, WEBHOOK_GROUP, BASE_URL];

const SEND: Endpoint = Endpoint {
    host: "https://qyapi.weixin.qq.com",
    gateway: BASE_URL.key,
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

/// What delivery knows of it.
pub const CHANNEL: Channel = Channel {
    name: "wecom",
    robots: true,
    in_use: &[WEBHOOK_URL.key, WEBHOOK_GROUP.key],
    place: |host, robot| Ok(bot(host, robot)?),
    render: |wire, push| Ok(markdown(bot(wire.host, push.robot)?, push.message, push.mentions)),
    ring,
    lent: LENDS_NOTHING,
    credentials: &["wecom_webhook_url", "wecom_webhook", "wecom_webhook_group"],
    codes: Codes {
        code: "errcode",
        text: "errmsg",
        known: &known::<{ known_len(ROWS) }>(ROWS),
        marks: &[],
        partly: &[],
        wait_s: 60,
    },
};

/// What people and tools know of it.
pub const TABLE: Table = Table {
    name: CHANNEL.name,
    title: ("WeCom bot", "企业微信机器人"),
    settings: SETTINGS,
    params: &[],
    keeps: &[],
    code: CHANNEL.codes.code,
    codes: ROWS,
};

/// The address of the bot `name` (empty: the default bot).
///
/// A bot without a setting of its own falls back to the default one, with a warning: an alarm in
/// the wrong group is better than none.
pub fn bot(host: &Host, name: &str) -> Result<Address, Fault> {
    let own = named(WEBHOOK.key.name, name);
    // The bare prefix is no setting: without a name the default bot is meant.
    let own = if name.is_empty() { WEBHOOK_URL.key.name.into() } else { own };
    for setting in [own.as_str(), WEBHOOK_URL.key.name, WEBHOOK_GROUP.key.name] {
        let Some(webhook) = host.secret(Source::Org, setting) else { continue };
        let mut warnings = Vec::new();
        if !name.is_empty() && setting != own {
            warnings.push(Fault::new(&own, setting, Kind::FELL_BACK).sentence());
        }
        let url = SEND.url(host, setting, webhook)?;
        return Ok(Address { url, warnings });
    }
    Err(Fault::new(&own, "", Kind::NOT_SET))
}

/// A text message. The lists ring user ids and phone numbers; `@all` stands for everybody.
pub fn text(mut address: Address, content: &str, users: &[&str], mobiles: &[&str]) -> Rendered {
    let mut content = without_mentions(content);
    if truncate_to(&mut content, TEXT_MAX, Count::Text) {
        address.warn("the text was over 2048 bytes and was cut.");
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
    address.post(data)
}

/// The heading once more, as a text that rings phone numbers and everybody.
fn ring(host: &Host, push: &Push) -> Option<Rendered> {
    let Mentions { mobiles, all, .. } = push.mentions;
    if mobiles.is_empty() && !*all {
        return None;
    }
    // What there is to say about the address was said with the message.
    let address = Address { warnings: Vec::new(), ..bot(host, push.robot).ok()? };
    let users: &[&str] = if *all { &["@all"] } else { &[] };
    let content = cat!(push.message.start(), inert(push.message.subject, None));
    Some(text(address, &content, users, mobiles))
}

/// An alarm as markdown. Markdown can ring user ids only (`<@id>`): the others by `ring`.
pub fn markdown(mut address: Address, message: &Message, mentions: &Mentions) -> Rendered {
    let mut rung = String::new();
    for user in &mentions.users {
        let longer = cat!(&rung, "\n<@", user, ">");
        if longer.len() > RUNG_MAX {
            address.warn(TOO_MANY);
            break;
        }
        rung = longer;
    }
    let (mut content, shortened) =
        fit(lines(&LAYOUT, message), "\n", MARKDOWN_MAX - rung.len(), Count::Text);
    if shortened {
        address.warn("the message was over 4096 bytes and was shortened.");
    }
    content.push_str(&rung);
    let mut markdown = Json::object();
    markdown.text("content", &content);
    let mut data = Json::object();
    data.text("msgtype", "markdown").put("markdown", markdown);
    address.post(data)
}

rows! {
    /// The service's codes. The order is by code; -1 (busy) is every service's and stands in
    /// [`Answer::read`](super::wire::Answer::read).
    Misconfigured 40001, "wrong key", "copy the webhook URL again", "key 错误", "重新复制 Webhook 地址";
    Payload 40003, "a mentioned user id does not exist", "correct the user ids", "被提醒的成员 ID 不存在", "更正成员 ID";
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
