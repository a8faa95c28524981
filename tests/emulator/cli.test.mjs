// The command line: the story, a user's own input, dry runs, triggers, and every way to get it wrong.
// Paste files are stood in for by the hand-written scripts, so nothing has to be built.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { main } from '../../emulator/main.mjs';
import { noteTrigger } from '../../emulator/scenario.mjs';

const HAND = fileURLToPath(new URL('../fixtures/hand/', import.meta.url));
let folder = '';
let number = 0;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tkl-notify-'));
  for (const [file, from] of [
    ['wecom_text', 'wecom_text'],
    ['wecom_notify', 'wecom_notify'],
    ['dingtalk_notify', 'dingtalk_notify'],
    ['notify', 'wecom_notify'],
  ]) {
    copyFileSync(`${HAND}${from}.js`, join(folder, `${file}.js`));
    copyFileSync(`${HAND}${from}.js`, join(folder, `${file}.nowasm.js`));
  }
  writeFileSync(join(folder, 'trigger.js'), noteTrigger(['notify', 'alarm']));
});
after(() => rmSync(folder, { recursive: true }));

/** A file of the user's. @param {unknown} content text as it is, else as JSON */
function file(content) {
  number += 1;
  const path = join(folder, `input-${number}`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function run(/** @type {string[]} */ ...argv) {
  let out = '';
  let err = '';
  const code = await main(argv, {
    out(text) {
      out += text;
    },
    err(text) {
      err += text;
    },
    paste: folder,
  });
  return { code, out, err };
}

test('--help tells every flag, preset and profile', async () => {
  const { code, out } = await run('--help');
  assert.equal(code, 0);
  for (const word of [
    '--preset',
    '--trigger',
    '--device',
    '--params',
    '--org',
    '--alarms',
    '--profile',
    '--nowasm',
    '--dry-run',
    '--help',
    'dingtalk_notify',
    'tkl-2.00.011',
  ]) {
    assert.ok(out.includes(word), word);
  }
});

for (const [what, argv, message] of /** @type {[string, string[], RegExp][]} */ ([
  ['an unknown flag', ['--colour'], /^Unknown option '--colour'/],
  ['a flag without its value', ['--preset'], /'--preset <value>' argument missing/],
  ['a stray word', ['wecom_notify'], /Unexpected argument 'wecom_notify'/],
  ['an unknown preset', ['--preset', 'slack'], /^--preset slack: there are wecom_text, /],
  ['an unknown profile', ['--profile', 'tkl-9'], /^--profile tkl-9: there are tkl-2\.00\.011, /],
  [
    'a file that does not exist',
    ['--preset', 'wecom_text', '--params', 'no-such.json'],
    /^--params no-such\.json: no such file$/,
  ],
  ['input without a preset', ['--params', 'p.json'], /^--params needs --preset/],
  ['a dry run of nothing', ['--dry-run'], /^--dry-run needs --preset/],
  ['a trigger without a device', ['--trigger', 't.js'], /^--trigger needs --device/],
  ['a trigger and a preset', ['--trigger', 't.js', '--preset', 'notify', '--device', 'd'], /two different runs/],
  ['a trigger with params', ['--trigger', 't.js', '--device', 'd.json', '--params', 'p'], /^--trigger takes only/],
  [
    'a preset that is not built',
    ['--preset', 'wecom_app_notify'],
    /^pkg\/paste\/wecom_app_notify\.js is missing: build it/,
  ],
])) {
  test(`${what} is one clear line and exit 2`, async () => {
    const { code, out, err } = await run(...argv);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err.trimEnd(), message);
    assert.equal(err.split('\n').length, 2);
  });
}

for (const [what, flag, content, message] of /** @type {[string, string, string, RegExp][]} */ ([
  ['broken JSON', '--params', '{"a":', /: not valid JSON$/],
  ['a JSON list', '--org', '[]', /: must be a JSON object$/],
  ['JSON null', '--alarms', 'null', /: must be a JSON object$/],
  ['a device without eui', '--device', '{"name":"x"}', /: "eui" must be a text$/],
])) {
  test(`${what} in ${flag} is one clear line and exit 2`, async () => {
    const { code, err } = await run('--preset', 'wecom_notify', flag, file(content));
    assert.equal(code, 2);
    assert.match(err.trimEnd(), message);
    assert.equal(err.split('\n').length, 2);
  });
}

test('the story: uplinks side by side, what the groups see, and the counts', async () => {
  const { code, out } = await run();
  assert.match(out, /^08:00 {11}61\.4 °C {10}0 \+ 1 {11}-$/m);
  assert.match(out, /^08:02 {11}WeCom stops answering$/m);
  assert.match(out, /^08:35 {11}85\.4 °C {10}1 \+ 1 {12}1 \+ 0 {4}Device Alarm$/m);
  assert.match(out, /^ {2}WeCom group "On call"\n {4}\| ■ Device Alarm\n {4}\| │ Device: Boiler 2 \[KS52\]$/m);
  assert.match(out, /^ {2}delivered {2}WeCom group "On call": errcode 0; nobody rung in person$/m);
  assert.match(out, /^ {2}WeCom {2}13 {3}DingTalk {2}22 {3}the application notes' own scripts$/m);
  // The hand-written DingTalk script reads the device, and the story keeps credentials in Org Params.
  assert.match(out, /^ {4}\d+ x log error: dingtalk credentials not configured/m);
  assert.equal(code, 1);
});

test('the story shows no credential and no colour', async () => {
  const { out } = await run();
  assert.doesNotMatch(out, /5f6b2c1e|SECdemo|demo-token|demo-corp-secret/);
  assert.ok(!out.includes('\u001b'));
});

test("a user's own files just work: their key is taken as a real one", async () => {
  const org = file({ wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=my-own-key-123' });
  const device = file({ eui: 'ab', name: 'Pump' });
  const params = file({ action: 'new', name: 'dry', level: 'low' });
  const { code, out } = await run('--preset', 'wecom_notify', '--org', org, '--device', device, '--params', params);
  assert.equal(code, 0);
  assert.match(out, /^WeCom group "wecom"\n {2}\| ■ Device Alarm\n {2}\| │ Device: Pump$/m);
  assert.match(out, /^delivered {2}WeCom group "wecom": errcode 0; nobody rung in person$/m);
  assert.ok(!out.includes('my-own-key-123'));
});

test("a user's own DingTalk pair is known with its secret", async () => {
  const device = file({
    eui: 'ab',
    name: 'Pump',
    server_attrs: { dingtalk_token: 'my-own-token', dingtalk_secret: 'SECmy-own-secret' },
  });
  const { code, out } = await run(
    '--preset',
    'dingtalk_notify',
    '--device',
    device,
    '--params',
    file({ at_all: true }),
  );
  assert.equal(code, 0);
  assert.match(out, /^delivered {2}DingTalk group "dingtalk"/m);
  assert.doesNotMatch(out, /my-own-token|SECmy-own-secret/);
});

test('alarms decide whether a recovery is told', async () => {
  const params = file({ action: 'clear', name: 'hot' });
  assert.match((await run('--preset', 'wecom_notify', '--params', params)).out, /^nothing was sent$/m);
  const alarms = file({ hot: { title: 'T' } });
  assert.match(
    (await run('--preset', 'wecom_notify', '--params', params, '--alarms', alarms)).out,
    /■ Alarm Recovered/,
  );
});

test('a dry run prints the actions with the key masked and sends nothing', async () => {
  const { code, out } = await run('--preset', 'wecom_notify', '--dry-run');
  assert.equal(code, 0);
  assert.match(out, /"url": "https:\/\/qyapi\.weixin\.qq\.com\/cgi-bin\/webhook\/send\?key=\*\*\*"/);
  assert.doesNotMatch(out, /5f6b2c1e|delivered/);
});

test('a dry run of a signed robot shows neither token nor signature', async () => {
  const device = file({
    eui: 'ab',
    server_attrs: { dingtalk_token: 'my-own-token', dingtalk_secret: 'SECmy-own-secret' },
  });
  const { out } = await run('--preset', 'dingtalk_notify', '--device', device, '--dry-run');
  assert.match(out, /send\?access_token=\*\*\*&timestamp=\d+&sign=\*\*\*"/);
});

test('a message that is refused is exit 1 and says why', async () => {
  const { code, out } = await run('--preset', 'wecom_text', '--params', file({ content: 'x'.repeat(3000) }));
  assert.equal(code, 1);
  assert.match(out, /^refused {4}WeCom group: errcode 40058, content exceed max length 2048: [^;]+; [^;]+/m);
});

test('a server without HTTP: the script fails, or what it publishes is shown', async () => {
  const failed = await run('--preset', 'wecom_text', '--profile', 'tkl-2.00.011');
  assert.equal(failed.code, 1);
  assert.match(failed.out, /^error: org_params is not defined$/m);
});

test('--nowasm and --profile are taken as said', async () => {
  const { out } = await run('--preset', 'wecom_text', '--nowasm', '--profile', 'tkl-current-strict');
  assert.match(out, /^wecom_text \(plain JavaScript\) on tkl-current-strict$/m);
});

test('a message cannot steer the terminal', async () => {
  const { out } = await run('--preset', 'wecom_text', '--params', file({ content: 'a\u001b[31mb\u202e' }));
  assert.match(out, /\| a·\[31mb·/);
});

test('colours are there when asked for', async () => {
  let out = '';
  const add = (/** @type {string} */ text) => {
    out += text;
  };
  await main(['--preset', 'wecom_text'], { out: add, paste: folder, colour: true });
  assert.ok(out.includes('\u001b[32mdelivered'));
});

const HOT = {
  eui: 'ab',
  name: 'Boiler',
  server_attrs: { alarm_temp: 80 },
  telemetry_data: { 77: { temperature: 90 } },
};

test('a trigger file is checked: what it would call, with which params', async () => {
  const { code, out } = await run('--trigger', file(noteTrigger(['notify', 'alarm'])), '--device', file(HOT));
  assert.equal(code, 0);
  assert.match(out, /^thing model 77 of Boiler on tkl-current\n {2}1\. notify \{"_eui":"ab","action":"new",/m);
  assert.match(out, /^ {2}2\. alarm \{/m);
});

for (const [what, body, code, expected] of /** @type {[string, string, number, RegExp][]} */ ([
  ['decides nothing', 'return null;', 0, /^ {2}calls nothing$/m],
  ['throws', 'throw new Error("boom");', 1, /^ {2}the trigger failed: boom$/m],
  ['answers no list', 'return { actions: {} };', 1, /"actions" is not a list/],
  [
    'forgets _eui',
    'return { actions: [{ method: "notify", params: {} }] };',
    1,
    /skipped by the platform: params\._eui/,
  ],
  ['waits without abort', 'return { delayms: 5, actions: [] };', 0, /after 5 ms; abort_previous_timer is off/],
])) {
  test(`a trigger that ${what} is told so`, async () => {
    const result = await run('--trigger', file(body), '--device', file(HOT));
    assert.equal(result.code, code);
    assert.match(result.out, expected);
  });
}

test('a trigger that does not parse, or a device without telemetry, is one line and exit 2', async () => {
  const broken = await run('--trigger', file('return {'), '--device', file(HOT));
  assert.equal(broken.code, 2);
  assert.match(broken.err, /^--trigger .*: refused at save: /);
  const silent = await run('--trigger', file('return null;'), '--device', file({ eui: 'ab' }));
  assert.equal(silent.code, 2);
  assert.match(silent.err, /"telemetry_data" is empty/);
});

test('as a command: exit codes and streams', () => {
  const command = fileURLToPath(new URL('../../emulator/main.mjs', import.meta.url));
  const bad = spawnSync(process.execPath, [command, '--bad'], { encoding: 'utf8' });
  assert.equal(bad.status, 2);
  assert.equal(bad.stdout, '');
  assert.equal(bad.stderr.trimEnd().split('\n').length, 1);
  assert.equal(spawnSync(process.execPath, [command, '--help']).status, 0);
});
