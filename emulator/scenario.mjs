// The shipped story: a boiler gets too hot, stays hot, cools down. Told once by the notes' scripts and by ours.
// Devices, settings, uplinks and triggers of the story stand here; how it is printed, in main.mjs and show.mjs.

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

/** One uplink every five minutes: too hot for two hours and twenty minutes. */
export const EVERY = 5 * 60_000;
const HOT = 28;
export const UPLINKS = [61.4, ...Array.from({ length: HOT }, (_, i) => (842 + ((i * 7) % 30)) / 10), 70.8, 69.9];

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
