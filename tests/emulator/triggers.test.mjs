// Triggers: when they run, what they see, in which order and how much at once their calls run.
// The orders matter: whether `alarm` removed its record before a notifier looks for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPlatform } from '../../emulator/index.mjs';
import { EUI, services } from './setup.mjs';

/** @param {object[]} actions */
const CALL = (actions, more = '') =>
  `return { delayms: 0, abort_previous_timer: true, ${more} actions: ${JSON.stringify(actions)} };`;
const SEE = 'logger.info(Object.keys(alarms).join() || "none"); return [];';
const clear = (/** @type {string} */ method) => ({ method, params: { _eui: EUI, action: 'clear', name: 'hot' } });

/** @param {import('./setup.mjs').TestContext} t */
async function platform(t, options = {}) {
  const started = await services(t);
  const tkl = await startPlatform({ services: started, ...options });
  tkl.addDevice({ eui: EUI, name: 'Boiler', alarms: { hot: { title: 'T' } } });
  return tkl;
}

const seen = (/** @type {{calls: import('../../emulator/platform.mjs').CallResult[]}} */ run) =>
  run.calls.flatMap(({ logs }) => logs.map(([, text]) => text));

for (const [order, parallel, expected] of [
  ['listed', false, 'none'],
  ['listed', true, 'hot'],
  ['alarm first', false, 'none'],
  ['alarm last', false, 'hot'],
  ['alarm first', true, 'hot'],
]) {
  test(`alarm listed first, run ${order}, ${parallel ? 'beside each other' : 'one after the other'}: the notifier sees ${expected}`, async (t) => {
    const tkl = await platform(t, { triggers: { order, parallel } });
    tkl.mount('see', SEE);
    tkl.mountTrigger('trigger', CALL([clear('alarm'), clear('see')]));
    const [run] = await tkl.uplink(EUI, '77', {});
    assert.deepEqual(seen(run), [expected]);
    assert.deepEqual(tkl.device(EUI).alarms, {});
  });
}

test('the oldest server starts every call before any effect, and a waiting one delays nobody', async (t) => {
  const tkl = await platform(t, { profile: 'tkl-2.00.011' });
  tkl.device(EUI).server_attrs.flag = true;
  tkl.mount('drop', 'return [{ type: "modifyAttrs", sleepTimeMs: 300, dnMsg: { server_attrs: { flag: false } } }];');
  tkl.mount('read', 'return [{ dnMsg: { flag: device.server_attrs.flag } }];');
  tkl.mountTrigger(
    'trigger',
    CALL([
      { method: 'drop', params: { _eui: EUI } },
      { method: 'read', params: { _eui: EUI } },
    ]),
  );
  const begun = tkl.clock.now();
  await tkl.uplink(EUI, '77', {});
  const [read, dropped] = tkl.published;
  assert.deepEqual(read.body, { flag: true });
  assert.deepEqual([read.at - begun, dropped.at - begun], [0, 300]);
});

test('a trigger sees the values, its thing model and no logger, org_params or axios', async (t) => {
  const tkl = await platform(t);
  tkl.mountTrigger(
    'trigger',
    `return { actions: [], seen: [device.telemetry_data[thingModelId].temperature, typeof logger, typeof org_params, typeof axios, typeof alarms] };`,
  );
  const [run] = await tkl.uplink(EUI, '77', { temperature: 90 });
  assert.deepEqual(run.returned.seen, [90, 'undefined', 'undefined', 'undefined', 'undefined']);
});

test('the oldest server gives its triggers the device and no thing model', async (t) => {
  const tkl = await platform(t, { profile: 'tkl-2.00.011' });
  tkl.mountTrigger('trigger', 'return { actions: [], seen: typeof thingModelId };');
  const [run] = await tkl.uplink(EUI, '77', {});
  assert.equal(run.returned.seen, 'undefined');
});

test('on the current servers a trigger runs without WebAssembly and async, whatever RPC scripts may', async (t) => {
  const tkl = await platform(t);
  tkl.mountTrigger('trigger', 'new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); return null;');
  const [run] = await tkl.uplink(EUI, '77', {});
  assert.match(run.error ?? '', /Wasm code generation disallowed/);
  assert.throws(() => tkl.mountTrigger('async', 'async function f() {} return null;'), /Async not available/);
});

test('a trigger gets a copy of the device', async (t) => {
  const tkl = await platform(t, { profile: 'tkl-2.00.011' });
  tkl.mountTrigger('trigger', 'device.name = "changed"; return null;');
  await tkl.uplink(EUI, '77', {});
  assert.equal(tkl.device(EUI).name, 'Boiler');
});

test('nothing runs for null, no actions, or actions that are no list', async (t) => {
  const tkl = await platform(t);
  for (const body of ['return null;', 'return {};', 'return { actions: [] };', 'return { actions: {} };']) {
    tkl.mountTrigger('trigger', body);
    assert.deepEqual((await tkl.uplink(EUI, '77', {}))[0].calls, []);
  }
});

test('a call without params or for an unknown device is skipped, and the others go on', async (t) => {
  const tkl = await platform(t);
  tkl.mount('see', SEE);
  tkl.mountTrigger('trigger', CALL([{ method: 'see' }, { method: 'see', params: { _eui: 'unknown' } }, clear('see')]));
  const [run] = await tkl.uplink(EUI, '77', {});
  assert.equal(run.skipped.length, 2);
  assert.equal(run.calls.length, 1);
});

test('a delayed trigger runs when time has passed, and a newer one replaces it', async (t) => {
  const tkl = await platform(t);
  tkl.mount('see', SEE);
  tkl.mountTrigger(
    'trigger',
    `return { delayms: "60000", abort_previous_timer: true, actions: [${JSON.stringify(clear('see'))}] };`,
  );
  await tkl.uplink(EUI, '77', {});
  await tkl.advance(30_000);
  assert.equal(tkl.calls.length, 0);
  await tkl.uplink(EUI, '77', {});
  await tkl.advance(59_999);
  assert.equal(tkl.calls.length, 0);
  await tkl.advance(1);
  assert.equal(tkl.calls.length, 1);
});

test('an uplink keeps the last value of each field', async (t) => {
  const tkl = await platform(t);
  await tkl.uplink(EUI, '77', { temperature: 90 });
  await tkl.advance(1000);
  await tkl.uplink(EUI, '77', { humidity: 40 });
  assert.deepEqual(tkl.device(EUI).telemetry_data['77'], {
    temperature: 90,
    humidity: 40,
    update_time: tkl.clock.now(),
  });
});
