// Missing, wrong-typed and hostile values in every field that a script reads, and every odd answer of a service: a call
// answers as documented, an array or one clear error. Never a trap, never a rejection, never a request to elsewhere.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { settings } from '../../pkg/index.js';
import { stateKey } from '../stored_state.mjs';
import { ALARM, BUILDS, EUI, freshPackage, ORG, PRESETS, paste, random, runner } from './setup.mjs';

/** @type {unknown[]} */
const unhandled = [];
const note = (/** @type {unknown} */ reason) => unhandled.push(reason);
process.on('unhandledRejection', note);
after(() => {
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, [], 'no rejection was left unhandled');
});

const { rpc_script } = await freshPackage();
const boom = () => {
  throw new Error('read by force');
};

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const cyclic = () => {
  /** @type {any} */
  const value = { a: 1 };
  value.self = value;
  return value;
};
const throwing = {
  get: boom,
  has: boom,
  ownKeys: boom,
  getOwnPropertyDescriptor: boom,
  getPrototypeOf: boom,
};

/** What may stand where a text is expected. @type {Record<string, () => unknown>} */
const VALUES = {
  undefined: () => undefined,
  null: () => null,
  'empty text': () => '',
  blanks: () => ' \t\n',
  zero: () => 0,
  'a number': () => -1.5e300,
  NaN: () => Number.NaN,
  'a bigint': () => 10n ** 40n,
  true: () => true,
  false: () => false,
  'a symbol': () => Symbol('s'),
  'a function': () => function f() {},
  'a list': () => ['a', 1, null, undefined, ['b'], {}, Symbol('s'), 5n],
  'a list with holes': () => Object.assign(new Array(3), { 1: 'a' }),
  'a very long list': () => new Array(50_000).fill('x'),
  'a list that throws': () => new Proxy(['a'], throwing),
  'a list of what throws': () => [{ toString: boom }, new Proxy({}, throwing)],
  'a nested object': () => ({ a: { b: { c: 'd' } }, level: 'x', title: {}, desc: [] }),
  'an object in a circle': cyclic,
  'a date': () => new Date(Number.NaN),
  'a map': () => new Map([['a', 'b']]),
  bytes: () => new Uint8Array([1, 2, 3]),
  'a promise': () => Promise.resolve('x'),
  'a boxed text': () => Object('boxed'),
  'an object whose toString throws': () => ({
    toString: boom,
    valueOf: boom,
    [Symbol.toPrimitive]: boom,
    toJSON: boom,
  }),
  'a proxy that throws': () => new Proxy({}, throwing),
  'a revoked proxy': revoked,
  'own __proto__ keys': () => JSON.parse('{"__proto__":{"level":"urgent"},"constructor":1,"toString":"x"}'),
  'the word __proto__': () => '__proto__',
  'the word constructor': () => 'constructor',
  'a million characters': () => '温'.repeat(1_000_000),
  NUL: () => 'a\0odingtalk_token\0x\0owecom_webhook_url\0https://evil.example/cgi-bin/webhook/send?key=1',
  'an alarm separator': () => 'a\x01b\x01c\x01d',
  'lone surrogates': () => '\udc00a\ud800',
  'another address': () => 'https://evil.example/cgi-bin/webhook/send?key=1',
  'an address with a user': () => 'https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=1',
};

/** Put in place as a value, or as a getter that throws. @type {Record<string, (target: any, key: string) => void>} */
const WAYS = Object.fromEntries([
  ...Object.entries(VALUES).map(([label, make]) => [
    label,
    (/** @type {any} */ target, /** @type {string} */ key) => {
      Object.defineProperty(target, key, { value: make(), enumerable: true, configurable: true, writable: true });
    },
  ]),
  ['nothing at all', (/** @type {any} */ target, /** @type {string} */ key) => delete target[key]],
  [
    'a getter that throws',
    (/** @type {any} */ target, /** @type {string} */ key) =>
      Object.defineProperty(target, key, { get: boom, enumerable: true, configurable: true }),
  ],
]);

/** Every setting of the package's table, so that a new one is tried as well. */
const SETTINGS = settings().map(({ name }) => name);
const PARAMS = [
  ...['name', 'action', 'title', 'level', 'desc', 'content', 'channel', 'channels', 'at_mobiles', 'at_user_ids'],
  ...['at_all', 'mentioned_list', 'mentioned_mobile_list', 'touser', 'toparty', 'totag', '_eui', 'group'],
];

/** Every place that is read: the way to it from the inputs. @type {string[][]} */
const FIELDS = [
  ...['device', 'params', 'alarms', 'org_params', 'logger', 'axios'].map((name) => [name]),
  ...['name', 'eui', 'id', 'tags', 'location_id', 'server_attrs', 'telemetry_data'].map((name) => ['device', name]),
  ...[...SETTINGS, stateKey('overheat')].map((name) => ['device', 'server_attrs', name]),
  ['device', 'telemetry_data', '77'],
  ['device', 'telemetry_data', '77', 'temperature'],
  ...[...PARAMS, ...SETTINGS].map((name) => ['params', name]),
  ...[...SETTINGS, 'wecom_webhook_x', 'dingtalk_token_x', 'dingtalk_secret_x'].map((name) => ['org_params', name]),
  ['alarms', 'overheat'],
  ...['level', 'title', 'desc'].map((name) => ['alarms', 'overheat', name]),
  ...['info', 'warn', 'error'].map((name) => ['logger', name]),
];

/** Sound inputs, made anew. */
function sound() {
  /** @type {[string, string][]} */
  const logs = [];
  const write = (/** @type {string} */ level) => (/** @type {unknown} */ line) => logs.push([level, String(line)]);
  const inputs = {
    device: {
      eui: EUI,
      id: '7',
      name: 'Boiler',
      tags: ['heating'],
      location_id: '9',
      server_attrs: {},
      telemetry_data: { 77: { temperature: 91 } },
    },
    params: { _eui: EUI, ...ALARM },
    alarms: { overheat: { level: 'high', title: 'T', desc: '' } },
    org_params: { ...ORG, notify_fields: 'temperature=°C; tags; location; link=https://tkl.example.com/{eui}' },
    logger: { info: write('info'), warn: write('warn'), error: write('error') },
    axios: async () => ({
      status: 200,
      data: { errcode: 0, errmsg: 'ok', access_token: 'tok', expires_in: 7200 },
    }),
  };
  return { logs, inputs };
}

/** Sound inputs but for one field. @param {string[]} path @param {(target: any, key: string) => void} put */
function spoiled(path, put) {
  const { logs, inputs } = sound();
  /** @type {any} */
  let target = inputs;
  for (const key of path.slice(0, -1)) target = target[key];
  put(target, path[path.length - 1]);
  return { logs, inputs };
}

const ADDRESS =
  /^https:\/\/(qyapi\.weixin\.qq\.com\/cgi-bin\/(webhook|message)\/send|oapi\.dingtalk\.com\/robot\/send)\?/;

/** Whether an outcome is one of those documented. */
function documented(
  /** @type {string} */ preset,
  /** @type {{value?: any, error?: any, logs: [string, string][], inputs: any}} */ { value, error, logs, inputs },
  /** @type {string} */ label,
) {
  for (const [, line] of logs) {
    assert.ok(line.startsWith(`tkl-notify ${preset}: `), `${label}: ${line}`);
    assert.doesNotMatch(line, /internal fault|read by force|\[object|undefined/, label);
  }
  if (error !== undefined) {
    const text = String(error.message ?? error);
    assert.ok(text.startsWith(`tkl-notify ${preset}: `), `${label}: threw ${text.slice(0, 200)}`);
    assert.doesNotMatch(text, /internal fault/, label);
    const usable = typeof read(() => inputs.logger.error) === 'function';
    assert.ok(!usable || /no HTTP actions/.test(text), `${label}: threw beside a logger: ${text}`);
    return;
  }
  assert.ok(Array.isArray(value), `${label}: answered ${typeof value}`);
  for (const action of JSON.parse(JSON.stringify(value))) {
    assert.ok(['axios', 'modifyAttrs'].includes(action.type), `${label}: ${action.type}`);
    if (action.type === 'axios') assert.match(action.dnMsg.url, ADDRESS, label);
  }
}

/** What `await` takes for a promise, and is none. */
const thenable = (/** @type {unknown} */ then) => Object.defineProperty({}, 'then', { value: then });

function read(/** @type {() => unknown} */ get) {
  try {
    return get();
  } catch {
    return undefined;
  }
}

/** One call of the package. @param {string} preset @param {ReturnType<typeof sound>} given */
async function callPackage(preset, { logs, inputs }) {
  try {
    return { value: await rpc_script(inputs, { preset }), logs, inputs };
  } catch (error) {
    return { error, logs, inputs };
  }
}

test('the fields that are tried hold every setting of the table', () => {
  assert.ok(SETTINGS.length > 20 && SETTINGS.includes('wecom_webhook_url') && SETTINGS.includes('notify_wait'));
});

for (const preset of PRESETS) {
  test(`${preset}: each field with each hostile value gives a documented answer (package)`, async () => {
    for (const path of FIELDS) {
      for (const [label, put] of Object.entries(WAYS)) {
        // The inputs themselves are the caller's: a getter there throws before the script has a say.
        if (path.length === 1 && label === 'a getter that throws') continue;
        const outcome = await callPackage(preset, spoiled(path, put));
        documented(preset, outcome, `${preset}, ${path.join('.')} = ${label}`);
      }
    }
  });

  test(`${preset}: several fields hostile at once give a documented answer (package)`, async () => {
    const source = random(PRESETS.indexOf(preset) + 500);
    const ways = Object.entries(WAYS);
    for (let round = 0; round < 300; round += 1) {
      const given = sound();
      given.inputs.params.action = source.pick(['new', 'clear', 'tick', 'no', '']);
      const labels = [];
      for (let i = 0; i < 6; i += 1) {
        const path = source.pick(FIELDS.filter(({ length }) => length > 1));
        const [label, put] = source.pick(ways);
        const target = path.slice(0, -1).reduce((at, key) => read(() => at?.[key]), /** @type {any} */ (given.inputs));
        if (target === null || typeof target !== 'object') continue;
        labels.push(`${path.join('.')} = ${label}`);
        // What went wrong before may not take another value.
        read(() => put(target, path[path.length - 1]));
      }
      documented(preset, await callPackage(preset, given), `${preset}, ${labels.join('; ')}`);
    }
  });

  test(`${preset}: whatever the service answers, the call resolves (package)`, async () => {
    const answers = [
      ...Object.values(VALUES).flatMap((make) => [
        make,
        () => ({ status: 200, data: make() }),
        () => ({ status: make(), data: { errcode: make(), errmsg: make(), access_token: make(), expires_in: make() } }),
        () => Promise.reject(make()),
        () => Promise.reject(Object.assign(new Error('x'), { code: make(), message: make(), response: make() })),
      ]),
      boom,
      () => new Promise((_, reject) => reject(new Error('refused'))),
      () => new Proxy({}, throwing),
      () => thenable(boom),
      () => thenable((/** @type {Function} */ done) => done({ status: 200, data: '<html>' })),
      () =>
        Promise.reject({
          get response() {
            return boom();
          },
          get code() {
            return boom();
          },
        }),
      () => ({ status: 200, data: new Proxy({}, throwing) }),
    ];
    for (const [index, answer] of answers.entries()) {
      for (const cache of ['on', 'off']) {
        const given = sound();
        given.inputs.axios = /** @type {any} */ (answer);
        Object.assign(given.inputs.org_params, { wecom_token_cache: cache, notify_routes: '*=wecom_app,dingtalk' });
        documented(preset, await callPackage(preset, given), `${preset}, answer ${index}, cache ${cache}`);
      }
    }
  });
}

test('inputs that are missing altogether give a documented answer (package)', async () => {
  for (const preset of PRESETS) {
    for (const inputs of [undefined, null, {}, { org_params: {} }, { axios: boom }, { org_params: ORG }]) {
      const outcome = await callPackage(preset, { logs: [], inputs: /** @type {any} */ (inputs) });
      documented(preset, { ...outcome, inputs: inputs ?? {} }, `${preset}, ${JSON.stringify(inputs)}`);
    }
  }
});

// The same through the paste files, dealt out: each field and value comes up in some preset and build.
for (const [turn, preset] of PRESETS.entries()) {
  for (const build of BUILDS) {
    test(`${preset} (${build}): dealt out over the paste files, the answers are as documented`, async () => {
      const run = await runner(paste(preset, build));
      const ways = Object.entries(WAYS);
      const from = turn * BUILDS.length + BUILDS.indexOf(build);
      for (const [index, path] of FIELDS.entries()) {
        const [label, put] = ways[(index * 7 + from * 3) % ways.length];
        if (path.length === 1 && label === 'a getter that throws') continue;
        const { logs, inputs } = spoiled(path, put);
        const { axios, ...rest } = inputs;
        const outcome = await run(rest, { axios });
        assert.notEqual(outcome.kind, 'server ended', `${preset}, ${path.join('.')} = ${label}`);
        documented(
          preset,
          outcome.kind === 'error'
            ? { error: new Error(outcome.message), logs, inputs }
            : { value: outcome.actions, logs, inputs },
          `${preset} (${build}), ${path.join('.')} = ${label}`,
        );
      }
    });
  }
}

test('no input is changed, not even a hostile one', async () => {
  const given = sound();
  Object.assign(given.inputs.params, { odd: [1, { a: Number.NaN }], title: { a: new Date(0) } });
  const data = () => structuredClone({ ...given.inputs, logger: undefined, axios: undefined });
  const before = data();
  for (const preset of PRESETS) await callPackage(preset, given);
  assert.deepEqual(data(), before);
});
