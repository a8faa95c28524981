// The shipped story: a boiler gets too hot while a chat service is out, cools down, and falls silent for a while.
// Told once by the notes' scripts and by ours. Devices, settings, triggers and what happens when stand here; how it is
// printed, in main.mjs and show.mjs.

import { STORY_START } from './clock.mjs';
import { FACTS } from './services/all.mjs';

/** What the story's organization and device look like. */
export const THING_MODEL = '77';
export const DEVICE = {
  eui: '24e124136b502217',
  name: 'Boiler 2 [KS52]',
  tags: ['heating'],
  server_attrs: { alarm_temp: 80 },
};
/** @type {Record<string, string>} */
export const ORG_PARAMS = Object.assign({}, ...FACTS.map(({ sample }) => sample?.settings));
/** `notify` goes where its routes say and rings whom they name; the one-service presets know no such settings. */
export const ROUTES = { notify_routes: '*=wecom,dingtalk', notify_mentions: 'urgent,high=user:li' };
/** What the story's `notify` is also told: after which time without data the boiler counts as silent. */
export const SILENT = { notify_silent: '2h' };
export const ALARM_PARAMS = {
  name: 'overheat_alarm',
  action: 'new',
  title: 'Overheat: [Boiler 2]',
  level: 'high',
  desc: 'temperature 84.2°C exceeded threshold 80°C',
  content: 'Daily report: all boilers fine',
};

const MEMBERS = [
  { id: 'li', name: 'Li Wei', mobile: '13800000001' },
  { id: 'wang', name: 'Wang Fang', mobile: '13800000002' },
];

/** Puts people behind the organization's settings. @param {import('./services/all.mjs').Services} services */
export function people(services) {
  for (const service of services.all) {
    const { settings = {}, group } = service.facts.sample ?? {};
    service.adopt({ org_params: settings, server_attrs: {} }, { members: MEMBERS, group });
  }
}

/** The services whose messages the story counts, and what they are called there. */
export const COUNTED = [
  { id: 'wecom_bot', name: 'WeCom' },
  { id: 'dingtalk_robot', name: 'DingTalk' },
];

/**
 * What happens at one moment: a value arrives, a scheduled task ticks, or a service stops or begins to answer.
 * @typedef {{at: number} & (
 *   | {what: 'uplink', temperature: number}
 *   | {what: 'tick'}
 *   | {what: 'out' | 'back', service: string, words: string}
 * )} Moment
 */

const MINUTE = 60_000;
const moment = (/** @type {number} */ hour, /** @type {number} */ minute) =>
  STORY_START + ((hour - 8) * 60 + minute) * MINUTE;

/** An uplink every five minutes: too hot for an hour and a half, then well; then none for more than two hours. */
const HOT = Array.from({ length: 18 }, (_, i) => (842 + ((i * 7) % 30)) / 10);
const UPLINKS = [61.4, ...HOT, 70.8, 69.9].map((temperature, i) => uplink(moment(8, 5 * i), temperature));
/** What a scheduled task does, cron `0 3/10 * * * *`: between the uplinks, so that no two calls meet. */
const TICKS = Array.from({ length: 24 }, (_, i) => tick(moment(8, 3 + 10 * i)));
/** Hangs for a while: who asks it gets no answer and waits until his time is up. */
const [{ id: service, name }] = COUNTED;

/** @type {Moment[]} */
export const MOMENTS = [
  ...UPLINKS,
  uplink(moment(12, 0), 68.3),
  ...TICKS,
  { at: moment(8, 2), what: /** @type {const} */ ('out'), service, words: `${name} stops answering` },
  { at: moment(8, 34), what: /** @type {const} */ ('back'), service, words: `${name} answers again` },
].sort((a, b) => a.at - b.at);

/** @returns {Moment} */
function uplink(/** @type {number} */ at, /** @type {number} */ temperature) {
  return { at, what: 'uplink', temperature };
}

/** @returns {Moment} */
function tick(/** @type {number} */ at) {
  return { at, what: 'tick' };
}

/** The application notes' trigger, with the notifiers before `alarm`, as the notes themselves advise. */
export function noteTrigger(/** @type {string[]} */ methods) {
  return `
const values = device && device.telemetry_data && device.telemetry_data[thingModelId];
if (!values) return null;
const threshold = device.server_attrs.alarm_temp;
const hot = values.temperature !== undefined && values.temperature >= threshold;
const params = {
  _eui: device.eui,
  action: hot ? "new" : "clear",
  name: "overheat_alarm",
  title: "Overheat: [" + device.name + "]",
  level: "high",
  desc: hot ? "[" + device.name + "] temperature " + values.temperature + "°C exceeded threshold " + threshold + "°C" : "",
  group: device.server_attrs.group || {},
};
return {
  delayms: 0,
  abort_previous_timer: true,
  actions: ${JSON.stringify(methods)}.map((method) => ({ method, params })),
};`;
}
