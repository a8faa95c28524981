// What the end-to-end tests share: the shipped bytes, an organization with people in it, and a random source that repeats.
// No assertions here.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { Clock, openHost, startPlatform, startServices } from '../../emulator/index.mjs';

export const PRESETS = ['wecom_text', 'wecom_notify', 'wecom_app_notify', 'dingtalk_text', 'dingtalk_notify', 'notify'];
/** Those that stand in for a script of the application notes. */
export const NOTE_PRESETS = PRESETS.filter((preset) => preset !== 'notify');
export const BUILDS = ['wasm', 'twin'];

const text = (/** @type {string} */ path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** A shipped paste file, byte for byte. @param {string} preset @param {string} build */
export const paste = (preset, build) => text(`pkg/paste/${preset}${build === 'twin' ? '.nowasm' : ''}.js`);

/** The application note's own script. */
export const hand = (/** @type {string} */ preset) => text(`tests/fixtures/hand/${preset}.js`);

/** The package as users import it; each copy has a core of its own. */
let copies = 0;
export async function freshPackage() {
  copies += 1;
  return import(new URL(`../../pkg/index.js?copy=${copies}`, import.meta.url).href);
}

export const EUI = '24e124136b502217';
export const NOW = Date.UTC(2026, 2, 2, 8, 0, 0);
export const MEMBERS = [
  { id: 'li', name: 'Li Wei', mobile: '13800000001' },
  { id: 'wang', name: 'Wang Fang', mobile: '13800000002' },
];

export const WECOM_KEY = '5f6b2c1e-4a7d-4e2b-9b3f-0c1d2e3f4a5b';
export const WECOM_URL = `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${WECOM_KEY}`;
export const DINGTALK = { dingtalk_token: 'a41f9c0d77e2b8', dingtalk_secret: 'SEC5d0e9b41c7a2' };
export const APP = {
  wecom_corp_id: 'ww0a1b2c3d4e5f',
  wecom_corp_secret: 'q7Rt-Zx3_LmN0pKv',
  wecom_agent_id: '1000002',
};

/** Settings with which every preset has somewhere to send to. */
export const ORG = { wecom_webhook_url: WECOM_URL, ...DINGTALK, ...APP, notify_routes: '*=wecom' };

/** An alarm that every preset sends. */
export const ALARM = {
  name: 'overheat',
  action: 'new',
  title: 'Too hot',
  level: 'high',
  desc: '91 °C, limit 80 °C',
  content: 'hello',
};

/** Fakes of the services with people in them. @param {{after: (task: () => unknown) => void}} t */
export async function organization(t) {
  const services = await startServices({ clock: new Clock(NOW) });
  t.after(() => services.close());
  services.wecomBot.addGroup('alarm', { key: WECOM_KEY, members: MEMBERS });
  services.dingtalkRobot.addGroup('ops', {
    token: DINGTALK.dingtalk_token,
    secret: DINGTALK.dingtalk_secret,
    members: MEMBERS,
  });
  services.wecomApp.addApp({
    corpId: APP.wecom_corp_id,
    secret: APP.wecom_corp_secret,
    agentId: 1000002,
    members: MEMBERS,
  });
  return services;
}

/** Everything that arrived anywhere, oldest first. @param {Awaited<ReturnType<typeof organization>>} services */
export const arrived = ({ all }) => all.flatMap(({ delivered }) => delivered).sort((a, b) => a.at - b.at);

/** Everything a service refused. @param {Awaited<ReturnType<typeof organization>>} services */
export const refusals = ({ all }) => all.flatMap(({ refused }) => refused);

/**
 * A platform with one device and the given RPCs mounted.
 * @param {Awaited<ReturnType<typeof organization>>} services
 * @param {Record<string, string>} rpcs
 * @param {Parameters<typeof startPlatform>[0] & {device?: object}} [options]
 */
export async function platform(services, rpcs, { device, ...options } = {}) {
  const tkl = await startPlatform({ services, orgParams: ORG, ...options });
  tkl.addDevice({ eui: EUI, name: 'Boiler 2 [KS52]', ...device });
  for (const [method, body] of Object.entries(rpcs)) tkl.mount(method, body);
  return tkl;
}

/**
 * One body, run as often as wanted, at a time and with an axios of the caller's choice.
 * @param {string} body @param {string} [wrapper]
 * @param {{profile?: string} & NonNullable<Parameters<typeof openHost>[1]>} [options] more for the host
 */
export async function runner(body, wrapper = 'parameters', { profile = 'tkl-current', ...options } = {}) {
  let now = NOW;
  /** @type {Function} */
  let send = () => Promise.reject(new Error('no request was expected'));
  const host = await openHost(profile, {
    clock: { now: () => now },
    wrapper: /** @type {any} */ (wrapper),
    axios: (/** @type {unknown} */ config) => send(config),
    ...options,
  });
  const script = host.compile(body);
  return async (/** @type {Record<string, unknown>} */ inputs, { at = NOW, axios = send } = {}) => {
    now = at;
    send = axios;
    /** @type {[string, string][]} */
    const logs = [];
    const write = (/** @type {string} */ level) => (/** @type {unknown} */ line) => logs.push([level, String(line)]);
    const logger = { info: write('info'), warn: write('warn'), error: write('error') };
    const outcome = await host.run(script, { logger, ...inputs });
    return { ...outcome, logs, actions: outcome.kind === 'result' ? jsonOf(outcome.value) : undefined };
  };
}

/** What JSON makes of a value. */
export const jsonOf = (/** @type {unknown} */ value) =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

/** A random source that repeats: mulberry32. @param {number} seed */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (/** @type {number} */ bound) => Math.floor(next() * bound);
  return {
    below,
    chance: (/** @type {number} */ share) => next() < share,
    /** @template T @param {readonly T[]} list @returns {T} */
    pick: (list) => list[below(list.length)],
    /** @template T @param {number} count @param {() => T} make @returns {T[]} */
    list: (count, make) => Array.from({ length: count }, make),
  };
}

/** Freezes a value and all that is in it. @template T @param {T} value @returns {T} */
export function deepFreeze(value) {
  if (value !== null && typeof value === 'object') Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

const otherRealm = vm.createContext({});
/** The same value, made by another realm's constructors. @param {unknown} value */
export const foreign = (value) => vm.runInContext(`(${JSON.stringify(value)})`, otherRealm);
