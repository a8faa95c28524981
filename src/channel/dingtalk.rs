//! DingTalk (钉钉) custom robot: `POST /robot/send?access_token=…&timestamp=…&sign=…`
//! ("自定义机器人接入"). The whole body is limited to 20,000 bytes. Somebody rings only if he is
//! listed in `at` and `@<number>` also stands in the text.

use alloc::{string::String, vec::Vec};

use super::verdict::{Codes, known, known_len, rows};
use super::{
    Address, Channel, Emphasis, Endpoint, LENDS_NOTHING, Layout, MENTIONS_MAX, Rendered, TOO_MANY,
    Table, lines, named,
};
use crate::action::Json;
use crate::host::{Host, Source};
use crate::message::fit::{Count, Shed, fit, truncate_to};
use crate::message::inert::{inert, without_mentions};
use crate::message::{Mentions, Message};
use crate::secret::{QUERY_VALUE, Secret, dingtalk_sign, percent_encode};
use crate::settings::{Fault, Kind, Named, ORG, SERVER, Setting};
use crate::text::{contains, items};

/// UTF-8 bytes of the whole JSON body.
pub const BODY_MAX: usize = 20_000;
/// What mentions may take of it.
const RUNG_MAX: usize = 8_000;
/// What the body's fixed parts take of it.
const FRAME: usize = 160;
/// Bytes of the title, which stands in the body twice and alone in the conversation list.
const TITLE_MAX: usize = 256;

const TOKEN: Setting = Setting::new("dingtalk_token", ORG | SERVER)
    .secret()
    .named(Named::Also)
    .example("566cc69da782ec33e42b6f0c2c7d3fbe1f9c7ac1b6d1e1c2a0f5d1f7d2e0a1b2")
    .words(
        "DingTalk robot: the access_token of its webhook, or the whole webhook URL. From server_attrs only when org_params has no pair (with a warning).",
        "钉钉机器人 Webhook 的 access_token，或完整 Webhook URL。仅当 org_params 没有成对设置时才读取 server_attrs（并告警）。",
    );
const SECRET: Setting = Setting::new("dingtalk_secret", ORG | SERVER)
    .secret()
    .named(Named::Also)
    .example("SEC…")
    .words(
        "DingTalk robot: signing secret (SEC…), from the same source as the token; the word `none` for a robot without signing.",
        "钉钉机器人加签密钥（SEC…），须与 token 同源；未启用加签的机器人填 `none`。",
    );
const BASE_URL: Setting = Setting::new("dingtalk_base_url", ORG)
    .default("https://oapi.dingtalk.com")
    .example("https://gateway.example.com/dingtalk")
    .words(
        "Own gateway in front of the DingTalk API (https).",
        "钉钉 API 的自有网关地址（https）。",
    );

const SETTINGS: &[Setting] = &[TOKEN, SECRET, BASE_URL];

const SEND: Endpoint = Endpoint {
    host: "https://oapi.dingtalk.com",
    gateway: BASE_URL.key,
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

/// What delivery knows of it.
pub const CHANNEL: Channel = Channel {
    name: "dingtalk",
    robots: true,
    in_use: &[TOKEN.key],
    place: |host, name| Ok(unsigned(host, name)?.0),
    render: |wire, push| Ok(markdown(robot(wire.host, push.robot)?, push.message, push.mentions)),
    ring: |_, _| None,
    lent: LENDS_NOTHING,
    credentials: &["dingtalk_token", "dingtalk_secret"],
    codes: Codes {
        code: "errcode",
        text: "errmsg",
        known: &known::<{ known_len(ROWS) }>(ROWS),
        marks: &["keyword", "timestamp", "sign", "whitelist"],
        partly: &[],
        wait_s: 600,
    },
};

/// What people and tools know of it.
pub const TABLE: Table = Table {
    name: CHANNEL.name,
    title: ("DingTalk robot", "钉钉机器人"),
    settings: SETTINGS,
    params: &[],
    keeps: &[],
    code: CHANNEL.codes.code,
    codes: ROWS,
};

/// The signed address of the robot `name` (empty: the default robot).
pub fn robot(host: &Host, name: &str) -> Result<Address, Fault> {
    let (mut address, secret) = unsigned(host, name)?;
    if !secret.expose().eq_ignore_ascii_case("none") {
        let now = host.now();
        let sign = percent_encode(&dingtalk_sign(secret, now), QUERY_VALUE);
        address.url = cat!(&address.url, "&timestamp=", now, "&sign=", &sign);
    }
    Ok(address)
}

/// The same as it is before it is signed, and the secret.
///
/// Token and secret come as a pair from one source: `org_params`, else `server_attrs` with a
/// warning. A robot without settings of its own falls back to the default one, with a warning.
fn unsigned<'a>(host: &Host<'a>, name: &str) -> Result<(Address, Secret<'a>), Fault> {
    for robot in [name, ""] {
        let token_name = named(TOKEN.key.name, robot);
        let secret_name = named(SECRET.key.name, robot);
        let mut missing = None;
        for source in [Source::Org, Source::Server] {
            match (host.secret(source, &token_name), host.secret(source, &secret_name)) {
                (Some(token), Some(secret)) => {
                    let mut warnings = Vec::new();
                    if source == Source::Server {
                        let fault = Fault::new(&token_name, &secret_name, Kind::EXPOSED);
                        warnings.push(fault.sentence());
                    }
                    if robot != name {
                        let own = named(TOKEN.key.name, name);
                        warnings.push(Fault::new(&own, &token_name, Kind::FELL_BACK).sentence());
                    }
                    let url = SEND.url(host, &token_name, token)?;
                    return Ok((Address { url, warnings }, secret));
                }
                (Some(_), None) => missing = Some(&secret_name),
                (None, Some(_)) => missing = Some(&token_name),
                (None, None) => {}
            }
        }
        if let Some(missing) = missing {
            return Err(Fault::new(missing, &secret_name, Kind::UNPAIRED));
        }
    }
    Err(Fault::new(&named(TOKEN.key.name, name), &named(SECRET.key.name, name), Kind::PAIR_NOT_SET))
}

/// The `@…` words that must stand in the text for the listed people to ring.
fn words(text: &str, mentions: &Mentions) -> String {
    let mut out = String::new();
    for id in mentions.mobiles.iter().chain(&mentions.users) {
        let word = cat!("@", id);
        if !contains(text, &word) && !contains(&out, &word) {
            out.push(' ');
            out.push_str(&word);
        }
    }
    out
}

/// The `at` field: `atUserIds` only where somebody asked for it.
fn at(mentions: &Mentions) -> Json {
    let mut at = Json::object();
    at.texts("atMobiles", &mentions.mobiles);
    if !mentions.users.is_empty() {
        at.texts("atUserIds", &mentions.users);
    }
    at.flag("isAtAll", mentions.all);
    at
}

/// The mentions that fit beside a message, and what they take of the body: each stands in a list
/// and in the text.
fn fitting<'a>(mentions: &Mentions<'a>, address: &mut Address) -> (Mentions<'a>, usize) {
    let mut kept = mentions.clone();
    let mut cost = 0;
    let mut dropped = false;
    for list in [&mut kept.mobiles, &mut kept.users] {
        list.retain(|id| {
            let longer = cost + 2 * Count::Json.of(id) + 8;
            let fits = longer <= RUNG_MAX;
            if fits {
                cost = longer;
            }
            dropped |= !fits;
            fits
        });
    }
    if dropped {
        address.warn(TOO_MANY);
    }
    (kept, cost)
}

/// A text message.
pub fn text(mut address: Address, content: &str, mentions: &Mentions) -> Rendered {
    let (mentions, cost) = &fitting(mentions, &mut address);
    let mut content = without_mentions(content);
    if truncate_to(&mut content, BODY_MAX - FRAME - cost, Count::Json) {
        address.warn("the message was over 20000 bytes and was cut.");
    }
    let words = words(&content, mentions);
    if !words.is_empty() {
        content.push('\n');
        content.push_str(words.trim_ascii_start());
    }
    let mut text = Json::object();
    text.text("content", &content);
    let mut data = Json::object();
    data.text("msgtype", "text").put("text", text);
    if !mentions.is_empty() {
        data.put("at", at(mentions));
    }
    address.post(data)
}

/// An alarm as markdown; the title also stands in the conversation list.
pub fn markdown(mut address: Address, message: &Message, mentions: &Mentions) -> Rendered {
    let mut title = cat!(message.start(), inert(message.subject, None));
    truncate_to(&mut title, TITLE_MAX, Count::Json);
    let mut lines = lines(&LAYOUT, message);
    if let Some(heading) = lines.first_mut() {
        heading.before = LAYOUT.heading.into();
        heading.text = title.clone();
        heading.shed = Shed::Nothing;
    }
    let (mentions, cost) = &fitting(mentions, &mut address);
    let limit = BODY_MAX - FRAME - TITLE_MAX - cost;
    let (mut text, shortened) = fit(lines, "\n", limit, Count::Json);
    if shortened {
        address.warn("the message was over 20000 bytes and was shortened.");
    }
    let words = words(&text, mentions);
    if !words.is_empty() {
        text.push_str("\n\n");
        text.push_str(words.trim_ascii_start());
    }
    let mut markdown = Json::object();
    markdown.text("title", &title).text("text", &text);
    let mut data = Json::object();
    data.text("msgtype", "markdown").put("markdown", markdown).put("at", at(mentions));
    address.post(data)
}

/// Ids as they may stand in a text: a phone number or a user id. What else is listed is left out, and
/// how many.
pub fn ids(list: Option<&str>) -> (Vec<&str>, usize) {
    let mut ids = Vec::new();
    let mut odd = 0;
    for id in items(list.unwrap_or("")) {
        let plain = id.len() <= 64
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-_.@".contains(&b));
        if !plain {
            odd += 1;
        } else if ids.len() < MENTIONS_MAX && !ids.contains(&id) {
            ids.push(id);
        }
    }
    (ids, odd)
}

rows! {
    /// The service's codes. The order is by code; -1 (busy) is every service's and stands in
    /// [`Answer::read`](super::wire::Answer::read).
    Misconfigured 22, "unknown API", "correct the URL or dingtalk_base_url", "接口不存在", "更正地址或 dingtalk_base_url";
    Misconfigured 88, "refused by the gateway", "correct the URL or dingtalk_base_url", "网关鉴权失败", "更正地址或 dingtalk_base_url";
    Payload 40035, "the JSON body is missing or invalid", "update tkl-notify", "JSON 正文缺失或无效", "升级 tkl-notify";
    Payload 43004, "Content-Type is not application/json", "check that the gateway keeps the headers", "Content-Type 不是 application/json", "检查网关是否保留请求头";
    Payload 101002, "the message is over 20000 bytes", "shorten the alarm's texts", "消息超过 20000 字节", "缩短告警文本";
    Throttled 130101, "more than 20 messages a minute; the robot is blocked for 10 minutes", "wait 10 minutes, merge alarms, use more robots", "每分钟超过 20 条，机器人被限 10 分钟", "等待 10 分钟，合并告警，增加机器人";
    Throttled 130102, "sending too fast", "wait 10 minutes, merge alarms, use more robots", "发送过快", "等待 10 分钟，合并告警，增加机器人";
    Misconfigured 300001, "access_token wrong or the robot was deleted", "copy the webhook again", "access_token 错误或机器人已删除", "重新复制 Webhook";
    Misconfigured 300005, "access_token wrong or the robot was deleted", "copy the webhook again", "access_token 错误或机器人已删除", "重新复制 Webhook";
    Misconfigured 310000 "keyword", "none of the robot's keywords is in the text", "set the keyword in the robot to a word of the heading, such as Device", "文本不含机器人关键词", "将机器人关键词设为消息标题中的词，如 Device";
    Misconfigured 310000 "timestamp", "the timestamp is more than an hour off", "correct the server's clock", "时间戳偏差超过 1 小时", "校正服务器时钟";
    Misconfigured 310000 "sign", "the signature does not match", "copy the robot's SEC secret again", "签名不匹配", "重新复制机器人的 SEC 密钥";
    Misconfigured 310000 "whitelist", "the server's IP is not in the robot's list", "add the server's outgoing IP to the robot", "服务器 IP 不在机器人白名单", "在机器人中加入服务器出口 IP";
    Misconfigured 310000, "one of the robot's safety settings refuses the message", "check keyword, signature, clock and IP list", "未通过机器人安全设置", "检查关键词、加签、时钟与 IP 白名单";
    Misconfigured 400013, "the group was dissolved", "use a robot of another group", "群已解散", "改用其他群的机器人";
    Misconfigured 400101, "access_token does not exist", "copy the webhook again", "access_token 不存在", "重新复制 Webhook";
    Misconfigured 400102, "the robot is disabled", "enable it in the group's settings", "机器人已停用", "在群设置中启用";
    Payload 400105, "message type not supported", "update tkl-notify", "不支持的消息类型", "升级 tkl-notify";
    Misconfigured 400106, "the robot is not in the group", "add it to the group again", "机器人不在群中", "重新将机器人加入群";
    Throttled 410100, "sending too fast; the robot is blocked for 10 minutes", "wait 10 minutes, merge alarms, use more robots", "发送过快，机器人被限 10 分钟", "等待 10 分钟，合并告警，增加机器人";
    Content 430101, "an unsafe link", "remove links from the device name and description", "含不安全链接", "移除设备名称与描述中的链接";
    Content 430102, "an improper text", "reword the device name or description", "含不合适的文本", "修改设备名称或描述";
    Content 430103, "an improper image", "remove the image", "含不合适的图片", "移除图片";
    Content 430104, "improper content", "reword the device name or description", "含不合适的内容", "修改设备名称或描述";
    Payload 460101, "the message is over 20000 bytes", "shorten the alarm's texts", "消息超过 20000 字节", "缩短告警文本";
}
