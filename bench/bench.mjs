// `npm run bench`: the paste files and the package beside hand-written scripts, in one interleaved run: medians, ratios,
// sizes, and where a budget is missed. Contents and correctness are the tests' business.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import vm from 'node:vm';
import { rpc_script } from '../pkg/index.js';

const PROCESSES = 3;
const ROUNDS = 150;

const file = (/** @type {string} */ path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const wrap = (/** @type {string} */ body) =>
  new vm.Script(`(function ({ device, thingModelId, params, alarms, logger, org_params }) {\n${body}\n})(inputs)`, {
    filename: 'script',
  });

const inputs = (/** @type {string} */ action, /** @type {string} */ routes) => ({
  device: {
    name: 'Boiler',
    eui: '24e124',
    server_attrs: { dingtalk_token: 't-1', dingtalk_secret: 'SEC-1', alarm_temp: 80 },
    telemetry_data: { 77: { temperature: 91 } },
  },
  thingModelId: '77',
  params: {
    name: 'overheat',
    action,
    title: 'Too hot',
    level: 'high',
    desc: '91 °C in the boiler room',
    content: 'hello',
  },
  alarms: {},
  logger: { info() {}, warn() {}, error() {} },
  org_params: {
    wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k-1',
    dingtalk_token: 't-1',
    dingtalk_secret: 'SEC-1',
    notify_routes: routes,
    notify_repeat: 'always',
  },
});

/**
 * What is run, beside which hand-written script, with which action, how many times the hand's time it may take.
 * `first`: the first call of a process; `warm`: a further call of the package.
 * @typedef {[label: string, subject: string, hand: string, action: string, budget: number | undefined, mode?: 'first' | 'warm']} Row
 */

/** @type {Row[]} */
const ROWS = [
  ['fresh context, text', 'wecom_notify.js', 'wecom_notify', 'new', 1.4],
  ['fresh context, signed', 'dingtalk_notify.js', 'dingtalk_notify', 'new', 0.95],
  ['fresh context, notify, text', 'notify.js', 'wecom_notify', 'new', 1.7],
  ['fresh context, notify, signed', 'notify.js', 'dingtalk_notify', 'new', 1.2],
  ['nothing to do', 'wecom_notify.js', 'wecom_notify', 'clear', 1.1],
  ['nothing to do, notify', 'notify.js', 'wecom_notify', 'no', 1.4],
  ['twin, fresh context, text', 'wecom_notify.nowasm.js', 'wecom_notify', 'new', 2.2],
  ['twin, fresh context, signed', 'dingtalk_notify.nowasm.js', 'dingtalk_notify', 'new', 2.2],
  ['twin, fresh context, notify', 'notify.nowasm.js', 'wecom_notify', 'new', 3],
  ['trigger, fresh context', 'trigger.js', 'trigger', 'new', undefined],
  ['first call, text', 'wecom_notify.js', 'wecom_notify', 'new', 2.4, 'first'],
  ['first call, notify', 'notify.js', 'wecom_notify', 'new', 3.5, 'first'],
  ['warm package, text', 'wecom_notify', 'wecom_notify', 'new', 2.6, 'warm'],
  ['warm package, signed', 'dingtalk_notify', 'dingtalk_notify', 'new', 0.25, 'warm'],
  ['warm package, notify', 'notify', 'wecom_notify', 'new', 5, 'warm'],
  ['warm package, notify, signed', 'notify', 'dingtalk_notify', 'new', 0.5, 'warm'],
];

/** A function that runs one call of a row's subject or its hand-written baseline. @param {Row} row @param {boolean} baseline */
const runner = ([, subject, hand, action, , mode], baseline) => {
  const given = inputs(action, hand.startsWith('dingtalk') ? '*=dingtalk' : '*=wecom');
  if (mode === 'warm' && !baseline) {
    const preset = /** @type {import('../pkg/index.js').Method} */ (subject);
    return () => rpc_script(given, { preset });
  }
  const body = baseline ? file(`tests/fixtures/hand/${hand}.js`) : file(`pkg/paste/${subject}`);
  if (mode === 'warm') {
    const call = new Function(...Object.keys(given), body);
    return () => call(...Object.values(given));
  }
  const script = wrap(body);
  return () => script.runInContext(vm.createContext({ Buffer, inputs: given }), { timeout: 1000 });
};

const median = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[values.length >> 1];
const time = (/** @type {() => unknown} */ run) => {
  const start = performance.now();
  run();
  return performance.now() - start;
};

/** Times of ours and of the hand-written script. @returns {[ours: number[], hand: number[]]} */
const twoLists = () => [[], []];

if (process.argv[2] === 'first') {
  console.log(time(runner(ROWS[Number(process.argv[3])], process.argv[4] === 'hand')));
} else if (process.argv[2] === 'round') {
  const pairs = ROWS.map((row) => (row[5] === 'first' ? undefined : [runner(row, false), runner(row, true)]));
  const times = ROWS.map(twoLists);
  for (let round = 0; round < ROUNDS + 30; round++) {
    pairs.forEach((pair, index) => {
      pair?.forEach((run, side) => {
        const spent = time(run);
        if (round >= 30) times[index][side].push(spent);
      });
    });
  }
  console.log(JSON.stringify(times.map((sides) => sides.map((side) => (side.length ? median(side) : null)))));
} else {
  const self = (/** @type {string[]} */ ...args) =>
    JSON.parse(execFileSync(process.execPath, [new URL(import.meta.url).pathname, ...args], { encoding: 'utf8' }));
  const collected = ROWS.map(twoLists);
  for (let n = 0; n < PROCESSES; n++) {
    /** @type {(number | null)[][]} */
    const medians = self('round');
    medians.forEach((sides, index) => {
      sides.forEach((value, side) => {
        if (value !== null) collected[index][side].push(value);
      });
    });
    ROWS.forEach((row, index) => {
      if (row[5] !== 'first') return;
      collected[index][0].push(self('first', `${index}`, 'ours'));
      collected[index][1].push(self('first', `${index}`, 'hand'));
    });
  }
  console.log(`Node ${process.version}, median of ${PROCESSES} processes, interleaved\n`);
  console.log(
    `${'row'.padEnd(30)} ${'ours'.padStart(9)} ${'hand'.padStart(9)} ${'ratio'.padStart(6)} ${'budget'.padStart(6)}`,
  );
  ROWS.forEach(([label, , , , budget], index) => {
    const [ours, hand] = collected[index].map(median);
    const ratio = ours / hand;
    const µs = (/** @type {number} */ ms) => `${(ms * 1000).toFixed(1)} µs`.padStart(9);
    const miss = budget && ratio > budget ? '  missed' : '';
    const allowed = (budget?.toFixed(2) ?? '–').padStart(6);
    console.log(`${label.padEnd(30)} ${µs(ours)} ${µs(hand)} ${ratio.toFixed(2).padStart(6)} ${allowed}${miss}`);
  });
  console.log(`\n${'paste file'.padEnd(30)} ${'units'.padStart(9)} ${'budget'.padStart(9)}`);
  for (const name of readdirSync(new URL('../pkg/paste/', import.meta.url)).sort()) {
    const units = file(`pkg/paste/${name}`).length;
    const budget = name.startsWith('notify.') ? 32_000 : /nowasm|trigger/.test(name) ? 24_000 : 20_000;
    const miss = units > budget ? '  missed' : '';
    console.log(`${name.padEnd(30)} ${`${units}`.padStart(9)} ${`${budget}`.padStart(9)}${miss}`);
  }
}
