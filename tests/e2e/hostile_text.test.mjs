// Text from the field that tries to be markup, to ring people, or to be too long: what is delivered shows it, and nothing
// in it is live. Held against what the services rendered and whom they rang, not against what was sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ALARM,
  arrived,
  BUILDS,
  EUI,
  ORG,
  organization,
  PRESETS,
  paste,
  platform,
  random,
  refusals,
} from './setup.mjs';

/** @type {Record<string, string>} */
const ATTACKS = {
  'a mention of everybody': '<@all>',
  'a mention of a member': '<@li> <@li|Li> <@wang>',
  'a mention in two pieces': '<<@all>@all> <\u200b@li> <\u0000@li> <\n@li>',
  'a mention by number': '@13800000001 @all @所有人',
  'a link': '[x](http://evil.example)',
  'a link over nested brackets': '[[a](http://evil.example)](http://evil.example) ](http://evil.example)',
  'a reference link': '[x][1]\n[1]: http://evil.example',
  'an image': '![x](http://evil.example/i.png)',
  'a font tag': '</font><font color="warning">x</font>',
  'a font tag in other cases': "<FONT COLOR='info'>x</FONT><font color=red>y",
  'an anchor': '<a href="http://evil.example">x</a>',
  'an autolink': '<http://evil.example>',
  html: '<br/><img src=x onerror=alert(1)><!-- x --><script>x</script>',
  'an escaped link': '\\[x\\](http://evil.example) &lt;@all&gt;',
  backticks: '` `` ``` ````x````',
  'a code fence': '\n```\nx\n```\n',
  'a heading': '\n# big\n\n###### small',
  'a quote': '\n> quoted\n>> twice',
  'a list': '\n- a\n* b\n+ c\n1. d',
  'a rule and a table': '\n---\n***\n| a | b |\n|---|---|\n| 1 | 2 |',
  'a setext heading': 'x\n===\ny\n---',
  'carriage returns and separators': 'a\r# b\r\n# c\u2028# d\u2029# e\u0085# f\v# g\f# h',
  'bold out of its field': '** **x** ***y*** __z__',
  'bidirectional controls': '\u202etxet\u202c \u2066a\u2069 \u200f\u061c',
  'zero width characters': 'a\u200b\u200c\u200d\u2060\ufeff\u00adb',
  'tag characters': '\u{e0041}\u{e0042}\u{e007f}',
  'control characters': '\u0000\u0001\u0007\u0008\u001b[31mred\u001b[0m\u007f\u009b',
  'lone surrogates': '\ud800 \udc00 a\ud83d',
  'no character at all': '\u200b\u0000\n',
  JSON: '"}],"at":{"isAtAll":true},"x":[{"',
  'a prototype': '__proto__',
  'percent signs': '%00%0a%3C@all%3E',
  'a very long word': 'x'.repeat(50_000),
  'very many characters of four bytes': '🔥'.repeat(30_000),
  'very many mentions': '<@all>'.repeat(8_000),
  'very many links': '[x](http://e.example)'.repeat(3_000),
  'very many line breaks': 'a\n'.repeat(20_000),
  'very many quotes for JSON': '"\\'.repeat(20_000),
  'combining marks': `e${'\u0301'.repeat(20_000)}`,
};

/** Where a text may come from the field. */
const FIELDS = ['device name', 'device eui', 'name', 'title', 'level', 'desc'];
/** What the text presets make of the caller's own words: only mentions are broken. */
const isText = (/** @type {string} */ preset) => preset.endsWith('_text');

const LIMITS = { wecom: 4096, app: 2048, text: 2048, dingtalk: 20_000 };

/** @param {string} preset */
function limitOf(preset) {
  if (preset.startsWith('dingtalk')) return LIMITS.dingtalk;
  if (preset === 'wecom_app_notify') return LIMITS.app;
  return isText(preset) ? LIMITS.text : LIMITS.wecom;
}

/**
 * Everybody and everything at stake: one platform a preset, used for many calls.
 * @param {any} t @param {string} preset @param {string} build
 */
async function stage(t, preset, build) {
  const services = await organization(t);
  const tkl = await platform(services, { [preset]: paste(preset, build) }, { device: { alarms: {} } });
  const send = async (/** @type {any} */ device, /** @type {any} */ params) => {
    const before = arrived(services).length;
    // Apart in time, so that no service is told too much at once; and each alarm is news to `notify`.
    await tkl.advance(60_000);
    tkl.device(EUI).server_attrs = {};
    const inputs = {
      device: { eui: EUI, name: 'Boiler', server_attrs: {}, ...device },
      params: { _eui: EUI, ...ALARM, ...params },
      org_params: ORG,
    };
    const result = await tkl.call(EUI, preset, inputs.params, { inputs });
    return { result, messages: arrived(services).slice(before), refused: refusals(services) };
  };
  return { send, services };
}

/** What the ordinary alarm looks like: as much may be live, and no more. @param {any} stage */
async function usual({ send }) {
  const { messages } = await send({}, {});
  assert.equal(messages.length, 1);
  return messages[0];
}

/** @param {string} preset @param {any} sent @param {any} ordinary @param {string} label */
function checkInert(preset, { result, messages, refused }, ordinary, label) {
  const where = `${preset}, ${label}`;
  assert.equal(result.outcome, 'success', `${where}: ${result.error}`);
  assert.deepEqual(refused, [], where);
  assert.deepEqual(
    result.logs.filter((/** @type {string[]} */ [level]) => level === 'error'),
    [],
    where,
  );
  assert.equal(messages.length, 1, where);
  const [{ text, live, rung }] = messages;
  assert.deepEqual(rung, ordinary.rung, `${where}: rung`);
  assert.deepEqual(live.mentions, [], `${where}: mentions`);
  assert.ok(!text.includes('<@'), `${where}: a mention may still stand`);
  assert.ok(Buffer.byteLength(text) <= limitOf(preset), `${where}: ${Buffer.byteLength(text)} bytes`);
  assert.ok(text.isWellFormed(), `${where}: ill-formed`);
  if (isText(preset)) return;
  assert.deepEqual(live.links, [], `${where}: links`);
  assert.deepEqual(live.images, [], `${where}: images`);
  assert.equal(live.headings.length, ordinary.live.headings.length, `${where}: headings in ${text.slice(0, 300)}`);
  assert.equal(live.colours.length, ordinary.live.colours.length, `${where}: colours`);
  // A name of nothing that can be shown leaves its code span empty.
  assert.ok(live.code.length <= ordinary.live.code.length, `${where}: code`);
  assert.doesNotMatch(
    text,
    /\]\(|!\[[^\]]*\]\(|<\/?[a-z](?!ont color="(?:info|comment|warning)">|ont>)/i,
    `${where}: tags`,
  );
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u, `${where}: hidden characters`);
}

for (const preset of PRESETS) {
  for (const build of BUILDS) {
    test(`${preset} (${build}): no attack is live in what is delivered`, async (t) => {
      const on = await stage(t, preset, build);
      const ordinary = await usual(on);
      const attacks = Object.entries(ATTACKS);
      for (const [index, [label, attack]] of attacks.entries()) {
        // Each attack everywhere at once, inside other text, and alone in one field after the other.
        const everywhere = { title: attack, level: attack, desc: attack, content: attack };
        const all = await on.send({ name: attack }, { ...everywhere, ...(preset !== 'notify' && { name: attack }) });
        checkInert(preset, all, ordinary, `${label} everywhere`);
        // The twin is the same Rust: it need not hear everything twice.
        if (build === 'twin') continue;
        // `notify` keeps its state on the device, so that one must be the platform's own.
        const fields = preset === 'notify' ? FIELDS.filter((field) => field !== 'device eui') : FIELDS;
        const field = fields[index % fields.length];
        const inside = `before ${attack} after`;
        const [device, params] = field.startsWith('device ')
          ? [{ [field.slice(7)]: inside }, { content: undefined }]
          : [{}, { [field]: inside, content: inside }];
        checkInert(preset, await on.send(device, params), ordinary, `${label} in ${field}`);
      }
    });

    test(`${preset} (${build}): no random mixture of syntax is live`, async (t) => {
      const on = await stage(t, preset, build);
      const ordinary = await usual(on);
      const source = random(PRESETS.indexOf(preset) * 2 + BUILDS.indexOf(build) + 100);
      const pieces = [
        ...['<', '@', 'all', 'li', '>', '[', ']', '(', ')', '!', '`', '*', '_', '#', ' ', '\n', '\r', '-', '+', '|'],
        ...[
          '<@',
          '](',
          'http://e.example',
          '<font color="info">',
          '</font>',
          '\u200b',
          '\u202e',
          '\0',
          '\x01',
          '\ud800',
        ],
        ...['\udc00', '🔥', '温', '=', '~', '\\', '"', '&lt;', 'javascript:', '1.', '\t', '\u2028', 'x', '13800000001'],
      ];
      const mixture = () => source.list(1 + source.below(30), () => source.pick(pieces)).join('');
      const rounds = build === 'twin' ? 10 : 25;
      for (let round = 0; round < rounds; round += 1) {
        const [title, desc, level, deviceName] = source.list(4, mixture);
        const params = { title, desc, level, content: `${mixture()}x` };
        const label = JSON.stringify({ ...params, deviceName });
        checkInert(preset, await on.send({ name: deviceName }, params), ordinary, label);
      }
    });
  }

  test(`${preset}: a description cannot word a second message`, async (t) => {
    if (isText(preset)) {
      // Line breaks are the caller's own here.
      const { send } = await stage(t, preset, 'wasm');
      const { messages } = await send({}, { content: 'one\ntwo https://example.com [x](https://example.com)' });
      assert.equal(messages[0].text, 'one\ntwo https://example.com [x](https://example.com)');
      return;
    }
    const { send } = await stage(t, preset, 'wasm');
    const desc = 'hot\n### Alarm Recovered\n> **Level**: <font color="info">LOW</font>\n\n**Time**: never';
    const { messages } = await send({}, { desc });
    const heads = messages[0].live.headings;
    assert.equal(heads.length, 1, messages[0].view);
    assert.doesNotMatch(messages[0].view, /^■ Alarm Recovered/m);
  });
}

test('a mention that configuration asks for still rings, among hostile text', async (t) => {
  const services = await organization(t);
  const rpcs = Object.fromEntries(
    ['wecom_text', 'dingtalk_text', 'dingtalk_notify', 'notify'].map((p) => [p, paste(p, 'wasm')]),
  );
  const orgParams = { ...ORG, notify_mentions: '*=user:li' };
  const tkl = await platform(services, rpcs, { orgParams });
  const text = '<@all> <@wang> @13800000002 [x](http://evil.example)';
  const base = { ...ALARM, desc: text, title: text, content: text };
  for (const [preset, params, rung] of [
    ['wecom_text', { mentioned_list: ['li'] }, ['li']],
    ['wecom_text', { mentioned_mobile_list: '13800000001' }, ['li']],
    ['dingtalk_text', { at_mobiles: ['13800000001'] }, ['li']],
    ['dingtalk_notify', { at_mobiles: '13800000001' }, ['li']],
    ['dingtalk_notify', { at_user_ids: ['wang'] }, ['wang']],
    ['notify', {}, ['li']],
  ]) {
    const before = arrived(services).length;
    await tkl.call(EUI, String(preset), { ...base, .../** @type {object} */ (params) });
    await tkl.advance(60_000);
    assert.deepEqual(
      arrived(services)
        .slice(before)
        .map((message) => message.rung),
      [rung],
      String(preset),
    );
  }
});
