// The fake DingTalk robot: each rule of the real one, as a sentence, with the signing vectors.
// Sent through the same network as scripts use, answered over loopback.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signature } from '../../emulator/index.mjs';
import { DINGTALK_URL, MEMBERS, send, services, textOf } from './setup.mjs';

/** @typedef {import('./setup.mjs').Config} Config */

/** @param {string} content @param {object} [at] */
const text = (content, at) => ({ msgtype: 'text', text: { content }, ...(at && { at }) });
/** @param {string} body @param {object} [at] */
const markdown = (body, at) => ({ msgtype: 'markdown', markdown: { title: 'Alarm', text: body }, ...(at && { at }) });

/** @param {import('./setup.mjs').TestContext} t @param {Partial<import('../../emulator/services/dingtalk_robot.mjs').Robot>} guards */
async function robot(t, guards = {}, options = {}) {
  const started = await services(t, options);
  const group = started.dingtalkRobot.addGroup('ops', { token: 'token-ops', members: MEMBERS, ...guards });
  const say = (/** @type {unknown} */ data, /** @type {Config} */ config = {}) =>
    send(started, config.url ?? DINGTALK_URL, data, config);
  return { started, group, say };
}

/** Signed for `secret` at `at`, percent-encoded as it must be. @param {number} at @param {string} secret */
const signed = (at, secret) => `${DINGTALK_URL}&timestamp=${at}&sign=${encodeURIComponent(signature(at, secret))}`;

for (const [name, at, secret, base64, encoded] of /** @type {[string, number, string, string, string][]} */ ([
  [
    'D1',
    1577262236757,
    'this is secret',
    'hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM=',
    'hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D',
  ],
  [
    'D2',
    1700000000001,
    'SECdemo',
    'PTs+dsurGspsy8LSQV/Ud2CTvBpozdeoue2U2fgKqxI=',
    'PTs%2BdsurGspsy8LSQV%2FUd2CTvBpozdeoue2U2fgKqxI%3D',
  ],
  [
    'D3',
    1700000000008,
    'SEC密钥demo',
    '+UobO9wc9bvkEgpI06S2miLMyg3Hb8YLz3d/1f2QAeo=',
    '%2BUobO9wc9bvkEgpI06S2miLMyg3Hb8YLz3d%2F1f2QAeo%3D',
  ],
])) {
  test(`vector ${name}: the known signature opens the robot`, async (t) => {
    const { started, say } = await robot(t, { secret });
    started.clock.set(at);
    assert.equal(signature(at, secret), base64);
    assert.equal(encodeURIComponent(base64), encoded);
    const url = `${DINGTALK_URL}&timestamp=${at}&sign=${encoded}`;
    assert.deepEqual(await say(text('x'), { url }), { errcode: 0, errmsg: 'ok' });
  });

  test(`vector ${name}: left unencoded, its plus signs are read as spaces and refused`, async (t) => {
    const { started, say } = await robot(t, { secret });
    started.clock.set(at);
    const url = `${DINGTALK_URL}&timestamp=${at}&sign=${base64}`;
    assert.deepEqual(await say(text('x'), { url }), { errcode: 310000, errmsg: 'sign not match' });
  });
}

test('the signature of the Feishu scheme is refused', async (t) => {
  const { started, say } = await robot(t, { secret: 'this is secret' });
  started.clock.set(1577262236757);
  const feishu = 'nHh3Cp6duMZBlaspftrhkkDSIlJ0Lkj6vL71ujaX6pE=';
  assert.notEqual(signature(1577262236757, 'this is secret'), feishu);
  const url = `${DINGTALK_URL}&timestamp=1577262236757&sign=${encodeURIComponent(feishu)}`;
  assert.deepEqual(await say(text('x'), { url }), { errcode: 310000, errmsg: 'sign not match' });
});

test('a timestamp is good for an hour either way and not a millisecond more', async (t) => {
  const { started, say } = await robot(t, { secret: 'SECdemo' });
  const now = started.clock.now();
  for (const [off, errcode] of [
    [-3_600_000, 0],
    [3_600_000, 0],
    [-3_600_001, 310000],
    [3_600_001, 310000],
  ]) {
    const answer = await say(text('x'), { url: signed(now + off, 'SECdemo') });
    assert.equal(answer.errcode, errcode, `${off} ms`);
    if (errcode) assert.equal(answer.errmsg, 'invalid timestamp');
  }
});

test('a timestamp in seconds, or none at all, is invalid', async (t) => {
  const { started, say } = await robot(t, { secret: 'SECdemo' });
  const seconds = Math.floor(started.clock.now() / 1000);
  assert.equal((await say(text('x'), { url: signed(seconds, 'SECdemo') })).errmsg, 'invalid timestamp');
  assert.equal((await say(text('x'))).errmsg, 'invalid timestamp');
});

test('a robot with keywords wants one of them anywhere in the message', async (t) => {
  const { say } = await robot(t, { keywords: ['alarm', '告警'] });
  assert.deepEqual(await say(text('boiler')), { errcode: 310000, errmsg: 'keywords not in content' });
  assert.equal((await say(text('boiler 告警'))).errcode, 0);
  assert.equal((await say({ msgtype: 'markdown', markdown: { title: 'an alarm', text: 'x' } })).errcode, 0);
});

test('a robot with allowed addresses refuses others and names them', async (t) => {
  const { started, say } = await robot(t, { allowedIps: ['198.51.100.1'] });
  assert.deepEqual(await say(text('x')), { errcode: 310000, errmsg: 'ip 203.0.113.7 not in whitelist' });
  started.dingtalkRobot.callerIp = '198.51.100.1';
  assert.equal((await say(text('x'))).errcode, 0);
});

test('an unknown token is answered by any of the three codes that are known for it', async (t) => {
  const { started } = await robot(t);
  for (const errcode of /** @type {const} */ ([300001, 300005, 400101])) {
    started.dingtalkRobot.unknownToken = errcode;
    assert.equal((await send(started, DINGTALK_URL.replace('token-ops', 'other'), text('x'))).errcode, errcode);
  }
});

for (const [state, errcode] of /** @type {const} */ ([
  ['removed', 300001],
  ['disabled', 400102],
  ['not in group', 400106],
  ['group dissolved', 400013],
])) {
  test(`a robot that is ${state} answers ${errcode}`, async (t) => {
    const { started, say, group } = await robot(t);
    started.dingtalkRobot.robot('token-ops').state = state;
    assert.equal((await say(text('x'))).errcode, errcode);
    assert.deepEqual(group.delivered, []);
  });
}

for (const [what, body, errcode] of /** @type {[string, object, number][]} */ ([
  ['an unsupported msgtype', { msgtype: 'image', image: {} }, 400105],
  ['no msgtype', { text: { content: 'x' } }, 400105],
  ['a msgtype that is a property of every object', { msgtype: 'toString', toString: { content: 'x' } }, 400105],
  ['an empty text', text(''), 40035],
  ['markdown without a title', { msgtype: 'markdown', markdown: { text: 'x' } }, 400402],
  ["markdown under WeCom's key", { msgtype: 'markdown', markdown: { title: 't', content: 'x' } }, 40035],
  ['numbers among the mobiles', text('x', { atMobiles: [13800000001] }), 40035],
  ['a link without its address', { msgtype: 'link', link: { title: 't', text: 'x' } }, 40035],
])) {
  test(`${what} is refused with ${errcode}`, async (t) => {
    const { say, group } = await robot(t);
    assert.equal((await say(body)).errcode, errcode);
    assert.deepEqual(group.delivered, []);
  });
}

test('a wrong content type is 43004, and a body that is no JSON is 40035', async (t) => {
  const { say } = await robot(t);
  assert.equal((await say('{}', { headers: { 'Content-Type': 'text/plain' } })).errcode, 43004);
  assert.equal((await say('{"msgtype"', { transformRequest: [(/** @type {unknown} */ data) => data] })).errcode, 40035);
});

test('a whole body of 20,000 bytes passes and of 20,001 is refused', async (t) => {
  const { say } = await robot(t);
  const frame = Buffer.byteLength(JSON.stringify(text('')));
  assert.equal((await say(text(textOf(20_000 - frame)))).errcode, 0);
  assert.equal((await say(text(textOf(20_001 - frame)))).errcode, 460101);
});

test('the twenty-first message of a minute blocks the robot for ten minutes', async (t) => {
  const { started, say } = await robot(t);
  for (let i = 0; i < 20; i += 1) assert.equal((await say(text(`${i}`))).errcode, 0);
  assert.equal((await say(text('too many'))).errcode, 130101);
  await started.clock.advance(599_999);
  assert.equal((await say(text('still blocked'))).errcode, 130101);
  await started.clock.advance(1);
  assert.equal((await say(text('again'))).errcode, 0);
});

test('the throttle answer may come wrapped by the gateway, with a wait that is not to be trusted', async (t) => {
  const { started, say } = await robot(t);
  started.dingtalkRobot.wrapThrottle = true;
  for (let i = 0; i < 20; i += 1) await say(text(`${i}`));
  const answer = await say(text('too many'));
  assert.equal(answer.errcode, 130101);
  assert.equal(answer.status, 1111);
  assert.equal(answer.wait, 5);
});

test('moderation refuses hosts with 430101 and words with 430102', async (t) => {
  const { started, say } = await robot(t);
  started.dingtalkRobot.blockedHosts = ['evil.example'];
  started.dingtalkRobot.blockedWords = ['casino'];
  assert.equal((await say(markdown('[x](https://evil.example/)'))).errcode, 430101);
  assert.equal((await say(text('casino'))).errcode, 430102);
});

for (const [what, body, rung] of /** @type {[string, object, string[]][]} */ ([
  [
    'a mobile that is listed and stands in the text is rung',
    text('@13800000001 look', { atMobiles: ['13800000001'] }),
    ['li'],
  ],
  ['the same in markdown', markdown('@13800000002 look', { atMobiles: ['13800000002'] }), ['wang']],
  ['a user id that is listed and stands in the text is rung', text('@li look', { atUserIds: ['li'] }), ['li']],
  ['listed alone rings nobody', markdown('look', { atMobiles: ['13800000001'] }), []],
  ['standing in the text alone rings nobody', text('@13800000001 look'), []],
  ['a longer number that begins the same is somebody else', text('@138000000019', { atMobiles: ['13800000001'] }), []],
  ['a stranger is not rung', text('@13900000000', { atMobiles: ['13900000000'] }), []],
  ['isAtAll rings everybody without words in the text', text('look', { isAtAll: true }), ['li', 'wang']],
  ['isAtAll as a text is not true', text('look', { isAtAll: 'true' }), []],
  ['@all in the text is only text', markdown('@all @所有人'), []],
  [
    'a link message rings nobody',
    { msgtype: 'link', link: { title: 't', text: '@li', messageUrl: 'https://x.y' }, at: { isAtAll: true } },
    [],
  ],
])) {
  test(what, async (t) => {
    const { group, say } = await robot(t);
    assert.equal((await say(body)).errcode, 0);
    assert.deepEqual(group.rung, rung);
  });
}
