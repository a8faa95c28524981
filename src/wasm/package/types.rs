//! The shapes of what scripts and triggers take and answer, each with its TypeScript. Nothing runs
//! here: the core reads and writes text. `tests/types.rs` holds these shapes against that text.
//!
//! Names that stand in a table (`Method`, `Level`, settings) get their types from the table, in
//! `xtask/src/types.rs`; functions stand in `scripts.d.ts`.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, string::String, vec::Vec};
use tsify::Tsify;

/// What counts as a text. Anything else that stands in its place counts as not given.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(untagged)]
#[tsify(type = "string | number | bigint | boolean")]
pub enum TextValue {
    Text(String),
    Number(f64),
    Flag(bool),
}

/// A list: an array, or text with `,` `;` `|` `、` or spaces between the items. At most 1,000 items
/// are read.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(untagged)]
#[tsify(type = "TextValue | readonly TextValue[]")]
pub enum List {
    Text(TextValue),
    Items(Vec<TextValue>),
}

/// A device as the platform hands it in. Texts longer than 20,000 UTF-16 units are cut.
#[derive(Deserialize, Serialize, Tsify)]
pub struct Device {
    /// Shown in messages; without it the EUI.
    #[tsify(optional)]
    pub name: Option<TextValue>,
    /// 16 hex digits. Attributes are stored by it.
    #[tsify(optional)]
    pub eui: Option<TextValue>,
    #[tsify(optional)]
    pub id: Option<TextValue>,
    #[tsify(optional)]
    pub tags: Option<List>,
    #[tsify(optional)]
    pub location_id: Option<TextValue>,
    /// Settings for this device, thresholds of trigger rules, and what `notify` keeps of its alarms.
    #[tsify(optional, type = "ServerSettings & Record<string, unknown>")]
    pub server_attrs: Option<BTreeMap<String, TextValue>>,
    /// Readings by thing model and field; `update_time` among them is the time of the reading.
    #[tsify(optional, type = "Record<string, Record<string, unknown>>")]
    pub telemetry_data: Option<BTreeMap<String, BTreeMap<String, TextValue>>>,
}

/// An alarm that the platform lists as active.
#[derive(Deserialize, Serialize, Tsify)]
pub struct ActiveAlarm {
    #[tsify(optional)]
    pub level: Option<TextValue>,
    #[tsify(optional)]
    pub title: Option<TextValue>,
    #[tsify(optional)]
    pub desc: Option<TextValue>,
}

/// What a call says of an alarm: it is raised, or it ends.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum AlarmAction {
    New,
    Clear,
}

/// What a call of `notify` says. `tick`: only time has passed, so that reminders and escalations of
/// all alarms of the device are due.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum NotifyAction {
    New,
    Clear,
    Tick,
}

/// The parameters of the platform's own ALARM RPC.
#[derive(Deserialize, Serialize, Tsify)]
pub struct AlarmParams<A> {
    /// The alarm's key on the device. Plain names are 1 to 32 of `A-Z a-z 0-9 _ . -`.
    #[tsify(optional)]
    pub name: Option<TextValue>,
    /// Anything else, or nothing, sends nothing. (Without it, `dingtalk_notify` sends.)
    #[tsify(optional)]
    pub action: Option<A>,
    /// Without it the name.
    #[tsify(optional)]
    pub title: Option<TextValue>,
    /// Without it `mid`.
    #[tsify(optional, type = "Level")]
    pub level: Option<String>,
    /// Detail of a raise, or note on a recovery.
    #[tsify(optional)]
    pub desc: Option<TextValue>,
}

/// Which robot of a channel.
#[derive(Deserialize, Serialize, Tsify)]
pub struct RobotParams {
    /// `duty` takes the settings that end in `_duty`. If there are none, the default robot gets the
    /// message, with a warning.
    #[tsify(optional)]
    pub channel: Option<TextValue>,
}

/// Whom a DingTalk robot rings, 100 ids a list at most.
#[derive(Deserialize, Serialize, Tsify)]
pub struct DingtalkMentionParams {
    /// Phone numbers.
    #[tsify(optional)]
    pub at_mobiles: Option<List>,
    /// User ids.
    #[tsify(optional)]
    pub at_user_ids: Option<List>,
    /// Everybody.
    #[tsify(optional)]
    pub at_all: Option<TextValue>,
}

/// Whom a WeCom app writes to. One of them given replaces all three recipient settings.
#[derive(Deserialize, Serialize, Tsify)]
pub struct WecomAppRecipientParams {
    /// User ids, 1,000 at most; `@all` for everybody.
    #[tsify(optional)]
    pub touser: Option<List>,
    /// Department ids, 100 at most.
    #[tsify(optional)]
    pub toparty: Option<List>,
    /// Tag ids, 100 at most.
    #[tsify(optional)]
    pub totag: Option<List>,
}

#[derive(Deserialize, Serialize, Tsify)]
pub struct WecomTextParams {
    #[serde(flatten)]
    pub robot: RobotParams,
    /// 2,048 UTF-8 bytes at most; more is cut, with a warning.
    #[tsify(optional)]
    pub content: Option<TextValue>,
    /// User ids, 100 at most; `@all` for everybody.
    #[tsify(optional)]
    pub mentioned_list: Option<List>,
    /// Phone numbers, 100 at most; `@all` for everybody.
    #[tsify(optional)]
    pub mentioned_mobile_list: Option<List>,
}

#[derive(Deserialize, Serialize, Tsify)]
pub struct WecomNotifyParams {
    #[serde(flatten)]
    pub alarm: AlarmParams<AlarmAction>,
    #[serde(flatten)]
    pub robot: RobotParams,
}

#[derive(Deserialize, Serialize, Tsify)]
pub struct WecomAppNotifyParams {
    #[serde(flatten)]
    pub alarm: AlarmParams<AlarmAction>,
    #[serde(flatten)]
    pub recipients: WecomAppRecipientParams,
}

#[derive(Deserialize, Serialize, Tsify)]
pub struct DingtalkTextParams {
    #[serde(flatten)]
    pub robot: RobotParams,
    #[serde(flatten)]
    pub mentions: DingtalkMentionParams,
    /// 20,000 UTF-8 bytes of JSON at most, mentions included; more is cut, with a warning.
    #[tsify(optional)]
    pub content: Option<TextValue>,
}

#[derive(Deserialize, Serialize, Tsify)]
pub struct DingtalkNotifyParams {
    #[serde(flatten)]
    pub alarm: AlarmParams<AlarmAction>,
    #[serde(flatten)]
    pub robot: RobotParams,
    #[serde(flatten)]
    pub mentions: DingtalkMentionParams,
}

#[derive(Deserialize, Serialize, Tsify)]
pub struct NotifyParams {
    #[serde(flatten)]
    pub alarm: AlarmParams<NotifyAction>,
    #[serde(flatten)]
    pub recipients: WecomAppRecipientParams,
    /// Only these channels of the level's route.
    #[tsify(optional)]
    pub channels: Option<List>,
}

/// The parameters of each method. Settings that may stand in `params` come beside them.
#[derive(Deserialize, Serialize, Tsify)]
pub struct MethodParams {
    pub wecom_text: WecomTextParams,
    pub wecom_notify: WecomNotifyParams,
    pub wecom_app_notify: WecomAppNotifyParams,
    pub dingtalk_text: DingtalkTextParams,
    pub dingtalk_notify: DingtalkNotifyParams,
    pub notify: NotifyParams,
}

/// A type with one value. In TypeScript it is that literal where it is used, and has no name.
macro_rules! literal {
    ($($name:ident = $text:literal;)*) => {
        $(#[derive(Deserialize, Serialize)]
        pub enum $name {
            #[serde(rename = $text)]
            Only,
        })*
    };
}

literal! {
    AxiosType = "axios";
    ModifyAttrsType = "modifyAttrs";
    Post = "POST";
    Get = "GET";
    ContentType = "application/json";
    TextType = "text";
    MarkdownType = "markdown";
}

/// What each method answers with: an entry of its action array.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct MethodActions {
    pub wecom_text: AxiosAction<WecomText>,
    pub wecom_notify: AxiosAction<WecomMarkdown>,
    pub wecom_app_notify: Action<WecomAppMarkdown>,
    pub dingtalk_text: AxiosAction<DingtalkText>,
    pub dingtalk_notify: AxiosAction<DingtalkMarkdown>,
    pub notify: Action<NotifyMessage>,
}

/// One entry of the action array. The platform runs them in order; one that fails stops those behind
/// it.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(untagged)]
pub enum Action<B> {
    Axios(AxiosAction<B>),
    ModifyAttrs(ModifyAttrsAction),
}

/// The platform sends a request.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AxiosAction<B> {
    /// Milliseconds to wait after the end of the previous action.
    pub sleep_time_ms: u32,
    #[tsify(type = "'axios'")]
    pub r#type: AxiosType,
    pub dn_msg: PushRequest<B>,
}

/// The platform merges attributes into those of a device.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ModifyAttrsAction {
    /// Milliseconds to wait after the end of the previous action.
    pub sleep_time_ms: u32,
    /// The device's EUI.
    pub target: String,
    #[tsify(type = "'modifyAttrs'")]
    pub r#type: ModifyAttrsType,
    pub dn_msg: AttributeChange,
}

#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct AttributeChange {
    /// States of alarms and kept access tokens, by the attributes' names.
    #[tsify(type = "Record<string, string>")]
    pub server_attrs: BTreeMap<String, String>,
}

/// A request that carries a message, as an `axios` configuration.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct PushRequest<B> {
    #[tsify(type = "'POST'")]
    pub method: Post,
    /// It holds the credential.
    pub url: String,
    #[tsify(type = "{ 'Content-Type': 'application/json' }")]
    pub headers: JsonHeaders,
    pub data: B,
    /// Milliseconds, 5,000 at most.
    pub timeout: u32,
}

/// In TypeScript it has no name, since `axios` takes none for its headers.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct JsonHeaders {
    #[serde(rename = "Content-Type")]
    pub content_type: ContentType,
}

/// A request for an access token of a WeCom app, as an `axios` configuration.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    #[tsify(type = "'GET'")]
    pub method: Get,
    pub url: String,
    pub params: TokenQuery,
    /// Milliseconds, 5,000 at most.
    pub timeout: u32,
}

/// The credentials of a WeCom app.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct TokenQuery {
    pub corpid: String,
    pub corpsecret: String,
}

/// What a script hands to the host's `axios`.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(untagged)]
pub enum ServiceRequest {
    Push(PushRequest<NotifyMessage>),
    Token(TokenRequest),
}

/// What `notify` sends, by the channel.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(untagged)]
pub enum NotifyMessage {
    WecomMarkdown(WecomMarkdown),
    /// It only rings those whom markdown cannot ring.
    WecomText(WecomText),
    WecomAppMarkdown(WecomAppMarkdown),
    DingtalkMarkdown(DingtalkMarkdown),
}

/// A text by a WeCom bot.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct WecomText {
    #[tsify(type = "'text'")]
    pub msgtype: TextType,
    pub text: WecomTextBody,
}

#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct WecomTextBody {
    /// 2,048 UTF-8 bytes at most.
    pub content: String,
    /// User ids; `@all` for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mentioned_list: Option<Vec<String>>,
    /// Phone numbers; `@all` for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mentioned_mobile_list: Option<Vec<String>>,
}

/// A markdown message by a WeCom bot.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct WecomMarkdown {
    #[tsify(type = "'markdown'")]
    pub msgtype: MarkdownType,
    pub markdown: WecomMarkdownBody,
}

#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct WecomMarkdownBody {
    /// 4,096 UTF-8 bytes at most; 2,048 by an app.
    pub content: String,
}

/// A markdown message by a WeCom app. At least one of the three lists of recipients is there, `|`
/// between its items.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct WecomAppMarkdown {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touser: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toparty: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totag: Option<String>,
    #[tsify(type = "'markdown'")]
    pub msgtype: MarkdownType,
    pub agentid: u32,
    pub markdown: WecomMarkdownBody,
    /// Where the script sends the message itself: a repeat reaches nobody twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(type = "1")]
    pub enable_duplicate_check: Option<u32>,
}

/// A text by a DingTalk robot.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct DingtalkText {
    #[tsify(type = "'text'")]
    pub msgtype: TextType,
    pub text: DingtalkTextBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DingtalkMentions>,
}

#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct DingtalkTextBody {
    pub content: String,
}

/// A markdown message by a DingTalk robot. The whole body has at most 20,000 UTF-8 bytes.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct DingtalkMarkdown {
    #[tsify(type = "'markdown'")]
    pub msgtype: MarkdownType,
    pub markdown: DingtalkMarkdownBody,
    pub at: DingtalkMentions,
}

#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct DingtalkMarkdownBody {
    /// What the list of conversations shows.
    pub title: String,
    pub text: String,
}

/// Whom a DingTalk message rings; each of them also stands in the text as `@…`.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DingtalkMentions {
    /// Phone numbers.
    pub at_mobiles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_user_ids: Option<Vec<String>>,
    pub is_at_all: bool,
}

/// How a trigger rule compares a reading with its threshold or thresholds.
#[derive(Deserialize, Serialize, Tsify)]
pub enum Comparison {
    #[serde(rename = ">")]
    Above,
    #[serde(rename = ">=")]
    From,
    #[serde(rename = "<")]
    Below,
    #[serde(rename = "<=")]
    UpTo,
    #[serde(rename = "==")]
    Equal,
    #[serde(rename = "!=")]
    Unequal,
    #[serde(rename = "between")]
    Between,
    #[serde(rename = "outside")]
    Outside,
}

/// A threshold: a number, or the name of a server attribute that holds it.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(untagged)]
pub enum Threshold {
    Number(f64),
    Attribute(String),
}

/// One threshold, or the lower and the upper one for `between` and `outside`.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(untagged)]
#[tsify(type = "Threshold | readonly [lower: Threshold, upper: Threshold]")]
pub enum Thresholds {
    One(Threshold),
    Range(Threshold, Threshold),
}

/// What a step of a trigger rule may say otherwise than its rule.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct RuleStep {
    /// The telemetry field. What is missing or no number decides nothing: no raise, no recovery.
    #[tsify(optional)]
    pub field: Option<String>,
    #[tsify(optional)]
    pub is: Option<Comparison>,
    #[tsify(optional)]
    pub threshold: Option<Thresholds>,
    /// Threshold or thresholds where the attribute is not set.
    #[tsify(optional)]
    pub default: Option<Thresholds>,
    /// Once raised, it clears only so far beyond the threshold, from 0 on. Needs `notify`, which keeps
    /// the state.
    #[tsify(optional, type = "number | string")]
    pub hysteresis: Option<f64>,
    /// Without it `mid`.
    #[tsify(optional, type = "Level")]
    pub level: Option<String>,
    /// With `{device}` `{eui}` `{value}` `{threshold}` `{unit}` `{level}` `{field}` `{name}` `{is}`.
    #[tsify(optional)]
    pub title: Option<String>,
    /// With the same placeholders.
    #[tsify(optional)]
    pub desc: Option<String>,
    #[tsify(optional)]
    pub unit: Option<String>,
    /// Only telemetry of this thing model.
    #[tsify(optional)]
    pub thing_model_id: Option<TextValue>,
}

/// A trigger rule: one alarm. A faulty one raises the alarm `rule_fault_<name>`, whose description
/// says what to correct, and harms no other rule.
#[derive(Deserialize, Serialize, Tsify)]
pub struct Rule {
    #[serde(flatten)]
    pub step: RuleStep,
    /// The alarm's key on the device.
    pub name: String,
    /// The levels of the alarm: the highest step that holds is raised.
    #[tsify(optional, type = "readonly RuleStep[]")]
    pub steps: Option<Vec<RuleStep>>,
    /// Notice groups: the name of a server attribute, or the value itself. Without it the attribute
    /// `group`.
    #[tsify(optional, type = "string | object")]
    pub group: Option<String>,
    /// RPC methods to call, in this order; without it `notify` and `alarm`.
    #[tsify(optional, type = "readonly string[]")]
    pub methods: Option<Vec<String>>,
}

/// What a trigger answers.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct TriggerResult {
    /// Milliseconds to wait before the calls: 0.
    pub delayms: u32,
    /// Whether calls that still wait are given up: `true`.
    pub abort_previous_timer: bool,
    pub actions: Vec<TriggerAction>,
}

/// One call of an RPC method.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct TriggerAction {
    pub method: String,
    pub params: TriggerParams,
}

/// The parameters of the platform's own ALARM RPC, and the device.
#[derive(Deserialize, Serialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct TriggerParams {
    /// The device's EUI.
    pub _eui: String,
    pub action: AlarmAction,
    pub name: String,
    pub title: String,
    #[tsify(type = "Level")]
    pub level: String,
    /// Empty where the alarm ends.
    pub desc: String,
    /// Notice groups, as they stand in the rule or in the attribute; `{}` if there are none.
    #[tsify(type = "NonNullable<Json>")]
    pub group: String,
}
