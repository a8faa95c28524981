// Hosts that misbehave, around the shipped files: an axios, a logger and inputs that break every promise a host makes.
// Whatever they do, a call answers with actions or with one fault of the project's own, and leaks no secret.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import vm from 'node:vm';
import { run } from '../shim/run.mjs';
import { ALARM, APP, BUILDS, DINGTALK, EUI, freshPackage, ORG, PRESETS, paste, runner, WECOM_KEY } from './setup.mjs';

/** @type {unknown[]} */
const unhandled = [];
const note = (/** @type {unknown} */ reason) => unhandled.push(reason);
process.on('unhandledRejection', note);
after(async () => {
  await new Promise((done) => setTimeout(done, 20));
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, [], 'no rejection was left unhandled');
});

/** Those that ask over axios themselves. */
const ASKING = ['wecom_app_notify', 'notify'];
const SECRETS = [WECOM_KEY, DINGTALK.dingtalk_token, DINGTALK.dingtalk_secret, APP.wecom_corp_secret, 'lent-token-9'];
const OK = { status: 200, data: { errcode: 0, errmsg: 'ok', access_token: 'lent-token-9', expires_in: 7200 } };

const boom = () => {
  throw new Error('the host is broken');
};
const TRAPS = { get: boom, has: boom, ownKeys: boom, getOwnPropertyDescriptor: boom, getPrototypeOf: boom };
const hostile = () => new Proxy({}, TRAPS);
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const cyclic = () => {
  /** @type {any} */
  const value = { status: 200 };
  value.data = value;
  value.response = value;
  return value;
};
const getters = (/** @type {string[]} */ names) =>
  Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { get: boom, enumerable: true }])));
const thenable = (/** @type {unknown} */ then) => Object.defineProperty({}, 'then', { value: then });
/** @typedef {(value?: unknown) => void} Done */

const foreign = vm.runInContext(
  `({
    resolves: (value) => Promise.resolve(value),
    rejects: (value) => Promise.reject(value),
    twice: (value) => new Promise((done, fail) => { done(value); done(value); fail(value); }),
  })`,
  vm.createContext({}),
);

/** What axios may do. @type {Record<string, () => unknown>} */
const AXIOS = {
  'throws at once': boom,
  'throws undefined': () => {
    throw undefined;
  },
  'answers another realm’s promise': () => foreign.resolves(OK),
  'rejects in another realm': () => foreign.rejects(new Error('x')),
  'settles twice': () => foreign.twice(OK),
  'calls both callbacks': () =>
    thenable((/** @type {Done} */ done, /** @type {Done} */ fail) => {
      done(OK);
      fail(new Error('x'));
    }),
  'rejects, then resolves': () =>
    thenable((/** @type {Done} */ done, /** @type {Done} */ fail) => {
      fail(new Error('x'));
      done(OK);
    }),
  'calls twice': () =>
    thenable((/** @type {Done} */ done) => {
      done(OK);
      done({ status: 500 });
    }),
  'throws in then after resolving': () =>
    thenable((/** @type {Done} */ done) => {
      done(OK);
      boom();
    }),
  'throws in then': () => thenable(boom),
  'has a then that cannot be read': () => getters(['then']),
  'answers a thenable of a thenable': () =>
    thenable((/** @type {Done} */ done) => done(thenable((/** @type {Done} */ inner) => inner(OK)))),
  'answers no promise': () => OK,
};
const SETTLED = {
  undefined: () => undefined,
  null: () => null,
  'a number': () => 7,
  'a text': () => 'text',
  'a symbol': () => Symbol('s'),
  'a proxy that throws': hostile,
  'a revoked proxy': revoked,
  'a cyclic object': cyclic,
  'getters that throw': () => getters(['status', 'data', 'response', 'code', 'message']),
  'a body with getters that throw': () => ({ status: 200, data: getters(['errcode', 'errmsg', 'access_token']) }),
  'a frozen error': () => Object.freeze(new Error('frozen')),
  'a null prototype': () => Object.assign(Object.create(null), { status: 200, data: null }),
  'an error that repeats the request': () => new Error(`request to ${ORG.wecom_webhook_url} failed`),
};
for (const [label, make] of Object.entries(SETTLED)) {
  AXIOS[`resolves to ${label}`] = async () => make();
  AXIOS[`rejects with ${label}`] = () => Promise.reject(make());
}

/** What a logger may be. @type {Record<string, (write: (level: string) => (line: unknown) => void) => unknown>} */
const LOGGERS = {
  missing: () => undefined,
  null: () => null,
  'a text': () => 'x',
  'throws after it wrote': (write) => wrap((level) => answering(write(level), boom)),
  'throws undefined': () =>
    wrap(() => () => {
      throw undefined;
    }),
  'answers a promise that rejects': (write) => wrap((level) => answering(write(level), async () => boom())),
  'answers another realm’s promise that rejects': (write) =>
    wrap((level) => answering(write(level), () => foreign.rejects(new Error('x')))),
  'has getters that throw': () => getters(['info', 'warn', 'error']),
  'a proxy that throws': hostile,
  'a revoked proxy': revoked,
  'answers what cannot be read': () => wrap(() => () => hostile()),
};

/**
 * A function that writes a line and then answers as it is told.
 * @param {(line: unknown) => void} write
 * @param {() => unknown} end
 */
const answering = (write, end) => (/** @type {unknown} */ line) => {
  write(line);
  return end();
};

/** @param {(level: string) => unknown} make */
function wrap(make) {
  return { info: make('info'), warn: make('warn'), error: make('error') };
}

/** A proxy that tells other things than its target holds. */
const lying = (/** @type {object} */ target) =>
  new Proxy(target, {
    ownKeys: () => ['absent', 'absent2', ...Reflect.ownKeys(target)],
    getOwnPropertyDescriptor: (_, key) =>
      Reflect.getOwnPropertyDescriptor(target, key) ?? { value: 1, enumerable: true, configurable: true },
    get: (_, key) => (key === 'absent' ? boom() : Reflect.get(target, key)),
    has: () => false,
  });
/** @type {Record<string, (value: any) => unknown>} */
const INPUTS = {
  'a proxy that throws': hostile,
  'a revoked proxy': revoked,
  'a proxy that lies': lying,
  'a proxy whose lists are wrong': (value) => new Proxy(value, { ownKeys: () => /** @type {any} */ ([1, 1]) }),
  'a function': (value) => Object.defineProperties(() => {}, Object.getOwnPropertyDescriptors(value)),
  'getters that throw': (value) => getters(Object.keys(value)),
  frozen: (value) => Object.freeze({ ...value }),
  'without a prototype': (value) => Object.assign(Object.create(null), value),
  'with symbols': (value) => ({ ...value, [Symbol('s')]: boom, [Symbol.toPrimitive]: boom, [Symbol.iterator]: boom }),
  'with names of Object.prototype': (value) =>
    Object.defineProperty({ ...value, constructor: boom, toString: boom, hasOwnProperty: 1 }, '__proto__', {
      value: boom,
      enumerable: true,
    }),
  huge: (value) => ({ ...value, ...Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 'x'])) }),
};

function sound() {
  return {
    device: { eui: EUI, name: 'Boiler', server_attrs: {}, telemetry_data: {} },
    params: { ...ALARM },
    alarms: { overheat: { level: 'high', title: 'T', desc: '' } },
    org_params: { ...ORG, notify_routes: '*=wecom_app,wecom', notify_confirm: 'on' },
  };
}

/**
 * One call, judged: an array, or a fault that names the project; no error said twice; nothing secret in a text.
 * @param {string} label
 * @param {string} preset
 * @param {() => unknown} call
 * @param {[string, string][]} lines
 */
async function judged(label, preset, call, lines) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    const text = String(/** @type {any} */ (error)?.message ?? error);
    assert.ok(text.startsWith(`tkl-notify ${preset}: `), `${label}: threw ${text.slice(0, 200)}`);
    lines.push(['thrown', text]);
  }
  const faults = lines.filter(([level]) => level === 'error' || level === 'thrown');
  if (answer === undefined) assert.ok(faults.length, `${label}: no answer and no fault`);
  else assert.equal(Object.prototype.toString.call(answer), '[object Array]', label);
  // One line a fault; `notify` has one for each channel that it tried.
  const errors = lines.flatMap(([level, text]) => (level === 'error' ? [text] : []));
  const most = preset === 'notify' ? 2 : 1;
  assert.ok(errors.length <= most && new Set(errors).size === errors.length, `${label}: ${JSON.stringify(lines)}`);
  for (const [, text] of lines) {
    assert.doesNotMatch(text, /internal fault|the host is broken/, label);
    for (const secret of SECRETS) assert.ok(!text.includes(secret), `${label}: a secret in ${text}`);
  }
  return answer;
}

/** @param {[string, string][]} lines */
const writer = (lines) => (/** @type {string} */ level) => (/** @type {unknown} */ line) =>
  void lines.push([level, String(line)]);

for (const preset of PRESETS) {
  for (const build of BUILDS) {
    const body = paste(preset, build);
    /** The host's form changes with each call. */
    let turn = 0;
    const form = () => ['globals', 'parameters', 'async'][turn++ % 3];
    const call = (/** @type {string} */ label, /** @type {Record<string, unknown>} */ inputs) => {
      /** @type {[string, string][]} */
      const lines = [];
      const logger = 'logger' in inputs ? inputs.logger : wrap(writer(lines));
      return judged(label, preset, () => run(body, { ...inputs, logger }, { form: form() }).result, lines);
    };

    if (ASKING.includes(preset)) {
      test(`${preset} (${build}): whatever axios does, the call answers`, async () => {
        for (const [label, axios] of Object.entries(AXIOS)) {
          let asked = 0;
          await call(`axios ${label}`, {
            ...sound(),
            axios: () => {
              asked += 1;
              return axios();
            },
          });
          assert.ok(asked > 0, `${label}: axios was asked`);
        }
      });
    }

    test(`${preset} (${build}): whatever the logger is, the call answers`, async () => {
      for (const [label, make] of Object.entries(LOGGERS)) {
        for (const more of [{}, { org_params: {} }, { axios: () => Promise.reject(new Error('x')) }]) {
          /** @type {[string, string][]} */
          const lines = [];
          const inputs = { axios: async () => OK, ...sound(), ...more, logger: make(writer(lines)) };
          await judged(`logger ${label}`, preset, () => run(body, inputs, { form: form() }).result, lines);
        }
      }
    });

    test(`${preset} (${build}): whatever the inputs are, the call answers`, async () => {
      for (const [label, make] of Object.entries(INPUTS)) {
        for (const name of ['device', 'params', 'alarms', 'org_params']) {
          /** @type {any} */
          const inputs = { axios: async () => OK, ...sound() };
          inputs[name] = make(inputs[name]);
          await call(`${name} ${label}`, inputs);
        }
        /** @type {any} */
        const { device, ...rest } = sound();
        for (const name of ['server_attrs', 'telemetry_data']) {
          await call(`${name} ${label}`, { ...rest, device: { ...device, [name]: make(device[name]) } });
        }
      }
    });

    for (const profile of build === 'twin' ? ['tkl-current-strict', 'tkl-current-strict-3.9.19'] : ['tkl-current']) {
      test(`${preset} (${build}): hostile inputs and loggers harm nothing on ${profile}`, async () => {
        const call = await runner(body, 'parameters', { profile });
        for (const [label, make] of Object.entries(INPUTS)) {
          // vm2 reads what it hands in, so these end a call before the script begins.
          if (build === 'twin' && /proxy that throws|revoked/.test(label)) continue;
          for (const name of ['device', 'params', 'org_params']) {
            /** @type {any} */
            const inputs = sound();
            inputs[name] = make(inputs[name]);
            const outcome = await call(inputs, { axios: async () => OK });
            assert.notEqual(outcome.kind, 'server ended', `${name} ${label}: ${JSON.stringify(outcome)}`);
            if (outcome.kind === 'error') assert.match(String(outcome.message), /^tkl-notify /, `${name} ${label}`);
          }
        }
        for (const [label, make] of Object.entries(LOGGERS)) {
          if (build === 'twin' && /proxy/.test(label)) continue;
          const outcome = await call({ ...sound(), logger: make(writer([])) }, { axios: async () => OK });
          assert.notEqual(outcome.kind, 'server ended', `logger ${label}: ${JSON.stringify(outcome)}`);
          if (outcome.kind === 'error') assert.match(outcome.message, /^tkl-notify /, `logger ${label}`);
        }
      });
    }
  }
}

const never = () => new Promise(() => {});

for (const preset of ASKING) {
  test(`${preset}: where the host has timers, an axios that never settles is a request that timed out`, async () => {
    const { rpc_script } = await freshPackage();
    /** @type {number[]} */
    const waits = [];
    // The host's clock runs fast.
    const setTimeout = (/** @type {Function} */ late, /** @type {number} */ time, /** @type {unknown} */ value) => {
      waits.push(time);
      queueMicrotask(() => late(value));
    };
    const real = globalThis.setTimeout;
    globalThis.setTimeout = /** @type {any} */ (setTimeout);
    try {
      /** @type {[string, string][]} */
      const lines = [];
      const inputs = /** @type {any} */ ({ ...sound(), axios: never, logger: wrap(writer(lines)) });
      await judged('package', preset, () => rpc_script(inputs, { preset }), lines);
      assert.match(JSON.stringify(lines), /ETIMEDOUT/);
    } finally {
      globalThis.setTimeout = real;
    }
    for (const build of BUILDS) {
      /** @type {[string, string][]} */
      const lines = [];
      const inputs = { ...sound(), axios: never, logger: wrap(writer(lines)) };
      const host = { globals: { Buffer, setTimeout } };
      await judged(build, preset, () => run(paste(preset, build), inputs, host).result, lines);
      assert.match(JSON.stringify(lines), /ETIMEDOUT/);
    }
    assert.ok(
      waits.every((time) => time > 500 && time < 10_000),
      String(waits),
    );
  });

  test(`${preset}: an answer that comes after it was given up, or a rejection, harms nothing`, async () => {
    const setTimeout = (/** @type {Function} */ late, /** @type {number} */ _, /** @type {unknown} */ value) =>
      queueMicrotask(() => late(value));
    for (const end of [async () => OK, boom]) {
      for (const build of BUILDS) {
        /** @type {(() => void)[]} */
        const ends = [];
        const axios = () => new Promise((done) => ends.push(() => done(OK))).then(end);
        /** @type {[string, string][]} */
        const lines = [];
        const inputs = { ...sound(), axios, logger: wrap(writer(lines)) };
        await judged(build, preset, () => run(paste(preset, build), inputs, { globals: { setTimeout } }).result, lines);
        const said = lines.length;
        for (const finish of ends) finish();
        await new Promise((done) => setImmediate(done));
        assert.equal(lines.length, said);
      }
    }
  });
}
