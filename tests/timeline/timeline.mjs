// The timeline language: what happens to one device at which moment, and what came of it, as text for people.
// The emulator runs the shipped bytes; nothing is decided or asserted here.
//
// A step is [time, what, ...]. Times are local to the timeline's zone: '08:05', or '+1 08:05' for the next day.
//   ['08:05', 'uplink', { temperature: 84.2 }]      telemetry: the trigger decides what is called
//   ['08:05', 'new', { level: 'high', desc: '…' }] a call of the notifier, then of `alarm` (see `alarm` below)
//   ['08:10', 'clear']   ['09:00', 'tick']          likewise; a tick calls the notifier alone
//   ['08:10', 'together', [['new'], ['new']]]       calls that start at the same moment, none waiting for another
//   ['08:10', 'settings', { notify_repeat: '15m' }] Org Params from here on; undefined removes one
//   ['08:10', 'attributes', { ntf_ack: 'true' }]    server attributes of the device
//   ['08:10', 'alarms', {…}]                        the platform's record of active alarms
//   ['08:10', 'clock', '06:00']                     the server's clock is set; later times are by the new one
//   ['08:10', 'world', 'the robot is removed', (world) => { … }]   anything else; `world` is {services, app, tkl}

import { readFileSync } from 'node:fs';
import { Clock, startPlatform, startServices } from '../../emulator/index.mjs';
import { noteTrigger } from '../../emulator/scenario.mjs';
import { visible } from '../../emulator/show.mjs';
import { alarmOf, readState } from '../stored_state.mjs';

export const EUI = '24e124136b502217';
export const ALARM = 'overheat_alarm';
const MODEL = '77';
/** Monday. */
const DAY_ONE = Date.UTC(2026, 2, 2);
const MINUTE = 60_000;

const MEMBERS = [
  { id: 'li', name: 'Li Wei', mobile: '13800000001' },
  { id: 'wang', name: 'Wang Fang', mobile: '13800000002' },
  { id: 'chen', name: 'Chen Jie', mobile: '13800000003' },
];

/** Org Params of an organization that has everything set up; two bots, an app, two robots. */
export const ORG = {
  wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-oncall',
  wecom_webhook_duty: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-duty',
  dingtalk_token: 'token-plant',
  dingtalk_secret: 'SECplant',
  dingtalk_token_boss: 'token-boss',
  dingtalk_secret_boss: 'SECboss',
  wecom_corp_id: 'ww1',
  wecom_corp_secret: 'app-secret',
  wecom_agent_id: '1000002',
};

/** @param {Clock} clock */
async function people(clock) {
  const services = await startServices({ clock });
  const { wecomBot, dingtalkRobot, wecomApp } = services;
  wecomBot.addGroup('On call', { key: 'key-oncall', members: MEMBERS });
  wecomBot.addGroup('Duty', { key: 'key-duty', members: MEMBERS.slice(1) });
  dingtalkRobot.addGroup('Plant', { token: 'token-plant', secret: 'SECplant', members: MEMBERS });
  dingtalkRobot.addGroup('Boss', { token: 'token-boss', secret: 'SECboss', members: MEMBERS.slice(2) });
  const app = wecomApp.addApp({ corpId: 'ww1', secret: 'app-secret', agentId: 1000002, members: MEMBERS });
  return { services, app };
}

const file = (/** @type {string} */ path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const texts = new Map();
function body(/** @type {string} */ path) {
  if (!texts.has(path)) texts.set(path, file(path));
  return texts.get(path);
}

/**
 * @typedef {[time: string, what: string, given?: any, act?: (world: World) => unknown]} Step
 * @typedef {Awaited<ReturnType<typeof people>> & {tkl: import('../../emulator/platform.mjs').Platform}} World what a step `world` acts on
 * @typedef {object} Timeline
 * @property {string} title
 * @property {string} [about] what a reader should look for
 * @property {Record<string, unknown>} [settings] Org Params beside the credentials of `ORG`
 * @property {string} [zone] minutes east of UTC as `+08:00`; also set as notify_timezone
 * @property {string} [preset] the notifier's method
 * @property {'last' | 'first' | 'beside' | 'none'} [alarm] where the platform's own `alarm` RPC stands
 * @property {'wasm' | 'nowasm' | 'note'} [build] the paste file, its twin, or the application note's own script
 * @property {string} [profile]
 * @property {Record<string, unknown>} [host] more options of the emulator's platform
 * @property {'all' | 'first line' | 'none'} [messages] how much of each message is shown
 * @property {boolean} [requests] whether each request and each line of the log is shown
 * @property {Step[]} steps
 */

/** Steps at a regular interval, from and to included. @returns {Step[]} */
export function every(
  /** @type {string} */ from,
  /** @type {string} */ to,
  /** @type {number} */ minutes,
  /** @type {string} */ what,
  /** @type {any} */ given = undefined,
) {
  /** @type {Step[]} */
  const steps = [];
  for (let at = minutesOf(from); at <= minutesOf(to); at += minutes) {
    const [day, minute] = [Math.floor(at / 1440), at % 1440];
    const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    steps.push([day ? `+${day} ${clock}` : clock, what, given]);
  }
  return steps;
}

/** Minutes since the first midnight. */
function minutesOf(/** @type {string} */ time) {
  const match = /^(?:\+(\d+) )?(\d\d):(\d\d)$/.exec(time);
  if (!match) throw new Error(`not a time: ${time}`);
  return Number(match[1] ?? 0) * 1440 + Number(match[2]) * 60 + Number(match[3]);
}

/** Minutes east of UTC. */
function offsetOf(/** @type {string} */ zone) {
  const [, sign, hours, minutes] = /** @type {string[]} */ (/^([+-])(\d\d):(\d\d)$/.exec(zone));
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/**
 * Runs a timeline and tells it.
 * @param {Timeline} timeline
 * @returns {Promise<{text: string, story: string, services: import('../../emulator/services/all.mjs').Services, tkl: import('../../emulator/platform.mjs').Platform, messages: number}>}
 *   `text` with its head, `story` without
 */
export async function run(timeline) {
  const { settings = {}, zone = '+00:00', preset = 'notify', alarm = 'last', build = 'wasm' } = timeline;
  const offset = offsetOf(zone) * MINUTE;
  const moment = (/** @type {string} */ time) => DAY_ONE + minutesOf(time) * MINUTE - offset;
  const shown = (/** @type {number} */ at) => clockText(at + offset);
  const clock = new Clock(moment(timeline.steps[0][0]));
  const { services, app } = await people(clock);
  const orgParams = { ...ORG, ...(zone === '+00:00' ? {} : { notify_timezone: zone }), ...settings };
  const triggers = {
    order: alarm === 'first' ? /** @type {const} */ ('alarm first') : /** @type {const} */ ('listed'),
    parallel: alarm === 'beside',
  };
  const profile = timeline.profile ?? 'tkl-current';
  const tkl = await startPlatform({ profile, services, orgParams, triggers, ...timeline.host });
  const note = build === 'note';
  const path = note
    ? `tests/fixtures/hand/${preset}.js`
    : `pkg/paste/${preset}${build === 'nowasm' ? '.nowasm' : ''}.js`;
  tkl.mount(preset, body(path));
  tkl.mountTrigger('trigger', note ? noteTrigger([preset, 'alarm']) : body('pkg/paste/trigger.js'));
  tkl.addDevice({ eui: EUI, name: 'Boiler 2 [KS52]', server_attrs: { alarm_temp: 80 } });

  const world = { services, app, tkl };
  const report = new Report(world, timeline, shown);
  /** @type {Promise<unknown>[]} */
  const open = [];

  const call = (/** @type {string} */ what, /** @type {Record<string, unknown>} */ params = {}) => {
    const raise = what === 'new' ? { title: 'Overheat', level: 'high' } : {};
    const all = { _eui: EUI, name: ALARM, action: what, ...raise, ...params };
    const methods = what === 'tick' || alarm === 'none' ? [preset] : [preset, 'alarm'];
    return tkl.dispatch(methods.map((method) => ({ method, params: all })));
  };

  try {
    // The timeline is awake while it acts, so that time passes only where a step says so.
    await clock.run(async () => {
      for (const [index, [time, what, given, act]] of timeline.steps.entries()) {
        if (what === 'new' || what === 'clear' || what === 'tick') open.push(call(what, given));
        else if (what === 'together') for (const [action, params] of given) open.push(call(action, params));
        else if (what === 'uplink') open.push(tkl.uplink(EUI, MODEL, given));
        else if (what === 'settings') change(tkl.orgParams, given);
        else if (what === 'attributes') change(tkl.device(EUI).server_attrs, given);
        else if (what === 'alarms') change(tkl.device(EUI).alarms, given);
        else if (what === 'clock') clock.set(moment(given));
        else if (what === 'world') act?.(world);
        else throw new Error(`no such step: ${what}`);
        const next = timeline.steps[index + 1]?.[0];
        if (next === undefined) break;
        // What sleeps beyond the next step goes on beside it, as on a server.
        await clock.sleep(moment(next) - clock.now());
        report.step(time, what, given);
      }
    });
    await Promise.all(open);
    const [time, what, given] = /** @type {Step} */ (timeline.steps.at(-1));
    report.step(time, what, given);
    const story = report.text();
    return { text: `${head(timeline, orgParams)}\n${story}`, story, services, tkl, messages: report.messages };
  } finally {
    await services.close();
  }
}

function change(/** @type {Record<string, any>} */ object, /** @type {Record<string, any>} */ by) {
  for (const [name, value] of Object.entries(by)) {
    if (value === undefined) delete object[name];
    else object[name] = value;
  }
}

function head(/** @type {Timeline} */ timeline, /** @type {Record<string, unknown>} */ orgParams) {
  const { title, about, build, preset = 'notify', profile = 'tkl-current' } = timeline;
  const own = Object.entries(orgParams).filter(([name, value]) => value !== /** @type {any} */ (ORG)[name]);
  const lines = [title, '='.repeat(width(title))];
  if (about) lines.push(about);
  lines.push('', `${preset}${build === 'nowasm' ? '.nowasm' : ''}.js on ${profile}`);
  for (const [name, value] of own) lines.push(`${name} = ${value}`);
  return `${lines.join('\n')}\n`;
}

/** Columns on a terminal: a Chinese character takes two. */
const width = (/** @type {string} */ text) => [...text].reduce((sum, char) => sum + (char > '\u2e7f' ? 2 : 1), 0);

/** `08:05`, and `+1 08:05` on the second day. */
function clockText(/** @type {number} */ local) {
  const text = new Date(local).toISOString();
  const seconds = text.slice(17, 19) === '00' ? '' : text.slice(16, 19);
  const day = Math.floor((local - DAY_ONE) / (1440 * MINUTE));
  return `${day ? `+${day} ` : ''}${text.slice(11, 16)}${seconds}`;
}

/** @param {string} what @param {any} given @returns {string} */
function stepLabel(what, given) {
  if (what === 'world') return given;
  if (what === 'clock') return `the server's clock is set to ${given}`;
  if (what === 'together')
    return `at the same moment: ${given.map((/** @type {[string, any]} */ call) => stepLabel(...call)).join(', ')}`;
  if (what === 'new') {
    const { name, level = 'high', ...more } = given ?? {};
    return ['new', name, level, fields(more)].filter(Boolean).join(' ');
  }
  return [what, fields(given ?? {})].filter(Boolean).join(' ');
}

/** A label without its readings: quiet steps of one kind are one line. */
const kindOf = (/** @type {string} */ label) => label.replace(/[\d.]+|"[^"]*"/g, '');

const fields = (/** @type {Record<string, unknown>} */ values) =>
  Object.entries(values)
    .map(
      ([name, value]) =>
        `${name} ${value === undefined ? 'removed' : typeof value === 'string' ? `"${value}"` : JSON.stringify(value)}`,
    )
    .join(', ');

/** Collects what came of each step and renders it. */
class Report {
  messages = 0;
  /** @type {string[]} */
  #lines = [];
  /** @type {{time: string, label: string, until: string, count: number} | undefined} */
  #quiet;
  /** How much of each list has been told. @type {Map<string, number>} */
  #seen = new Map();
  /** @type {Map<string, string>} */
  #stored = new Map();
  #world;
  #timeline;
  #shown;

  constructor(
    /** @type {World} */ world,
    /** @type {Timeline} */ timeline,
    /** @type {(at: number) => string} */ shown,
  ) {
    this.#world = world;
    this.#timeline = timeline;
    this.#shown = shown;
    this.#attributes();
  }

  /** @template T @param {string} name @param {T[]} list @returns {T[]} */
  #fresh(name, list) {
    const fresh = list.slice(this.#seen.get(name) ?? 0);
    this.#seen.set(name, list.length);
    return fresh;
  }

  step(/** @type {string} */ time, /** @type {string} */ what, /** @type {any} */ given) {
    const label = stepLabel(what, given);
    const calls = !['settings', 'attributes', 'alarms', 'clock', 'world'].includes(what);
    const lines = [...this.#requests(), ...this.#deliveries(), ...this.#logs(), ...this.#attributes()];
    if (lines.length === 0 && calls) {
      if (this.#quiet && kindOf(this.#quiet.label) === kindOf(label)) {
        this.#quiet.until = time;
        this.#quiet.count += 1;
        return;
      }
      this.#flush();
      this.#quiet = { time, label, until: time, count: 1 };
      return;
    }
    this.#flush();
    this.#lines.push(`${time}  ${label}`, ...lines.map((line) => `    ${line}`.trimEnd()));
  }

  #flush() {
    const quiet = this.#quiet;
    this.#quiet = undefined;
    if (!quiet) return;
    if (quiet.count === 1) this.#lines.push(`${quiet.time}  ${quiet.label}: nothing`);
    else
      this.#lines.push(`${quiet.time} to ${quiet.until}  ${quiet.count} times ${quiet.label.split(' ')[0]}: nothing`);
  }

  text() {
    this.#flush();
    return `${this.#lines.join('\n')}\n`;
  }

  #deliveries() {
    const { services } = this.#world;
    /** @type {{at: number, where: string, rung: string[], view: string}[]} */
    const all = [];
    for (const { facts, delivered } of services.all) {
      for (const message of this.#fresh(`${facts.id} delivered`, delivered)) {
        const { at, rung, view } = message;
        const where = 'group' in message ? `${facts.vendor} "${message.group}"` : facts.title;
        all.push({ at, where, rung, view });
      }
    }
    this.messages += all.length;
    all.sort((a, b) => a.at - b.at || (a.where < b.where ? -1 : a.where > b.where ? 1 : 0));
    const { messages: how = 'all' } = this.#timeline;
    const lines = [];
    for (const { at, where, rung, view } of all) {
      const rings = rung.length > 0 ? `rings ${rung.map((id) => nameOf(id)).join(', ')}` : 'rings nobody';
      lines.push(`${this.#shown(at)} ${where} ${rings}`);
      const text = visible(view).split('\n');
      if (how !== 'none') lines.push(...(how === 'all' ? text : text.slice(0, 1)).map((line) => `  | ${line}`));
    }
    for (const { facts, dropped } of services.all) {
      for (const { at, id, why } of this.#fresh(`${facts.id} dropped`, dropped)) {
        lines.push(`${this.#shown(at)} ${facts.title} keeps it from ${id || 'everybody'}: ${why}`);
      }
    }
    return lines;
  }

  #requests() {
    if (!this.#timeline.requests) return [];
    return this.#fresh('requests', this.#world.services.network.requests).map((sent) => {
      const path = new URL(sent.url).pathname.split('/').slice(-2).join('/');
      const answer = sent.error
        ? sent.status
          ? `HTTP ${sent.status}`
          : sent.error
        : `errcode ${sent.answer?.errcode ?? 'none'}`;
      return `${this.#shown(sent.at)} > ${path.replace('cgi-bin/', '')}: ${answer}`;
    });
  }

  #logs() {
    const lines = [];
    // The list of calls grows when a call starts, its logs when it goes on.
    for (const [index, { method, result }] of this.#world.tkl.calls.entries()) {
      for (const [level, text] of this.#fresh(`logs ${index}`, result.logs)) {
        if (level !== 'info' || this.#timeline.requests) lines.push(`${level}: ${visible(text)}`);
      }
      if (result.error !== undefined && this.#fresh(`error ${index}`, [1]).length > 0) {
        // Which port nobody listens at differs from run to run.
        lines.push(`${method} fails for the platform: ${visible(result.error).replace(/(127\.0\.0\.1):\d+/, '$1')}`);
      }
    }
    return lines;
  }

  #attributes() {
    const lines = [];
    const attributes = this.#world.tkl.device(EUI).server_attrs;
    for (const [name, value] of Object.entries(attributes)) {
      if (this.#stored.get(name) === value) continue;
      this.#stored.set(name, value);
      const alarm = alarmOf(name);
      if (alarm !== undefined) lines.push(`stored ${alarm}: ${this.#state(value)}`);
      else if (name.startsWith('wecom_token_')) lines.push('stored wecom_token_…: sealed');
    }
    for (const name of this.#stored.keys()) if (!Object.hasOwn(attributes, name)) this.#stored.delete(name);
    return lines;
  }

  /** A stored state in words; text that is none as it is. @param {unknown} text */
  #state(text) {
    const state = readState(text);
    if (!state) return `"${visible(String(text))}"`;
    const { level, told, worst, rose, unstable, steps, messages, since, sent, fits } = state;
    return [
      level === told ? `${level}, as told` : `${level}, told ${told}`,
      rose && level !== 'none' ? `worst ${worst}` : '',
      unstable ? 'unstable' : '',
      steps ? `escalated by ${steps}` : '',
      `${messages} sent`,
      since ? `since ${this.#shown(since)}` : '',
      sent ? `last ${this.#shown(sent)}` : '',
      fits ? '' : 'TOO LONG',
    ]
      .filter(Boolean)
      .join('; ');
  }
}

const nameOf = (/** @type {string} */ id) => MEMBERS.find((member) => member.id === id)?.name ?? id;
