// What `notify` keeps of an alarm in a device attribute. The one place of these tests that knows the attribute's name and
// the format of its text; `src/policy/state.rs` defines both, and says what each field means.

/** No stored text is longer, in bytes. */
const LIMIT = 200;
const VERSION = 1;

/** By rank: 0 is "not active", or "not told". */
const LEVELS = ['none', 'low', 'mid', 'high', 'urgent'];

/**
 * The numbers of a text in their order, in base 36, each ended by a dot. Behind them stand the times of the last changes,
 * likewise, and the title.
 */
const FIELDS = /** @type {const} */ ([
  ...['version', 'mark'],
  ...['level', 'told', 'peak', 'worst'],
  ...['unstable', 'old_ack', 'steps', 'messages', 'flips'],
  ...['since', 'first', 'sent'],
]);
const CHANGES = 9;

/**
 * @typedef {object} State
 * @property {string} level what holds, as a level's name or `none`
 * @property {string} told what the last message said
 * @property {string} worst the highest level since the raise
 * @property {boolean} rose whether `worst` is above `level`
 * @property {boolean} unstable
 * @property {number} steps how many steps of escalation are done
 * @property {number} messages how many were sent since the raise
 * @property {number} since when it was raised, in ms; 0: not known
 * @property {number} sent when the last message was sent, in ms; 0: not known
 * @property {string} title
 * @property {boolean} fits whether the text keeps its limit
 */

/** The attribute of an alarm with a plain name. */
export const stateKey = (/** @type {string} */ alarm) => `ntf_${alarm}`;

/** The alarm whose state an attribute keeps; undefined for any other attribute. */
export const alarmOf = (/** @type {string} */ attribute) =>
  attribute === 'ntf_ack' ? undefined : /^ntf_(.*)$/.exec(attribute)?.[1];

/** The state in a text; undefined where there is none. @param {unknown} text @returns {State | undefined} */
export function readState(text) {
  if (typeof text !== 'string') return undefined;
  const parts = text.split('.');
  const [numbers, title] = [parts.slice(0, FIELDS.length + CHANGES), parts.slice(FIELDS.length + CHANGES)];
  if (title.length === 0 || !numbers.every((part) => /^[0-9a-z]+$/.test(part))) return undefined;
  const field = (/** @type {(typeof FIELDS)[number]} */ name) => Number.parseInt(numbers[FIELDS.indexOf(name)], 36);
  if (field('version') !== VERSION) return undefined;
  return {
    level: LEVELS[field('level')],
    told: LEVELS[field('told')],
    worst: LEVELS[field('worst')],
    rose: field('worst') > field('level'),
    unstable: field('unstable') !== 0,
    // One bit a step.
    steps: [...field('steps').toString(2)].filter((bit) => bit === '1').length,
    messages: field('messages'),
    since: field('since') * 1000,
    sent: field('sent') * 1000,
    title: title.join('.'),
    fits: Buffer.byteLength(text) <= LIMIT,
  };
}

/** The same text as another version of the format would have begun it. @param {string} text */
export const ofOtherVersion = (text) => text.replace(/^[^.]*/, '9');
