// Calls, actions and attributes: what the platform does with the array that a script answers.
// Facts as measured on the public server, or as documented for the newer ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPlatform, TKL_PROFILES } from '../../emulator/index.mjs';
import { answering, EUI, post, services, WECOM_URL } from './setup.mjs';

const TEXT = { msgtype: 'text', text: { content: 'x' } };

/** @param {import('./setup.mjs').TestContext} t */
async function platform(t, options = {}) {
  const started = await services(t);
  const group = started.wecomBot.addGroup('alarm', { key: 'key-alarm' });
  const tkl = await startPlatform({ services: started, ...options });
  const device = tkl.addDevice({ eui: EUI, name: 'Boiler', server_attrs: { kept: 1, nested: { a: 1 } } });
  const answer = async (/** @type {unknown} */ actions, how = {}) => {
    tkl.mount('m', answering(actions));
    return tkl.call(EUI, 'm', {}, how);
  };
  return { started, group, tkl, device, answer };
}

for (const profile of TKL_PROFILES) {
  test(`${profile}: an array is success, an empty one too, and anything but null is an invalid format`, async (t) => {
    const { tkl } = await platform(t, { profile });
    for (const [body, outcome] of [
      ['return [];', 'success'],
      ['return {};', 'error'],
      ['return "x";', 'error'],
      ['return 5;', 'error'],
    ]) {
      tkl.mount('m', body);
      const result = await tkl.call(EUI, 'm');
      assert.equal(result.outcome, outcome, body);
      if (outcome === 'error') assert.equal(result.error, 'Invalid return format: m(m)');
    }
  });
}

test('null is an error on the old servers and nothing to do on the current ones', async (t) => {
  for (const profile of TKL_PROFILES) {
    const { tkl } = await platform(t, { profile });
    tkl.mount('m', 'return null;');
    const expected = profile.startsWith('tkl-current') ? 'success' : 'error';
    assert.equal((await tkl.call(EUI, 'm')).outcome, expected, profile);
  }
});

test('a promise is an invalid format on the old servers, and a rejected one ends them', async (t) => {
  const { tkl } = await platform(t, { profile: 'tkl-2.00.011' });
  tkl.mount('m', 'return Promise.resolve([]);');
  assert.equal((await tkl.call(EUI, 'm')).error, 'Invalid return format: m(m)');
  tkl.mount('m', 'return Promise.reject(new Error("x"));');
  assert.equal((await tkl.call(EUI, 'm')).outcome, 'server ended');
});

test('an RPC that is not mounted is an error', async (t) => {
  const { tkl } = await platform(t);
  assert.deepEqual((await tkl.call(EUI, 'none')).outcome, 'error');
});

test('params are what the caller sent, untyped, without defaults, with _eui', async (t) => {
  const { tkl } = await platform(t);
  tkl.mount('m', 'logger.info(JSON.stringify(params), { params: { n: 1 } }); return [];');
  const { logs } = await tkl.call(EUI, 'm', { number: '7', extra: [null] });
  assert.deepEqual(logs, [['info', `{"_eui":"${EUI}","number":"7","extra":[null]}`, { params: { n: 1 } }]]);
});

test('inputs can be given exactly: frozen, missing, of another prototype', async (t) => {
  const { tkl } = await platform(t);
  tkl.mount(
    'm',
    'return [{ type: "none", dnMsg: [typeof logger, Object.isFrozen(params), Object.getPrototypeOf(device)] }];',
  );
  const exact = { logger: undefined, params: Object.freeze({}), device: Object.create(null) };
  const { actions } = await tkl.call(EUI, 'm', {}, { inputs: exact, dryRun: true });
  assert.deepEqual(actions[0].dnMsg, ['undefined', true, null]);
});

test('actions run in order, each after its sleep, in virtual time', async (t) => {
  const { started, answer, group } = await platform(t);
  const begun = started.clock.now();
  await answer([
    post(WECOM_URL, TEXT),
    { ...post(WECOM_URL, TEXT), sleepTimeMs: '3600000' },
    { ...post(WECOM_URL, TEXT), sleepTimeMs: -5 },
  ]);
  assert.deepEqual(
    group.delivered.map(({ at }) => at - begun),
    [0, 3_600_000, 3_600_000],
  );
});

test('the first failure drops the rest, and what ran before stays', async (t) => {
  const { answer, device, group } = await platform(t);
  const result = await answer([
    { type: 'modifyAttrs', dnMsg: { server_attrs: { first: 1 } } },
    { type: 'modifyAttrs', target: 'unknown', dnMsg: { server_attrs: { second: 1 } } },
    post(WECOM_URL, TEXT),
  ]);
  assert.equal(result.outcome, 'error');
  assert.equal(result.error, "Cannot read properties of undefined (reading 'eui')");
  assert.equal(device.server_attrs.first, 1);
  assert.deepEqual(
    result.done.map(({ ok }) => ok),
    [true, false],
  );
  assert.deepEqual(group.delivered, []);
});

test('null inside the array is a failing action', async (t) => {
  const { answer } = await platform(t);
  assert.match((await answer([null])).error ?? '', /Cannot read properties of null/);
});

test('an HTTP action that fails ends the list by default, and does not where the platform is of that mind', async (t) => {
  for (const failedAxiosStops of [true, false]) {
    const { started, answer, device } = await platform(t, { failedAxiosStops });
    started.network.fail('reset');
    const result = await answer([
      post(WECOM_URL, TEXT),
      { type: 'modifyAttrs', dnMsg: { server_attrs: { after: 1 } } },
    ]);
    assert.equal(result.done[0].ok, false);
    assert.equal(device.server_attrs.after, failedAxiosStops ? undefined : 1);
    assert.equal(result.outcome, failedAxiosStops ? 'error' : 'success');
  }
});

test('an errcode is no failure of the action: nobody reads it', async (t) => {
  const { answer } = await platform(t);
  const result = await answer([post(WECOM_URL.replace('key-alarm', 'wrong'), TEXT)]);
  assert.equal(result.outcome, 'success');
  assert.equal(result.done[0].answer.errcode, 93000);
});

test('modifyAttrs merges shallowly: top-level keys replaced, nested objects whole, others kept', async (t) => {
  for (const profile of TKL_PROFILES) {
    const { answer, device } = await platform(t, { profile });
    await answer([
      {
        type: 'modifyAttrs',
        dnMsg: {
          server_attrs: { nested: { b: 2 }, nothing: null },
          shared_attrs: { s: 1 },
          other_attrs: { o: 1 },
          name: 'new',
        },
      },
    ]);
    assert.deepEqual(device.server_attrs, { kept: 1, nested: { b: 2 }, nothing: null });
    assert.deepEqual(device.shared_attrs, { s: 1 });
    assert.deepEqual([device.other_attrs, device.name], [{}, 'Boiler']);
  }
});

test('modifyAttrs of nothing changes nothing and succeeds; a text is spread into index keys', async (t) => {
  const { answer, device } = await platform(t);
  assert.equal(
    (await answer([{ type: 'modifyAttrs' }, { type: 'modifyAttrs', dnMsg: { server_attrs: null } }])).outcome,
    'success',
  );
  assert.deepEqual(device.server_attrs, { kept: 1, nested: { a: 1 } });
  await answer([{ type: 'modifyAttrs', dnMsg: { client_attrs: 'ab' } }]);
  assert.deepEqual(device.client_attrs, { 0: 'a', 1: 'b' });
});

test('an undefined value deletes a key on the oldest server and is nothing where JSON lies between', async (t) => {
  for (const [profile, kept] of /** @type {const} */ ([
    ['tkl-2.00.011', false],
    ['tkl-current', true],
  ])) {
    const { tkl, device } = await platform(t, { profile });
    tkl.mount('m', 'return [{ type: "modifyAttrs", dnMsg: { server_attrs: { kept: undefined } } }];');
    await tkl.call(EUI, 'm');
    assert.equal('kept' in device.server_attrs, kept, profile);
  }
});

test('every change of attributes publishes the whole set over MQTT', async (t) => {
  const { answer, tkl } = await platform(t);
  await answer([{ type: 'modifyAttrs', dnMsg: { server_attrs: { token: 't' } } }]);
  assert.deepEqual(
    tkl.published.map(({ topic, body }) => ({ topic, body })),
    [
      {
        topic: `/v32/demo/tkl/up/telemetry/${EUI}`,
        body: { eui: EUI, server_attrs: { kept: 1, nested: { a: 1 }, token: 't' } },
      },
    ],
  );
});

test('simultaneous calls lose updates, since each read the device before any wrote', async (t) => {
  const { tkl, device } = await platform(t);
  tkl.mount(
    'count',
    'return [{ type: "modifyAttrs", dnMsg: { server_attrs: { n: (device.server_attrs.n || 0) + 1 } } }];',
  );
  await Promise.all([1, 2, 3].map(() => tkl.call(EUI, 'count')));
  assert.equal(device.server_attrs.n, 1);
  await tkl.call(EUI, 'count');
  assert.equal(device.server_attrs.n, 2);
});

test('an old server publishes what it does not know to the MQTT topic of the device, credentials and all', async (t) => {
  const { answer, tkl, group } = await platform(t, { profile: 'tkl-2.00.011' });
  const result = await answer([post(WECOM_URL, TEXT)]);
  assert.equal(result.outcome, 'success');
  assert.deepEqual(
    result.done.map(({ type }) => type),
    ['downlink'],
  );
  assert.deepEqual(group.delivered, []);
  assert.equal(tkl.published[0].topic, `/v32/demo/as/dn/data/${EUI}`);
  assert.match(JSON.stringify(tkl.published[0].body), /key-alarm/);
});

test('an old server waits at least 100 ms before a second downlink', async (t) => {
  const { answer } = await platform(t, { profile: 'tkl-2.00.011' });
  const { done } = await answer([{ dnMsg: 1 }, { dnMsg: 2 }, { dnMsg: 3, sleepTimeMs: 500 }]);
  assert.deepEqual(
    done.map(({ at }) => at - done[0].at),
    [0, 100, 600],
  );
});

test('a downlink that JSON cannot carry fails and drops the rest', async (t) => {
  const { tkl } = await platform(t, { profile: 'tkl-2.00.011' });
  tkl.mount('m', 'const cycle = {}; cycle.self = cycle; return [{ dnMsg: cycle }, { dnMsg: 1 }];');
  const result = await tkl.call(EUI, 'm');
  assert.match(result.error ?? '', /^publish error /);
  assert.deepEqual(tkl.published, []);
});

test('the alarm RPC raises, stays silent for what is equal, raises anew for another text, clears once', async (t) => {
  for (const profile of ['tkl-early-2026', 'tkl-current', 'tkl-current-strict']) {
    const { tkl, device } = await platform(t, { profile });
    const alarm = async (/** @type {object} */ params) =>
      (await tkl.call(EUI, 'alarm', { name: 'hot', title: 'T', level: 'high', ...params })).actions.length;
    assert.equal(await alarm({ action: 'new', desc: 'a' }), 1);
    assert.deepEqual(device.alarms, { hot: { title: 'T', desc: 'a', level: 'high' } });
    assert.equal(await alarm({ action: 'new', desc: 'a' }), 0);
    assert.equal(await alarm({ action: 'new', desc: 'b' }), 1);
    assert.equal(await alarm({ action: 'clear' }), 1);
    assert.deepEqual(device.alarms, {});
    assert.equal(await alarm({ action: 'clear' }), 0);
  }
});

test('an alarm action names its groups from group.notify, an array, or notify', async (t) => {
  const { tkl } = await platform(t);
  for (const params of [{ group: { notify: ['ops'] } }, { group: ['ops'] }, { notify: ['ops'] }]) {
    const { actions } = await tkl.call(EUI, 'alarm', {
      name: 'hot',
      action: 'new',
      title: JSON.stringify(params),
      ...params,
    });
    assert.deepEqual(actions[0].dnMsg.data.notice_groups, ['ops']);
  }
});

test('an alarm named __proto__ is a name like another', async (t) => {
  const { tkl, device } = await platform(t);
  await tkl.call(EUI, 'alarm', { name: '__proto__', action: 'new', title: 'T' });
  assert.deepEqual(Object.keys(device.alarms), ['__proto__']);
});

test('a notify action reaches the platform own groups', async (t) => {
  const { answer, tkl } = await platform(t);
  await answer([{ type: 'notify', params: { title: 'T', notice_groups: ['ops'] } }]);
  assert.deepEqual(
    tkl.notices.map(({ notice }) => notice),
    [{ title: 'T', notice_groups: ['ops'] }],
  );
});

test('what a script does to its inputs on the current servers stays with the script', async (t) => {
  const { tkl, device } = await platform(t);
  await tkl.call(EUI, 'alarm', { name: 'hot', action: 'new', title: 'T' });
  tkl.mount('m', 'delete alarms.hot; device.server_attrs.kept = 2; return [];');
  assert.equal((await tkl.call(EUI, 'm')).outcome, 'success');
  assert.deepEqual([Object.keys(device.alarms), device.server_attrs.kept], [['hot'], 1]);
});

test('a dry run runs the script and none of its actions', async (t) => {
  const { answer, group } = await platform(t);
  const result = await answer([post(WECOM_URL, TEXT)], { dryRun: true });
  assert.equal(result.actions.length, 1);
  assert.deepEqual([result.done, group.delivered], [[], []]);
});
