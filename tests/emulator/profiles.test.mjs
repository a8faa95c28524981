// The hosts: what a body finds there, and what becomes of what it answers. Each measured or documented fact a test.
// Scripts alone, without a platform around them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock, openHost, PROFILES, STORY_START, TKL_PROFILES } from '../../emulator/index.mjs';
import '../../emulator/profiles/quickjs.mjs';
import { errorOf, resultOf } from './setup.mjs';

const OLD = ['tkl-2.00.011', 'tkl-early-2026'];
const STRICT = ['tkl-current-strict', 'tkl-current-strict-3.9.19'];
const EVERY = Object.keys(PROFILES);
const inputs = (/** @type {string} */ profile) =>
  Object.fromEntries(PROFILES[profile].inputs.map((name) => [name, name === 'device' ? { eui: '24e1' } : {}]));

/** @typedef {NonNullable<Parameters<typeof openHost>[1]> & {inputs?: Record<string, unknown>}} Options */

/** @param {string} profile @param {string} body @param {Options} [options] */
async function run(profile, body, { inputs: more, ...options } = {}) {
  const host = await openHost(profile, { clock: new Clock(), ...options });
  return host.run(host.compile(body), { ...inputs(profile), ...more });
}

/** What an expression is there. @param {string} profile @param {string} expression @param {Options} [options] */
async function value(profile, expression, options) {
  const [first] = resultOf(await run(profile, `return [${expression}];`, options));
  return first;
}

for (const profile of EVERY) {
  test(`${profile}: each of its wrappers runs a body that ends in return`, async () => {
    for (const wrapper of PROFILES[profile].wrappers) {
      assert.equal(await value(profile, 'device.eui', { wrapper }), '24e1', wrapper);
      assert.equal(resultOf(await run(profile, 'return [1]; // a comment', { wrapper }))[0], 1);
    }
  });

  test(`${profile}: a wrapper it does not have is refused`, async () => {
    await assert.rejects(openHost(profile, { wrapper: /** @type {any} */ ('module') }), /has no wrapper "module"/);
  });

  test(`${profile}: the inputs are there and those of other servers are not`, async () => {
    for (const wrapper of PROFILES[profile].wrappers) {
      for (const name of ['device', 'params', 'alarms', 'logger', 'org_params']) {
        const expected = PROFILES[profile].inputs.includes(name) ? 'object' : 'undefined';
        assert.equal(await value(profile, `typeof ${name}`, { wrapper }), expected, `${name} with ${wrapper}`);
      }
      assert.equal(await value(profile, 'typeof thingModelId', { wrapper }), 'undefined');
    }
  });

  test(`${profile}: nothing of Node or the browser is there`, async () => {
    for (const name of [
      'require',
      'process',
      'setTimeout',
      'URL',
      'TextEncoder',
      'crypto',
      'fetch',
      'atob',
      'btoa',
      'structuredClone',
      'queueMicrotask',
      'performance',
    ]) {
      assert.equal(await value(profile, `typeof ${name}`), 'undefined', name);
    }
  });

  test(`${profile}: Date is the virtual clock's and otherwise an ordinary Date`, async () => {
    assert.equal(await value(profile, 'Date.now()'), STORY_START);
    assert.equal(await value(profile, 'new Date().toISOString()'), new Date(STORY_START).toISOString());
    assert.equal(
      await value(profile, 'new Date(5).getTime() + Date.UTC(1970, 0, 1) + Date.parse("1970-01-01T00:00:00.001Z")'),
      6,
    );
    assert.equal(await value(profile, 'new Date(2026, 0).getFullYear()'), 2026);
    assert.equal(await value(profile, 'typeof Date()'), 'string');
    assert.equal(
      await value(profile, 'new Date() instanceof Date && new Date().constructor === Date && Date.name'),
      'Date',
    );
  });

  test(`${profile}: nothing survives from one call to the next`, async () => {
    const host = await openHost(profile, { clock: new Clock() });
    const script = host.compile('globalThis.count = (globalThis.count || 0) + 1; return [globalThis.count];');
    for (let i = 0; i < 3; i += 1) assert.equal(resultOf(await host.run(script, inputs(profile)))[0], 1);
  });

  test(`${profile}: the hand-over of the inputs leaves no global behind`, async () => {
    assert.equal(
      await value(profile, 'Object.getOwnPropertyNames(globalThis).filter((name) => name.includes("tkl")).length'),
      0,
    );
  });

  test(`${profile}: a syntax error is refused at save`, async () => {
    const host = await openHost(profile);
    assert.throws(() => host.compile('return [;'), /./);
    assert.throws(() => host.compile('await 1; return [];'), /./);
  });

  test(`${profile}: an endless loop ends after a second with an error`, async () => {
    const outcome = await run(profile, 'for (;;) {}');
    assert.equal(outcome.kind, 'error');
    assert.match(errorOf(outcome), /timed out|interrupted/);
  });

  test(`${profile}: what a script throws is an error by its message`, async () => {
    assert.deepEqual(await run(profile, 'throw new Error("boom");'), { kind: 'error', message: 'boom' });
  });
}

for (const profile of TKL_PROFILES) {
  test(`${profile}: throwing a text or null is an error with an empty message`, async () => {
    assert.deepEqual(await run(profile, 'throw "text";'), { kind: 'error', message: '' });
    assert.deepEqual(await run(profile, 'throw null;'), { kind: 'error', message: '' });
  });

  test(`${profile}: Buffer is there unless the host is told to have none`, async () => {
    for (const wrapper of PROFILES[profile].wrappers) {
      assert.equal(await value(profile, 'typeof Buffer', { wrapper }), 'function');
      assert.equal(await value(profile, 'typeof Buffer', { wrapper, buffer: false }), 'undefined');
    }
  });
}

for (const profile of [...OLD, 'tkl-current']) {
  test(`${profile}: WebAssembly compiles and eval works`, async () => {
    const bytes = 'new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])';
    assert.equal(await value(profile, `new WebAssembly.Module(${bytes}) instanceof WebAssembly.Module`), true);
    assert.equal(await value(profile, 'eval("1 + 1")'), 2);
  });

  test(`${profile}: inputs come from another realm`, async () => {
    assert.equal(await value(profile, 'device instanceof Object'), false);
    assert.equal(await value(profile, 'Array.isArray(params.list)', { inputs: { params: { list: [] } } }), true);
  });
}

for (const profile of STRICT) {
  test(`${profile}: WebAssembly is an object but refuses to compile`, async () => {
    assert.equal(await value(profile, 'typeof WebAssembly'), 'object');
    const outcome = await run(
      profile,
      'new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); return [];',
    );
    assert.equal(outcome.kind, 'error');
    assert.match(errorOf(outcome), /Wasm code generation disallowed/);
  });

  test(`${profile}: eval and Function are off, and console is not there`, async () => {
    for (const body of ['eval("1");', 'new Function("return 1");']) {
      assert.match(errorOf(await run(profile, `${body} return [];`)), /Code generation from strings disallowed/);
    }
    assert.equal(await value(profile, 'typeof console'), 'undefined');
    assert.equal(await value(profile, 'typeof axios'), 'undefined');
  });

  test(`${profile}: a script that merely contains async is refused at save`, async () => {
    const host = await openHost(profile);
    assert.throws(() => host.compile('async function never() {} return [];'), /Async not available/);
  });

  test(`${profile}: a promise cannot be chained`, async () => {
    assert.match(errorOf(await run(profile, 'Promise.resolve(1).then((x) => x); return [];')), /Async not available/);
  });

  test(`${profile}: Buffer copies a typed array and does not take an ArrayBuffer of the sandbox`, async () => {
    assert.equal(await value(profile, 'Buffer.from(new Uint8Array([72, 105])).toString()'), 'Hi');
    assert.match(errorOf(await run(profile, 'Buffer.from(new ArrayBuffer(4)); return [];')), /first argument must be/);
  });

  test(`${profile}: instanceof works across the bridge`, async () => {
    assert.equal(await value(profile, 'device instanceof Object'), true);
  });
}

test('the two releases of vm2 differ in what a sandbox sees', async () => {
  assert.equal(await value('tkl-current-strict', 'typeof Proxy'), 'undefined');
  assert.equal(await value('tkl-current-strict-3.9.19', 'typeof Proxy'), 'function');
});

test('the oldest server has its check sums', async () => {
  const bytes = 'Buffer.from("123456789")';
  assert.equal(await value('tkl-2.00.011', `crc16CCIT(${bytes}, 9)`), 0x31c3);
  assert.equal(await value('tkl-2.00.011', `crc16Modbus(${bytes}, 9)`), 0x4b37);
  assert.equal(await value('tkl-2.00.011', `crcSum(${bytes}, 9)`), 477);
  assert.equal(await value('tkl-current', 'typeof crcSum'), 'undefined');
});

for (const profile of OLD) {
  test(`${profile}: a rejected promise ends the server`, async () => {
    for (const body of [
      'return Promise.reject(new Error("late"));',
      'Promise.reject(new Error("late")); return [];',
      'return Promise.resolve().then(() => { throw new Error("late"); });',
    ]) {
      assert.deepEqual(await run(profile, body), { kind: 'server ended', message: 'unhandled rejection: late' });
    }
  });

  test(`${profile}: a rejection that the script handles harms nobody`, async () => {
    assert.equal((await run(profile, 'Promise.reject(new Error("late")).catch(() => 0); return [];')).kind, 'result');
  });

  test(`${profile}: a promise is handed back as it is, not awaited`, async () => {
    const outcome = await run(profile, 'return Promise.resolve([]);');
    assert.equal(Array.isArray(resultOf(outcome)), false);
  });
}

test('tkl-current awaits a promise, and a rejected one is an ordinary error', async () => {
  assert.deepEqual([...resultOf(await run('tkl-current', 'return Promise.resolve([1]);'))], [1]);
  assert.deepEqual(await run('tkl-current', 'return Promise.reject(new Error("late"));'), {
    kind: 'error',
    message: 'late',
  });
  assert.deepEqual(
    [...resultOf(await run('tkl-current', 'return [await Promise.resolve(2)];', { wrapper: 'async' }))],
    [2],
  );
});

test('a rejection that nobody handles ends tkl-current too', async () => {
  const outcome = await run('tkl-current', 'Promise.reject(new Error("forgotten")); return [];');
  assert.deepEqual(outcome, { kind: 'server ended', message: 'unhandled rejection: forgotten' });
});

test('a parameter list refuses what a body must not have: "use strict" and let device', async () => {
  const parameters = await openHost('tkl-current', { wrapper: 'parameters' });
  assert.throws(() => parameters.compile('let device = 1; return [];'), /already been declared/);
  assert.throws(() => parameters.compile('"use strict"; return [];'), { name: 'SyntaxError' });
  const globals = await openHost('tkl-2.00.011');
  assert.doesNotThrow(() => globals.compile('"use strict"; let device = 1; return [];'));
});

test('the axios function has no properties that scripts could lean on', async () => {
  const axios = async () => ({ data: 1 });
  assert.equal(await value('tkl-current', 'typeof axios', { axios }), 'function');
  assert.equal(await value('tkl-current', 'typeof axios.get', { axios }), 'undefined');
  assert.equal(await value('tkl-current', 'typeof axios'), 'undefined');
});

test('an unknown profile names those there are', async () => {
  await assert.rejects(openHost('tkl-9'), /unknown profile "tkl-9"; there are tkl-2\.00\.011/);
});
