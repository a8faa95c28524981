// The boundary as ARCHITECTURE.md describes it, held against both sides: what the modules in the shipped files export
// and import, and what the shim writes into them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';
import { FILES, inputs, recorder } from './run.mjs';

const page = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
const boundary = page.slice(page.indexOf('## The boundary'), page.indexOf('## Settings'));
/** The letters of the table of sources, with their names. */
const SOURCES = new Map([...boundary.matchAll(/^\| `(\w)` \| `(\w+)` \|/gm)].map(([, letter, name]) => [letter, name]));

/**
 * A context whose WebAssembly tells which modules were made and which input each script call was given.
 * @param {Record<string, unknown>} given
 */
function watched(given) {
  /** @type {WebAssembly.Module[]} */
  const modules = [];
  /** @type {string[]} */
  const texts = [];
  class Module extends WebAssembly.Module {
    /** @param {BufferSource} bytes */
    constructor(bytes) {
      super(bytes);
      modules.push(this);
    }
  }
  /** @param {WebAssembly.Module} module @param {WebAssembly.Imports} imports */
  function Instance(module, imports) {
    const { exports } = new WebAssembly.Instance(module, imports);
    if (!('rpc_script' in exports)) return { exports };
    const { memory, buffer, rpc_script } = /** @type {import('../../js-shim/run.mjs').Exports} */ (
      /** @type {unknown} */ (exports)
    );
    let start = 0;
    return {
      exports: {
        memory,
        buffer: (/** @type {number} */ size) => {
          start = buffer(size);
          return start;
        },
        rpc_script: (/** @type {number} */ length) => {
          texts.push(Buffer.from(memory.buffer, start, length).toString());
          return rpc_script(length);
        },
      },
    };
  }
  const context = vm.createContext({ Buffer, ...given });
  // The context's own, so that the script finds them by their names.
  context.WebAssembly = { Module, Instance };
  return { context, modules, texts };
}

/** @param {string} text @param {Record<string, unknown>} given */
async function run(text, given) {
  const seen = watched(given);
  await vm.runInContext(`(function () {\n${text}\n})()`, seen.context);
  return seen;
}

/** @param {string} text */
const keys = (text) => text.split('\0').filter((_, at) => at % 2 === 0);

const wasm = FILES.filter(({ build }) => build === 'js');

for (const { name, text } of wasm) {
  test(`${name}: the module exports the contract and imports nothing`, async () => {
    const { modules } = await run(text, inputs({ logger: recorder().logger }));
    const core = modules.at(-1);
    assert.ok(core);
    assert.deepEqual(WebAssembly.Module.imports(core), []);
    const exported = WebAssembly.Module.exports(core).map(({ name, kind }) => `${kind} ${name}`);
    assert.deepEqual(exported.sort(), ['function buffer', 'function rpc_script', 'memory memory']);
    for (const { name } of WebAssembly.Module.exports(core)) assert.ok(boundary.includes(`\`${name}`), name);
  });
}

test('each entry that the shim writes has a letter of the page, and each letter of a method is written by some call', async () => {
  const device = {
    name: 'Boiler',
    eui: '24e124',
    server_attrs: { ntf_overheat: '1.x', notify_lang: 'zh' },
    telemetry_data: { 7: { temperature: 91, update_time: 1_700_000_000_000 } },
  };
  const given = inputs({ device, logger: recorder().logger, alarms: { overheat: { level: 'high', title: 'T' } } });
  given.org_params.notify_fields = 'temperature=°C';
  const seen = new Set();
  for (const { text } of wasm) {
    for (const input of (await run(text, given)).texts) for (const key of keys(input)) seen.add(key[0]);
  }
  const rpc = [...SOURCES].filter(([, name]) => !['Rule', 'Step', 'Field'].includes(name));
  assert.ok(SOURCES.size === 15 && rpc.length === 12);
  assert.deepEqual([...seen].sort(), rpc.map(([letter]) => letter).sort());
});

test('a method is handed only what it reads', async () => {
  const device = {
    name: 'Boiler',
    eui: '24e124',
    id: 7,
    server_attrs: {
      ntf_other: '1.x',
      notify_lang: 'zh',
      notify_timezone: '+08:00',
      sd_1: 'child',
      dingtalk_token: 't',
      wecom_webhook_url: 'not from here',
    },
  };
  const given = inputs({ device, logger: recorder().logger });
  Object.assign(given.org_params, { someone_elses_key: 'x', wecom_webhook_ops: 'k', notify_routes: '*=wecom' });
  Object.assign(given.params, { note: 'unknown', touser: 'zhang' });
  const picked = async (/** @type {string} */ preset) => {
    const file = wasm.find((file) => file.preset === preset);
    const [input] = (await run(file?.text ?? '', given)).texts;
    return keys(input).sort();
  };
  const always = ['deui', 'dname', 'faxios', 'fmethod', 'fnow', 'forg'];
  const bots = ['owecom_webhook_ops', 'owecom_webhook_url'];
  assert.deepEqual(await picked('wecom_text'), [...always, ...bots, 'pcontent'].sort());
  assert.deepEqual(
    await picked('wecom_notify'),
    [...always, ...bots, ...['paction', 'pdesc', 'plevel', 'pname', 'ptitle'], 'snotify_timezone'].sort(),
  );
  const notify = await picked('notify');
  for (const key of ['snotify_lang', 'sdingtalk_token', 'ptouser', 'did', 'onotify_routes']) {
    assert.ok(notify.includes(key), key);
  }
  for (const key of notify) assert.doesNotMatch(key, /other|sd_1|someone|note$|swecom_webhook/);
});

test('a state is handed in for the alarm at hand and for names that only the core can place; all of them on a tick', async () => {
  const names = Array.from({ length: 100 }, (_, n) => `ntf_a${n}`);
  const server_attrs = Object.fromEntries(
    ['ntf_overheat', 'ntf_~1.2.', 'ntf_ack', ...names].map((name) => [name, '1']),
  );
  const device = { name: 'Boiler', eui: '24e124', server_attrs };
  const states = async (/** @type {string} */ action) => {
    const given = inputs({ device, logger: recorder().logger });
    given.params.action = action;
    const file = wasm.find(({ preset }) => preset === 'notify');
    const [input] = (await run(file?.text ?? '', given)).texts;
    return keys(input).filter((key) => key[0] === 'n');
  };
  assert.deepEqual(await states('new'), ['nntf_overheat', 'nntf_~1.2.']);
  assert.equal((await states('tick')).length, 102);
});
