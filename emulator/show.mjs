// How a run looks on a terminal: messages as people see them, one line a delivery, who was rung.
// Plain text without colour unless the output is a terminal. Decides nothing.

import { explain } from '../pkg/index.js';

/** @typedef {Parameters<typeof explain>[0]} Channel */

/**
 * A refusal in the service's words, then what it means and what to do.
 * @param {import('./services/service.mjs').Facts} facts @param {import('./services/service.mjs').Refusal} refusal
 */
function refusalWords({ channel, code }, { errcode, errmsg }) {
  const known = explain(/** @type {Channel} */ (channel), errcode, errmsg);
  const meaning = known ? `: ${known.cause.en}; ${known.remedy.en}` : '';
  return `${code} ${errcode}, ${errmsg}${meaning}`;
}

/** @param {boolean} colourful */
export function painter(colourful) {
  const paint = (/** @type {number} */ code) => (/** @type {string} */ text) =>
    colourful ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33), cyan: paint(36) };
}

/** @typedef {ReturnType<typeof painter>} Paint */

/** What may come of a request. At one moment they are told in this order. */
const VERDICTS = /** @type {const} */ (['delivered', 'refused', 'dropped', 'failed', 'partly delivered']);

/**
 * One thing that came of a request, as one line tells it.
 * @typedef {object} Event
 * @property {number} at
 * @property {string} service its id, or the host where there is none
 * @property {(typeof VERDICTS)[number]} verdict
 * @property {string} where
 * @property {string} why
 * @property {string[]} rung
 * @property {string} [view]
 */

/**
 * Everything that happened at the services, oldest first.
 * @param {import('./services/all.mjs').Services} services
 * @returns {Event[]}
 */
export function events(services) {
  /** @type {Event[]} */
  const all = [];
  for (const service of services.all) {
    const { facts, delivered, refused, dropped } = service;
    const { id, title, success } = facts;
    for (const message of delivered) {
      const { at, view } = message;
      const [where, rung] = [service.where(message), service.names(message)];
      all.push({ at, service: id, verdict: 'delivered', where, why: success, rung, view });
    }
    for (const refusal of refused) {
      const why = refusalWords(facts, refusal);
      all.push({ at: refusal.at, service: id, verdict: 'refused', where: title, why, rung: [] });
    }
    for (const { at, id: to, why } of dropped) {
      const where = `${title}, to ${to}`;
      all.push({ at, service: id, verdict: 'dropped', where, why: `${success}, but ${why}`, rung: [] });
    }
  }
  for (const { at, service: id, error, status = 0, answer, fault } of services.network.requests) {
    const service = services.all.find(({ facts }) => facts.id === id);
    const [where, why] = [service?.facts.title ?? id, service?.unreached(answer)];
    // A service that refuses by an HTTP status has told so above.
    const itsOwn = service && !fault && status >= 400 && status < 500;
    if (error && !itsOwn) {
      all.push({ at, service: id, verdict: 'failed', where, why: status ? `HTTP ${status}` : error, rung: [] });
    } else if (why) all.push({ at, service: id, verdict: 'partly delivered', where, why, rung: [] });
  }
  return all.sort((a, b) => a.at - b.at || VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict));
}

/** @param {Event} event @param {Paint} paint @returns {string[]} */
export function messageLines(event, paint) {
  if (event.view === undefined) return [];
  return [
    paint.cyan(event.where),
    ...visible(event.view)
      .split('\n')
      .map((line) => `  ${paint.dim('|')} ${line}`.trimEnd()),
  ];
}

/** @param {Event} event @param {Paint} paint */
export function verdictLine(event, paint) {
  const colour =
    event.verdict === 'delivered' ? paint.green : event.verdict.startsWith('partly') ? paint.yellow : paint.red;
  const rung = event.rung.length > 0 ? `rung: ${event.rung.join(', ')}` : 'nobody rung in person';
  const tail = event.verdict === 'delivered' ? `; ${rung}` : '';
  return `${colour(event.verdict.padEnd(9))}  ${visible(event.where)}: ${visible(event.why)}${visible(tail)}`;
}

/**
 * What came of one uplink. `sent`: how many messages by each of the services that the story counts.
 * @typedef {{at: number, temperature: number, sent: number[], happened: Event[]}} Uplink
 */

/** How many messages each counted service got in all. @param {Uplink[]} uplinks */
export const sums = (uplinks) =>
  uplinks[0].sent.map((_, index) => uplinks.reduce((total, { sent }) => total + sent[index], 0));

/**
 * Two tellings of the same uplinks side by side: what the notes' scripts send and what `notify` sends.
 * Uplinks about which `notify` says nothing are one line.
 * @param {string[]} counted the services that are counted, for people
 * @param {Uplink[]} notes @param {Uplink[]} ours @param {Paint} paint
 */
export function storyLines(counted, notes, ours, paint) {
  const row = (/** @type {string[]} */ ...cells) => {
    const widths = [16, 16, 17, 10];
    return cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('')
      .trimEnd();
  };
  const lines = [
    row('', '', `messages sent: ${counted.join(' + ')}`),
    row('time', 'temperature', "notes' scripts", 'notify', 'what notify says'),
  ];
  for (let from = 0; from < ours.length; ) {
    const silent = (/** @type {number} */ index) => ours[index] && ours[index].happened.length === 0;
    const hot = (/** @type {number} */ index) => notes[index].sent[0] > 0;
    let to = from + 1;
    while (silent(from) && silent(to) && hot(to) === hot(from)) to += 1;
    const span = ours.slice(from, to);
    const temperatures = span.map(({ temperature }) => temperature);
    const sum = (/** @type {Uplink[]} */ uplinks) => {
      const [first, ...others] = sums(uplinks);
      const none = [first, ...others].every((count) => count === 0);
      return none ? '-' : [String(first).padStart(2), ...others].join(' + ');
    };
    const [first, last] = [clockText(span[0].at), clockText(span[span.length - 1].at)];
    const [low, high] = [Math.min(...temperatures).toFixed(1), Math.max(...temperatures).toFixed(1)];
    const heading = span[0].happened.find(({ view }) => view !== undefined)?.view?.split('\n')[0] ?? '';
    const line = row(
      first === last ? first : `${first} to ${last}`,
      `${low === high ? low : `${low} to ${high}`} °C`,
      sum(notes.slice(from, to)),
      sum(span),
      visible(heading).replace('■ ', ''),
    );
    lines.push(silent(from) ? paint.dim(line) : line);
    from = to;
  }
  return lines;
}

/** Nothing from a message may steer the terminal. */
export function visible(/** @type {string} */ text) {
  return text.replace(/[^\P{Cc}\t\n]|[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '\u00b7');
}

export const clockText = (/** @type {number} */ at) => new Date(at).toISOString().slice(11, 16);
