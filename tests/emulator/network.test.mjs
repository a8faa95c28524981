// The network: the real axios, led to the fakes, with every fault that a request can meet.
// Once as the platform's action sees it, once as a script's own axios function does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPlatform } from '../../emulator/index.mjs';
import { DINGTALK_URL, EUI, post, send, services, WECOM_URL } from './setup.mjs';

const TEXT = { msgtype: 'text', text: { content: 'x' } };

/** @typedef {import('../../emulator/network.mjs').Fault} Fault */

async function ready(/** @type {import('./setup.mjs').TestContext} */ t) {
  const started = await services(t);
  const group = started.wecomBot.addGroup('alarm', { key: 'key-alarm' });
  return { started, group };
}

for (const [fault, code, status] of /** @type {[Fault, string, number?][]} */ ([
  ['refused', 'ECONNREFUSED'],
  ['reset', 'ECONNRESET'],
  ['dns', 'ENOTFOUND'],
  ['timeout', 'ECONNABORTED'],
  [{ status: 500 }, 'ERR_BAD_RESPONSE', 500],
  [{ status: 429, body: 'slow down' }, 'ERR_BAD_REQUEST', 429],
])) {
  test(`${JSON.stringify(fault)} rejects with ${code}, and the request never reaches the service`, async (t) => {
    const { started, group } = await ready(t);
    started.network.fail(fault);
    await assert.rejects(send(started, WECOM_URL, TEXT, { timeout: 5000 }), (/** @type {any} */ error) => {
      assert.equal(error.code, code);
      assert.equal(error.response?.status, status);
      return true;
    });
    assert.deepEqual(group.delivered, []);
    assert.equal((await send(started, WECOM_URL, TEXT)).errcode, 0);
  });
}

for (const [fault, expected] of /** @type {[Fault, RegExp][]} */ ([
  ['html', /^<html>/],
  ['truncated', /^\{"errcode":0,"errm$/],
  ['empty', /^$/],
])) {
  test(`${fault} is an answer of 200 that is no object`, async (t) => {
    const { started, group } = await ready(t);
    started.network.fail(fault);
    assert.match(await send(started, WECOM_URL, TEXT), expected);
    assert.deepEqual(group.delivered, []);
  });
}

test('any errcode can be injected, for one service, path and number of times', async (t) => {
  const { started } = await ready(t);
  started.network.fail({ errcode: 123456 }, { service: 'wecom_bot', skip: 1, times: 2 });
  const codes = [];
  for (let i = 0; i < 4; i += 1) codes.push((await send(started, WECOM_URL, TEXT)).errcode);
  assert.deepEqual(codes, [0, 123456, 123456, 0]);
  started.network.fail({ errcode: 1 }, { service: 'dingtalk_robot' });
  started.network.fail({ errcode: 2 }, { path: '/cgi-bin/gettoken' });
  assert.equal((await send(started, WECOM_URL, TEXT)).errcode, 0);
  started.network.heal();
  assert.equal((await send(started, DINGTALK_URL, TEXT)).errcode, 300005);
});

test('a timeout takes its own time and not a moment of ours', async (t) => {
  const { started } = await ready(t);
  const begun = started.clock.now();
  started.network.fail('timeout', { times: 2 });
  await assert.rejects(
    started.clock.run(() => send(started, WECOM_URL, TEXT, { timeout: 5000 })),
    /timeout of 5000ms exceeded/,
  );
  assert.equal(started.clock.now() - begun, 5000);
  await assert.rejects(
    started.clock.run(() => send(started, WECOM_URL, TEXT)),
    { code: 'ETIMEDOUT' },
  );
  assert.equal(started.clock.now() - begun, 125_000);
});

test('requests made together hang beside each other, and what is answered at once is answered before time passes', async (t) => {
  const { started, group } = await ready(t);
  const { clock, network } = started;
  const began = clock.now();
  network.fail('timeout', { times: 2 });
  const timeout = 5000;
  const [first, second, third] = await clock.run(() =>
    Promise.allSettled([
      network.axios({ method: 'POST', url: WECOM_URL, data: TEXT, timeout }),
      network.axios({ method: 'POST', url: WECOM_URL, data: TEXT, timeout }),
      network.axios({ method: 'POST', url: WECOM_URL, data: TEXT, timeout }),
    ]),
  );
  assert.deepEqual([first.status, second.status, third.status], ['rejected', 'rejected', 'fulfilled']);
  assert.deepEqual(
    network.requests.map(({ at }) => at),
    [began, began, began],
  );
  assert.deepEqual(
    group.delivered.map(({ at }) => at),
    [began],
  );
  assert.equal(clock.now(), began + timeout);
});

test('a late answer: the message arrived, whether or not the sender still waits', async (t) => {
  const { started, group } = await ready(t);
  started.network.fail({ late: 3000 }, { times: 2 });
  assert.equal((await started.clock.run(() => send(started, WECOM_URL, TEXT, { timeout: 5000 }))).errcode, 0);
  await assert.rejects(
    started.clock.run(() => send(started, WECOM_URL, TEXT, { timeout: 2000 })),
    { code: 'ECONNABORTED' },
  );
  assert.equal(group.delivered.length, 2);
});

test('no other host exists: nothing leaves this machine', async (t) => {
  const { started } = await ready(t);
  for (const url of [
    'https://example.com/',
    'http://qyapi.weixin.qq.com/cgi-bin/webhook/send',
    'https://qyapi.weixin.qq.com.evil.example/x',
  ]) {
    await assert.rejects(send(started, url, TEXT), { code: 'ENOTFOUND' });
  }
});

test("an organization's own proxy leads to the same fake, below its path only", async (t) => {
  const { started, group } = await ready(t);
  started.lead('wecom_base_url', 'https://proxy.example/wecom/');
  assert.equal(
    (await send(started, 'https://proxy.example/wecom/cgi-bin/webhook/send?key=key-alarm', TEXT)).errcode,
    0,
  );
  assert.equal(group.delivered.length, 1);
  await assert.rejects(send(started, 'https://proxy.example/cgi-bin/webhook/send?key=key-alarm', TEXT), {
    code: 'ENOTFOUND',
  });
});

test('a path that no service has is 404', async (t) => {
  const { started } = await ready(t);
  await assert.rejects(
    send(started, 'https://oapi.dingtalk.com/robot/other', TEXT),
    (/** @type {any} */ error) => error.response.status === 404,
  );
});

test('the log keeps each request as it was written, with what became of it', async (t) => {
  const { started } = await ready(t);
  await send(started, WECOM_URL, TEXT);
  started.network.fail('reset');
  await assert.rejects(send(started, WECOM_URL, TEXT));
  const [good, bad] = started.network.requests;
  assert.deepEqual([good.service, good.method, good.url, good.data], ['wecom_bot', 'POST', WECOM_URL, TEXT]);
  assert.deepEqual([good.status, good.answer], [200, { errcode: 0, errmsg: 'ok' }]);
  assert.deepEqual([bad.fault, bad.error], ['reset', 'ECONNRESET']);
});

/** A platform whose one script is `body`. @param {import('./setup.mjs').TestContext} t @param {string} body */
async function script(t, body) {
  const { started, group } = await ready(t);
  const tkl = await startPlatform({ services: started });
  tkl.addDevice({ eui: EUI });
  tkl.mount('m', body);
  return { started, group, call: () => tkl.call(EUI, 'm') };
}

const ASK = (/** @type {import('./setup.mjs').Config} */ config) => `return axios(${JSON.stringify(config)}).then(
  (answer) => [{ type: "none", dnMsg: { keys: Object.keys(answer), data: answer.data } }],
  (fault) => [{ type: "none", dnMsg: { name: fault.name, message: fault.message, code: fault.code, keys: Object.keys(fault), response: fault.response } }],
);`;

test("a script's axios answers status, headers and data, and query parameters arrive", async (t) => {
  const url = 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send';
  const { group, call } = await script(
    t,
    ASK({ method: 'POST', url, params: { key: 'key-alarm' }, data: TEXT, timeout: 3000 }),
  );
  const { actions } = await call();
  assert.deepEqual(actions[0].dnMsg, {
    keys: ['status', 'statusText', 'headers', 'data'],
    data: { errcode: 0, errmsg: 'ok' },
  });
  assert.equal(group.delivered.length, 1);
});

test("a script's axios fails with code and message, and shows nothing of the request", async (t) => {
  const { started, call } = await script(t, ASK(post(WECOM_URL, TEXT).dnMsg));
  started.network.fail('timeout');
  const { actions } = await call();
  assert.deepEqual(actions[0].dnMsg, {
    name: 'AxiosError',
    message: 'timeout of 5000ms exceeded',
    code: 'ECONNABORTED',
    keys: ['name', 'code'],
  });
  started.network.fail({ status: 500, body: 'oops' });
  const second = await call();
  assert.equal(second.actions[0].dnMsg.response.status, 500);
  assert.doesNotMatch(JSON.stringify(second.actions), /key-alarm/);
});
