// Ten thousand calls in a row: nothing fails, every answer is the first one's, and memory does not grow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import { ALARM, DINGTALK, EUI, freshPackage, NOW, ORG, paste } from './setup.mjs';

const CALLS = 10_000;

setFlagsFromString('--expose-gc');
const collect = /** @type {() => void} */ (vm.runInNewContext('gc'));

/** What leaks never goes, so it is waited for long. */
const PATIENCE = 30_000;

/**
 * What is counted once all garbage is gone. Some of it goes only between two turns of the event loop, and some only when
 * the engine has compiled in the background what it was used for, which was seen to take half a second.
 * @param {() => number} count @param {number} enough ends the waiting @param {number} patience in milliseconds
 */
async function afterCollection(count, enough, patience = PATIENCE) {
  const end = performance.now() + patience;
  for (;;) {
    await nextTurn(5);
    collect();
    const counted = count();
    if (counted <= enough || performance.now() > end) return counted;
  }
}

/** Bytes in use. */
function inUse() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How many of them something still holds. @param {WeakRef<object>[]} made @param {number} expected */
const survivors = (made, expected) =>
  afterCollection(() => made.filter((one) => one.deref() !== undefined).length, expected);

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

/** Runs it so often, and each answer must be the first one of its kind. @param {(turn: number) => unknown} call */
function repeat(call, calls = CALLS, first = KINDS.map((_, turn) => JSON.stringify(call(turn)))) {
  assert.ok(first.some((answer) => answer.includes('axios')));
  for (let turn = 0; turn < calls; turn += 1) {
    const answer = JSON.stringify(call(turn));
    if (answer !== first[turn % KINDS.length]) assert.equal(answer, first[turn % KINDS.length], `call ${turn}`);
  }
  return first;
}

/** Bytes. One answer in ten, kept for ten thousand calls, takes twice as much; what the engine moves about, a fifth. */
const GROWTH = 500_000;

/** How many bytes more are in use after so many calls. @param {(turn: number) => unknown} call */
async function growth(call, calls = CALLS, patience = PATIENCE) {
  // By then the engine has compiled what it will, and dropped what it compiled from.
  const first = repeat(call, calls / 2);
  // No memory is as little as 0, so all of the 300 ms pass.
  const settled = await afterCollection(inUse, 0, 300);
  repeat(call, calls, first);
  return (await afterCollection(inUse, settled + GROWTH, patience)) - settled;
}

/** @param {(turn: number) => unknown} call */
async function repeatWithoutGrowth(call, calls = CALLS) {
  const more = await growth(call, calls);
  assert.ok(more <= GROWTH, `${more} bytes more in use`);
}

test('one answer in ten that is kept is seen as growth', async () => {
  /** @type {string[]} */
  const kept = [];
  const more = await growth(
    (turn) => {
      const answer = [{ axios: 'x'.repeat(1000) }];
      if (turn % 10 === 0) kept.push(JSON.stringify(answer));
      return answer;
    },
    CALLS,
    0,
  );
  assert.ok(more > GROWTH, `${more} bytes more in use for ${kept.length} answers`);
});

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
      await repeatWithoutGrowth(call);
      assert.equal(memories.length, 1, 'one instance served every call');
      assert.deepEqual(
        memories.map(({ buffer }) => buffer.byteLength),
        pages,
      );
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

test(`${CALLS} calls of a twin in one context`, async () => {
  const body = pasted('wecom_text', 'twin');
  await repeatWithoutGrowth((turn) => body(inputsOf(turn)));
});

// Compiling is what costs here, so these are fewer.
test('1000 calls of a wasm paste file, which compiles its module each time', async () => {
  const body = pasted('wecom_notify', 'wasm');
  await repeatWithoutGrowth((turn) => body(inputsOf(turn)), 1000);
});

/**
 * A script as the platform runs it, in a context of its own a call, and the contexts that were made.
 * @param {string} body @param {object} [globals] more than the platform has
 */
function inFreshContexts(body, globals) {
  const script = new vm.Script(`function rpcRunner() {\n${body}\n}\nrpcRunner();`);
  /** @type {WeakRef<object>[]} */
  const contexts = [];
  const call = (/** @type {number} */ turn) => {
    const context = vm.createContext({ ...inputsOf(turn), ...globals, Buffer });
    contexts.push(new WeakRef(context));
    vm.runInContext(`Date.now = () => ${NOW}`, context);
    return script.runInContext(context, { timeout: 1000 });
  };
  return { call, contexts };
}

for (const build of ['wasm', 'twin']) {
  test(`120 fresh contexts, as the platform makes one a call (${build}), are gone afterwards`, async () => {
    const { call, contexts } = inFreshContexts(paste('dingtalk_notify', build));
    repeat(call, 120);
    assert.equal(await survivors(contexts, 0), 0, `of ${contexts.length} contexts`);
  });
}

test('contexts that their scripts leave with the host are counted', async () => {
  /** @type {unknown[]} */
  const left = [];
  const { call, contexts } = inFreshContexts('if (left.length < 3) left.push(() => device); return [];', { left });
  for (let turn = 0; turn < 10; turn += 1) call(turn);
  assert.equal(await survivors(contexts, 3), 3);
});
