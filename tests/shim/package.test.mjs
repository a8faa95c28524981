// The package: the same answers as the paste files, an instance that stays warm, faults that do not reach the next call.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import * as esm from '../../pkg/index.js';
import { FILES, inputs, PRESETS, plain, recorder, run } from './run.mjs';

const { rpc_script } = esm;
/** @type {typeof esm} */
const common = createRequire(import.meta.url)('../../pkg/index.cjs');

for (const preset of PRESETS) {
  test(`the package answers ${preset} as its paste file does`, async (t) => {
    t.mock.method(Date, 'now', () => 1700000000001);
    const { text } = FILES.find((file) => file.name === `${preset}.js`) ?? assert.fail('no such file');
    const paste = await run(text, inputs({ logger: recorder().logger }), { globals: { Buffer, Date } }).result;
    const esm = await rpc_script(inputs({ logger: recorder().logger }), { preset });
    const cjs = await common.rpc_script(inputs({ logger: recorder().logger }), { preset });
    assert.deepEqual(plain(esm), plain(paste));
    assert.deepEqual(plain(cjs), plain(paste));
  });
}

/** @typedef {{m: WebAssembly.Memory, r: (...call: number[]) => number}} Exports what the tests look at of an instance's exports */

/**
 * A package of its own whose instances are seen as they are made, and may be altered.
 * @param {string} name @param {(exports: Exports) => Exports} alter
 */
const watched = async (name, alter = (exports) => exports) => {
  const { Instance } = WebAssembly;
  /** @type {Exports[]} */
  const made = [];
  function instance(/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) {
    const exports = /** @type {any} */ (new Instance(module, imports).exports);
    made.push(exports);
    return { exports: alter(exports) };
  }
  Object.assign(WebAssembly, { Instance: instance });
  const { rpc_script } = await import(`../../pkg/index.js?${name}`);
  // These presets never ask, so they answer at once.
  const call = /** @type {(context: import('./run.mjs').Inputs, options: {preset: string}) => object[]} */ (rpc_script);
  return { call, made, restore: () => Object.assign(WebAssembly, { Instance }) };
};

test('10,000 warm calls, some of them large, use one instance and do not grow its memory', async () => {
  const { call: warm, made, restore } = await watched('memory');
  try {
    const { logger } = recorder();
    const call = (/** @type {string} */ desc) =>
      warm(inputs({ logger, params: { ...inputs().params, desc } }), { preset: 'wecom_notify' }).length;
    for (let i = 0; i < 100; i++) assert.equal(call('温'.repeat(20_000)), 1);
    const size = made[0].m.buffer.byteLength;
    for (let i = 0; i < 10_000; i++) assert.equal(call(i % 100 ? 'short' : '温'.repeat(20_000)), 1);
    assert.equal(made.length, 1);
    assert.equal(made[0].m.buffer.byteLength, size);
  } finally {
    restore();
  }
});

test('settings are told with their sources and in both languages', () => {
  for (const { settings } of [esm, common]) {
    const rows = settings();
    assert.deepEqual(rows, settings());
    const token = rows.find(({ name }) => name === 'wecom_corp_secret') ?? assert.fail('no such setting');
    assert.equal(token.secret, true);
    assert.deepEqual(token.sources, ['org_params']);
    assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
    for (const { name, en, zh, sources } of rows) {
      assert.match(name, /^[a-z]+(_[a-z]+)+$/);
      assert.match(en, /\.$/);
      assert.match(zh, /\p{Script=Han}/u);
      assert.ok(sources.length > 0);
    }
  }
});

test('a code is explained, by its message where that tells causes apart; an unknown one is null', () => {
  for (const { explain } of [esm, common]) {
    const key = explain('wecom', 40001) ?? assert.fail();
    assert.equal(key.verdict, 'misconfigured');
    for (const { en, zh } of [key.cause, key.remedy]) assert.match(`${en} ${zh}`, /^[a-z].*\p{Script=Han}/u);
    const sign = explain('dingtalk', 310000, 'sign not match');
    const words = explain('dingtalk', 310000, 'keywords not in content');
    assert.notDeepEqual(sign, words);
    assert.match(sign?.cause.en ?? '', /sign/);
    assert.equal(explain('wecom', 1), null);
    assert.equal(explain(/** @type {any} */ ('no such channel'), 40001), null);
    assert.equal(explain('wecom', 1, '温\ud800'), null);
  }
});

test('tables read in the middle of calls change no answer', (t) => {
  t.mock.method(Date, 'now', () => 1700000000001);
  const call = () => plain(rpc_script(inputs({ logger: recorder().logger }), { preset: 'wecom_notify' }));
  const before = call();
  const asking = {
    info: () => esm.explain('wecom', 40001),
    warn: () => esm.settings(),
    error: () => assert.fail(),
  };
  assert.deepEqual(plain(rpc_script(inputs({ logger: asking }), { preset: 'wecom_notify' })), before);
  for (let i = 0; i < 50; i++) esm.settings();
  assert.deepEqual(call(), before);
});

test('a trap in the core is one clear error and never reaches the next call', async () => {
  let trapped = true;
  const { call: fresh, restore } = await watched('trap', (exports) => ({
    ...exports,
    r: (...call) => {
      if (trapped) throw new WebAssembly.RuntimeError('unreachable');
      return exports.r(...call);
    },
  }));
  try {
    const { lines, logger } = recorder();
    assert.deepEqual(fresh(inputs({ logger }), { preset: 'wecom_notify' }), []);
    assert.equal(lines.length, 1);
    assert.match(lines[0][1], /^tkl-notify wecom_notify: internal fault, nothing was sent \(.*unreachable/);
    assert.throws(() => fresh(inputs({ logger: undefined }), { preset: 'wecom_notify' }), /internal fault/);
    trapped = false;
    for (let i = 0; i < 40; i++) assert.equal(fresh(inputs({ logger }), { preset: 'wecom_notify' }).length, 1);
    assert.equal(lines.length, 1);
  } finally {
    restore();
  }
});

test('an unknown preset is an error that names it', () => {
  const { lines, logger } = recorder();
  const preset = /** @type {import('./run.mjs').Preset} */ ('wecom_notif');
  assert.deepEqual(rpc_script(inputs({ logger, params: { action: 'new' } }), { preset }), []);
  assert.match(lines[0][1], /no preset wecom_notif/);
});

test('axios that rejects, throws, hangs up or answers nonsense gives a resolved list', async () => {
  const answers = [
    async () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })),
    () => {
      throw new Error('synchronous');
    },
    async () => undefined,
    async () => ({ status: 200, data: '<html>' }),
    async () => ({ status: 200, data: null }),
    async () => Promise.reject(null),
    () => 5,
  ];
  for (const preset of /** @type {const} */ (['wecom_app_notify', 'notify'])) {
    for (const axios of answers) {
      const { logger } = recorder();
      const given = inputs({ axios, logger });
      given.org_params.notify_routes = '*=wecom_app';
      assert.ok(Array.isArray(await rpc_script(given, { preset })));
    }
  }
});
