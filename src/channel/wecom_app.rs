//! WeCom (企业微信) self-built app: `GET /cgi-bin/gettoken`, then `POST /cgi-bin/message/send`
//! ("发送应用消息"). Markdown ≤ 2048 bytes; writes to users, departments and tags.

use super::verdict::{Codes, Verdict, known, known_len, rows};
use super::wire::Wire;
use super::{Emphasis, Endpoint, Layout, Push, Service, Unready, lines};
use crate::action::{Json, Outcome, Request};
use crate::host::{Host, items, whole};
use crate::message::fit::{Count, fit};
use crate::message::text::tell;
use crate::secret::{Owner, Secret, percent_encode};
use crate::settings::{
    WECOM_AGENT_ID, WECOM_BASE_URL, WECOM_CORP_ID, WECOM_CORP_SECRET, WECOM_TOPARTY, WECOM_TOTAG,
    WECOM_TOUSER,
};

/// UTF-8 bytes of `markdown.content`: half of what a bot takes.
pub const MARKDOWN_MAX: usize = 2048;
/// A token is no longer used this long before its end.
const MARGIN_S: u32 = 300;

const SEND: Endpoint = Endpoint {
    host: "https://qyapi.weixin.qq.com",
    own: WECOM_BASE_URL,
    path: "/cgi-bin/message/send",
    field: "access_token",
};

const LAYOUT: Layout =
    Layout { heading: "## ", after_heading: "", bullet: "", block: "\n", level: Emphasis::Plain };

const CODES: Codes = Codes {
    known: &known::<{ known_len(ROWS) }>(ROWS),
    marks: &[],
    partly: &["jinvaliduser", "jinvalidparty", "jinvalidtag", "junlicenseduser"],
    wait_s: 60,
};

/// This channel's row in the table of services.
pub const SERVICE: Service = Service {
    name: "wecom_app",
    named: false,
    settings: &[WECOM_CORP_ID],
    request,
    ring: |_, _| None,
    codes: CODES,
};

/// The organization's app, as its settings name it.
struct App<'a> {
    owner: Owner<'a>,
    agent: u32,
}

impl<'a> App<'a> {
    fn read(host: &Host<'a>) -> Result<App<'a>, String> {
        let mut missing = String::new();
        let mut read = |name: &str| {
            let value = host.secret('o', name);
            if value.is_none() {
                missing.push_str(name);
                missing.push(' ');
            }
            value.unwrap_or(Secret::new(""))
        };
        let corp = read(WECOM_CORP_ID.name).expose();
        let secret = read(WECOM_CORP_SECRET.name);
        let agent = read(WECOM_AGENT_ID.name).expose();
        if !missing.is_empty() {
            return Err(tell("{a}not set. Set it{where}", &missing, ""));
        }
        let Some(number) = whole(agent) else {
            return Err(tell(
                "{a} is not a whole number. Copy AgentId from the app's page and set it{where}",
                WECOM_AGENT_ID.name,
                "",
            ));
        };
        Ok(App { owner: Owner { secret, corp, agent }, agent: number })
    }
}

/// The access token: lent in this run, kept on the device, or asked for now.
///
/// A token that the service refused (`fresh`) is never used again. A wrong secret is not tried
/// twice: WeCom bars the sender's IP for it.
fn token<'a>(
    wire: &mut Wire<'_, 'a>,
    app: &App<'a>,
    base: &str,
    fresh: bool,
) -> Result<String, Unready<'a>> {
    if fresh {
        wire.token = None;
    }
    if let Some(token) = &wire.token {
        return Ok(token.clone());
    }
    let slot = cat!("wecom_token_", &app.owner.mark());
    if wire.cache && !fresh {
        let kept = wire.host.get('s', &slot).unwrap_or("");
        if let Some(token) = app.owner.open(wire.seconds(), kept) {
            return Ok(token);
        }
    }
    let mut again = true;
    loop {
        if wire.spent() {
            return Err(Unready::LATE);
        }
        let mut params = Json::object();
        params.text("corpid", app.owner.corp).text("corpsecret", app.owner.secret.expose());
        let (answer, _) = wire.call(Request::get(&cat!(base, "/cgi-bin/gettoken"), params))?;
        let mut reading = answer.read(&CODES);
        let token = answer.get("jaccess_token");
        if reading.verdict == Verdict::Delivered {
            if !token.is_empty() {
                let life = whole(answer.get("jexpires_in")).unwrap_or(0);
                if wire.cache && life > MARGIN_S {
                    let expires = wire.seconds().saturating_add(life - MARGIN_S);
                    if let Some(sealed) = app.owner.seal(expires, token) {
                        wire.store(slot, sealed);
                    }
                }
                wire.token = Some(token.into());
                return Ok(token.into());
            }
            reading.verdict = Verdict::Transient;
        }
        if reading.verdict != Verdict::Transient || !again {
            return Err(Unready::Refused(reading));
        }
        again = false;
    }
}

/// Who gets the message: users, departments and tags, each joined by `|`, with their field names.
///
/// They come from one source as a whole: `params`, else server_attrs, else Org Params; else `@all`.
/// A longer list than the service takes is cut: the others must still hear of the alarm.
fn recipients(host: &Host, users: &[&str], out: &mut Outcome) -> [(&'static str, String); 3] {
    let mut lists = [
        ("touser", WECOM_TOUSER.name, 1000, String::new()),
        ("toparty", WECOM_TOPARTY.name, 100, String::new()),
        ("totag", WECOM_TOTAG.name, 100, String::new()),
    ];
    for source in ['p', 's', 'o'] {
        for (field, setting, most, list) in &mut lists {
            let name = if source == 'p' { *field } else { *setting };
            let mut cut = false;
            for id in items(host.get(source, name).unwrap_or("")) {
                cut = *most == 0;
                if cut {
                    break;
                }
                *most -= 1;
                join(list, id);
            }
            if cut {
                out.warn(tell("{a} is too long for WeCom: the rest was left out.", name, ""));
            }
        }
        if lists.iter().any(|list| !list.3.is_empty()) {
            break;
        }
    }
    let [(to_user, _, _, mut user), (to_party, _, _, party), (to_tag, _, _, tag)] = lists;
    if user.is_empty() && party.is_empty() && tag.is_empty() {
        user.push_str("@all");
    } else if user != "@all" {
        for id in users {
            if !items(&user).any(|listed| listed == *id) {
                join(&mut user, id);
            }
        }
    }
    [(to_user, user), (to_party, party), (to_tag, tag)]
}

fn join(list: &mut String, id: &str) {
    if !list.is_empty() {
        list.push('|');
    }
    list.push_str(id);
}

/// The push as a request. Whoever is to be rung is written to: an app has no other mention.
fn request<'a>(
    wire: &mut Wire<'_, 'a>,
    push: &Push,
    out: &mut Outcome,
) -> Result<Request, Unready<'a>> {
    if !wire.host.is("axios") {
        return Err(String::from("this server gives scripts no axios function, without which no access token can be fetched. Use a WeCom bot (wecom_notify), or upgrade ThinkLink.").into());
    }
    let app = App::read(wire.host)?;
    let base = SEND.base(wire.host)?;
    let token = token(wire, &app, base, push.fresh)?;
    let (content, shortened) = fit(lines(&LAYOUT, push.message), "\n\n", MARKDOWN_MAX, Count::Text);
    if shortened {
        out.warn("the message was over 2048 bytes and was shortened.".into());
    }
    let mut data = Json::object();
    for (field, ids) in recipients(wire.host, &push.mentions.users, out) {
        if !ids.is_empty() {
            data.text(field, &ids);
        }
    }
    let mut markdown = Json::object();
    markdown.text("content", &content);
    data.text("msgtype", "markdown").number("agentid", app.agent).put("markdown", markdown);
    if wire.confirm {
        // A repeat after a lost answer then reaches nobody twice. The note's action has no such field.
        data.number("enable_duplicate_check", 1);
    }
    let token = percent_encode(&token, b"");
    let url = cat!(base, SEND.path, "?", SEND.field, "=", &token);
    Ok(Request::post(&url, data))
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
