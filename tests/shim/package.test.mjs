// The package: the same answers as the paste files, an instance that stays warm, faults that do not reach the next call.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { rpc_script } from '../../pkg/index.js';
import { FILES, inputs, PRESETS, plain, recorder, run } from './run.mjs';

const common = createRequire(import.meta.url)('../../pkg/index.cjs');

for (const preset of PRESETS) {
  test(`the package answers ${preset} as its paste file does`, async (t) => {
    t.mock.method(Date, 'now', () => 1700000000001);
    const { text } = FILES.find((file) => file.name === `${preset}.js`);
    const paste = await run(text, inputs({ logger: recorder().logger }), { globals: { Buffer, Date } }).result;
    const esm = await rpc_script(inputs({ logger: recorder().logger }), { preset });
    const cjs = await common.rpc_script(inputs({ logger: recorder().logger }), { preset });
    assert.deepEqual(plain(esm), plain(paste));
    assert.deepEqual(plain(cjs), plain(paste));
  });
}

test('10,000 warm calls, some of them large, do not grow the memory', () => {
  const memories = new Set();
  const { Instance } = WebAssembly;
  const seen = [];
  WebAssembly.Instance = function instance(...args) {
    const made = new Instance(...args);
    seen.push(made);
    return made;
  };
  try {
    const call = (desc) => rpc_script(inputs({ params: { ...inputs().params, desc } }), { preset: 'wecom_notify' });
    // A first fault drops the kept instance, so that a new one is made where it is seen.
    rpc_script(inputs({ params: {}, logger: recorder().logger }), { preset: 'unknown' });
    const fault = inputs({ logger: recorder().logger });
    Object.defineProperty(fault.org_params, 'wecom_webhook_url', { value: 'x'.repeat(10), enumerable: true });
    for (let i = 0; i < 100; i++) call('温'.repeat(20_000));
    for (const { exports } of seen) memories.add(exports.m.buffer.byteLength);
    for (let i = 0; i < 10_000; i++) call(i % 100 ? 'short' : '温'.repeat(20_000));
    for (const { exports } of seen) memories.add(exports.m.buffer.byteLength);
    assert.ok(memories.size <= 1);
  } finally {
    WebAssembly.Instance = Instance;
  }
});

test('a trap in the core is one clear error and never reaches the next call', async () => {
  const { Instance } = WebAssembly;
  const { rpc_script: fresh } = await import('../../pkg/index.js?trap');
  let trapped = true;
  WebAssembly.Instance = function instance(...args) {
    const { exports } = new Instance(...args);
    return {
      exports: {
        ...exports,
        r: (...call) => {
          if (trapped) throw new WebAssembly.RuntimeError('unreachable');
          return exports.r(...call);
        },
      },
    };
  };
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
    WebAssembly.Instance = Instance;
  }
});

test('an unknown preset is an error that names it', () => {
  const { lines, logger } = recorder();
  assert.deepEqual(rpc_script(inputs({ logger, params: { action: 'new' } }), { preset: 'wecom_notif' }), []);
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
  for (const preset of ['wecom_app_notify', 'notify']) {
    for (const axios of answers) {
      const { logger } = recorder();
      const given = inputs({ axios, logger });
      given.org_params.notify_routes = '*=wecom_app';
      assert.ok(Array.isArray(await rpc_script(given, { preset })));
    }
  }
});
