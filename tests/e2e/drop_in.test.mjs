// Drop-in: with the settings of the application notes and ordinary text, the shipped presets answer what the notes'
// scripts answer, byte for byte as JSON. Each deliberate difference is a test of its own, named for it.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import {
  ALARM,
  arrived,
  BUILDS,
  DINGTALK,
  EUI,
  hand,
  NOTE_PRESETS,
  NOW,
  ORG,
  organization,
  paste,
  platform,
  random,
  refusals,
  runner,
  WECOM_KEY,
  WECOM_URL,
} from './setup.mjs';

const ROUNDS = 60;

/** Pieces that people really type: all of them must come through as typed. */
const PIECES = [
  ...['Boiler', 'pump', 'Nord-Süd', 'Zähler', '温度', '冷库2号', 'КНС-4', 'ポンプ', 'KS52', 'T', 'x', 'v1.2', '24e1'],
  ...[
    '[KS52]',
    '(north)',
    '{a}',
    'T>80',
    'T<80',
    '<= 5',
    '5*3',
    'a_b',
    'a_b_c',
    '#2',
    'No. 1',
    'A/B',
    'C:\\data',
    '50%',
  ],
  ...[
    '±0.5',
    '-12.5°C',
    '+3',
    '21°C',
    '"quoted"',
    "it's",
    'a & b',
    'x=1',
    'x;y',
    'a, b',
    'ok!',
    'why?',
    '~5',
    '^2',
    '$5',
  ],
  ...[
    'http://example.com/d/7?x=1&y=2',
    'https://tkl.example.com',
    'ops@example.com',
    '🔥',
    '👷‍♂️'.slice(0, 2),
    '…',
    '–',
    '|',
    '@li',
  ],
];
const LEVELS = ['low', 'mid', 'high', 'urgent', undefined, '', 'critical', 'P1', 'level 3'];

/** Inputs as the notes have them: their settings, their parameters, text that anybody might type. */
function ordinary(/** @type {ReturnType<typeof random>} */ source, /** @type {string} */ preset) {
  const { pick, below, chance, list } = source;
  const words = () => list(1 + below(6), () => pick(PIECES)).join(' ');
  const maybe = (/** @type {() => unknown} */ make) => (chance(0.2) ? undefined : chance(0.1) ? '' : make());
  const letters = (/** @type {number} */ count) =>
    list(count, () => pick([...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'])).join('');
  const name = chance(0.1) ? words() : `${letters(8)}_alarm`;
  const dingtalk = preset.startsWith('dingtalk');
  /** @type {Record<string, unknown>} */
  const params = {
    _eui: EUI,
    name,
    ...(!dingtalk && { action: pick(['new', 'new', 'new', 'clear', 'no', undefined]) }),
    title: maybe(words),
    level: pick(LEVELS),
    desc: chance(0.1) ? 84.25 : maybe(words),
    content: maybe(() => list(1 + below(4), words).join(chance(0.5) ? '\n' : ' ')),
    group: { notify: ['ops'] },
    // Nobody listed: whom a mention rings is one of the differences.
    ...(preset === 'dingtalk_notify' && {
      at_all: pick([true, false, undefined, 1]),
      at_mobiles: pick([[], undefined]),
    }),
    ...(preset === 'wecom_app_notify' &&
      pick([{}, { touser: 'li' }, { touser: 'li|wang', toparty: '2', totag: '3|4' }, { touser: '@all' }])),
  };
  for (const [key, value] of Object.entries(params)) if (value === undefined && chance(0.5)) delete params[key];
  return {
    device: {
      eui: list(16, () => pick([...'0123456789abcdef'])).join(''),
      name: words(),
      tags: [],
      server_attrs: { dingtalk_token: letters(64), dingtalk_secret: `SEC${letters(40)}`, alarm_temp: 80 },
      telemetry_data: { 77: { temperature: 90 } },
    },
    params,
    alarms: chance(0.5) ? { [name]: { title: 'T', level: 'low', desc: '' } } : {},
    org_params: {
      wecom_webhook_url: `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${letters(36)}`,
      wecom_corp_id: `ww${letters(16)}`,
      wecom_corp_secret: letters(43),
      wecom_agent_id: pick(['1000002', 1000002, '7']),
    },
  };
}

/** A token service that answers with what WeCom's tokens look like, and remembers what it was asked. */
function tokens() {
  /** @type {string[]} */
  const asked = [];
  const axios = async (/** @type {unknown} */ config) => {
    asked.push(JSON.stringify(config));
    return { status: 200, data: { errcode: 0, errmsg: 'ok', access_token: 'tok_EN-91xY', expires_in: 7200 } };
  };
  return { asked, axios };
}

for (const preset of NOTE_PRESETS) {
  const wrapper = preset === 'wecom_app_notify' ? 'async' : 'parameters';
  for (const build of BUILDS) {
    test(`${preset} (${build}) answers ${ROUNDS} ordinary calls as the note's script does`, async () => {
      const ours = await runner(paste(preset, build), wrapper);
      const note = await runner(hand(preset), wrapper);
      const source = random(NOTE_PRESETS.indexOf(preset) * 10 + BUILDS.indexOf(build));
      let sent = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const given = ordinary(source, preset);
        const at = NOW + source.below(1e9);
        const [mine, theirs] = [tokens(), tokens()];
        const here = await ours(given, { at, axios: mine.axios });
        const there = await note(given, { at, axios: theirs.axios });
        assert.equal(there.kind, 'result', 'the note itself takes this input');
        assert.equal(JSON.stringify(here.actions), JSON.stringify(there.actions ?? []), JSON.stringify(given.params));
        assert.deepEqual(mine.asked, theirs.asked);
        // Credentials in server_attrs are warned about; nothing else is said.
        assert.equal(here.logs.filter(([level]) => level !== 'info').length, preset.startsWith('dingtalk') ? 1 : 0);
        sent += here.actions.length;
      }
      assert.ok(sent > ROUNDS / 4, `only ${sent} of the calls sent something`);
    });
  }
}

// The deliberate differences.

/** Both builds of a preset, each on fakes of its own. */
function difference(/** @type {string} */ name, /** @type {(t: any, build: string) => Promise<void>} */ check) {
  for (const build of BUILDS) test(`difference: ${name} (${build})`, (t) => check(t, build));
}

/** Calls one preset on a platform and tells what came of it. */
async function call(
  /** @type {any} */ t,
  /** @type {string} */ preset,
  /** @type {string} */ build,
  /** @type {object} */ params,
  /** @type {any} */ options = {},
) {
  const services = await organization(t);
  const tkl = await platform(services, { [preset]: build === 'note' ? hand(preset) : paste(preset, build) }, options);
  const result = await tkl.call(EUI, preset, params);
  return { services, result, messages: arrived(services), url: result.actions[0]?.dnMsg.url };
}

/** The lines of a log beyond what is only told. */
const warnings = (/** @type {any} */ result) =>
  result.logs.filter((/** @type {string[]} */ [level]) => level !== 'info');

difference('nothing to do is [] and not null', async (_, build) => {
  for (const preset of ['wecom_notify', 'wecom_app_notify']) {
    const wrapper = preset === 'wecom_app_notify' ? 'async' : 'parameters';
    const [ours, note] = [await runner(paste(preset, build), wrapper), await runner(hand(preset), wrapper)];
    for (const action of ['no', 'clear', undefined]) {
      const given = { device: { name: 'B', eui: EUI }, params: { name: 'hot', action }, alarms: {}, org_params: ORG };
      const [here, there] = [await ours(given), await note(given)];
      assert.deepEqual([here.actions, here.logs, there.actions, there.logs], [[], [], null, []]);
    }
  }
});

difference('the DingTalk address has its timestamp, and the signature fits', async (t, build) => {
  for (const preset of ['dingtalk_text', 'dingtalk_notify']) {
    const { messages, url } = await call(t, preset, build, ALARM);
    const { dingtalk_token: token, dingtalk_secret: secret } = DINGTALK;
    const sign = createHmac('sha256', secret).update(`${NOW}\n${secret}`).digest('base64');
    assert.equal(
      url,
      `https://oapi.dingtalk.com/robot/send?access_token=${token}&timestamp=${NOW}&sign=${encodeURIComponent(sign)}`,
    );
    assert.equal(messages.length, 1);
  }
});

difference('every credential is percent-encoded', async (t, build) => {
  const odd = 'a+b/c=d&e f#g?密';
  const wecom = await call(t, 'wecom_text', build, {}, { orgParams: { wecom_webhook_url: odd } });
  assert.equal(new URL(wecom.url).searchParams.get('key'), odd);
  const orgParams = { dingtalk_token: odd, dingtalk_secret: 'SEC' };
  const dingtalk = await call(t, 'dingtalk_text', build, {}, { orgParams });
  assert.deepEqual([...new URL(dingtalk.url).searchParams.keys()], ['access_token', 'timestamp', 'sign']);
  assert.equal(new URL(dingtalk.url).searchParams.get('access_token'), odd);
});

difference("a webhook must be the vendor's, or below the base URL of the organization", async (t, build) => {
  for (const bad of ['https://evil.example/cgi-bin/webhook/send?key=k', WECOM_URL.replace('https', 'http')]) {
    const { result, services } = await call(t, 'wecom_text', build, {}, { orgParams: { wecom_webhook_url: bad } });
    assert.deepEqual(result.actions, []);
    assert.match(result.logs[0][1], /wecom_webhook_url is not a webhook of this service/);
    assert.deepEqual(services.network.requests, []);
  }
  const base = 'https://gw.example/wx';
  const services = await organization(t);
  services.lead('wecom_base_url', base);
  const orgParams = { wecom_webhook_url: `${base}/cgi-bin/webhook/send?key=${WECOM_KEY}`, wecom_base_url: base };
  const tkl = await platform(services, { wecom_text: paste('wecom_text', build) }, { orgParams });
  await tkl.call(EUI, 'wecom_text', { content: 'over the gateway' });
  assert.equal(arrived(services)[0].view, 'over the gateway');
});

difference('touser is @all only when nobody else is named', async (t, build) => {
  for (const [given, data] of [
    [{}, { touser: '@all' }],
    [{ toparty: '2' }, { toparty: '2' }],
    [{ totag: '7' }, { totag: '7' }],
    [{ touser: 'li' }, { touser: 'li' }],
  ]) {
    const { result } = await call(t, 'wecom_app_notify', build, { ...ALARM, ...given });
    const { touser, toparty, totag } = result.actions[0].dnMsg.data;
    assert.deepEqual(JSON.parse(JSON.stringify({ touser, toparty, totag })), data);
  }
  const note = await call(t, 'wecom_app_notify', 'note', { ...ALARM, toparty: '2' }, { wrapper: 'async' });
  assert.equal(note.result.actions[0].dnMsg.data.touser, '@all', 'the note would ring everybody');
});

difference('a channel without a setting of its own falls back with a warning', async (t, build) => {
  for (const [orgParams, used] of [
    [{ wecom_webhook_url: WECOM_KEY }, 'wecom_webhook_url'],
    [{ wecom_webhook_group: WECOM_KEY }, 'wecom_webhook_group'],
  ]) {
    const { result, messages } = await call(t, 'wecom_notify', build, { ...ALARM, channel: 'smart' }, { orgParams });
    assert.equal(messages.length, 1);
    assert.equal(warnings(result).length, 1);
    assert.match(result.logs[0][1], new RegExp(`wecom_webhook_smart is not set: sent to ${used} instead`));
  }
  const orgParams = { wecom_webhook_smart: WECOM_KEY, wecom_webhook_url: 'other' };
  const own = await call(t, 'wecom_notify', build, { ...ALARM, channel: 'smart' }, { orgParams });
  assert.deepEqual([own.messages.length, own.result.logs], [1, []]);
});

difference('who is listed in at_mobiles stands in the body, or nobody would be rung', async (t, build) => {
  const params = { ...ALARM, at_mobiles: ['13800000001'] };
  for (const preset of ['dingtalk_text', 'dingtalk_notify']) {
    const { messages, result } = await call(t, preset, build, params);
    assert.deepEqual(messages[0].rung, ['li']);
    assert.deepEqual(result.actions[0].dnMsg.data.at.atMobiles, ['13800000001']);
  }
  const note = await call(t, 'dingtalk_notify', 'note', params, { device: { server_attrs: DINGTALK } });
  assert.deepEqual(note.messages[0].rung, []);
});

difference("dingtalk_text rings too, where the note's text script knows no mention", async (t, build) => {
  const { messages } = await call(t, 'dingtalk_text', build, { ...ALARM, at_all: true });
  assert.deepEqual(messages[0].rung, ['li', 'wang']);
  const note = await call(
    t,
    'dingtalk_text',
    'note',
    { ...ALARM, at_all: true },
    { device: { server_attrs: DINGTALK } },
  );
  assert.deepEqual(note.messages[0].rung, []);
});

difference('a level is known in any case, and an alarm without a name shows no "undefined"', async (t, build) => {
  const { messages } = await call(t, 'wecom_notify', build, { ...ALARM, level: 'High', name: undefined });
  assert.deepEqual(messages[0].live.colours, [{ text: 'HIGH', colour: 'warning' }]);
  assert.doesNotMatch(messages[0].view, /undefined/);
  const note = await call(t, 'wecom_notify', 'note', { ...ALARM, level: 'High', name: undefined });
  assert.deepEqual(note.messages[0].live.colours, [{ text: 'HIGH', colour: 'info' }]);
  assert.match(note.messages[0].view, /undefined/);
});

difference('dingtalk_notify with an action raises and recovers as wecom_notify does', async (t, build) => {
  const alarms = { overheat: { level: 'high' } };
  for (const [params, device, heading] of /** @type {[object, object, string?][]} */ ([
    [{ action: 'new' }, {}, 'Device Alert - Boiler 2 [KS52]'],
    [{ action: 'clear' }, { alarms }, 'Device Recovered - Boiler 2 [KS52]'],
    [{ action: 'clear' }, {}],
    [{ action: 'no' }, { alarms }],
    [{ action: undefined }, {}, 'Device Alert - Boiler 2 [KS52]'],
    [{ action: '' }, {}, 'Device Alert - Boiler 2 [KS52]'],
  ])) {
    const { messages, result } = await call(t, 'dingtalk_notify', build, { ...ALARM, ...params }, { device });
    assert.deepEqual(
      messages.map(({ live }) => live.headings[0]),
      heading === undefined ? [] : [heading],
    );
    if (!heading) assert.deepEqual([result.actions, result.logs], [[], []]);
  }
});

difference('the DingTalk pair comes from Org Params, else from server_attrs with a warning', async (t, build) => {
  const attrs = { dingtalk_token: 'elsewhere', dingtalk_secret: 'SECelsewhere' };
  const both = await call(t, 'dingtalk_notify', build, ALARM, { orgParams: DINGTALK, device: { server_attrs: attrs } });
  assert.deepEqual([both.messages.length, both.result.logs], [1, []]);
  const device = { server_attrs: DINGTALK };
  const only = await call(t, 'dingtalk_notify', build, ALARM, { orgParams: {}, device });
  assert.equal(only.messages.length, 1);
  assert.equal(warnings(only.result).length, 1);
  assert.match(only.result.logs[0][1], /server_attrs, which every operator and MQTT subscriber can read/);
  // Never one half from here and the other from there.
  const { dingtalk_token, dingtalk_secret } = DINGTALK;
  const mixed = await call(t, 'dingtalk_notify', build, ALARM, {
    orgParams: { dingtalk_token },
    device: { server_attrs: { dingtalk_secret } },
  });
  assert.deepEqual([mixed.result.actions, mixed.messages], [[], []]);
  assert.match(mixed.result.logs[0][1], /dingtalk_\w+ is not set beside its pair/);
});

difference('no DingTalk secret is an error, unless it is the word none', async (t, build) => {
  const { dingtalk_token } = DINGTALK;
  const without = await call(t, 'dingtalk_text', build, {}, { orgParams: { dingtalk_token } });
  assert.deepEqual(without.result.actions, []);
  assert.match(without.result.logs[0][1], /dingtalk_secret is not set/);
  const services = await organization(t);
  services.dingtalkRobot.addGroup('words', { token: 'keyword-robot', keywords: ['alarm'] });
  const orgParams = { dingtalk_token: 'keyword-robot', dingtalk_secret: 'none' };
  const tkl = await platform(services, { dingtalk_text: paste('dingtalk_text', build) }, { orgParams });
  const result = await tkl.call(EUI, 'dingtalk_text', { content: 'an alarm' });
  assert.equal(result.actions[0].dnMsg.url, 'https://oapi.dingtalk.com/robot/send?access_token=keyword-robot');
  assert.equal(arrived(services).length, 1);
});

difference("a text over the limit is fitted, where the note's is refused or cut by the service", async (t, build) => {
  const desc = '温度过高 '.repeat(3000);
  for (const [preset, limit] of [
    ['wecom_text', 2048],
    ['wecom_notify', 4096],
    ['wecom_app_notify', 2048],
    ['dingtalk_text', 20_000],
    ['dingtalk_notify', 20_000],
  ]) {
    const { result, services, messages } = await call(t, String(preset), build, { ...ALARM, desc, content: desc });
    assert.deepEqual(refusals(services), [], String(preset));
    const bytes = Buffer.byteLength(messages[0].text);
    assert.ok(bytes <= Number(limit) && bytes > Number(limit) * 0.9, `${preset}: ${bytes} bytes`);
    assert.match(messages[0].text, /…/);
    assert.match(warnings(result)[0][1], /was over \d+ bytes and was (cut|shortened)/);
  }
});

difference('markup in untrusted text is inert', async (t, build) => {
  const evil = '<@all> [here](https://evil.example) `x` **b**';
  const ours = await call(t, 'wecom_notify', build, { ...ALARM, desc: evil });
  assert.deepEqual([ours.messages[0].live.links, ours.messages[0].rung], [[], []]);
  const note = await call(t, 'wecom_notify', 'note', { ...ALARM, desc: evil });
  assert.deepEqual(
    note.messages[0].live.links.map(({ url }) => url),
    ['https://evil.example'],
  );
});

difference('the time is UTC as in the notes until a zone is set', async (t, build) => {
  for (const [zone, shown] of [
    [undefined, '2026-03-02T08:00:00.000Z'],
    ['+08:00', '2026-03-02 16:00:00 UTC+08:00'],
    ['Asia/Shanghai', '2026-03-02 16:00:00 UTC+08:00'],
  ]) {
    for (const preset of ['wecom_notify', 'wecom_app_notify', 'dingtalk_notify']) {
      const orgParams = { ...ORG, ...(zone && { notify_timezone: zone }) };
      const { messages } = await call(t, preset, build, ALARM, { orgParams });
      assert.ok(messages[0].view.includes(String(shown)), `${preset} ${zone}: ${messages[0].view}`);
    }
  }
});
