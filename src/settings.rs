//! The settings table: every name people can set, where it may be set, and what it means.
//! README's table is generated from it. Values are text typed by people.

/// Set in the organization's Org Params (`org_params`).
pub const ORG: u8 = 1;
/// Set in the device's `server_attrs`.
pub const SERVER: u8 = 2;
/// Set in the call's `params`.
pub const PARAMS: u8 = 4;

/// A setting's name and the sources it may come from.
#[derive(Clone, Copy)]
pub struct Key {
    pub name: &'static str,
    pub from: u8,
}

/// One row of the table, for documentation and checks.
pub struct Setting {
    pub key: Key,
    /// A credential: never in a log, and only from a source that operators cannot read.
    pub secret: bool,
    /// Whether `_<name>` may follow, one for each robot.
    pub named: bool,
    /// What holds when it is not set; empty for none.
    pub default: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
}

macro_rules! settings {
    ($($id:ident $name:literal $from:expr, $secret:ident, $named:ident, $default:literal, $en:literal, $zh:literal;)*) => {
        $(#[doc = $en] pub const $id: Key = Key { name: $name, from: $from };)*
        /// All settings, in the order of the documentation.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            key: $id, secret: settings!(@$secret), named: settings!(@$named), default: $default, en: $en, zh: $zh,
        },)*];
    };
    (@secret) => { true };
    (@open) => { false };
    (@named) => { true };
    (@single) => { false };
}

settings! {
    WECOM_WEBHOOK_URL "wecom_webhook_url" ORG, secret, single, "",
        "Webhook of the WeCom group or smart bot: the whole URL, or only its key.",
        "企业微信群机器人或智能机器人的 Webhook：完整 URL，或只填 key。";
    WECOM_WEBHOOK "wecom_webhook" ORG, secret, named, "",
        "Webhook of a further bot, picked by `params.channel = <name>`, or as `wecom:<name>` in a route.",
        "其他机器人的 Webhook，用 `params.channel = <name>` 选择，或在路由中写 `wecom:<name>`。";
    WECOM_WEBHOOK_GROUP "wecom_webhook_group" ORG, secret, single, "",
        "The default bot under the application note's other name, where `wecom_webhook_url` is not set.",
        "未设置 `wecom_webhook_url` 时的默认机器人（应用笔记中的另一名称）。";
    WECOM_BASE_URL "wecom_base_url" ORG, open, single, "https://qyapi.weixin.qq.com",
        "Own gateway in front of the WeCom API (https).",
        "企业微信 API 的自有网关地址（https）。";
    WECOM_CORP_ID "wecom_corp_id" ORG, open, single, "",
        "Self-built WeCom app: the CorpID of My Company.",
        "企业微信自建应用：“我的企业”中的企业 ID。";
    WECOM_CORP_SECRET "wecom_corp_secret" ORG, secret, single, "",
        "Self-built WeCom app: its Secret.",
        "企业微信自建应用的 Secret。";
    WECOM_AGENT_ID "wecom_agent_id" ORG, open, single, "",
        "Self-built WeCom app: its AgentId, a whole number.",
        "企业微信自建应用的 AgentId（整数）。";
    WECOM_TOUSER "wecom_touser" ORG | SERVER, open, single, "@all",
        "User ids that the app writes to, `|` between them. The three recipient settings hold together: `params` with any of `touser`, `toparty`, `totag` replaces all three; so does server_attrs before Org Params. None at all: `@all`.",
        "应用消息的接收成员 ID，以 `|` 分隔。三项接收设置作为整体生效：`params` 中只要有 `touser`、`toparty`、`totag` 之一即整体替换，server_attrs 先于 Org Params；均未设置则为 `@all`。";
    WECOM_TOPARTY "wecom_toparty" ORG | SERVER, open, single, "",
        "Department ids that the app writes to.",
        "应用消息的接收部门 ID。";
    WECOM_TOTAG "wecom_totag" ORG | SERVER, open, single, "",
        "Tag ids that the app writes to.",
        "应用消息的接收标签 ID。";
    WECOM_TOKEN_CACHE "wecom_token_cache" ORG | SERVER | PARAMS, open, single, "off; in notify: on",
        "`on`: the app's access token is kept, sealed, in the device's server_attrs and used until it expires; the message is then sent and checked inside the script.",
        "`on`：将应用的 access_token 加密保存在设备 server_attrs 中并在有效期内复用；此时消息在脚本内发送并核对结果。";
    DINGTALK_TOKEN "dingtalk_token" ORG | SERVER, secret, named, "",
        "DingTalk robot: the access_token of its webhook, or the whole webhook URL. From server_attrs only when org_params has no pair (with a warning).",
        "钉钉机器人 Webhook 的 access_token，或完整 Webhook URL。仅当 org_params 没有成对设置时才读取 server_attrs（并告警）。";
    DINGTALK_SECRET "dingtalk_secret" ORG | SERVER, secret, named, "",
        "DingTalk robot: signing secret (SEC…), from the same source as the token; the word `none` for a robot without signing.",
        "钉钉机器人加签密钥（SEC…），须与 token 同源；未启用加签的机器人填 `none`。";
    DINGTALK_BASE_URL "dingtalk_base_url" ORG, open, single, "https://oapi.dingtalk.com",
        "Own gateway in front of the DingTalk API (https).",
        "钉钉 API 的自有网关地址（https）。";
    NOTIFY_TIMEZONE "notify_timezone" ORG | SERVER | PARAMS, open, single, "",
        "Zone of the time shown: an offset (`+08:00`) or an IANA name (`Asia/Shanghai`). Not set: UTC.",
        "消息中时间的时区：偏移（`+08:00`）或 IANA 名称（`Asia/Shanghai`）。不设置则为 UTC。";
    NOTIFY_ROUTES "notify_routes" ORG | SERVER | PARAMS, open, single, "every channel that has settings",
        "Channels by level: `urgent=wecom:alarm,wecom_app,dingtalk; *=wecom`; `none` for a level that is not pushed.",
        "按级别选择通道：`urgent=wecom:alarm,wecom_app,dingtalk; *=wecom`；不推送的级别填 `none`。";
    NOTIFY_MENTIONS "notify_mentions" ORG | SERVER | PARAMS, open, single, "",
        "Who is rung, by level: `urgent=user:zhang,mobile:13800000000; high=user:li`, or `all`.",
        "按级别 @ 人：`urgent=user:zhang,mobile:13800000000; high=user:li`，或 `all`。";
    NOTIFY_REPEAT "notify_repeat" ORG | SERVER | PARAMS, open, single, "urgent=15m; high=1h; *=4h",
        "Reminders while an alarm lasts: `always` (a message on every call, as the application notes do), `change` (none), a duration, or durations by level.",
        "告警持续期间的提醒：`always`（每次调用都推送，同应用笔记）、`change`（不提醒）、一个时长，或按级别的时长。";
    NOTIFY_FLAPPING "notify_flapping" ORG | SERVER | PARAMS, open, single, "5/30m,30m",
        "Changes within a time that make an alarm unstable, and how long it must then stay as it is: `5/30m,30m`; or `off`.",
        "抖动判定：时间窗内的变化次数，以及恢复稳定所需时长：`5/30m,30m`；或 `off`。";
    NOTIFY_QUIET "notify_quiet" ORG | SERVER | PARAMS, open, single, "",
        "Quiet windows in local time, by level: `mon-fri 22:00-07:00=low,mid; sat,sun=low,mid,high`. What still holds afterwards is then sent once.",
        "按级别的本地静默时段：`mon-fri 22:00-07:00=low,mid; sat,sun=low,mid,high`。时段结束时仍存在的告警补发一次。";
    NOTIFY_MUTE_UNTIL "notify_mute_until" SERVER | PARAMS, open, single, "",
        "Maintenance: no message of this device before that moment: `2026-11-21 18:00`, with `+08:00` if need be, or epoch ms; `0` to end it.",
        "维护：在该时刻之前此设备不推送：`2026-11-21 18:00`（可带 `+08:00`）或毫秒时间戳；填 `0` 结束。";
    NTF_ACK "ntf_ack" SERVER, open, single, "",
        "Acknowledgement on the device, ends escalation: `true`, a list of alarm names, or the moment of acknowledging.",
        "设备上的确认标记，停止升级通知：`true`、告警名列表，或确认时刻。";
    NOTIFY_ESCALATE "notify_escalate" ORG | SERVER | PARAMS, open, single, "",
        "What is added with the age of an alarm, each step once: `15m=@user:lead; 1h=dingtalk:boss,@all`.",
        "随告警时长追加的人或通道，每步一次：`15m=@user:lead; 1h=dingtalk:boss,@all`。";
    NOTIFY_LANG "notify_lang" ORG | SERVER | PARAMS, open, single, "en",
        "Language of messages and of delivery reports: `en` or `zh`.",
        "消息与投递报告的语言：`en` 或 `zh`。";
    NOTIFY_PREFIX "notify_prefix" ORG | SERVER | PARAMS, open, single, "",
        "In front of every heading, e.g. `[PROD]`; also the place for a robot's keyword.",
        "每条消息标题前缀，如 `[PROD]`；也可放机器人关键词。";
    NOTIFY_FIELDS "notify_fields" ORG | SERVER | PARAMS, open, single, "",
        "Further facts to show: telemetry with units, tags, location, a link: `temperature=°C; humidity=%; tags; location; link=https://tkl.example.com/device/{eui}`.",
        "额外显示的内容：带单位的遥测、标签、位置、链接：`temperature=°C; humidity=%; tags; location; link=https://tkl.example.com/device/{eui}`。";
    NOTIFY_DELIVERY "notify_delivery" ORG | SERVER | PARAMS, open, single, "action; in notify: confirm where the server has axios",
        "`action`: the platform sends, nobody reads the answer. `confirm`: the script sends, reads the answer and acts on it.",
        "`action`：由平台发送，不读取应答。`confirm`：由脚本发送、读取应答并据此处理。";
    NOTIFY_FALLBACK "notify_fallback" ORG | SERVER | PARAMS, open, single, "",
        "Channels to try in this order when one fails, such as `wecom:duty, dingtalk`. The message says which channel failed. Only channels of the same script: all of them in `notify`.",
        "某通道失败时依次改用的通道，如 `wecom:duty, dingtalk`；消息会注明哪个通道失败。仅限同一脚本所含通道（`notify` 含全部通道）。";
    NOTIFY_WAIT "notify_wait" ORG | SERVER | PARAMS, open, single, "3s",
        "Time for all requests of one call together in `confirm`: 1s to 30s. What is not confirmed by then is handed to the platform.",
        "`confirm` 方式下一次调用全部请求的总时限：1s 至 30s；到时仍未确认的消息交由平台发送。";
}

/// The settings that `policy` reads.
pub const POLICY: [Key; 9] = [
    NOTIFY_REPEAT,
    NOTIFY_FLAPPING,
    NOTIFY_QUIET,
    NOTIFY_ROUTES,
    NOTIFY_MENTIONS,
    NOTIFY_ESCALATE,
    NOTIFY_FALLBACK,
    NOTIFY_MUTE_UNTIL,
    NTF_ACK,
];
