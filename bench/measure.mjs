// Times subjects inside one process; `bench.mjs` starts it and reads the times in ms that it prints: `group` a list a
// subject, one time a round; `first` the time of one first call.

import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import vm from 'node:vm';

/** @typedef {import('./rows.mjs').Subject} Subject */

/** A warm call takes a few µs: so many are timed together. */
const BATCH = 50;

const file = (/** @type {string} */ path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** What every script is handed; each takes of it what it knows. @param {Subject} subject @param {string} [name] */
const inputs = ({ channel, action, rules }, name = 'overheat') => {
  /** @type {Record<string, number>} */
  const values = { temperature: 91 };
  // Every second rule holds.
  for (let n = 0; n < rules; n++) values[`field_${n}`] = n % 2 ? 91 : 21.5;
  /** @type {Record<string, any>} */
  const server_attrs = { dingtalk_token: 't-1', dingtalk_secret: 'SEC-1', alarm_temp: 80 };
  return {
    device: { name: 'Boiler', eui: '24e124', server_attrs, telemetry_data: { 77: values } },
    thingModelId: '77',
    params: { name, action, title: 'Too hot', level: /** @type {const} */ ('high'), desc: '91 °C in the boiler room' },
    alarms: {},
    logger: { info() {}, warn() {}, error() {} },
    org_params: {
      wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k-1',
      dingtalk_token: 't-1',
      dingtalk_secret: 'SEC-1',
      notify_routes: `*=${channel}`,
      notify_repeat: 'always',
    },
  };
};

// Only where it is needed: it compiles WebAssembly, and a first call shall be the first.
const loadPackage = () => import('../pkg/index.js');

/** The attributes that keep the states of raised alarms, as the core itself writes them. @param {Subject} subject */
const storedStates = async (subject) => {
  const { rpc_script } = await loadPackage();
  /** @type {Record<string, unknown>} */
  const states = {};
  for (let n = 0; n < subject.stored; n++) {
    const name = n === 0 ? 'overheat' : `alarm_${n}`;
    for (const sent of await rpc_script(inputs(subject, name), { preset: 'notify' })) {
      if (sent.type === 'modifyAttrs') Object.assign(states, sent.dnMsg.server_attrs);
    }
  }
  const count = Object.keys(states).filter((key) => key.startsWith('ntf_')).length;
  if (count !== subject.stored) throw Error(`${count} states are stored, not ${subject.stored}`);
  return states;
};

/** The script's text; a trigger with other rules than the shipped ones is edited as people do it. @param {Subject} subject */
const bodyOf = ({ script, rules }) => {
  if (script === 'empty') return '';
  const body = file(script);
  if (!rules) return body;
  const list = Array.from({ length: rules }, (_, n) => ({
    name: `alarm_${n}`,
    field: `field_${n}`,
    is: '>=',
    threshold: 'alarm_temp',
    unit: '°C',
    level: 'high',
    title: 'Overheat: [{device}]',
    desc: '[{device}] temperature {value}{unit} exceeded threshold {threshold}{unit}',
    methods: ['notify', 'alarm'],
  }));
  const edited = body.replace(/var RULES = \[[\s\S]*?\n\];/, () => `var RULES = ${JSON.stringify(list, null, 2)};`);
  if (edited === body) throw Error(`${script} has no rules to edit`);
  return edited;
};

/** A function that runs one call. @param {Subject} subject @returns {Promise<() => unknown>} */
const runner = async (subject) => {
  const given = inputs(subject);
  if (subject.stored) Object.assign(given.device.server_attrs, await storedStates(subject));
  if (subject.how === 'warm') {
    if (!subject.script.endsWith('.js')) {
      const preset = /** @type {import('../pkg/index.js').Method} */ (subject.script);
      const { rpc_script } = await loadPackage();
      return () => rpc_script(given, { preset });
    }
    const call = new Function(...Object.keys(given), bodyOf(subject));
    const values = Object.values(given);
    return () => call(...values);
  }
  const script = new vm.Script(
    `(function ({ device, thingModelId, params, alarms, logger, org_params }) {\n${bodyOf(subject)}\n})(inputs)`,
    { filename: 'script' },
  );
  return () => script.runInContext(vm.createContext({ Buffer, inputs: given }), { timeout: 1000 });
};

/** A script that does something else than its row says is not worth timing. @param {Subject} subject @param {any} result */
const assertDone = (subject, result) => {
  const actions = (result?.actions ?? result ?? []).length;
  const none = subject.script === 'empty' || subject.action === 'clear';
  const expected = none ? actions === 0 : subject.rules ? actions >= subject.rules : actions > 0;
  if (!expected) throw Error(`${JSON.stringify(subject)}: ${actions} actions`);
};

const time = (/** @type {() => unknown} */ run) => {
  const start = performance.now();
  run();
  return performance.now() - start;
};

/** Each subject's times, one a round. @param {{ subjects: Subject[], rounds: number }} group */
const measure = async ({ subjects, rounds }) => {
  const timed = [];
  for (const subject of subjects) {
    const run = await runner(subject);
    assertDone(subject, run());
    const warm = subject.how === 'warm';
    const batch = () => {
      for (let n = 0; n < BATCH; n++) run();
    };
    timed.push({
      sample: warm ? () => time(batch) / BATCH : () => time(run),
      times: /** @type {number[]} */ ([]),
    });
  }
  const warmUp = Math.ceil(rounds / 5);
  for (let round = 0; round < warmUp + rounds; round++) {
    // A new order each round (Fisher and Yates), so that nobody always pays for what the same neighbour left behind.
    const order = [...timed];
    for (let n = order.length - 1; n > 0; n--) {
      const other = Math.floor(Math.random() * (n + 1));
      [order[n], order[other]] = [order[other], order[n]];
    }
    for (const { sample, times } of order) {
      const spent = sample();
      if (round >= warmUp) times.push(spent);
    }
  }
  return timed.map(({ times }) => times);
};

const [mode, given] = process.argv.slice(2);
/** @type {any} */
const asked = JSON.parse(given);
console.log(JSON.stringify(mode === 'first' ? time(await runner(asked)) : await measure(asked)));
