// The one decision of the shim, the early answer, held against the core. To hear the core alone, the action is hidden from
// the first look at it: an accessor says `new` once and the truth from then on, so that the shim lets the call through.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { stateKey } from '../stored_state.mjs';
import { BUILDS, EUI, freshPackage, jsonOf, NOW, ORG, PRESETS, paste, random, runner } from './setup.mjs';

/** The same params, whose action is told to be `new` when it is first asked for. @param {any} params */
function pastTheShim(params) {
  let asked = false;
  return Object.defineProperty({ ...params }, 'action', {
    enumerable: true,
    get() {
      if (asked) return params.action;
      asked = true;
      return 'new';
    },
  });
}

const ACTIONS = [
  'clear',
  'no',
  'NEW',
  'Clear',
  'new ',
  '',
  undefined,
  null,
  0,
  1,
  false,
  true,
  5n,
  ['clear'],
  ['new'],
  [],
  {},
  'tick',
  'new',
];
const NAMES = [
  ...[
    'overheat',
    'a.b-c_d',
    'x'.repeat(32),
    'x'.repeat(33),
    'über',
    'a b',
    '',
    undefined,
    null,
    7,
    0,
    true,
    ['overheat'],
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '<@all>',
    'a\0b',
    'a\x01b',
    '\ud800',
    '温度',
    {},
    Symbol('s'),
  ],
];

/** Maps of active alarms as a platform may hand them in. */
const ALARMS = {
  none: (/** @type {unknown} */ _) => ({}),
  'not given': () => undefined,
  null: () => null,
  'this one': (/** @type {any} */ name) => withOwn({}, name, { level: 'high', title: 'T' }),
  'this one, empty': (/** @type {any} */ name) => withOwn({}, name, {}),
  'this one, null': (/** @type {any} */ name) => withOwn({}, name, null),
  'this one, undefined': (/** @type {any} */ name) => withOwn({}, name, undefined),
  'this one, inherited': (/** @type {any} */ name) => Object.create(withOwn({}, name, {})),
  others: () => ({ other: {}, tick: {} }),
};

/** State of `notify` on the device. */
const STATES = {
  none: (/** @type {unknown} */ _) => ({}),
  garbage: (/** @type {any} */ name) => withOwn({}, stateKey(typeof name === 'string' ? name : 'x'), 'garbage'),
  'that it was raised': (/** @type {any} */ name) => raised(name),
  'of another alarm': () => raised('other'),
  'not given': () => undefined,
};

const { rpc_script: remember } = await freshPackage();

/** What `notify` keeps on a device whose alarm of that name was raised, under whatever key. */
function raised(/** @type {unknown} */ name) {
  const logger = { info() {}, warn() {}, error() {} };
  const params = { name, action: 'new', level: 'high' };
  const actions = remember({ device: { eui: EUI }, params, org_params: ORG, logger }, { preset: 'notify' });
  return actions.find((/** @type {any} */ { type }) => type === 'modifyAttrs').dnMsg.server_attrs;
}

function withOwn(/** @type {any} */ target, /** @type {any} */ name, /** @type {unknown} */ value) {
  const key = typeof name === 'symbol' || (name !== null && typeof name === 'object') ? 'overheat' : String(name ?? '');
  return Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

const axios = async () => ({ status: 200, data: { errcode: 0, errmsg: 'ok', access_token: 'tok', expires_in: 7200 } });

/** @typedef {{params: any, alarms: any, device: any}} Case */

/** Every action with every name, the maps and states dealt out. @returns {Generator<[string, Case]>} */
function* cases(/** @type {number} */ seed) {
  const source = random(seed);
  for (const action of ACTIONS) {
    for (const name of NAMES) {
      const [alarmLabel, alarms] = source.pick(Object.entries(ALARMS));
      const [stateLabel, state] = source.pick(Object.entries(STATES));
      yield [
        `${show(action)} of ${show(name)}, alarms ${alarmLabel}, state ${stateLabel}`,
        {
          params: { name, action, level: 'high', desc: 'd' },
          alarms: alarms(name),
          device: { eui: EUI, name: 'Boiler', server_attrs: state(name) },
        },
      ];
    }
  }
  // The pair that decides most often, in full; `ack` shares its prefix with a setting.
  for (const name of ['overheat', 'ack']) {
    for (const [[alarmLabel, alarms], [stateLabel, state]] of pairs(Object.entries(ALARMS), Object.entries(STATES))) {
      yield [
        `clear of ${name}, alarms ${alarmLabel}, state ${stateLabel}`,
        {
          params: { name, action: 'clear' },
          alarms: alarms(name),
          device: { eui: EUI, name: 'Boiler', server_attrs: state(name) },
        },
      ];
    }
  }
}

/** @template A, B @param {A[]} first @param {B[]} second @returns {[A, B][]} */
const pairs = (first, second) => first.flatMap((a) => second.map((b) => /** @type {[A, B]} */ ([a, b])));

/** A value as a test's message shows it. */
const show = (/** @type {any} */ value) => inspect(value, { breakLength: Number.POSITIVE_INFINITY });

/** Both ways through one preset. @param {(inputs: any) => Promise<any>} run @param {Case} given */
async function bothWays(run, given) {
  const inputs = { ...given, org_params: ORG };
  return [await run(inputs), await run({ ...inputs, params: pastTheShim(given.params) })];
}

test('the accessor leads past the shim: the core alone answers an unknown action', async () => {
  // Settings that the core reads and the early answer does not: it says so only when it is asked.
  const { rpc_script } = await freshPackage();
  const NEW = pastTheShim({ name: 'a', action: 'no' });
  assert.deepEqual([NEW.action, NEW.action], ['new', 'no']);
  const { Instance } = WebAssembly;
  let loaded = 0;
  WebAssembly.Instance = /** @type {any} */ (
    class extends Instance {
      constructor(/** @type {[WebAssembly.Module]} */ ...given) {
        super(...given);
        loaded += 1;
      }
    }
  );
  try {
    const given = { device: {}, alarms: {}, org_params: ORG };
    assert.deepEqual(rpc_script({ ...given, params: { name: 'a', action: 'no' } }, { preset: 'notify' }), []);
    assert.equal(loaded, 0, 'the shim answered');
    const params = pastTheShim({ name: 'a', action: 'no' });
    assert.deepEqual(rpc_script({ ...given, params }, { preset: 'notify' }), []);
    assert.equal(loaded, 1, 'the core answered');
  } finally {
    WebAssembly.Instance = Instance;
  }
});

for (const preset of PRESETS) {
  test(`${preset}: with and without the early answer, each action and name comes out alike (package)`, async () => {
    const { rpc_script } = await freshPackage();
    const realNow = Date.now;
    Date.now = () => NOW;
    try {
      const run = async (/** @type {any} */ inputs) => {
        /** @type {string[][]} */
        const logs = [];
        const write = (/** @type {string} */ level) => (/** @type {string} */ text) => logs.push([level, text]);
        const logger = { info: write('info'), warn: write('warn'), error: write('error') };
        return { actions: jsonOf(await rpc_script({ ...inputs, logger, axios }, { preset })), logs };
      };
      for (const [label, given] of cases(1)) {
        const [early, core] = await bothWays(run, given);
        assert.deepEqual(early, core, `${preset}: ${label}`);
      }
    } finally {
      Date.now = realNow;
    }
  });

  for (const build of BUILDS) {
    test(`${preset} (${build}): the paste file's early answer is the core's`, async () => {
      const run = await runner(paste(preset, build));
      const inHost = async (/** @type {any} */ inputs) => {
        const { kind, actions, logs } = await run(inputs, { axios });
        return { kind, actions, logs };
      };
      let turn = 0;
      for (const [label, given] of cases(2)) {
        turn += 1;
        // Every case through some preset and build; the pair that decides most often through each wasm file.
        if (
          (build === 'twin' || turn <= ACTIONS.length * NAMES.length) &&
          (turn + PRESETS.indexOf(preset)) % 12 !== BUILDS.indexOf(build)
        )
          continue;
        const [early, core] = await bothWays(inHost, given);
        assert.equal(early.kind, 'result', label);
        assert.deepEqual(early, core, `${preset} (${build}): ${label}`);
      }
    });
  }
}
