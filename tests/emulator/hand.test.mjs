// The hand-written scripts with the notes' behaviour: they deliver in every host that has HTTP.
// They are the yardstick for the presets, so their own behaviour is held here field by field.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { openHost, PROFILES, startPlatform } from '../../emulator/index.mjs';
import '../../emulator/profiles/quickjs.mjs';
import { EUI, MEMBERS, resultOf, services, WECOM_URL } from './setup.mjs';

const hand = (/** @type {string} */ name) =>
  readFileSync(new URL(`../fixtures/hand/${name}.js`, import.meta.url), 'utf8');
const WITH_HTTP = Object.keys(PROFILES).filter((name) => PROFILES[name].actions.includes('axios'));
const ORG = {
  wecom_webhook_url: WECOM_URL,
  wecom_corp_id: 'ww1',
  wecom_corp_secret: 'corp-secret',
  wecom_agent_id: '1000002',
};

/** @param {import('./setup.mjs').TestContext} t @param {string} profile */
async function platform(t, profile, alarms = {}) {
  const started = await services(t);
  started.wecomBot.addGroup('alarm', { key: 'key-alarm', members: MEMBERS });
  started.dingtalkRobot.addGroup('ops', { token: 'token-ops', secret: 'SECdemo', members: MEMBERS });
  started.wecomApp.addApp({ corpId: 'ww1', secret: 'corp-secret', agentId: 1000002, members: MEMBERS });
  const tkl = await startPlatform({ profile, services: started, orgParams: ORG });
  tkl.addDevice({
    eui: EUI,
    name: 'Boiler',
    alarms,
    server_attrs: { dingtalk_token: 'token-ops', dingtalk_secret: 'SECdemo' },
  });
  const call = (
    /** @type {string} */ name,
    /** @type {Record<string, unknown>} */ params,
    /** @type {Parameters<typeof tkl.mount>[2]} */ form = {},
  ) => {
    tkl.mount(name, hand(name), form);
    return tkl.call(EUI, name, params);
  };
  return { started, tkl, call };
}

for (const profile of WITH_HTTP) {
  test(`${profile}: the text and alarm scripts deliver to both services`, async (t) => {
    const { started, call } = await platform(t, profile);
    for (const name of ['wecom_text', 'wecom_notify', 'dingtalk_text', 'dingtalk_notify']) {
      const result = await call(name, {
        name: 'hot',
        action: 'new',
        level: 'urgent',
        desc: 'too hot',
        content: 'hello',
      });
      assert.deepEqual(result.done[0]?.answer, { errcode: 0, errmsg: 'ok' }, name);
    }
    assert.deepEqual(
      started.wecomBot.delivered.map(({ view }) => view),
      [
        'hello',
        `■ Device Alarm\n│ Device: Boiler\n│ EUI: ${EUI}\n│ Alarm Name: hot\n│ Title: hot\n│ Level: URGENT\n│ Description: too hot\n│ Time: 2026-03-02T08:00:00.000Z`,
      ],
    );
    assert.deepEqual(
      started.dingtalkRobot.delivered.map(({ view }) => view),
      [
        'hello',
        `■ Device Alert - Boiler\n\n• EUI: ${EUI}\n• Level: URGENT\n• Description: too hot\n• Time: 2026-03-02T08:00:00.000Z`,
      ],
    );
  });
}

test('the app script fetches a token and reaches everybody', async (t) => {
  const { started, call } = await platform(t, 'tkl-current');
  const result = await call('wecom_app_notify', { name: 'hot', action: 'new' }, { wrapper: 'async' });
  assert.equal(result.done[0].answer.errcode, 0);
  assert.deepEqual(started.wecomApp.delivered[0].to, ['li', 'wang']);
  assert.deepEqual(Object.keys(result.actions[0].dnMsg.data), ['touser', 'msgtype', 'agentid', 'markdown']);
});

test('a clear is told only while the alarm is active, and other actions never', async (t) => {
  const active = await platform(t, 'tkl-current', { hot: { title: 'T' } });
  const recovered = await active.call('wecom_notify', { name: 'hot', action: 'clear' });
  assert.match(
    recovered.actions[0].dnMsg.data.markdown.content,
    /^### Alarm Recovered\n[\s\S]*\n> \*\*Recovery note\*\*: n\/a\n/,
  );
  const idle = await platform(t, 'tkl-current');
  for (const action of ['clear', 'no', undefined]) {
    assert.equal((await idle.call('wecom_notify', { name: 'hot', action })).result, null);
    assert.equal((await idle.call('wecom_app_notify', { name: 'hot', action }, { wrapper: 'async' })).result, null);
  }
});

test('colours by level, and the fallbacks of title, level and description', async (t) => {
  const { call } = await platform(t, 'tkl-current');
  for (const [level, colour] of [
    ['urgent', 'warning'],
    ['high', 'warning'],
    ['mid', 'comment'],
    ['low', 'info'],
    ['odd', 'info'],
    [undefined, 'comment'],
  ]) {
    const { actions } = await call('wecom_notify', { name: 'hot', action: 'new', level });
    const shown = (level ?? 'mid').toUpperCase();
    assert.ok(
      actions[0].dnMsg.data.markdown.content.includes(
        `> **Level**: <font color="${colour}">${shown}</font>\n> **Description**: n/a\n`,
      ),
    );
  }
});

test('the default texts name the device', async (t) => {
  const { call } = await platform(t, 'tkl-current');
  assert.equal((await call('wecom_text', {})).actions[0].dnMsg.data.text.content, `Device Boiler(${EUI}) alert`);
  assert.equal((await call('dingtalk_text', {})).actions[0].dnMsg.data.text.content, 'Boiler alert');
});

test('without settings nothing is sent and the log says what is missing', async (t) => {
  const { tkl } = await platform(t, 'tkl-current');
  for (const [name, wrapper, expected] of /** @type {const} */ ([
    ['wecom_text', 'parameters', /wecom_webhook_url/],
    ['wecom_notify', 'parameters', /wecom_webhook_url/],
    ['wecom_app_notify', 'async', /wecom_corp_id/],
    ['dingtalk_notify', 'parameters', /dingtalk credentials/],
  ])) {
    tkl.mount(name, hand(name), { wrapper });
    const result = await tkl.call(
      EUI,
      name,
      { action: 'new' },
      { inputs: { org_params: {}, device: { name: 'B', eui: EUI } } },
    );
    assert.equal(result.result, null);
    assert.match(result.logs[0][1], expected);
  }
});

test('the variants with require make the same actions, signature and all', async () => {
  const require = createRequire(import.meta.url);
  for (const name of ['dingtalk_text', 'dingtalk_notify']) {
    for (const secret of ['SECdemo', 'SEC密钥demo', 'x'.repeat(65), 'y'.repeat(64)]) {
      const inputs = {
        device: { name: 'Boiler', eui: EUI, server_attrs: { dingtalk_token: 'token-ops', dingtalk_secret: secret } },
        params: { level: 'high', at_mobiles: ['13800000001'], at_all: 1 },
      };
      const [own, required] = await Promise.all(
        ['', '.require'].map(async (variant) => {
          const host = await openHost('tkl-current', { clock: { now: () => 1700000000008 }, globals: { require } });
          return JSON.stringify(resultOf(await host.run(host.compile(hand(name + variant)), inputs)));
        }),
      );
      assert.equal(own, required);
      assert.match(own, /access_token=token-ops&timestamp=1700000000008&sign=[\w%]+"/);
    }
  }
});
