// The fake WeCom app service: tokens, recipients, silent losses; each rule as a sentence.
// Sent through the same network as scripts use, answered over loopback.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send, services, textOf } from './setup.mjs';

const HOUR = 3_600_000;
const MEMBERS = [
  { id: 'Li', name: 'Li Wei', parties: ['2'], tags: ['oncall'] },
  { id: 'wang', parties: ['2', '3'] },
  { id: 'hidden', visible: false },
  { id: 'unpaid', licensed: false },
];
const MESSAGE = { touser: 'Li', msgtype: 'text', agentid: 1000002, text: { content: 'hello' } };

/** @param {import('./setup.mjs').TestContext} t */
async function app(t, options = {}) {
  const started = await services(t);
  const registered = started.wecomApp.addApp({
    corpId: 'ww1',
    secret: 'corp-secret',
    agentId: 1000002,
    members: MEMBERS,
    ...options,
  });
  const get = async (/** @type {Record<string, string>} */ params) => {
    const url = 'https://qyapi.weixin.qq.com/cgi-bin/gettoken';
    return (await started.network.send({ method: 'GET', url, params })).data;
  };
  const token = async () => (await get({ corpid: 'ww1', corpsecret: 'corp-secret' })).access_token;
  const say = (/** @type {string} */ access, /** @type {object} */ message) =>
    send(started, `https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=${access}`, message);
  return { started, service: started.wecomApp, clock: started.clock, registered, get, token, say };
}

test('the right secret gets a token of 7200 s, and a message with it arrives', async (t) => {
  const { service, get, say } = await app(t);
  const answer = await get({ corpid: 'ww1', corpsecret: 'corp-secret' });
  assert.equal(answer.errcode, 0);
  assert.equal(answer.expires_in, 7200);
  assert.ok(Buffer.byteLength(answer.access_token) <= 512);
  const sent = await say(answer.access_token, MESSAGE);
  assert.equal(sent.errcode, 0);
  assert.ok(sent.msgid);
  assert.deepEqual(
    service.inboxOf('Li').map(({ view }) => view),
    ['hello'],
  );
});

test('a token fetched again is the same with less time left, unless the service is told otherwise', async (t) => {
  const { service, clock, get, token } = await app(t);
  const first = await token();
  await clock.advance(HOUR);
  const again = await get({ corpid: 'ww1', corpsecret: 'corp-secret' });
  assert.equal(again.access_token, first);
  assert.equal(again.expires_in, 3600);
  service.sameToken = false;
  assert.notEqual(await token(), first);
});

for (const [what, params, errcode] of /** @type {[string, Record<string, string>, number][]} */ ([
  ['no corpid', { corpsecret: 's' }, 41002],
  ['no secret', { corpid: 'ww1' }, 41004],
  ['another corpid', { corpid: 'ww2', corpsecret: 'corp-secret' }, 40013],
  ['a wrong secret', { corpid: 'ww1', corpsecret: 'wrong' }, 40001],
])) {
  test(`gettoken with ${what} answers ${errcode}`, async (t) => {
    const { get } = await app(t);
    const answer = await get(params);
    assert.equal(answer.errcode, errcode);
    assert.equal(answer.access_token, undefined);
  });
}

test('wrong secrets bar the address for an hour, even for the right one', async (t) => {
  const { service, clock, get } = await app(t);
  for (let i = 0; i < service.wrongSecretsAllowed; i += 1) {
    assert.equal((await get({ corpid: 'ww1', corpsecret: 'wrong' })).errcode, 40001);
  }
  assert.equal((await get({ corpid: 'ww1', corpsecret: 'corp-secret' })).errcode, 45009);
  await clock.advance(HOUR - 1);
  assert.equal((await get({ corpid: 'ww1', corpsecret: 'corp-secret' })).errcode, 45009);
  await clock.advance(1);
  assert.equal((await get({ corpid: 'ww1', corpsecret: 'corp-secret' })).errcode, 0);
});

test('gettoken too often answers 45009', async (t) => {
  const { get } = await app(t, { tokenLimit: { calls: 2, within: 60_000, block: 60_000 } });
  const codes = [];
  for (let i = 0; i < 3; i += 1) codes.push((await get({ corpid: 'ww1', corpsecret: 'corp-secret' })).errcode);
  assert.deepEqual(codes, [0, 0, 45009]);
});

test('a token answers 42001 once it has expired, or 40014 where the service is of that mind', async (t) => {
  const { service, clock, token, say } = await app(t);
  const old = await token();
  await clock.advance(7_199_999);
  assert.equal((await say(old, MESSAGE)).errcode, 0);
  await clock.advance(1);
  assert.equal((await say(old, MESSAGE)).errcode, 42001);
  service.expiredAnswer = 40014;
  assert.equal((await say(old, MESSAGE)).errcode, 40014);
  assert.equal((await say(await token(), MESSAGE)).errcode, 0);
});

test('a revoked token answers 40014 at once, and a new fetch brings another', async (t) => {
  const { service, registered, token, say } = await app(t);
  const old = await token();
  service.revokeTokens(registered);
  assert.equal((await say(old, MESSAGE)).errcode, 40014);
  const next = await token();
  assert.notEqual(next, old);
  assert.equal((await say(next, MESSAGE)).errcode, 0);
});

test('no token is 41001 and garbage is 40014', async (t) => {
  const { say } = await app(t);
  assert.equal((await say('', MESSAGE)).errcode, 41001);
  assert.equal((await say('garbage', MESSAGE)).errcode, 40014);
});

for (const [what, change, errcode] of /** @type {[string, object, number][]} */ ([
  ['no agentid', { agentid: undefined }, 41011],
  ['an agentid that is text', { agentid: '1000002' }, 40056],
  ["another app's agentid", { agentid: 1000003 }, 301002],
  ['no recipient at all', { touser: undefined }, 82001],
  ['recipients that are empty texts', { touser: '', toparty: '', totag: '' }, 82001],
  ['a recipient that is a number', { touser: 5 }, 40031],
  ['1001 users', { touser: Array.from({ length: 1001 }, (_, i) => `u${i}`).join('|') }, 40032],
  ['101 parties', { toparty: Array.from({ length: 101 }, (_, i) => `${i}`).join('|') }, 82002],
  ['101 tags', { totag: Array.from({ length: 101 }, (_, i) => `${i}`).join('|') }, 82003],
  ['only unknown users', { touser: 'ghost|spook' }, 81013],
  ['only users outside the visible range', { touser: 'hidden' }, 81013],
  ['an unknown msgtype', { msgtype: 'markdown_v2', markdown_v2: { content: 'x' } }, 40008],
  ['an empty content', { text: { content: '' } }, 44004],
  ['markdown over 2048 bytes', { msgtype: 'markdown', markdown: { content: textOf(2049) } }, 40058],
])) {
  test(`${what} is refused with ${errcode}`, async (t) => {
    const { service, token, say } = await app(t);
    assert.equal((await say(await token(), { ...MESSAGE, ...change })).errcode, errcode);
    assert.deepEqual(service.delivered, []);
  });
}

test('some recipients that do not exist: errcode 0, their ids in lower case, the others reached', async (t) => {
  const { service, token, say } = await app(t);
  const answer = await say(await token(), { ...MESSAGE, touser: 'Li|Ghost|unpaid', toparty: '2|9', totag: 'none' });
  assert.equal(answer.errcode, 0);
  assert.equal(answer.invaliduser, 'ghost');
  assert.equal(answer.unlicenseduser, 'unpaid');
  assert.equal(answer.invalidparty, '9');
  assert.equal(answer.invalidtag, 'none');
  assert.deepEqual(service.delivered[0].to, ['Li', 'wang']);
});

test('a service strict about the visible range refuses with 60011', async (t) => {
  const { service, token, say } = await app(t);
  service.strictRange = true;
  assert.equal((await say(await token(), { ...MESSAGE, touser: 'Li|hidden' })).errcode, 60011);
});

test('@all reaches everybody in the visible range and leaves the other two fields unread', async (t) => {
  const { service, token, say } = await app(t);
  const answer = await say(await token(), { ...MESSAGE, touser: '@all', toparty: '9' });
  assert.equal(answer.invalidparty, undefined);
  assert.deepEqual(service.delivered[0].to, ['Li', 'wang', 'unpaid']);
});

test('a caller from an address that is not trusted is 60020, and a disabled app is 50003', async (t) => {
  const { registered, token, say } = await app(t, { trustedIps: ['198.51.100.1'] });
  assert.equal((await say(await token(), MESSAGE)).errcode, 60020);
  registered.trustedIps = undefined;
  registered.disabled = true;
  assert.equal((await say(await token(), MESSAGE)).errcode, 50003);
});

test('text over 2048 bytes is cut without a word, between characters', async (t) => {
  const { service, token, say } = await app(t);
  assert.equal((await say(await token(), { ...MESSAGE, text: { content: textOf(3000) } })).errcode, 0);
  assert.equal(service.delivered[0].text, '汉'.repeat(682));
});

test('the duplicate check swallows the same body inside its interval, and only when asked for', async (t) => {
  const { service, clock, token, say } = await app(t);
  const access = await token();
  const checked = { ...MESSAGE, enable_duplicate_check: 1, duplicate_check_interval: 600 };
  for (let i = 0; i < 2; i += 1) assert.equal((await say(access, checked)).errcode, 0);
  assert.equal(service.delivered.length, 1);
  assert.deepEqual(
    service.dropped.map(({ why }) => why),
    ['duplicate'],
  );
  await clock.advance(600_000);
  await say(access, checked);
  assert.equal(service.delivered.length, 2);
  for (let i = 0; i < 2; i += 1) await say(access, MESSAGE);
  assert.equal(service.delivered.length, 4);
});

test('from the thirty-first in a minute on, messages to one member are dropped while the answer says 0', async (t) => {
  const { service, clock, token, say } = await app(t);
  const access = await token();
  for (let i = 0; i < 33; i += 1) assert.equal((await say(access, MESSAGE)).errcode, 0);
  assert.equal(service.inboxOf('Li').length, 30);
  assert.equal(service.dropped.length, 3);
  await clock.advance(60_000);
  await say(access, MESSAGE);
  assert.equal(service.inboxOf('Li').length, 31);
});

test('a link tag in a text is live', async (t) => {
  const { service, token, say } = await app(t);
  await say(await token(), { ...MESSAGE, text: { content: '<a href="https://x.y">open</a>' } });
  assert.deepEqual(service.delivered[0].live.links, [{ text: 'open', url: 'https://x.y' }]);
});
