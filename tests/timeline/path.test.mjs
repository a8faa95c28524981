// The whole path, uplink by uplink: trigger.js decides, notify.js tells, on every host that can do it and in both builds.
// What each message says is in the golden files; here all hosts must tell the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TKL_PROFILES } from '../../emulator/index.mjs';
import '../../emulator/profiles/quickjs.mjs';
import { matches } from './golden.mjs';
import { EUI, run } from './timeline.mjs';

/** @type {import('./timeline.mjs').Timeline} */
const STORY = {
  title: 'From telemetry to the group, uplink by uplink',
  about: 'A value that is missing or no number decides nothing; a threshold attribute is read at each uplink.',
  zone: '+08:00',
  settings: { notify_routes: '*=wecom,dingtalk', notify_mentions: '*=mobile:13800000001' },
  steps: [
    ['08:00', 'uplink', { temperature: 61.4 }],
    ['08:05', 'uplink', { temperature: '84.2' }],
    ['08:10', 'uplink', { temperature: 85.9 }],
    ['08:15', 'uplink', { temperature: null, humidity: 40 }],
    ['08:20', 'uplink', { temperature: 'n/a' }],
    ['09:05', 'uplink', { temperature: 86.3 }],
    ['09:10', 'attributes', { alarm_temp: 90 }],
    ['09:10', 'uplink', { temperature: 86.4 }],
    ['09:15', 'uplink', { temperature: 70 }],
  ],
};

/** Every host that has HTTP, with each build that it can run. @type {[profile: string, build: 'wasm' | 'nowasm'][]} */
const HOSTS = [
  ['tkl-current', 'wasm'],
  ['tkl-current', 'nowasm'],
  ['tkl-current-strict', 'nowasm'],
  ['tkl-current-strict-3.9.19', 'nowasm'],
  ['quickjs', 'nowasm'],
];

/** Each host's telling, once. @type {Map<string, ReturnType<typeof run>>} */
const told = new Map();
/** @param {string} profile @param {'wasm' | 'nowasm'} build */
async function tell(profile, build) {
  const key = `${profile} ${build}`;
  const known = told.get(key) ?? run({ ...STORY, profile, build });
  told.set(key, known);
  return known;
}

test('from telemetry to the group, in English and Chinese', async () => {
  matches('path.en', (await tell('tkl-current', 'wasm')).text);
  matches('path.zh', (await run({ ...STORY, settings: { ...STORY.settings, notify_lang: 'zh' } })).text);
});

for (const [profile, build] of HOSTS.slice(1)) {
  test(`${profile}, ${build}: the same messages ring the same people and leave the same state`, async () => {
    const here = await tell(profile, build);
    assert.equal(here.story, (await tell('tkl-current', 'wasm')).story);
    assert.deepEqual(
      here.tkl.calls.filter(({ result }) => result.outcome !== 'success').map(({ result }) => result.error),
      [],
    );
  });
}

for (const profile of TKL_PROFILES.filter((name) => !name.startsWith('tkl-current'))) {
  test(`${profile} has no HTTP: every call fails with one clear error, nothing is published or stored`, async () => {
    const { tkl, messages } = await run({ ...STORY, profile, zone: '+00:00', alarm: 'none' });
    const errors = tkl.calls.filter(({ method }) => method === 'notify').map(({ result }) => result.error);
    assert.ok(errors.length > 0);
    for (const error of errors) assert.match(error ?? '', /^tkl-notify notify: .*HTTP/);
    assert.equal(messages, 0);
    assert.ok(!JSON.stringify(tkl.published).includes('key-oncall'));
    assert.deepEqual(Object.keys(tkl.device(EUI).server_attrs), ['alarm_temp']);
  });
}

for (const profile of ['tkl-current-strict', 'tkl-current-strict-3.9.19']) {
  test(`${profile} forbids WebAssembly: the first uplink already names the twin`, async () => {
    const { tkl } = await run({ ...STORY, profile, build: 'wasm', steps: STORY.steps.slice(0, 1) });
    const [call] = tkl.calls.filter(({ method }) => method === 'notify');
    assert.equal(call.result.outcome, 'error');
    assert.match(call.result.error ?? '', /notify\.nowasm\.js/);
  });
}
