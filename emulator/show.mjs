// How a run looks on a terminal: messages as people see them, one line a delivery, who was rung.
// Plain text without colour unless the output is a terminal. Decides nothing.

/** @type {Record<string, string>} */
const SERVICE = { wecom_bot: 'WeCom group', wecom_app: 'WeCom app', dingtalk_robot: 'DingTalk group' };

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
      all.push({ at, verdict: 'refused', where: kind, why: `errcode ${errcode}, ${errmsg}`, rung: [] });
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

/** Nothing from a message may steer the terminal. */
export function visible(/** @type {string} */ text) {
  return text.replace(/[^\P{Cc}\t\n]|[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '\u00b7');
}

export const clockText = (/** @type {number} */ at) => new Date(at).toISOString().slice(11, 16);
