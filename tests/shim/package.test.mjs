// The package: the same answers as the paste files, an instance that stays warm, faults that do not reach the next call.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
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

/** @typedef {{memory: WebAssembly.Memory, rpc_script: (length: number) => number}} Exports what the tests look at of an instance's exports */

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
    const size = made[0].memory.buffer.byteLength;
    for (let i = 0; i < 10_000; i++) assert.equal(call(i % 100 ? 'short' : '温'.repeat(20_000)), 1);
    assert.equal(made.length, 1);
    assert.equal(made[0].memory.buffer.byteLength, size);
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
    for (const { name, named, en, zh, sources, default: unset, example } of rows) {
      assert.match(name, /^[a-z]+(_[a-z]+)+$/);
      assert.equal(typeof named, 'boolean');
      assert.match(en, /\.$/);
      assert.match(zh, /\p{Script=Han}/u);
      assert.ok(sources.length > 0);
      assert.equal(unset.en === '', unset.zh === '', name);
      assert.notEqual(example, '', name);
    }
    const wait = rows.find(({ name }) => name === 'notify_wait') ?? assert.fail('no such setting');
    assert.deepEqual(wait.default, { en: '3s', zh: '3s' });
    assert.deepEqual(wait.sources, ['params', 'server_attrs', 'org_params']);
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
    assert.equal(explain('wecom', -1)?.verdict, 'transient', 'every service may be busy');
    for (const unknown of [0, 1, 2 ** 31, -2]) assert.equal(explain('wecom', unknown), null);
    assert.equal(explain(/** @type {any} */ ('no such channel'), 40001), null);
    assert.equal(explain('wecom', 1, '温\ud800'), null);
    // Each call has a memory of its own, however large the last one's had to be.
    for (const size of [1, 300_000, 2]) {
      assert.deepEqual(explain('dingtalk', 310000, `${'温'.repeat(size)}sign not match`), sign);
      assert.deepEqual(explain('dingtalk', 310000, `${'温'.repeat(size)}keywords`), words);
    }
  }
});

test('a new secret is 24 random bytes, as Standard Webhooks writes them', () => {
  for (const { newSecret } of [esm, common]) {
    const secrets = Array.from({ length: 100 }, newSecret);
    assert.equal(new Set(secrets).size, 100);
    for (const secret of secrets) {
      const [, base64] = secret.match(/^whsec_([A-Za-z0-9+/]{32})$/) ?? assert.fail(secret);
      const bytes = Buffer.from(base64, 'base64');
      assert.equal(bytes.length, 24);
      assert.equal(bytes.toString('base64'), base64);
    }
    const bytes = secrets.flatMap((secret) => [...Buffer.from(secret.slice(6), 'base64')]);
    assert.ok(new Set(bytes).size > 250, 'every byte comes up');
  }
});

test('without a source of random bytes there is no new secret, and everything else works', () => {
  const { crypto } = globalThis;
  const refusing = {
    getRandomValues: () => {
      throw new Error('no entropy');
    },
  };
  try {
    for (const host of [undefined, {}, refusing]) {
      Object.defineProperty(globalThis, 'crypto', { value: host, configurable: true });
      for (const { newSecret, explain } of [esm, common]) {
        const message = 'a new secret needs random bytes, and crypto.getRandomValues of this host gives none';
        assert.throws(newSecret, { name: 'Error', message });
        assert.ok(explain('wecom', 40001));
      }
    }
  } finally {
    Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
  }
  assert.match(esm.newSecret(), /^whsec_/);
});

test('a program finds the package, its files and its description by its name', () => {
  const from = createRequire(new URL('../../pkg/index.js', import.meta.url));
  assert.equal(from.resolve('tkl-notify'), from.resolve('./index.cjs'));
  assert.equal(from('tkl-notify/package.json').name, 'tkl-notify');
  assert.equal(from.resolve('tkl-notify/paste/notify.js'), from.resolve('./paste/notify.js'));
  for (const file of from('tkl-notify/package.json').files)
    assert.ok(existsSync(new URL(`../../pkg/${file}`, import.meta.url)), file);
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
    rpc_script: (length) => {
      if (trapped) throw new WebAssembly.RuntimeError('unreachable');
      return exports.rpc_script(length);
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

test('an unknown method is an error that names it', () => {
  const { lines, logger } = recorder();
  const preset = /** @type {import('./run.mjs').Preset} */ ('wecom_notif');
  assert.deepEqual(rpc_script(inputs({ logger, params: { action: 'new' } }), { preset }), []);
  assert.match(lines[0][1], /there is no method wecom_notif\./);
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
