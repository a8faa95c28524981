// The package's types: the presets as one function. What the settings and parameters mean stands in the README.

/** The presets; each is one RPC method. */
export type Preset =
  | 'wecom_text'
  | 'wecom_notify'
  | 'wecom_app_notify'
  | 'dingtalk_text'
  | 'dingtalk_notify'
  | 'notify';

/** What the platform hands to an RPC script. Values are read as they come: nothing about their types is promised. */
export interface Context {
  device?: unknown;
  params?: unknown;
  alarms?: unknown;
  logger?: { info?(text: string): void; warn?(text: string): void; error?(text: string): void } | undefined;
  org_params?: unknown;
  axios?: ((config: object) => PromiseLike<unknown>) | undefined;
}

/** One entry of the action array. */
export interface Action {
  sleepTimeMs: number;
  type: 'axios' | 'modifyAttrs';
  target?: string;
  dnMsg: Record<string, unknown>;
}

/**
 * Answers one call as the preset's paste file does: the actions, or a promise of them where a request had to be answered
 * first. A host without HTTP actions is an Error; a promise never rejects.
 */
export function rpc_script(context: Context, options: { preset: Preset }): Action[] | Promise<Action[]>;

/** One setting; its meaning in English and Chinese. */
export interface Setting {
  name: string;
  /** `<name>_<x>` exists beside it, for a robot or channel that is called x. */
  named: boolean;
  secret: boolean;
  /** Where it may stand, first come first served. */
  sources: ('params' | 'server_attrs' | 'org_params')[];
  /** Empty: none. */
  default: string;
  en: string;
  zh: string;
}

/** Every setting of every preset. */
export function settings(): Setting[];

/** A sentence in both languages. */
export interface Phrase {
  en: string;
  zh: string;
}

/** What an answer of a chat service means. */
export interface Explanation {
  verdict: string;
  cause: Phrase;
  remedy: Phrase;
}

/**
 * What a service's `errcode` means; `errmsg` tells causes apart that share a code. `null`: a code that is in no table,
 * which counts as refused.
 */
export function explain(
  channel: 'wecom' | 'wecom_app' | 'dingtalk',
  errcode: number,
  errmsg?: string,
): Explanation | null;

/** A rule of the trigger; its paste file's first lines say what each field means. */
export interface Rule {
  name: string;
  field: string;
  is: '>' | '>=' | '<' | '<=' | '==' | '!=' | 'between' | 'outside';
  /** A number, or the name of a server attribute; two of them for `between` and `outside`. */
  threshold?: number | string | [number | string, number | string];
  default?: number | string | [number | string, number | string];
  hysteresis?: number | string;
  level?: 'low' | 'mid' | 'high' | 'urgent';
  steps?: Partial<Omit<Rule, 'name' | 'steps'>>[];
  title?: string;
  desc?: string;
  unit?: string;
  group?: unknown;
  methods?: string[];
  thingModelId?: string | number;
}

/** What a trigger answers: the RPC methods to call. */
export interface TriggerResult {
  delayms: number;
  abort_previous_timer: boolean;
  actions: { method: string; params: Record<string, unknown> }[];
}

/** Runs rules over one uplink as the trigger's paste file does; `null`: nothing to do. */
export function trigger_script(device: unknown, thingModelId: unknown, rules: Rule | Rule[]): TriggerResult | null;
