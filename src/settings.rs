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
        "Webhook of a further bot, picked by `params.channel = <name>`; `wecom_webhook_group` also serves when `wecom_webhook_url` is not set.",
        "其他机器人的 Webhook，用 `params.channel = <name>` 选择；未设置 `wecom_webhook_url` 时也使用 `wecom_webhook_group`。";
    WECOM_BASE_URL "wecom_base_url" ORG, open, single, "https://qyapi.weixin.qq.com",
        "Own gateway in front of the WeCom API (https).",
        "企业微信 API 的自有网关地址（https）。";
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
}
