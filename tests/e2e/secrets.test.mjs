// No credential is ever shown: not in a log, an error, a dry run or a stored attribute; raw, percent-encoded or in base64;
// on success and on every way to fail, services that echo it included. Only the request itself carries it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { main } from '../../emulator/main.mjs';
import { ALARM, BUILDS, EUI, freshPackage, organization, PRESETS, paste, platform } from './setup.mjs';

/** Credentials that occur nowhere else, with what needs encoding. */
const SECRET = {
  url: 'UrlKey-7Qx+Zr/91=Lm',
  smart: 'Sm4rt~K3y~4Hn8Vb2Wd',
  token: 'Rt9ToK4b+6Tg/2Yh=Uj',
  secret: 'SECrobot9Ik&3Ol#5P密钥',
  corp: 'Cq7xSe_8Az%1Sx 2Dc',
};
const SETTINGS = {
  wecom_webhook_url: `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${encodeURIComponent(SECRET.url)}`,
  wecom_webhook_smart: SECRET.smart,
  dingtalk_token: SECRET.token,
  dingtalk_secret: SECRET.secret,
  wecom_corp_id: 'ww5e6f7a8b',
  wecom_corp_secret: SECRET.corp,
  wecom_agent_id: '1000002',
  notify_routes: '*=wecom,wecom:smart,wecom_app,dingtalk',
};

/** Every face that a secret may show. @param {string} secret @returns {string[]} */
function faces(secret) {
  const bytes = Buffer.from(secret);
  const percent = encodeURIComponent(secret);
  const every = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  // Inside a longer text base64 has three faces; of each, only what the secret's own bytes decide.
  const base64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const sure = text.slice(shift === 0 ? 0 : shift + 1, (bytes.length + shift) % 3 === 0 ? undefined : -1);
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(sure)];
  });
  return [
    secret,
    percent,
    encodeURIComponent(percent),
    percent.replaceAll('%20', '+'),
    every,
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    ...base64,
    // Half of it is too much as well.
    secret.slice(0, 10),
    secret.slice(-10),
  ].map((face) => face.toLowerCase());
}

/** @param {string} shown @param {string[]} secrets @param {string} where */
function assertHidden(shown, secrets, where) {
  const text = shown.toLowerCase();
  for (const secret of secrets) {
    for (const face of faces(secret)) assert.ok(!text.includes(face), `${where} shows "${face}"`);
  }
}

test('the search finds each face of a secret', () => {
  for (const secret of Object.values(SECRET)) {
    for (const shown of [
      `x${secret}y`,
      `?key=${encodeURIComponent(secret)}&`,
      Buffer.from(`a${secret}b`).toString('base64'),
      Buffer.from(`ab${secret}`).toString('base64url'),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]) {
      assert.throws(() => assertHidden(shown, [secret], 'it'), /shows/);
    }
  }
});

/** Fakes that know these credentials. */
async function world(/** @type {any} */ t) {
  const services = await organization(t);
  services.wecomBot.addGroup('url', { key: SECRET.url });
  services.wecomBot.addGroup('smart', { key: SECRET.smart });
  services.dingtalkRobot.addGroup('robot', { token: SECRET.token, secret: SECRET.secret });
  services.wecomApp.addApp({
    corpId: SETTINGS.wecom_corp_id,
    secret: SECRET.corp,
    agentId: 1000002,
    members: [{ id: 'li' }],
  });
  return services;
}

/** What the run itself made secret: access tokens and signatures. @param {any} services */
const made = (services) => [
  ...services.wecomApp.apps.map((/** @type {any} */ app) => app.token).filter(Boolean),
  ...services.network.requests
    .map((/** @type {any} */ { url }) => new URL(url).searchParams.get('sign'))
    .filter(Boolean),
];

const echo = `key=${SECRET.url} ${SECRET.token} ${encodeURIComponent(SECRET.corp)} ${SECRET.secret} ${SECRET.smart}`;

/** Ways for the network or the service to fail. @type {Record<string, any>} */
const FAULTS = {
  none: undefined,
  refused: 'refused',
  reset: 'reset',
  dns: 'dns',
  timeout: 'timeout',
  late: { late: 4_000 },
  html: 'html',
  truncated: 'truncated',
  empty: 'empty',
  'a 500': { status: 500, body: `<html>${echo}</html>` },
  'a 404 that echoes': { status: 404, body: JSON.stringify({ errcode: 404, errmsg: echo }) },
  'a text that echoes': { status: 200, body: echo },
  'a known code that echoes': { errcode: 93000, errmsg: `invalid webhook url: ${echo}` },
  'a token code that echoes': { errcode: 40014, errmsg: `invalid access_token ${echo}` },
  'a robot code that echoes': { errcode: 310000, errmsg: `sign not match ${echo}` },
  'a throttle that echoes': { errcode: 45009, errmsg: echo },
  'an unknown code that echoes': { errcode: 987654, errmsg: echo },
  'a partial delivery that echoes': { errcode: 0, errmsg: echo, invaliduser: 'wang' },
};

/** Settings that are wrong in ways that tempt to show them. @type {Record<string, Record<string, any>>} */
const SPOILED = {
  'webhook of another host': { wecom_webhook_url: `https://evil.example/send?key=${SECRET.url}` },
  'webhook without https': { wecom_webhook_url: `http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${SECRET.url}` },
  'webhook with another field': {
    wecom_webhook_url: `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?token=${SECRET.url}`,
  },
  'only the path': { wecom_webhook_url: `/cgi-bin/webhook/send?key=${SECRET.url}` },
  'token of another host': { dingtalk_token: `https://evil.example/robot/send?access_token=${SECRET.token}` },
  'no robot secret': { dingtalk_secret: undefined },
  'no robot token': { dingtalk_token: undefined },
  'no corp id': { wecom_corp_id: undefined },
  'no agent id': { wecom_agent_id: undefined },
  'a secret for an agent id': { wecom_agent_id: SECRET.corp },
  'a secret for a corp id': { wecom_corp_id: SECRET.corp, wecom_corp_secret: SECRET.corp },
  'a secret that the service does not know': { wecom_corp_secret: `${SECRET.corp}x` },
  'bad base URLs': { wecom_base_url: `http://${'x'}.example`, dingtalk_base_url: 'ftp://x.example' },
  'policy in all wrong': { notify_routes: '***', notify_repeat: 'soon', notify_timezone: 'nowhere', notify_quiet: '?' },
};

for (const preset of PRESETS) {
  test(`${preset}: no credential in log, error or attribute, whatever the service does`, async (t) => {
    const bodies = Object.fromEntries(BUILDS.map((build) => [build, paste(preset, build)]));
    let turn = 0;
    for (const [label, fault] of Object.entries(FAULTS)) {
      for (const cache of ['wecom_app_notify', 'notify'].includes(preset) ? ['on', 'off'] : ['off']) {
        turn += 1;
        const services = await world(t);
        if (fault !== undefined) services.network.fail(fault, { times: 50, skip: turn % 3 === 2 ? 1 : 0 });
        const orgParams = { ...SETTINGS, wecom_token_cache: cache };
        const tkl = await platform(services, { [preset]: bodies[BUILDS[turn % 2]] }, { orgParams });
        const results = [];
        for (const params of [ALARM, { ...ALARM, action: 'clear' }, { ...ALARM, channel: 'smart', level: 'urgent' }]) {
          results.push(await tkl.call(EUI, preset, params));
          await tkl.advance(60_000);
        }
        const shown = JSON.stringify({
          logs: results.map(({ logs }) => logs),
          // The platform's own words on a failed HTTP action are not the script's.
          thrown: results.filter(({ actions }) => actions.length === 0).map(({ error }) => error),
          published: tkl.published,
          attributes: tkl.device(EUI).server_attrs,
        });
        assertHidden(shown, [...Object.values(SECRET), ...made(services)], `${preset}, ${label}, cache ${cache}:`);
      }
    }
  });

  test(`${preset}: no credential in what is said of wrong settings, with a logger or without`, async (t) => {
    for (const [index, [label, spoiled]] of Object.entries(SPOILED).entries()) {
      for (const logger of [true, false]) {
        const services = await world(t);
        const orgParams = { ...SETTINGS, ...spoiled };
        const options = { orgParams };
        const tkl = await platform(services, { [preset]: paste(preset, BUILDS[index % 2]) }, options);
        const inputs = logger ? {} : { logger: undefined };
        const result = await tkl.call(EUI, preset, { ...ALARM, channel: index % 2 ? 'unset' : '' }, { inputs });
        const { actions, ...rest } = result;
        const shown = JSON.stringify({
          logs: rest.logs,
          error: actions.length === 0 ? rest.error : '',
          attributes: tkl.device(EUI).server_attrs,
        });
        assertHidden(shown, [...Object.values(SECRET), ...made(services)], `${preset}, ${label}:`);
      }
    }
  });

  test(`${preset}: no credential in the error of a server without HTTP, and nothing is published`, async (t) => {
    for (const profile of ['tkl-2.00.011', 'tkl-early-2026']) {
      for (const build of BUILDS) {
        const services = await world(t);
        const tkl = await platform(services, { [preset]: paste(preset, build) }, { profile });
        tkl.device(EUI).server_attrs = { dingtalk_token: SECRET.token, dingtalk_secret: SECRET.secret };
        const result = await tkl.call(EUI, preset, { ...ALARM, ...SETTINGS });
        assert.equal(result.outcome, 'error');
        assertHidden(String(result.error), Object.values(SECRET), `${preset} on ${profile}:`);
        assert.deepEqual(tkl.published, []);
      }
    }
  });
}

test('an axios that puts the request into its error: nothing of it is said', async () => {
  const { rpc_script } = await freshPackage();
  for (const preset of PRESETS) {
    for (const make of [
      (/** @type {string} */ seen) => new Error(`connect failed: ${seen}`),
      (/** @type {string} */ seen) => Object.assign(new Error('x'), { code: seen }),
      (/** @type {string} */ seen) => seen,
      (/** @type {string} */ seen) => Object.assign(new Error(seen), { response: { status: 502, data: seen } }),
      (/** @type {string} */ seen) => ({ code: 'ECONNRESET', message: seen, config: seen }),
    ]) {
      /** @type {string[]} */
      const logs = [];
      const write = (/** @type {unknown} */ text) => logs.push(String(text));
      const logger = { info: write, warn: write, error: write };
      const axios = (/** @type {any} */ config) =>
        Promise.reject(make(`${config.url} ${JSON.stringify(config)} ${echo}`));
      const inputs = {
        device: { name: 'B', eui: EUI, server_attrs: {} },
        params: ALARM,
        org_params: SETTINGS,
        logger,
        axios,
      };
      const actions = await rpc_script(inputs, { preset });
      const stored = actions.filter((/** @type {any} */ { type }) => type !== 'axios');
      assertHidden(JSON.stringify([logs, stored]), Object.values(SECRET), `${preset}: ${logs[0]}`);
    }
  }
});

test('what is kept of an access token is sealed, and opens again', async (t) => {
  for (const [preset, build] of [
    ['wecom_app_notify', 'wasm'],
    ['wecom_app_notify', 'twin'],
    ['notify', 'wasm'],
  ]) {
    const services = await world(t);
    const orgParams = { ...SETTINGS, wecom_token_cache: 'on', notify_routes: '*=wecom_app', notify_repeat: 'always' };
    const tkl = await platform(services, { [preset]: paste(preset, build) }, { orgParams });
    await tkl.call(EUI, preset, ALARM);
    const [app] = services.wecomApp.apps.filter(({ secret }) => secret === SECRET.corp);
    const [name, kept] =
      Object.entries(tkl.device(EUI).server_attrs).find(([key]) => key.startsWith('wecom_token_')) ?? [];
    assert.ok(name && typeof kept === 'string', 'a token is kept');
    assertHidden(
      JSON.stringify([tkl.published, name, kept]),
      [String(app.token), ...Object.values(SECRET)],
      'the cache',
    );
    await tkl.advance(60_000);
    await tkl.call(EUI, preset, { ...ALARM, desc: 'again' });
    const fetched = services.network.requests.filter(({ url }) => url.includes('gettoken'));
    assert.equal(fetched.length, 1, 'the second call used what was kept');
    assert.equal(services.wecomApp.delivered.length, 2);
  }
});

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tkl-notify-secrets-'));
});
after(() => rmSync(folder, { recursive: true }));

for (const preset of PRESETS) {
  test(`${preset}: the command line shows no credential, on a dry run or a real one`, async () => {
    const file = (/** @type {string} */ name, /** @type {unknown} */ value) => {
      writeFileSync(join(folder, name), JSON.stringify(value));
      return join(folder, name);
    };
    const org = file('org.json', { ...SETTINGS, wecom_token_cache: 'on' });
    const bad = file('bad.json', {
      ...SETTINGS,
      wecom_webhook_url: `https://evil.example/?key=${SECRET.url}`,
      dingtalk_secret: '',
    });
    const device = file('device.json', {
      eui: EUI,
      name: 'Boiler',
      server_attrs: { dingtalk_token: SECRET.token, dingtalk_secret: SECRET.secret },
    });
    for (const flags of [
      ['--org', org, '--dry-run'],
      ['--org', org],
      ['--org', org, '--dry-run', '--nowasm'],
      ['--org', bad, '--dry-run'],
      ['--org', file('none.json', {}), '--device', device, '--dry-run'],
      ['--org', org, '--profile', 'tkl-2.00.011', '--dry-run'],
      ['--org', org, '--profile', 'tkl-current-strict', '--nowasm', '--dry-run'],
    ]) {
      let shown = '';
      const add = (/** @type {string} */ text) => {
        shown += text;
      };
      const code = await main(['--preset', preset, ...flags], { out: add, err: add });
      assert.notEqual(code, 2, shown);
      assertHidden(shown, Object.values(SECRET), `${preset} ${flags.join(' ')}:`);
      assert.doesNotMatch(shown, /[?&](key|access_token|sign|corpsecret)=(?!\*\*\*)/, flags.join(' '));
    }
  });
}
