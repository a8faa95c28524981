// Ten thousand calls in a row: nothing fails, every answer is the first one's, and memory does not grow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import { ALARM, DINGTALK, EUI, freshPackage, NOW, ORG, paste } from './setup.mjs';

const CALLS = 10_000;

setFlagsFromString('--expose-gc');
const collect = /** @type {() => void} */ (vm.runInNewContext('gc'));

/** What is in use once all garbage is gone, in bytes. */
function inUse() {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Calls of every kind: long and short texts, nothing to do, bad settings, state on the device. */
const KINDS = [
  { params: ALARM },
  { params: { ...ALARM, desc: '温度过高 '.repeat(2000), title: 'x'.repeat(5000) } },
  { params: { ...ALARM, action: 'clear' }, alarms: { overheat: { level: 'high' } } },
  { params: { ...ALARM, action: 'clear' } },
  { params: ALARM, org_params: {} },
  { params: { content: '<@all>'.repeat(500) }, device: { name: '🔥'.repeat(300), eui: EUI, server_attrs: DINGTALK } },
];

const inputsOf = (/** @type {number} */ turn) => ({
  device: { name: 'Boiler', eui: EUI, server_attrs: {} },
  alarms: {},
  org_params: ORG,
  logger: { info() {}, warn() {}, error() {} },
  ...KINDS[turn % KINDS.length],
});

/** Runs it so often, answers compared with the first of their kind. @param {(turn: number) => unknown} call */
function often(call, calls = CALLS) {
  const first = KINDS.map((_, turn) => JSON.stringify(call(turn)));
  let settled = 0;
  for (let turn = 0; turn < calls; turn += 1) {
    const answer = JSON.stringify(call(turn));
    if (answer !== first[turn % KINDS.length]) assert.equal(answer, first[turn % KINDS.length], `call ${turn}`);
    // After a tenth, everything that is made once has been made.
    if (turn === Math.floor(calls / 10)) settled = inUse();
  }
  assert.ok(first.some((answer) => answer.includes('axios')));
  return inUse() - settled;
}

/** Far below what one leaked call in ten would take, far above what the engine itself moves about. */
const GROWTH = 3_000_000;

for (const preset of ['wecom_notify', 'notify']) {
  test(`${preset}: ${CALLS} warm calls of the package leave its memory at the pages it had`, async () => {
    /** @type {WebAssembly.Memory[]} */
    const memories = [];
    const { Instance } = WebAssembly;
    WebAssembly.Instance = /** @type {any} */ (
      class extends Instance {
        constructor(/** @type {[WebAssembly.Module]} */ ...given) {
          super(...given);
          for (const item of Object.values(this.exports)) if (item instanceof WebAssembly.Memory) memories.push(item);
        }
      }
    );
    const realNow = Date.now;
    Date.now = () => NOW;
    try {
      const { rpc_script } = await freshPackage();
      const call = (/** @type {number} */ turn) => rpc_script(inputsOf(turn), { preset });
      for (let turn = 0; turn < 100; turn += 1) call(turn);
      const pages = memories.map(({ buffer }) => buffer.byteLength);
      const growth = often(call);
      assert.equal(memories.length, 1, 'one instance served every call');
      assert.deepEqual(
        memories.map(({ buffer }) => buffer.byteLength),
        pages,
      );
      assert.ok(growth < GROWTH, `${growth} bytes more in use`);
    } finally {
      Date.now = realNow;
      WebAssembly.Instance = Instance;
    }
  });
}

/** A pasted body as a function in one context. @param {string} preset @param {string} build */
function pasted(preset, build) {
  const context = vm.createContext({ Buffer });
  vm.runInContext(`Date.now = () => ${NOW}`, context);
  return vm.runInContext(
    `(function ({ device, params, alarms, logger, org_params }) {\n${paste(preset, build)}\n})`,
    context,
  );
}

test(`${CALLS} calls of a twin in one context`, () => {
  const body = pasted('wecom_text', 'twin');
  const growth = often((turn) => body(inputsOf(turn)));
  assert.ok(growth < GROWTH, `${growth} bytes more in use`);
});

// Compiling is what costs here, so these are fewer.
test('1000 calls of a wasm paste file, which compiles its module each time', () => {
  const body = pasted('wecom_notify', 'wasm');
  const growth = often((turn) => body(inputsOf(turn)), 1000);
  assert.ok(growth < GROWTH, `${growth} bytes more in use`);
});

for (const build of ['wasm', 'twin']) {
  test(`120 fresh contexts, as the platform makes one a call (${build})`, () => {
    const script = new vm.Script(`function rpcRunner() {\n${paste('dingtalk_notify', build)}\n}\nrpcRunner();`);
    const growth = often((turn) => {
      const context = vm.createContext({ ...inputsOf(turn), Buffer });
      vm.runInContext(`Date.now = () => ${NOW}`, context);
      return script.runInContext(context, { timeout: 1000 });
    }, 120);
    // Contexts go when the engine finds time: what stays is less than half of what was made.
    assert.ok(growth < 40_000_000, `${growth} bytes more in use`);
  });
}
