// The package's types, made by `npm run build` from the types and tables in `src/`: not to be edited.
// What the settings and parameters mean stands in the README.

/** A method: the name of an RPC model. */
export type Method =
  | 'wecom_text'
  | 'wecom_notify'
  | 'wecom_app_notify'
  | 'dingtalk_text'
  | 'dingtalk_notify'
  | 'notify';

/** A method that may have to send a request and read its answer before it can answer itself. */
export type AskingMethod = 'wecom_app_notify' | 'notify';

/** A service that messages go to, as routes name it. */
export type Channel = 'wecom' | 'wecom_app' | 'dingtalk';

/** What an answer of a service means for the message. */
export type Verdict =
  | 'delivered'
  | 'partly delivered'
  | 'throttled'
  | 'transient'
  | 'token'
  | 'misconfigured'
  | 'refused payload'
  | 'refused content';

/** The level of an alarm, in rising order. */
export type Level = 'low' | 'mid' | 'high' | 'urgent';

/** Every setting, by the name that it has for itself. */
export interface Settings {
  /** Webhook of the WeCom group or smart bot: the whole URL, or only its key. Example: `693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa`. */
  wecom_webhook_url?: TextValue;
  /** Webhook of a further bot, picked by `params.channel = <name>`, or as `wecom:<name>` in a route. Example: `693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa`. */
  wecom_webhook?: TextValue;
  /** The default bot under the application note's other name, where `wecom_webhook_url` is not set. Example: `693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa`. */
  wecom_webhook_group?: TextValue;
  /** Own gateway in front of the WeCom API (https). Example: `https://gateway.example.com/wecom`. Default: `https://qyapi.weixin.qq.com`. */
  wecom_base_url?: TextValue;
  /** Self-built WeCom app: the CorpID of My Company. Example: `ww1234567890abcdef`. */
  wecom_corp_id?: TextValue;
  /** Self-built WeCom app: its Secret. Example: `HIQKzIu2jhnmX-Yj…`. */
  wecom_corp_secret?: TextValue;
  /** Self-built WeCom app: its AgentId, a whole number. Example: `1000002`. */
  wecom_agent_id?: TextValue;
  /** User ids that the app writes to, `|` between them. The three recipient settings hold together: `params` with any of `touser`, `toparty`, `totag` replaces all three; so does server_attrs before Org Params. None at all: `@all`. Example: `zhang|li`. Default: `@all`. */
  wecom_touser?: TextValue;
  /** Department ids that the app writes to. Example: `2`. */
  wecom_toparty?: TextValue;
  /** Tag ids that the app writes to. Example: `7`. */
  wecom_totag?: TextValue;
  /** `on`: the app's access token is kept, sealed, in the device's server_attrs and used until it expires; the message is then sent and checked inside the script. Example: `on`. Default: off; in notify: on. */
  wecom_token_cache?: TextValue;
  /** DingTalk robot: the access_token of its webhook, or the whole webhook URL. From server_attrs only when org_params has no pair (with a warning). Example: `566cc69da782ec33e42b6f0c2c7d3fbe1f9c7ac1b6d1e1c2a0f5d1f7d2e0a1b2`. */
  dingtalk_token?: TextValue;
  /** DingTalk robot: signing secret (SEC…), from the same source as the token; the word `none` for a robot without signing. Example: `SEC…`. */
  dingtalk_secret?: TextValue;
  /** Own gateway in front of the DingTalk API (https). Example: `https://gateway.example.com/dingtalk`. Default: `https://oapi.dingtalk.com`. */
  dingtalk_base_url?: TextValue;
  /** Zone of the time shown: an offset (`+08:00`) or an IANA name (`Asia/Shanghai`). Not set: UTC. Example: `+08:00`. */
  notify_timezone?: TextValue;
  /** Reminders while an alarm lasts: `always` (a message on every call, as the application notes do), `change` (none), a duration, or durations by level. Example: `urgent=15m; *=change`. Default: `urgent=15m; high=1h; *=4h`. */
  notify_repeat?: TextValue;
  /** Changes within a time that make an alarm unstable, and how long it must then stay as it is: `5/90m,45m`; or `off`. Example: `4/15m,1h`. Default: `5/90m,45m`. */
  notify_flapping?: TextValue;
  /** Quiet windows in local time, by level: `mon-fri 22:00-07:00=low,mid; sat,sun=low,mid,high`. What still holds afterwards is then sent once. Example: `mon-fri 22:00-07:00=low,mid; sat,sun=low,mid,high`. */
  notify_quiet?: TextValue;
  /** Maintenance: no message of this device before that moment: `2026-11-21 18:00`, with `+08:00` if need be, or epoch ms; `0` to end it. Example: `2026-11-21 18:00`. */
  notify_mute_until?: TextValue;
  /** Acknowledgement on the device, ends escalation, rings and reminders until the alarm gets worse or is over: `true`, a list of alarm names, or the moment of acknowledging. The script puts the moment at which it saw it in place of `true`, or before the names. Example: `true`. */
  ntf_ack?: TextValue;
  /** A device without data for so long raises the alarm `no_data` on a tick: `2h` (level high), or by level, each a step: `high=2h; urgent=1d`. It ends with the next call that sees data. Example: `high=2h; urgent=1d`. */
  notify_silent?: TextValue;
  /** Channels by level: `urgent=wecom:alarm,wecom_app,dingtalk; *=wecom`; `none` for a level that is not pushed. Example: `urgent=wecom:alarm,wecom_app,dingtalk; *=wecom`. Default: every channel that has settings. */
  notify_routes?: TextValue;
  /** Who is rung, by level: `urgent=user:zhang,mobile:13800000000; high=user:li`, or `all`. Example: `urgent=user:zhang,mobile:13800000000; high=user:li`. */
  notify_mentions?: TextValue;
  /** What is added with the age of an alarm: people are rung once, channels hear the rest of it: `15m=@user:lead; 1h=dingtalk:boss,@all`. Example: `15m=@user:lead; 1h=dingtalk:boss,@all`. */
  notify_escalate?: TextValue;
  /** Language of messages and of delivery reports: `en` or `zh`. Example: `zh`. Default: `en`. */
  notify_lang?: TextValue;
  /** In front of every heading, e.g. `[PROD]`; also the place for a robot's keyword. Example: `[PROD]`. */
  notify_prefix?: TextValue;
  /** Further facts to show: telemetry with units, tags, location, a link: `temperature=°C; humidity=%; tags; location; link=https://tkl.example.com/device/{eui}`. Example: `temperature=°C; humidity=%; tags; location; link=https://tkl.example.com/device/{eui}`. */
  notify_fields?: TextValue;
  /** `action`: the platform sends, nobody reads the answer. `confirm`: the script sends, reads the answer and acts on it. Example: `confirm`. Default: action; in notify: confirm where the server has axios. */
  notify_delivery?: TextValue;
  /** Channels to try in this order when one fails, such as `wecom:duty, dingtalk`. The message says which channel failed. Only channels of the same script: all of them in `notify`. Example: `wecom:duty, dingtalk`. */
  notify_fallback?: TextValue;
  /** Time for all requests of one call together in `confirm`: 1s to 30s. What no service accepted by then stays due, and is tried again by a later call. Example: `5s`. Default: `3s`. */
  notify_wait?: TextValue;
}

/** The name of a setting. */
export type SettingName = keyof Settings;

/** The settings that may stand in `org_params`. */
export type OrgSettings = Pick<
  Settings,
  | 'wecom_webhook_url'
  | 'wecom_webhook_group'
  | 'wecom_base_url'
  | 'wecom_corp_id'
  | 'wecom_corp_secret'
  | 'wecom_agent_id'
  | 'wecom_touser'
  | 'wecom_toparty'
  | 'wecom_totag'
  | 'wecom_token_cache'
  | 'dingtalk_token'
  | 'dingtalk_secret'
  | 'dingtalk_base_url'
  | 'notify_timezone'
  | 'notify_repeat'
  | 'notify_flapping'
  | 'notify_quiet'
  | 'notify_silent'
  | 'notify_routes'
  | 'notify_mentions'
  | 'notify_escalate'
  | 'notify_lang'
  | 'notify_prefix'
  | 'notify_fields'
  | 'notify_delivery'
  | 'notify_fallback'
  | 'notify_wait'
> & {
  [robot: `wecom_webhook_${string}`]: TextValue | undefined;
  [robot: `dingtalk_token_${string}`]: TextValue | undefined;
  [robot: `dingtalk_secret_${string}`]: TextValue | undefined;
};

/** The settings that may stand in a device's `server_attrs`. */
export type ServerSettings = Pick<
  Settings,
  | 'wecom_touser'
  | 'wecom_toparty'
  | 'wecom_totag'
  | 'wecom_token_cache'
  | 'dingtalk_token'
  | 'dingtalk_secret'
  | 'notify_timezone'
  | 'notify_repeat'
  | 'notify_flapping'
  | 'notify_quiet'
  | 'notify_mute_until'
  | 'ntf_ack'
  | 'notify_silent'
  | 'notify_routes'
  | 'notify_mentions'
  | 'notify_escalate'
  | 'notify_lang'
  | 'notify_prefix'
  | 'notify_fields'
  | 'notify_delivery'
  | 'notify_fallback'
  | 'notify_wait'
> & {
  [robot: `dingtalk_token_${string}`]: TextValue | undefined;
  [robot: `dingtalk_secret_${string}`]: TextValue | undefined;
};

/** The settings that may stand in `params`. */
export type ParamsSettings = Pick<
  Settings,
  | 'wecom_token_cache'
  | 'notify_timezone'
  | 'notify_repeat'
  | 'notify_flapping'
  | 'notify_quiet'
  | 'notify_mute_until'
  | 'notify_silent'
  | 'notify_routes'
  | 'notify_mentions'
  | 'notify_escalate'
  | 'notify_lang'
  | 'notify_prefix'
  | 'notify_fields'
  | 'notify_delivery'
  | 'notify_fallback'
  | 'notify_wait'
>;

/**
 * A device as the platform hands it in. Texts longer than 20,000 UTF-16 units are cut.
 */
export interface Device {
  /**
   * Shown in messages; without it the EUI.
   */
  name?: TextValue;
  /**
   * 16 hex digits. Attributes are stored by it.
   */
  eui?: TextValue;
  id?: TextValue;
  tags?: List;
  location_id?: TextValue;
  /**
   * Settings for this device, thresholds of trigger rules, and what `notify` keeps of its alarms.
   */
  server_attrs?: ServerSettings & Record<string, unknown>;
  /**
   * Readings by thing model and field; `update_time` among them is the time of the reading.
   */
  telemetry_data?: Record<string, Record<string, unknown>>;
}

/**
 * A list: an array, or text with `,` `;` `|` `、` or spaces between the items. At most 1,000 items
 * are read.
 */
export type List = TextValue | readonly TextValue[];

/**
 * A markdown message by a DingTalk robot. The whole body has at most 20,000 UTF-8 bytes.
 */
export interface DingtalkMarkdown {
  msgtype: 'markdown';
  markdown: DingtalkMarkdownBody;
  at: DingtalkMentions;
}

/**
 * A markdown message by a WeCom app. At least one of the three lists of recipients is there, `|`
 * between its items.
 */
export interface WecomAppMarkdown {
  touser?: string;
  toparty?: string;
  totag?: string;
  msgtype: 'markdown';
  agentid: number;
  markdown: WecomMarkdownBody;
  /**
   * Where the script sends the message itself: a repeat reaches nobody twice.
   */
  enable_duplicate_check?: 1;
}

/**
 * A markdown message by a WeCom bot.
 */
export interface WecomMarkdown {
  msgtype: 'markdown';
  markdown: WecomMarkdownBody;
}

/**
 * A place where a setting may stand.
 */
export type SettingSource = 'params' | 'server_attrs' | 'org_params';

/**
 * A request for an access token of a WeCom app, as an `axios` configuration.
 */
export interface TokenRequest {
  method: 'GET';
  url: string;
  params: TokenQuery;
  /**
   * Milliseconds, 5,000 at most.
   */
  timeout: number;
}

/**
 * A request that carries a message, as an `axios` configuration.
 */
export interface PushRequest<B> {
  method: 'POST';
  /**
   * It holds the credential.
   */
  url: string;
  headers: { 'Content-Type': 'application/json' };
  data: B;
  /**
   * Milliseconds, 5,000 at most.
   */
  timeout: number;
}

/**
 * A text by a DingTalk robot.
 */
export interface DingtalkText {
  msgtype: 'text';
  text: DingtalkTextBody;
  at?: DingtalkMentions;
}

/**
 * A text by a WeCom bot.
 */
export interface WecomText {
  msgtype: 'text';
  text: WecomTextBody;
}

/**
 * A text in English and Chinese.
 */
export interface Phrase {
  en: string;
  zh: string;
}

/**
 * A threshold: a number, or the name of a server attribute that holds it.
 */
export type Threshold = number | string;

/**
 * A trigger rule: one alarm. A faulty one raises the alarm `rule_fault_<name>`, whose description
 * says what to correct, and harms no other rule.
 */
export interface Rule extends RuleStep {
  /**
   * The alarm's key on the device.
   */
  name: string;
  /**
   * The levels of the alarm: the highest step that holds is raised.
   */
  steps?: readonly RuleStep[];
  /**
   * Notice groups: the name of a server attribute, or the value itself. Without it the attribute
   * `group`.
   */
  group?: string | object;
  /**
   * RPC methods to call, in this order; without it `notify` and `alarm`.
   */
  methods?: readonly string[];
}

/**
 * An alarm that the platform lists as active.
 */
export interface ActiveAlarm {
  level?: TextValue;
  title?: TextValue;
  desc?: TextValue;
}

/**
 * How a trigger rule compares a reading with its threshold or thresholds.
 */
export type Comparison = '>' | '>=' | '<' | '<=' | '==' | '!=' | 'between' | 'outside';

/**
 * One call of an RPC method.
 */
export interface TriggerAction {
  method: string;
  params: TriggerParams;
}

/**
 * One entry of the action array. The platform runs them in order; one that fails stops those behind
 * it.
 */
export type Action<B> = AxiosAction<B> | ModifyAttrsAction;

/**
 * One setting, and what it means in English and Chinese.
 */
export interface Setting {
  name: SettingName;
  /**
   * It also stands once for each further robot, as `<name>_<robot>`.
   */
  named: boolean;
  /**
   * A credential: it must not be shown.
   */
  secret: boolean;
  /**
   * Where it may stand; of several the first counts that holds it.
   */
  sources: SettingSource[];
  /**
   * What holds where it is not set: a text as one would set it, the same in both languages, or
   * words. Empty: nothing.
   */
  default: Phrase;
  /**
   * A text as one would set it.
   */
  example: string;
  en: string;
  zh: string;
}

/**
 * One threshold, or the lower and the upper one for `between` and `outside`.
 */
export type Thresholds = Threshold | readonly [lower: Threshold, upper: Threshold];

/**
 * The credentials of a WeCom app.
 */
export interface TokenQuery {
  corpid: string;
  corpsecret: string;
}

/**
 * The parameters of each method. Settings that may stand in `params` come beside them.
 */
export interface MethodParams {
  wecom_text: WecomTextParams;
  wecom_notify: WecomNotifyParams;
  wecom_app_notify: WecomAppNotifyParams;
  dingtalk_text: DingtalkTextParams;
  dingtalk_notify: DingtalkNotifyParams;
  notify: NotifyParams;
}

/**
 * The parameters of the platform's own ALARM RPC, and the device.
 */
export interface TriggerParams {
  /**
   * The device's EUI.
   */
  _eui: string;
  action: AlarmAction;
  name: string;
  title: string;
  level: Level;
  /**
   * Empty where the alarm ends.
   */
  desc: string;
  /**
   * Notice groups, as they stand in the rule or in the attribute; `{}` if there are none.
   */
  group: NonNullable<Json>;
}

/**
 * The parameters of the platform's own ALARM RPC.
 */
export interface AlarmParams<A> {
  /**
   * The alarm's key on the device. Plain names are 1 to 32 of `A-Z a-z 0-9 _ . -`.
   */
  name?: TextValue;
  /**
   * Anything else, or nothing, sends nothing. (Without it, `dingtalk_notify` sends.)
   */
  action?: A;
  /**
   * Without it the name.
   */
  title?: TextValue;
  /**
   * Without it `mid`.
   */
  level?: Level;
  /**
   * Detail of a raise, or note on a recovery.
   */
  desc?: TextValue;
}

/**
 * The platform merges attributes into those of a device.
 */
export interface ModifyAttrsAction {
  /**
   * Milliseconds to wait after the end of the previous action.
   */
  sleepTimeMs: number;
  /**
   * The device's EUI.
   */
  target: string;
  type: 'modifyAttrs';
  dnMsg: AttributeChange;
}

/**
 * The platform sends a request.
 */
export interface AxiosAction<B> {
  /**
   * Milliseconds to wait after the end of the previous action.
   */
  sleepTimeMs: number;
  type: 'axios';
  dnMsg: PushRequest<B>;
}

/**
 * What `notify` sends, by the channel.
 */
export type NotifyMessage = WecomMarkdown | WecomText | WecomAppMarkdown | DingtalkMarkdown;

/**
 * What a call of `notify` says. `tick`: only time has passed, so that reminders and escalations of
 * all alarms of the device are due.
 */
export type NotifyAction = 'new' | 'clear' | 'tick';

/**
 * What a call says of an alarm: it is raised, or it ends.
 */
export type AlarmAction = 'new' | 'clear';

/**
 * What a script hands to the host's `axios`.
 */
export type ServiceRequest = PushRequest<NotifyMessage> | TokenRequest;

/**
 * What a step of a trigger rule may say otherwise than its rule.
 */
export interface RuleStep {
  /**
   * The telemetry field. What is missing or no number decides nothing: no raise, no recovery.
   */
  field?: string;
  is?: Comparison;
  threshold?: Thresholds;
  /**
   * Threshold or thresholds where the attribute is not set.
   */
  default?: Thresholds;
  /**
   * Once raised, it clears only so far beyond the threshold, from 0 on. Needs `notify`, which keeps
   * the state.
   */
  hysteresis?: number | string;
  /**
   * Without it `mid`.
   */
  level?: Level;
  /**
   * With `{device}` `{eui}` `{value}` `{threshold}` `{unit}` `{level}` `{field}` `{name}` `{is}`.
   */
  title?: string;
  /**
   * With the same placeholders.
   */
  desc?: string;
  unit?: string;
  /**
   * Only telemetry of this thing model.
   */
  thingModelId?: TextValue;
}

/**
 * What a trigger answers.
 */
export interface TriggerResult {
  /**
   * Milliseconds to wait before the calls: 0.
   */
  delayms: number;
  /**
   * Whether calls that still wait are given up: `true`.
   */
  abort_previous_timer: boolean;
  actions: TriggerAction[];
}

/**
 * What an answer of a chat service means for the message, why it came, and what to do.
 */
export interface Explanation {
  verdict: Verdict;
  cause: Phrase;
  remedy: Phrase;
}

/**
 * What counts as a text. Anything else that stands in its place counts as not given.
 */
export type TextValue = string | number | bigint | boolean;

/**
 * What each method answers with: an entry of its action array.
 */
export interface MethodActions {
  wecom_text: AxiosAction<WecomText>;
  wecom_notify: AxiosAction<WecomMarkdown>;
  wecom_app_notify: Action<WecomAppMarkdown>;
  dingtalk_text: AxiosAction<DingtalkText>;
  dingtalk_notify: AxiosAction<DingtalkMarkdown>;
  notify: Action<NotifyMessage>;
}

/**
 * Which robot of a channel.
 */
export interface RobotParams {
  /**
   * `duty` takes the settings that end in `_duty`. If there are none, the default robot gets the
   * message, with a warning.
   */
  channel?: TextValue;
}

/**
 * Whom a DingTalk message rings; each of them also stands in the text as `@…`.
 */
export interface DingtalkMentions {
  /**
   * Phone numbers.
   */
  atMobiles: string[];
  atUserIds?: string[];
  isAtAll: boolean;
}

/**
 * Whom a DingTalk robot rings, 100 ids a list at most.
 */
export interface DingtalkMentionParams {
  /**
   * Phone numbers.
   */
  at_mobiles?: List;
  /**
   * User ids.
   */
  at_user_ids?: List;
  /**
   * Everybody.
   */
  at_all?: TextValue;
}

/**
 * Whom a WeCom app writes to. One of them given replaces all three recipient settings.
 */
export interface WecomAppRecipientParams {
  /**
   * User ids, 1,000 at most; `@all` for everybody.
   */
  touser?: List;
  /**
   * Department ids, 100 at most.
   */
  toparty?: List;
  /**
   * Tag ids, 100 at most.
   */
  totag?: List;
}

/** A value as JSON holds it. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Where a script writes its log. */
export interface Logger {
  info?(text: string): void;
  warn?(text: string): void;
  error?(text: string): void;
}

/** What a script reads of a service's answer. */
export interface ServiceAnswer {
  /** The HTTP status; without it the answer counts as one of status 200. */
  status?: number | undefined;
  /** The service's JSON object, or the text that came in its place. */
  data?: unknown;
}

/**
 * What the platform hands to an RPC script. Values come from people, devices and other programs: what has another type
 * than is told here counts as not given. Nothing of it is changed.
 */
export interface Context<M extends Method = Method> {
  device?: Device | undefined;
  /** The parameters of the call; those of the method, and settings for this call alone. */
  params?: (MethodParams[M] & ParamsSettings) | undefined;
  /** The alarms that the platform lists as active, by their names. */
  alarms?: Record<string, ActiveAlarm> | undefined;
  /** Without it, what could not be done is thrown as an Error. */
  logger?: Logger | undefined;
  /** The organization's parameters, settings among them. */
  org_params?: (OrgSettings & Record<string, unknown>) | undefined;
  /** Sends a request. Without it the platform has to send everything, and nobody reads the answers. */
  axios?: ((request: ServiceRequest) => PromiseLike<ServiceAnswer>) | undefined;
}

/** What a method answers: the action array; a promise of it where a request had to be answered first. */
export type Answer<M extends Method> = M extends AskingMethod
  ? MethodActions[M][] | Promise<MethodActions[M][]>
  : MethodActions[M][];

/**
 * Answers one call of a method as its paste file does. Nothing to do is `[]`.
 *
 * What could not be done is told to the logger, and `[]` is the answer; without a logger it is thrown as an Error. A
 * host that has neither `axios` nor `org_params` cannot send: that is thrown in any case. A promise never rejects.
 */
export function rpc_script<M extends Method>(context: Context<M>, options: { preset: M }): Answer<M>;

/**
 * Runs trigger rules over one uplink as the trigger's paste file does. `null`: there is nothing to call.
 *
 * `thingModelId`: the thing model that reported; where the host does not say, the one with the newest telemetry.
 */
export function trigger_script(
  device: Device | null | undefined,
  thingModelId: TextValue | null | undefined,
  rules: Rule | readonly Rule[],
): TriggerResult | null;

export interface AttributeChange {
  /**
   * States of alarms and kept access tokens, by the attributes' names.
   */
  server_attrs: Record<string, string>;
}

export interface DingtalkMarkdownBody {
  /**
   * What the list of conversations shows.
   */
  title: string;
  text: string;
}

export interface DingtalkNotifyParams extends AlarmParams<AlarmAction>, RobotParams, DingtalkMentionParams {}

export interface DingtalkTextBody {
  content: string;
}

export interface DingtalkTextParams extends RobotParams, DingtalkMentionParams {
  /**
   * 20,000 UTF-8 bytes of JSON at most, mentions included; more is cut, with a warning.
   */
  content?: TextValue;
}

export interface NotifyParams extends AlarmParams<NotifyAction>, WecomAppRecipientParams {
  /**
   * Only these channels of the level's route.
   */
  channels?: List;
}

export interface WecomAppNotifyParams extends AlarmParams<AlarmAction>, WecomAppRecipientParams {}

export interface WecomMarkdownBody {
  /**
   * 4,096 UTF-8 bytes at most; 2,048 by an app.
   */
  content: string;
}

export interface WecomNotifyParams extends AlarmParams<AlarmAction>, RobotParams {}

export interface WecomTextBody {
  /**
   * 2,048 UTF-8 bytes at most.
   */
  content: string;
  /**
   * User ids; `@all` for everybody.
   */
  mentioned_list?: string[];
  /**
   * Phone numbers; `@all` for everybody.
   */
  mentioned_mobile_list?: string[];
}

export interface WecomTextParams extends RobotParams {
  /**
   * 2,048 UTF-8 bytes at most; more is cut, with a warning.
   */
  content?: TextValue;
  /**
   * User ids, 100 at most; `@all` for everybody.
   */
  mentioned_list?: List;
  /**
   * Phone numbers, 100 at most; `@all` for everybody.
   */
  mentioned_mobile_list?: List;
}

/**
 * What a channel's code means, as a service answers it in `errcode`; `errmsg` tells causes apart that
 * share a code. `null`: 0, which is success, or a code in no table, which counts as a refused payload.
 * It is also `null` for a channel that does not exist.
 */
export function explain(channel: Channel, errcode: number, errmsg?: string | null): Explanation | null;

/**
 * A new signing secret in the form of Standard Webhooks: `whsec_` and 24 random bytes in base64,
 * together 38 characters. The key of a signature is the bytes.
 *
 * Throws an Error on a host without `crypto.getRandomValues`; browsers have it, and Node from 20 on.
 */
export function newSecret(): string;

/**
 * Every setting of every method, in the order of the documentation.
 */
export function settings(): Setting[];
