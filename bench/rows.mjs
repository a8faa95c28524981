// What the bench compares: one row, one line. How it is timed stands in `measure.mjs`.

/**
 * One thing that is run.
 * @typedef {object} Subject
 * @property {'fresh' | 'first' | 'warm'} how `fresh`: a compiled script in a context of its own, as the platform runs it;
 *   `first`: the first such call of a new process; `warm`: a further call in a context that stays (ours: the package)
 * @property {string} script a paste file or a hand-written script by its path, a preset of the package, or `empty`
 * @property {'wecom' | 'dingtalk'} channel where `notify` sends
 * @property {'new' | 'clear'} action
 * @property {number} stored alarms whose states the device keeps
 * @property {number} rules a trigger's rules; 0: those that it is shipped with
 *
 * @typedef {object} Row
 * @property {string} label
 * @property {Subject} ours
 * @property {Subject} beside the hand-written script; for stored alarms the same file with one of them
 * @property {number} [target] how many times the other's time it may take
 */

/** @param {string} script @param {Partial<Subject>} [more] @returns {Subject} */
const subject = (script, more) => ({
  how: 'fresh',
  script,
  channel: 'wecom',
  action: 'new',
  stored: 0,
  rules: 0,
  ...more,
});
const paste = (/** @type {string} */ name, /** @type {Partial<Subject>} */ more = {}) =>
  subject(`pkg/paste/${name}.js`, more);
const hand = (/** @type {string} */ name, /** @type {Partial<Subject>} */ more = {}) =>
  subject(`tests/fixtures/hand/${name}.js`, more);

/** The floor: what a context costs in which nothing is run. */
const EMPTY = subject('empty');

const wecom = hand('wecom_notify');
const first = { how: /** @type {const} */ ('first') };
const warm = { how: /** @type {const} */ ('warm') };
const idle = { action: /** @type {const} */ ('clear') };
const signed = { channel: /** @type {const} */ ('dingtalk') };

/** @type {Row[]} */
export const ROWS = [
  { label: 'an empty context', ours: EMPTY, beside: wecom },
  { label: 'wecom_notify', ours: paste('wecom_notify'), beside: wecom, target: 1.3 },
  { label: 'dingtalk_notify', ours: paste('dingtalk_notify'), beside: hand('dingtalk_notify'), target: 0.78 },
  { label: 'notify', ours: paste('notify'), beside: wecom, target: 1.7 },
  {
    label: 'nothing to do, wecom_notify',
    ours: paste('wecom_notify', idle),
    beside: hand('wecom_notify', idle),
    target: 1.05,
  },
  { label: 'nothing to do, notify', ours: paste('notify', idle), beside: hand('wecom_notify', idle), target: 1.05 },
  { label: 'first call, an empty context', ours: subject('empty', first), beside: hand('wecom_notify', first) },
  {
    label: 'first call, wecom_notify',
    ours: paste('wecom_notify', first),
    beside: hand('wecom_notify', first),
    target: 2.8,
  },
  { label: 'first call, notify', ours: paste('notify', first), beside: hand('wecom_notify', first), target: 6.5 },
  { label: 'twin, wecom_notify', ours: paste('wecom_notify.nowasm'), beside: wecom, target: 2.1 },
  { label: 'twin, notify', ours: paste('notify.nowasm'), beside: wecom, target: 3.2 },
  { label: 'trigger, shipped rule', ours: paste('trigger'), beside: hand('trigger'), target: 1.8 },
  {
    label: 'warm package, wecom_notify',
    ours: subject('wecom_notify', warm),
    beside: hand('wecom_notify', warm),
    target: 2.6,
  },
  {
    label: 'warm package, dingtalk_notify',
    ours: subject('dingtalk_notify', warm),
    beside: hand('dingtalk_notify', warm),
    target: 0.25,
  },
  { label: 'warm package, notify', ours: subject('notify', warm), beside: hand('wecom_notify', warm), target: 5 },
  {
    label: 'warm package, notify, signed',
    ours: subject('notify', { ...warm, ...signed }),
    beside: hand('dingtalk_notify', warm),
    target: 0.5,
  },
];

/** A device with many stored alarms, beside one with one. @type {Row[]} */
export const STORED = ['wecom_notify', 'wecom_notify.nowasm', 'notify', 'notify.nowasm'].map((name) => ({
  label: name,
  ours: paste(name, { stored: 100 }),
  beside: paste(name, { stored: 1 }),
  target: 1.1,
}));

/**
 * `trigger.js` with so many rules, and the milliseconds that it may take.
 * @type {{ rules: number, ours: Subject, target?: number }[]}
 */
export const RULES = [
  { rules: 1, ours: paste('trigger', { rules: 1 }) },
  { rules: 5, ours: paste('trigger', { rules: 5 }) },
  { rules: 20, ours: paste('trigger', { rules: 20 }), target: 3 },
  { rules: 40, ours: paste('trigger', { rules: 40 }) },
];

/** UTF-16 units. While an RPC holds a longer script, TKL's Excel exports that include it fail; only a twin may be longer. */
export const LIMIT = 32_000;
/** Smaller targets than the limit. @type {Record<string, number>} */
export const UNITS = {
  'wecom_notify.js': 17_000,
  'dingtalk_notify.js': 23_500,
  'trigger.js': 24_000,
};
