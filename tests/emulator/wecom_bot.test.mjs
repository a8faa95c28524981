// The fake WeCom bot: each rule of the real one, as a sentence.
// Sent through the same network as scripts use, answered over loopback.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEMBERS, send, services, textOf, WECOM_URL } from './setup.mjs';

/** @typedef {import('./setup.mjs').Config} Config */

const text = (/** @type {unknown} */ content, more = {}) => ({ msgtype: 'text', text: { content, ...more } });
const markdown = (/** @type {unknown} */ content) => ({ msgtype: 'markdown', markdown: { content } });

async function bot(/** @type {import('./setup.mjs').TestContext} */ t) {
  const started = await services(t);
  const group = started.wecomBot.addGroup('alarm', { key: 'key-alarm', members: MEMBERS });
  const say = (/** @type {unknown} */ data, /** @type {Config} */ config = {}) =>
    send(started, WECOM_URL, data, config);
  return { started, group, say };
}

test('a message to a known key is delivered and answered with errcode 0', async (t) => {
  const { group, say } = await bot(t);
  assert.deepEqual(await say(text('hello')), { errcode: 0, errmsg: 'ok' });
  assert.deepEqual(
    group.delivered.map(({ view, rung }) => ({ view, rung })),
    [{ view: 'hello', rung: [] }],
  );
});

test('an unknown key, and a bot that was removed, answer 93000', async (t) => {
  const { started, say } = await bot(t);
  assert.equal((await send(started, WECOM_URL.replace('key-alarm', 'other'), text('x'))).errcode, 93000);
  started.wecomBot.bot('key-alarm').removed = true;
  assert.equal((await say(text('x'))).errcode, 93000);
});

test('a disabled bot answers 93004', async (t) => {
  const { started, say } = await bot(t);
  started.wecomBot.bot('key-alarm').disabled = true;
  assert.equal((await say(text('x'))).errcode, 93004);
});

test('refusals end with a hint, the address of the caller and a link', async (t) => {
  const { started } = await bot(t);
  const { errmsg } = await send(started, WECOM_URL.replace('key-alarm', 'other'), text('x'));
  assert.match(
    errmsg,
    /^invalid webhook url, hint: \[\d+\], from ip: [\d.]+, more info at https:\/\/open\.work\.weixin\.qq\.com\//,
  );
});

test('text of 2048 bytes passes and of 2049 is refused, counted in UTF-8', async (t) => {
  const { say } = await bot(t);
  assert.equal((await say(text(textOf(2048)))).errcode, 0);
  assert.equal((await say(text(textOf(2049)))).errcode, 40058);
});

test('markdown of 4096 bytes passes and of 4097 is refused', async (t) => {
  const { say } = await bot(t);
  assert.equal((await say(markdown(textOf(4096)))).errcode, 0);
  assert.equal((await say(markdown(textOf(4097)))).errcode, 40058);
});

test('the bytes of the decoded text count, not those of its JSON', async (t) => {
  const { say } = await bot(t);
  assert.equal((await say(text('\n'.repeat(2048)))).errcode, 0);
});

for (const [what, body, errcode] of /** @type {[string, object, number][]} */ ([
  ['no msgtype', { text: { content: 'x' } }, 40008],
  ['an upper-case msgtype', { msgtype: 'TEXT', text: { content: 'x' } }, 40008],
  ['a msgtype that is a property of every object', { msgtype: 'constructor', constructor: { content: 'x' } }, 40008],
  ['a part that is missing', { msgtype: 'text' }, 40058],
  ['an empty content', text(''), 44004],
  ['no content', { msgtype: 'markdown', markdown: {} }, 44004],
  ['a content that is a number', text(5), 40058],
  ['mentions that are no list', text('x', { mentioned_list: 'li' }), 40058],
  ['mentions that are numbers', text('x', { mentioned_mobile_list: [13800000001] }), 40058],
  [
    'nine news articles',
    { msgtype: 'news', news: { articles: Array(9).fill({ title: 't', url: 'https://x.y' }) } },
    45008,
  ],
  ['a news link without a scheme', { msgtype: 'news', news: { articles: [{ title: 't', url: 'x.y' }] } }, 45034],
  ['a file that was never uploaded', { msgtype: 'file', file: { media_id: 'm' } }, 40007],
  [
    'a card without an action',
    { msgtype: 'template_card', template_card: { card_type: 'text_notice', main_title: { title: 't' } } },
    42045,
  ],
])) {
  test(`${what} is refused with ${errcode}`, async (t) => {
    const { say, group } = await bot(t);
    assert.equal((await say(body)).errcode, errcode);
    assert.deepEqual(group.delivered, []);
  });
}

test('a body that is no JSON is 40058 with the marker, a form is 40008, a GET is 40058', async (t) => {
  const { say } = await bot(t);
  const broken = await say('{"msgtype":', { transformRequest: [(/** @type {unknown} */ data) => data] });
  assert.equal(broken.errcode, 40058);
  assert.match(broken.errmsg, /Warning: wrong json format\./);
  const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
  assert.equal((await say('msgtype=text', form)).errcode, 40008);
  assert.equal((await say(undefined, { method: 'GET' })).errcode, 40058);
});

test('the twenty-first message of a minute is 45009, and a minute later the bot speaks again', async (t) => {
  const { started, group, say } = await bot(t);
  for (let i = 0; i < 20; i += 1) assert.equal((await say(text(`${i}`))).errcode, 0);
  assert.equal((await say(text('too many'))).errcode, 45009);
  await started.clock.advance(59_999);
  assert.equal((await say(text('still too early'))).errcode, 45009);
  await started.clock.advance(1);
  assert.equal((await say(text('again'))).errcode, 0);
  assert.equal(group.delivered.length, 21);
});

test('messages spread over time never meet the limit', async (t) => {
  const { started, say } = await bot(t);
  for (let i = 0; i < 60; i += 1) {
    assert.equal((await say(text(`${i}`))).errcode, 0);
    await started.clock.advance(3_100);
  }
});

test('each bot has its own twenty a minute', async (t) => {
  const { started, say } = await bot(t);
  started.wecomBot.addBot('key-second', 'alarm');
  for (let i = 0; i < 21; i += 1) await say(text(`${i}`));
  assert.equal((await send(started, WECOM_URL.replace('key-alarm', 'key-second'), text('x'))).errcode, 0);
});

test('a smart bot reaches every group it is in', async (t) => {
  const started = await services(t);
  started.wecomBot.addGroup('north');
  started.wecomBot.addGroup('south');
  started.wecomBot.addBot('key-alarm', 'north', 'south');
  await send(started, WECOM_URL, text('x'));
  assert.deepEqual(
    started.wecomBot.delivered.map(({ group }) => group),
    ['north', 'south'],
  );
});

test('a moderated word is refused with 40201', async (t) => {
  const { started, say } = await bot(t);
  started.wecomBot.blockedWords = ['casino'];
  assert.equal((await say(text('best casino'))).errcode, 40201);
  assert.equal((await say(text('boiler'))).errcode, 0);
});

for (const [what, body, rung] of /** @type {[string, object, string[]][]} */ ([
  ['mentioned_list rings the user', text('x', { mentioned_list: ['li'] }), ['li']],
  ['mentioned_mobile_list rings the number', text('x', { mentioned_mobile_list: ['13800000002'] }), ['wang']],
  ['@all in either list rings everybody', text('x', { mentioned_mobile_list: ['@all'] }), ['li', 'wang']],
  ['<@id> in a text rings', text('see <@li>'), ['li']],
  ['<@id> in markdown rings', markdown('see <@wang>'), ['wang']],
  ['<@all> is taken as live', markdown('see <@all>'), ['li', 'wang']],
  ['<@id> inside code is taken as live', markdown('see `<@li>`'), ['li']],
  ['somebody outside the group is not rung', text('x', { mentioned_list: ['nobody'] }), []],
  ['a list in markdown rings nobody', { msgtype: 'markdown', markdown: { content: 'x', mentioned_list: ['li'] } }, []],
  ['two names in one item are one unknown name', text('x', { mentioned_list: ['li,wang'] }), []],
  ['markdown_v2 mentions nobody', { msgtype: 'markdown_v2', markdown_v2: { content: 'see <@li>' } }, []],
])) {
  test(what, async (t) => {
    const { group, say } = await bot(t);
    assert.equal((await say(body)).errcode, 0);
    assert.deepEqual(group.rung, rung);
  });
}
