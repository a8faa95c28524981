//! WeCom (企业微信) self-built app: `GET /cgi-bin/gettoken`, then `POST /cgi-bin/message/send`
//! ("发送应用消息"). Markdown ≤ 2048 bytes; writes to users, departments and tags.

use alloc::{string::String, vec::Vec};

use super::verdict::{Codes, Reading, Verdict, known, known_len, rows};
use super::wecom::BASE_URL;
use super::wire::{Answer, Wire};
use super::{Address, Channel, Emphasis, Endpoint, Layout, Push, Rendered, Table, Unready, lines};
use crate::action::{Json, Request};
use crate::delivery::TOKEN_CACHE;
use crate::host::{Host, Source};
use crate::message::fit::{Count, fit};
use crate::secret::{Owner, QUERY_VALUE, Secret, percent_encode};
use crate::settings::{Fault, Kind, ORG, SERVER, Setting};
use crate::text::{items, join, whole};

/// UTF-8 bytes of `markdown.content`: half of what a bot takes.
pub const MARKDOWN_MAX: usize = 2048;
/// A token is no longer used this long before its end.
const MARGIN_S: u32 = 300;
/// How the attributes begin that keep sealed access tokens; the app's mark follows.
const TOKEN_SLOT: &str = "wecom_token_";

const CORP_ID: Setting = Setting::new("wecom_corp_id", ORG).example("ww1234567890abcdef").words(
    "Self-built WeCom app: the CorpID of My Company.",
    "企业微信自建应用：“我的企业”中的企业 ID。",
);
const CORP_SECRET: Setting = Setting::new("wecom_corp_secret", ORG)
    .secret()
    .example("HIQKzIu2jhnmX-Yj…")
    .words("Self-built WeCom app: its Secret.", "企业微信自建应用的 Secret。");
const AGENT_ID: Setting = Setting::new("wecom_agent_id", ORG).example("1000002").words(
    "Self-built WeCom app: its AgentId, a whole number.",
    "企业微信自建应用的 AgentId（整数）。",
);
const TOUSER: Setting = Setting::new("wecom_touser", ORG | SERVER)
    .default("@all")
    .example("zhang|li")
    .words(
        "User ids that the app writes to, `|` between them. The three recipient settings hold together: `params` with any of `touser`, `toparty`, `totag` replaces all three; so does server_attrs before Org Params. None at all: `@all`.",
        "应用消息的接收成员 ID，以 `|` 分隔。三项接收设置作为整体生效：`params` 中只要有 `touser`、`toparty`、`totag` 之一即整体替换，server_attrs 先于 Org Params；均未设置则为 `@all`。",
    );
const TOPARTY: Setting = Setting::new("wecom_toparty", ORG | SERVER)
    .example("2")
    .words("Department ids that the app writes to.", "应用消息的接收部门 ID。");
const TOTAG: Setting = Setting::new("wecom_totag", ORG | SERVER)
    .example("7")
    .words("Tag ids that the app writes to.", "应用消息的接收标签 ID。");

const SETTINGS: &[Setting] =
    &[CORP_ID, CORP_SECRET, AGENT_ID, TOUSER, TOPARTY, TOTAG, TOKEN_CACHE, BASE_URL];

const SEND: Endpoint = Endpoint {
    host: "https://qyapi.weixin.qq.com",
    gateway: BASE_URL.key,
    path: "/cgi-bin/message/send",
    field: "access_token",
};

const LAYOUT: Layout =
    Layout { heading: "## ", after_heading: "", bullet: "", block: "\n", level: Emphasis::Plain };

const CODES: Codes = Codes {
    code: "errcode",
    text: "errmsg",
    known: &known::<{ known_len(ROWS) }>(ROWS),
    marks: &[],
    partly: &["invaliduser", "invalidparty", "invalidtag", "unlicenseduser"],
    wait_s: 60,
};

/// What delivery knows of it.
pub const CHANNEL: Channel = Channel {
    name: "wecom_app",
    robots: false,
    in_use: &[CORP_ID.key],
    place: |host, _| Ok(ready(host)?.1),
    render,
    ring: |_, _| None,
    lent,
    credentials: &["wecom_corp_id", "wecom_corp_secret", "wecom_agent_id"],
    codes: CODES,
};

/// What people and tools know of it.
pub const TABLE: Table = Table {
    name: CHANNEL.name,
    title: ("WeCom app", "企业微信应用"),
    settings: SETTINGS,
    params: &["touser", "toparty", "totag"],
    keeps: &[TOKEN_SLOT],
    code: CHANNEL.codes.code,
    codes: ROWS,
};

/// The organization's app, as its settings name it.
struct App<'a> {
    owner: Owner<'a>,
    agent: u32,
}

impl<'a> App<'a> {
    fn read(host: &Host<'a>) -> Result<App<'a>, Fault> {
        let mut missing = Vec::new();
        let mut read = |setting: Setting| {
            let value = host.secret(Source::Org, setting.key.name);
            if value.is_none() {
                missing.push(setting.key.name);
            }
            value.unwrap_or(Secret::new(""))
        };
        let corp = read(CORP_ID).expose();
        let secret = read(CORP_SECRET);
        let agent = read(AGENT_ID).expose();
        if let Some(last) = missing.pop() {
            let mut others = String::new();
            for name in &missing {
                join(&mut others, ", ", name);
            }
            return Err(match missing.len() {
                0 => Fault::new(last, "", Kind::NOT_SET),
                _ => Fault::new(&others, last, Kind::PAIR_NOT_SET),
            });
        }
        let number = whole(agent).ok_or_else(|| Fault::new(AGENT_ID.key.name, "", Kind::WHOLE))?;
        Ok(App { owner: Owner { secret, corp, agent }, agent: number })
    }
}

/// The access token: lent in this run or kept on the device; else the request that asks for one.
///
/// A token that the service refused is never used again.
fn token(wire: &Wire, app: &App, base: &str) -> Result<String, Unready> {
    if let Some(token) = &wire.token {
        return Ok(token.clone());
    }
    if wire.cache && !wire.refused {
        let kept = wire.host.get(Source::Server, &slot(app)).unwrap_or("");
        if let Some(token) = app.owner.open(wire.seconds(), kept) {
            return Ok(token);
        }
    }
    let mut params = Json::object();
    params.text("corpid", app.owner.corp).text("corpsecret", app.owner.secret.expose());
    Err(Unready::Lend(Request::get(&cat!(base, "/cgi-bin/gettoken"), params)))
}

/// Takes the token out of the answer, and keeps it sealed.
fn lent<'a>(
    wire: &mut Wire<'_, 'a>,
    answer: &Answer<'_, 'a>,
    mut reading: Reading<'a>,
) -> Option<Reading<'a>> {
    let token = answer.field("access_token");
    if reading.verdict != Verdict::Delivered {
        return Some(reading);
    }
    if token.is_empty() {
        reading.verdict = Verdict::Transient;
        return Some(reading);
    }
    let life = whole(answer.field("expires_in")).unwrap_or(0);
    if wire.cache
        && life > MARGIN_S
        && let Ok(app) = App::read(wire.host)
    {
        let expires = wire.seconds().saturating_add(life - MARGIN_S);
        if let Some(sealed) = app.owner.seal(expires, token) {
            wire.store(slot(&app), sealed);
        }
    }
    wire.token = Some(token.into());
    None
}

/// The attribute that keeps an app's token.
fn slot(app: &App) -> String {
    cat!(TOKEN_SLOT, &app.owner.mark())
}

/// One list of recipients: its field in the request, its setting, and how many the service takes.
const LISTS: [(&str, &str, usize); 3] = [
    ("touser", TOUSER.key.name, 1000),
    ("toparty", TOPARTY.key.name, 100),
    ("totag", TOTAG.key.name, 100),
];

/// Who gets the message: users, departments and tags, each joined by `|`, in the order of [`LISTS`].
/// Also the names of lists that were too long.
///
/// They come from one source as a whole: `params`, else server_attrs, else Org Params; else `@all`.
/// A longer list than the service takes is shortened: the others must still hear of the alarm.
fn recipients(host: &Host, rung: &[&str]) -> ([String; 3], Vec<&'static str>) {
    let mut lists = [String::new(), String::new(), String::new()];
    let mut too_long = Vec::new();
    for source in [Source::Param, Source::Server, Source::Org] {
        for (list, (field, setting, most)) in lists.iter_mut().zip(LISTS) {
            let name = if source == Source::Param { field } else { setting };
            let mut ids = items(host.get(source, name).unwrap_or(""));
            for id in ids.by_ref().take(most) {
                join(list, "|", id);
            }
            if ids.next().is_some() {
                too_long.push(name);
            }
        }
        if lists.iter().any(|list| !list.is_empty()) {
            break;
        }
    }
    let nobody = lists.iter().all(String::is_empty);
    let [users, ..] = &mut lists;
    if nobody {
        users.push_str("@all");
    } else if users != "@all" {
        for id in rung {
            if !items(users).any(|listed| listed == *id) {
                join(users, "|", id);
            }
        }
    }
    (lists, too_long)
}

/// The app and its server.
fn ready<'a>(host: &Host<'a>) -> Result<(App<'a>, Address), Unready> {
    if !host.is("axios") {
        return Err(Unready::Fault("this server gives scripts no axios function, without which no access token can be fetched. Use a WeCom bot (wecom_notify), or upgrade ThinkLink.".into()));
    }
    let app = App::read(host)?;
    Ok((app, Address { url: SEND.base(host)?.into(), warnings: Vec::new() }))
}

/// The push as a request. Whoever is to be rung is written to: an app has no other mention.
fn render(wire: &mut Wire, push: &Push) -> Result<Rendered, Unready> {
    let (app, Address { url: base, .. }) = ready(wire.host)?;
    let token = token(wire, &app, &base)?;
    let mut warnings = Vec::new();
    let (content, shortened) = fit(lines(&LAYOUT, push.message), "\n\n", MARKDOWN_MAX, Count::Text);
    if shortened {
        warnings.push("the message was over 2048 bytes and was shortened.".into());
    }
    let (lists, too_long) = recipients(wire.host, &push.mentions.users);
    warnings.extend(too_long.iter().map(|name| Fault::new(name, "", Kind::RECIPIENTS).sentence()));
    let mut data = Json::object();
    for (ids, (field, ..)) in lists.iter().zip(LISTS) {
        if !ids.is_empty() {
            data.text(field, ids);
        }
    }
    let mut markdown = Json::object();
    markdown.text("content", &content);
    data.text("msgtype", "markdown").number("agentid", app.agent).put("markdown", markdown);
    if wire.confirm {
        // A repeat after a lost answer then reaches nobody twice. The note's action has no such field.
        data.number("enable_duplicate_check", 1);
    }
    let url = SEND.with(&base, &percent_encode(&token, QUERY_VALUE));
    Ok(Rendered { request: Request::post(&url, data), warnings })
}

rows! {
    /// The service's codes. The order is by code; -1 (busy) is every service's and stands in
    /// [`Answer::read`](super::wire::Answer::read).
    Misconfigured 40001, "wrong secret, secret of another corp, or the app is stopped", "copy the Secret again and check that the app is enabled", "Secret 错误、与企业 ID 不匹配或应用已停用", "重新复制 Secret 并确认应用已启用";
    Misconfigured 40003, "a user id is invalid", "correct touser", "成员 ID 无效", "更正 touser";
    Payload 40008, "unknown message type", "update tkl-notify", "消息类型无效", "升级 tkl-notify";
    Misconfigured 40013, "wrong corp id", "copy the corp id from My Company again", "企业 ID 错误", "重新复制“我的企业”中的企业 ID";
    Token 40014, "access token invalid", "fetched anew by itself; if it stays, check the gateway and its URL encoding", "access_token 无效", "会自动重新获取；若持续出现请检查网关与 URL 编码";
    Misconfigured 40031, "recipient list invalid", "correct touser, toparty, totag", "接收人列表无效", "更正 touser、toparty、totag";
    Misconfigured 40032, "more than 1000 recipients", "write to departments or tags", "接收人超过 1000 个", "改用部门或标签";
    Misconfigured 40035, "a recipient parameter is invalid", "correct touser, toparty, totag", "接收人参数无效", "更正 touser、toparty、totag";
    Misconfigured 40056, "unknown agent id", "copy AgentId from the app's page", "AgentId 无效", "从应用详情页复制 AgentId";
    Payload 40058, "a parameter is malformed, empty or too long", "shorten the alarm's texts; update tkl-notify", "参数格式错误、为空或过长", "缩短告警文本；升级 tkl-notify";
    Payload 40063, "a required value is empty", "update tkl-notify", "必填参数为空", "升级 tkl-notify";
    Payload 40074, "an article cannot be confidential", "set safe to 0", "图文消息不支持保密", "将 safe 设为 0";
    Misconfigured 40091, "secret invalid, perhaps another corp's", "copy the Secret again", "Secret 无效，可能属于其他企业", "重新复制 Secret";
    Content 40201, "blocked as spam or sensitive", "reword the device name or description", "被判定为垃圾或敏感内容", "修改设备名称或描述";
    Misconfigured 41001, "access token missing", "check that the gateway keeps the query of the URL", "缺少 access_token", "检查网关是否保留 URL 查询参数";
    Misconfigured 41002, "corp id missing", "set wecom_corp_id", "缺少企业 ID", "设置 wecom_corp_id";
    Misconfigured 41004, "secret missing", "set wecom_corp_secret", "缺少 Secret", "设置 wecom_corp_secret";
    Misconfigured 41011, "agent id missing", "set wecom_agent_id", "缺少 AgentId", "设置 wecom_agent_id";
    Payload 41016, "title missing", "update tkl-notify", "缺少标题", "升级 tkl-notify";
    Payload 41033, "card description missing", "update tkl-notify", "缺少卡片描述", "升级 tkl-notify";
    Token 42001, "access token expired", "fetched anew by itself", "access_token 已过期", "会自动重新获取";
    Payload 44004, "the text is empty", "give the message a text", "文本为空", "填写消息内容";
    Payload 45002, "the text is too big", "shorten the alarm's texts", "内容过大", "缩短告警文本";
    Throttled 45009, "too many calls", "send less; turn wecom_token_cache on", "调用过于频繁", "减少发送；开启 wecom_token_cache";
    Throttled 45033, "too many calls at once", "send one after the other; turn wecom_token_cache on", "并发调用过多", "串行发送；开启 wecom_token_cache";
    Misconfigured 46004, "a user does not exist", "correct touser", "成员不存在", "更正 touser";
    Misconfigured 48002, "this secret may not send messages", "use the app's Secret, not the contacts one", "该 Secret 无发消息权限", "使用应用 Secret，而非通讯录 Secret";
    Misconfigured 50003, "the app is disabled", "enable it in the admin console", "应用已停用", "在管理后台启用应用";
    Misconfigured 60011, "a recipient is outside the app's visible range", "widen the visible range or correct the recipients", "接收人不在应用可见范围内", "扩大可见范围或更正接收人";
    Misconfigured 60020, "the sender's IP is not trusted", "add the server's outgoing IP to the app's trusted IPs; active after about a minute", "调用方 IP 不在可信列表", "在应用的企业可信 IP 中加入服务器出口 IP，约一分钟后生效";
    Misconfigured 60021, "a recipient is outside the app's visible range", "widen the visible range", "接收人不在应用可见范围内", "扩大可见范围";
    Misconfigured 60111, "a user id is not in the directory", "correct touser", "成员 ID 不在通讯录中", "更正 touser";
    Misconfigured 81012, "no recipient", "set touser, toparty or totag", "未指定接收人", "设置 touser、toparty 或 totag";
    Misconfigured 81013, "no recipient is valid and in the visible range", "correct the recipients or widen the visible range", "接收人全部无效或不在可见范围", "更正接收人或扩大可见范围";
    Misconfigured 82001, "no recipient", "set touser, toparty or totag", "未指定接收人", "设置 touser、toparty 或 totag";
    Misconfigured 82002, "more than 100 departments", "list fewer departments", "部门超过 100 个", "减少部门";
    Misconfigured 82003, "more than 100 tags", "list fewer tags", "标签超过 100 个", "减少标签";
    Payload 82004, "content invalid", "update tkl-notify", "消息内容无效", "升级 tkl-notify";
    Misconfigured 301002, "the agent id belongs to another app than the secret", "use AgentId and Secret of one app", "AgentId 与 Secret 不属于同一应用", "使用同一应用的 AgentId 与 Secret";
    Misconfigured 660003, "a recipient is outside the app's visible range", "widen the visible range", "接收人不在应用可见范围内", "扩大可见范围";
    Misconfigured 660004, "a recipient is outside the app's visible range", "widen the visible range", "接收人不在应用可见范围内", "扩大可见范围";
    Misconfigured 660005, "a recipient is outside the app's visible range", "widen the visible range", "接收人不在应用可见范围内", "扩大可见范围";
}
