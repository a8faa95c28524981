// How a run looks on a terminal: messages as people see them, one line a delivery, who was rung.
// Plain text without colour unless the output is a terminal. Decides nothing.

import { explain } from '../pkg/index.js';

/** @type {Record<string, string>} */
const SERVICE = { wecom_bot: 'WeCom group', wecom_app: 'WeCom app', dingtalk_robot: 'DingTalk group' };

/** The same services as channels. @type {Record<string, 'wecom' | 'wecom_app' | 'dingtalk'>} */
const CHANNEL = { wecom_bot: 'wecom', wecom_app: 'wecom_app', dingtalk_robot: 'dingtalk' };

/**
 * A refusal in the service's words, then what it means and what to do.
 * @param {string} service @param {number} errcode @param {string} errmsg
 */
function refusal(service, errcode, errmsg) {
  const known = explain(CHANNEL[service], errcode, errmsg);
  const meaning = known ? `: ${known.cause.en}; ${known.remedy.en}` : '';
  return `errcode ${errcode}, ${errmsg}${meaning}`;
}

/** @param {boolean} colourful */
export function painter(colourful) {
  const paint = (/** @type {number} */ code) => (/** @type {string} */ text) =>
    colourful ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33), cyan: paint(36) };
}

/** @typedef {ReturnType<typeof painter>} Paint */

/**
 * One thing that came of a request, as one line tells it.
 * @typedef {object} Event
 * @property {number} at
 * @property {'delivered' | 'partly delivered' | 'refused' | 'failed' | 'dropped'} verdict
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
  for (const service of [services.wecomBot, services.dingtalkRobot]) {
    const kind = SERVICE[service.name];
    for (const { at, group, rung, view } of service.delivered) {
      const names = rung.map((id) => service.group(group).members.find((member) => member.id === id)?.name ?? id);
      all.push({ at, verdict: 'delivered', where: `${kind} "${group}"`, why: 'errcode 0', rung: names, view });
    }
  }
  for (const { at, to, view } of services.wecomApp.delivered) {
    const names = to.map((id) => services.wecomApp.members.get(id.toLowerCase())?.name ?? id);
    all.push({
      at,
      verdict: 'delivered',
      where: `${SERVICE.wecom_app}, to ${names.join(', ')}`,
      why: 'errcode 0',
      rung: names,
      view,
    });
  }
  for (const service of [services.wecomBot, services.wecomApp, services.dingtalkRobot]) {
    const kind = SERVICE[service.name];
    for (const { at, errcode, errmsg } of service.refused) {
      all.push({ at, verdict: 'refused', where: kind, why: refusal(service.name, errcode, errmsg), rung: [] });
    }
  }
  for (const { at, id, why } of services.wecomApp.dropped) {
    all.push({
      at,
      verdict: 'dropped',
      where: `${SERVICE.wecom_app}, to ${id}`,
      why: `errcode 0, but ${why}`,
      rung: [],
    });
  }
  for (const { at, service, error, status, answer } of services.network.requests) {
    const kind = SERVICE[service] ?? service;
    const missed = ['invaliduser', 'invalidparty', 'invalidtag', 'unlicenseduser'].filter((list) => answer?.[list]);
    if (error) all.push({ at, verdict: 'failed', where: kind, why: status ? `HTTP ${status}` : error, rung: [] });
    else if (answer?.errcode === 0 && missed.length > 0) {
      const why = missed.map((list) => `${list} ${answer[list]}`).join(', ');
      all.push({ at, verdict: 'partly delivered', where: kind, why, rung: [] });
    }
  }
  return all.sort((a, b) => a.at - b.at);
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
 * What came of one uplink.
 * @typedef {{at: number, temperature: number, wecom: number, dingtalk: number, happened: Event[]}} Uplink
 */

/**
 * Two tellings of the same uplinks side by side: what the notes' scripts send and what `notify` sends.
 * Uplinks about which `notify` says nothing are one line.
 * @param {Uplink[]} notes @param {Uplink[]} ours @param {Paint} paint
 */
export function storyLines(notes, ours, paint) {
  const row = (/** @type {string[]} */ ...cells) => {
    const widths = [16, 16, 17, 10];
    return cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('')
      .trimEnd();
  };
  const lines = [
    row('', '', 'messages sent: WeCom + DingTalk'),
    row('time', 'temperature', "notes' scripts", 'notify', 'what notify says'),
  ];
  for (let from = 0; from < ours.length; ) {
    const silent = (/** @type {number} */ index) => ours[index] && ours[index].happened.length === 0;
    const hot = (/** @type {number} */ index) => notes[index].wecom > 0;
    let to = from + 1;
    while (silent(from) && silent(to) && hot(to) === hot(from)) to += 1;
    const span = ours.slice(from, to);
    const temperatures = span.map(({ temperature }) => temperature);
    const sum = (/** @type {Uplink[]} */ uplinks) => {
      const wecom = uplinks.reduce((total, uplink) => total + uplink.wecom, 0);
      const dingtalk = uplinks.reduce((total, uplink) => total + uplink.dingtalk, 0);
      return wecom + dingtalk === 0 ? '-' : `${String(wecom).padStart(2)} + ${dingtalk}`;
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
