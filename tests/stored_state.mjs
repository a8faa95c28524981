// What `notify` keeps of an alarm in a device attribute. The one place of these tests that knows the attribute's name and
// the format of its text; `src/policy/state.rs` defines both, and says what each field means.

/** No stored text is longer, in bytes. */
const LIMIT = 320;
const VERSION = 2;

/** By rank: 0 is "not active", or "not told". */
const LEVELS = ['none', 'low', 'mid', 'high', 'urgent'];

/** The numbers with which a text begins, in their order, in base 36, each ended by a dot. */
const FIELDS = /** @type {const} */ ([
  ...['version', 'mark'],
  ...['level', 'worst', 'acked', 'flags', 'steps'],
  ...['messages', 'flips'],
  ...['since', 'first', 'ack_at'],
]);
const CHANGES = 9;

/**
 * What one channel heard.
 * @typedef {object} Heard
 * @property {string} channel its name where the reader was given it, else its mark
 * @property {string} told the level that it was told last (while unstable the highest); `none`: nothing, or the end
 * @property {boolean} unstable it was told so, and is owed the summary
 * @property {boolean} ring the short text that rings is owed
 * @property {boolean} throttled
 * @property {boolean} unsure its readers may believe something else than `told`
 * @property {number} steps the steps of escalation that it was told of
 * @property {number} at when it was told, in ms; 0: not known
 * @property {number} tries how often it failed since
 * @property {number} next when it may be tried again, in ms; 0: at any time
 */

/**
 * @typedef {object} State
 * @property {string} level what holds, as a level's name or `none`
 * @property {string} told what the channels were told last: the highest level of any of them
 * @property {string} worst the highest level since the raise
 * @property {string} acked the level that is acknowledged, or `none`
 * @property {boolean} rose whether `worst` is above `level`
 * @property {boolean} unstable
 * @property {boolean} listed whether the platform's record held it since the raise
 * @property {boolean} missing whether the last tick did not find it there
 * @property {number} steps how many steps of escalation are reached
 * @property {number} messages how many calls told somebody since the raise
 * @property {number} flips how often it changed while unstable
 * @property {number} since when it was raised, in ms; 0: not known
 * @property {number} first when somebody was told first since the raise, in ms; 0: never
 * @property {number} sent when a channel that is still owed an end was told last, in ms; 0: none is
 * @property {number[]} changes when it changed, newest first, in ms
 * @property {Heard[]} heard the channels that believe something, or failed
 * @property {string} title
 * @property {boolean} fits whether the text keeps its limit
 */

/** The attribute of an alarm with a plain name. */
export const stateKey = (/** @type {string} */ alarm) => `ntf_${alarm}`;

/** The alarm whose state an attribute keeps; undefined for any other attribute. */
export const alarmOf = (/** @type {string} */ attribute) =>
  attribute === 'ntf_ack' ? undefined : /^ntf_(.*)$/.exec(attribute)?.[1];

/** How a text names a channel: five digits. @param {string} channel */
export function channelMark(channel) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(channel)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  const folded = (hash >> 32n) ^ BigInt.asUintN(32, hash);
  return ((folded % (36n ** 5n - 1n)) + 1n).toString(36).padStart(5, '0');
}

/** Reads a text from its front; whatever does not fit ends it with an exception. */
class Reader {
  /** @param {string} text */
  constructor(text) {
    this.rest = text;
  }

  /** The number before the next dot. */
  number() {
    return this.#take(/^([0-9a-z]+)\./);
  }

  /** A number of so many digits. @param {number} digits */
  fixed(digits) {
    return Number.parseInt(this.digits(digits), 36);
  }

  /** @param {number} count */
  digits(count) {
    const digits = this.rest.slice(0, count);
    if (!/^[0-9a-z]+$/.test(digits) || digits.length < count) throw new TypeError('no digits');
    this.rest = this.rest.slice(count);
    return digits;
  }

  /** A time in ms. */
  time() {
    return this.number() * 1000;
  }

  /** @param {RegExp} pattern */
  #take(pattern) {
    const [whole, digits] = pattern.exec(this.rest) ?? [];
    if (whole === undefined || digits === undefined) throw new TypeError('no number');
    this.rest = this.rest.slice(whole.length);
    return Number.parseInt(digits, 36);
  }
}

/** @param {number} code */
function levelOf(code) {
  const level = LEVELS[code];
  if (level === undefined) throw new TypeError('no level');
  return level;
}

/** The newest time, then how much earlier each was, plus one; ended by 0. @param {Reader} reader */
function readChanges(reader) {
  const changes = [];
  for (let at = reader.number(); at > 0 && changes.length < CHANGES; ) {
    changes.push(at * 1000);
    const gap = reader.number();
    at = gap === 0 ? 0 : at - (gap - 1);
  }
  return changes;
}

/** @param {Reader} reader @param {readonly string[]} channels @returns {Heard} */
function readHeard(reader, channels) {
  const mark = reader.digits(5);
  const told = reader.fixed(1);
  const flags = reader.fixed(1);
  const tries = reader.fixed(1);
  const at = reader.time();
  // Behind two digits of the credential that did not help.
  const next = tries > 0 && reader.digits(2) ? reader.time() : 0;
  return {
    channel: channels.find((channel) => channelMark(channel) === mark) ?? mark,
    told: levelOf(told % LEVELS.length),
    unstable: (flags & 1) > 0,
    ring: (flags & 2) > 0,
    throttled: (flags & 4) > 0,
    unsure: (flags & 8) > 0,
    steps: Math.floor(told / LEVELS.length),
    at,
    tries,
    next,
  };
}

/** @param {string} text @param {readonly string[]} channels @returns {State} */
function read(text, channels) {
  const reader = new Reader(text);
  const numbers = FIELDS.map(() => reader.number());
  const field = (/** @type {(typeof FIELDS)[number]} */ name) => numbers[FIELDS.indexOf(name)] ?? Number.NaN;
  if (field('version') !== VERSION) throw new TypeError('another version');
  const changes = readChanges(reader);
  const heard = Array.from({ length: reader.number() }, () => readHeard(reader, channels));
  return {
    level: levelOf(field('level')),
    told: levelOf(Math.max(0, ...heard.map(({ told }) => LEVELS.indexOf(told)))),
    worst: levelOf(field('worst')),
    acked: levelOf(field('acked')),
    rose: field('worst') > field('level'),
    unstable: (field('flags') & 1) > 0,
    listed: (field('flags') & 2) > 0,
    missing: (field('flags') & 4) > 0,
    steps: field('steps'),
    messages: field('messages'),
    flips: field('flips'),
    since: field('since') * 1000,
    first: field('first') * 1000,
    sent: Math.max(0, ...heard.map(({ at }) => at)),
    changes,
    heard,
    title: reader.rest,
    fits: Buffer.byteLength(text) <= LIMIT,
  };
}

/**
 * The state in a text; undefined where there is none. The channels whose names are given are named.
 * @param {unknown} text
 * @param {readonly string[]} [channels]
 * @returns {State | undefined}
 */
export function readState(text, channels = ['wecom', 'wecom_app', 'dingtalk']) {
  if (typeof text !== 'string') return undefined;
  try {
    return read(text, channels);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The same text as another version of the format would have begun it. @param {string} text */
export const ofOtherVersion = (text) => text.replace(/^[^.]*/, '9');
