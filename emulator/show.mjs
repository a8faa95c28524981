// How a run looks on a terminal: messages as people see them, one line a delivery, who was rung.
// Plain text without colour unless the output is a terminal. Decides nothing.

import { explain } from '../pkg/index.js';
import { DEVICE } from './scenario.mjs';

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
 * What came of one moment of the story. `sent`: how many messages arrived at each of the services that it counts.
 * @typedef {import('./scenario.mjs').Moment & {sent: number[], happened: Event[]}} Told
 */

/** How many messages each counted service got in all. @param {Told[]} told */
export const sums = (told) => told[0].sent.map((_, index) => told.reduce((total, { sent }) => total + sent[index], 0));

/**
 * Two tellings of the same moments side by side: what the notes' scripts deliver and what `notify` delivers.
 * Moments of one kind at which `notify` delivers nothing are one line.
 * @param {string[]} counted the services that are counted, for people
 * @param {Told[]} notes @param {Told[]} ours @param {Paint} paint
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
    row('', '', `messages delivered: ${counted.join(' + ')}`),
    row('time', 'temperature', "notes' scripts", 'notify', 'what notify says'),
  ];
  const kinds = kindsOf(ours);
  const quiet = (/** @type {number} */ index) => ours[index]?.sent.every((count) => count === 0) ?? false;
  for (let from = 0, to = 0; from < ours.length; from = to) {
    to = from + 1;
    const first = ours[from];
    if (first.what === 'out' || first.what === 'back') {
      lines.push(paint.yellow(row(clockText(first.at), first.words)));
      continue;
    }
    while (quiet(from) && quiet(to) && kinds[to] === kinds[from]) to += 1;
    const span = ours.slice(from, to);
    const uplinks = span.filter((told) => told.what === 'uplink');
    // A tick between two uplinks is worth a line only if it says something.
    if (uplinks.length === 0 && quiet(from) && kinds[from] !== 'no data') continue;
    const times = (uplinks.length > 0 ? uplinks : span).map(({ at }) => clockText(at));
    const [begin, end] = [times[0], times[times.length - 1]];
    const heading = span[0].happened.find(({ view }) => view !== undefined)?.view?.split('\n')[0] ?? '';
    const line = row(
      begin === end ? begin : `${begin} to ${end}`,
      uplinks.length > 0
        ? range(uplinks.map(({ temperature }) => temperature))
        : kinds[from] === 'no data'
          ? 'no data'
          : 'tick',
      counts(notes.slice(from, to)),
      counts(span),
      visible(heading).replace('■ ', ''),
    );
    lines.push(quiet(from) ? paint.dim(line) : line);
  }
  return lines;
}

/** Which moments may share a line: those before, while and after the device is too hot, and those without data. @param {Told[]} told */
function kindsOf(told) {
  let kind = '';
  let ticks = 0;
  return told.map((moment) => {
    if (moment.what === 'uplink') {
      ticks = 0;
      kind = moment.temperature >= DEVICE.server_attrs.alarm_temp ? 'hot' : 'fine';
    } else if (moment.what === 'tick') {
      ticks += 1;
      if (ticks > 1) kind = 'no data';
    } else return moment.what;
    return kind;
  });
}

/**
 * The messages that are shown whole: the first, the first at the service that stopped answering, the first while the
 * device sends nothing. The words say no more than that; the rest is for the message to say.
 * @param {Told[]} told @param {{id: string, name: string}[]} counted
 * @returns {[words: string, message: Event][]}
 */
export function highlights(told, counted) {
  const kinds = kindsOf(told);
  const messages = told.flatMap(({ happened }, index) =>
    happened.filter(({ view }) => view !== undefined).map((message) => ({ message, kind: kinds[index] })),
  );
  const outage = told.find(({ what }) => what === 'out');
  const out = counted.find(({ id }) => outage?.what === 'out' && outage.service === id);
  /** @type {[string, Event | undefined][]} */
  const shown = [
    ['The first message of notify', messages[0]?.message],
    [`The first that ${out?.name} gets`, messages.find(({ message }) => message.service === out?.id)?.message],
    ['While no data comes', messages.find(({ kind }) => kind === 'no data')?.message],
  ];
  return shown.flatMap(([words, message], index) =>
    message && shown.findIndex(([, other]) => other === message) === index ? [[words, message]] : [],
  );
}

/** @param {number[]} temperatures */
function range(temperatures) {
  const [low, high] = [Math.min(...temperatures).toFixed(1), Math.max(...temperatures).toFixed(1)];
  return `${low === high ? low : `${low} to ${high}`} °C`;
}

/** @param {Told[]} told */
function counts(told) {
  const [first, ...others] = sums(told);
  const none = [first, ...others].every((count) => count === 0);
  return none ? '-' : [String(first).padStart(2), ...others].join(' + ');
}

/** Nothing from a message may steer the terminal. */
export function visible(/** @type {string} */ text) {
  return text.replace(/[^\P{Cc}\t\n]|[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '\u00b7');
}

export const clockText = (/** @type {number} */ at) => new Date(at).toISOString().slice(11, 16);
