// A channel is one file and one line, and so is its fake: a copy of this tree gets the toy of tests/fixtures/toy by the
// steps of "Adding a channel" in ARCHITECTURE.md and by nothing else, is built, and then sends, explains, masks and
// documents it as it does the real ones.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const fixture = (/** @type {string} */ name) => readFileSync(join(ROOT, 'tests/fixtures/toy', name), 'utf8');

/** Each file that a new channel touches, and what becomes of its text. @type {Record<string, (text: string) => string>} */
const STEPS = {
  'src/channel/toy.rs': () => fixture('toy.rs'),
  'src/channel/mod.rs': (text) =>
    text.replace('pub mod dingtalk;\n', '$&pub mod toy;\n').replace(/^channels!\(.*(?=\);$)/m, '$&, toy'),
  'emulator/services/toy.mjs': () => fixture('toy.mjs'),
  'emulator/services/all.mjs': (text) =>
    text.replace(/^const FILES = \{\n(?: {2}\w.*\n)+/m, "$&  toyHook: import('./toy.mjs'),\n"),
};

const TOKEN = 'token-of-the-default-room';
const OPS_TOKEN = 'token-of-the-ops-room';
const ALARM = { name: 'overheat', action: 'new', title: 'Too hot', level: 'high', desc: '91 °C, limit 80 °C' };

const copy = mkdtempSync(join(tmpdir(), 'tkl-notify-toy-channel-'));
after(() => rmSync(copy, { recursive: true }));

/** A program in the copy. @param {string} command @param {string[]} args */
function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: copy, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** Everything that git would commit here, as it is now. */
function copyTree() {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(listed.status, 0, listed.stderr);
  for (const file of new Set(listed.stdout.split('\0'))) {
    if (file && existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(copy, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
}

/**
 * What cargo made here of crates that others wrote, so that the copy compiles only its own. Copied, since cargo may be at
 * work in both places; a file that just goes away, or that cargo takes for out of date, is made anew.
 */
function copyDependencies() {
  const wasm = 'target/pkg/cargo/wasm32-unknown-unknown/release';
  for (const target of ['target/debug', 'target/pkg/cargo/release', wasm]) {
    for (const part of ['.fingerprint', 'build', 'deps']) {
      const folder = join(ROOT, target, part);
      if (!existsSync(folder)) continue;
      const filter = (/** @type {string} */ path) => {
        const name = path.slice(folder.length + 1);
        return !/^(lib)?(tkl|xtask)/.test(name) && (part !== 'deps' || name === '' || /^lib|\.d$/.test(name));
      };
      const mode = constants.COPYFILE_FICLONE;
      try {
        cpSync(folder, join(copy, target, part), { recursive: true, preserveTimestamps: true, mode, filter });
      } catch {
        rmSync(join(copy, target), { recursive: true, force: true });
      }
    }
  }
}

/** A module of the copy, typed as the one it was copied from. @param {string} name */
const load = (name) => import(pathToFileURL(join(copy, name)).href);
/** @type {typeof import('../../emulator/index.mjs')} */
let emulator;
/** @type {typeof import('../../emulator/adopt.mjs')} */
let adopting;
/** @type {typeof import('../../emulator/show.mjs')} */
let show;
/** @type {typeof import('../../pkg/index.js')} */
let tools;

before(async () => {
  copyTree();
  copyDependencies();
  for (const [file, change] of Object.entries(STEPS)) {
    const path = join(copy, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, change(existsSync(path) ? readFileSync(path, 'utf8') : ''));
  }
  const built = run('cargo', 'run', '--quiet', '--locked', '-p', 'xtask', '--', 'build', 'notify', 'package');
  // One more channel may be more than notify.js has room for. It is built all the same, and works.
  if (built.status !== 0) assert.match(built.stderr, /^notify\.js: \d+ units, at most 32000 are possible\n$/);
  emulator = await load('emulator/index.mjs');
  adopting = await load('emulator/adopt.mjs');
  show = await load('emulator/show.mjs');
  tools = await load('pkg/index.js');
});

/**
 * The toy's alarm through a paste file that was just built.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} orgParams
 * @param {{file?: string, known?: Record<string, string>}} [options] `known`: the settings whose tokens the fake knows
 */
async function alarm(t, orgParams, { file = 'notify.js', known = orgParams } = {}) {
  const services = await emulator.startServices();
  t.after(() => services.close());
  adopting.adopt(services, known);
  const tkl = await emulator.startPlatform({ services, orgParams });
  tkl.addDevice({ eui: '24e124136b502217', name: 'Boiler 2' });
  tkl.mount('notify', readFileSync(join(copy, 'pkg/paste', file), 'utf8'));
  const result = await tkl.call('24e124136b502217', 'notify', ALARM);
  const lines = show.events(services).map((event) => show.verdictLine(event, show.painter(false)));
  const { delivered } = services.all.find(({ facts }) => facts.channel === 'toy') ?? assert.fail('no toy is served');
  return { result, lines, delivered, requests: services.network.requests };
}

test('ARCHITECTURE.md names each file that a channel touches', () => {
  const page = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const [section] = page.split('\n## Adding a channel\n')[1].split('\n## ');
  for (const file of Object.keys(STEPS)) assert.ok(section.includes(`\`${file.replace('toy', '<name>')}\``), file);
});

for (const file of ['notify.js', 'notify.nowasm.js']) {
  for (const delivery of ['action', 'confirm']) {
    test(`${file} delivers an alarm by the route *=toy, ${delivery}`, async (t) => {
      const orgParams = {
        toy_token: TOKEN,
        notify_routes: '*=toy',
        notify_delivery: delivery,
        notify_mentions: '*=user:li',
      };
      const { result, lines, delivered } = await alarm(t, orgParams, { file });
      assert.deepEqual([result.outcome, result.error], ['success', undefined]);
      assert.deepEqual(lines, ['delivered  Toy room "toy": code 0; rung: li']);
      assert.match(delivered[0].text, /^Alarm: Too hot\n\*\*Device\*\*: Boiler 2 \(`24e124136b502217`\)\n/);
      assert.match(delivered[0].text, /\*\*Description\*\*: 91 °C, limit 80 °C\n/);
      const kinds = result.actions.map(({ type }) => type);
      const confirmed = 'tkl-notify notify: toy: delivered (code 0)';
      // The state may also come first.
      assert.deepEqual(kinds.slice(-2), delivery === 'action' ? ['axios', 'modifyAttrs'] : ['modifyAttrs']);
      assert.deepEqual(
        result.logs.map(([, text]) => text),
        delivery === 'action' ? [] : [confirmed],
      );
    });
  }
}

test('a route toy:ops uses toy_token_ops', async (t) => {
  const orgParams = { toy_token: TOKEN, toy_token_ops: OPS_TOKEN, notify_routes: '*=toy:ops' };
  const { lines } = await alarm(t, orgParams);
  assert.deepEqual(lines, ['delivered  Toy room "toy:ops": code 0; nobody rung in person']);
});

test('without routes the channel is in use once its setting is there, and is named where no channel is', async (t) => {
  const { lines } = await alarm(t, { toy_token: TOKEN });
  assert.equal(lines.length, 1);
  const { result } = await alarm(t, {});
  assert.match(result.error ?? result.logs.join('\n'), /no channel is set up\..* toy_token\b/);
});

test('a refusal is read by the fields that the row names, and its code is explained', async (t) => {
  const { result, lines, delivered } = await alarm(
    t,
    { toy_token: TOKEN, notify_routes: '*=toy', notify_delivery: 'confirm' },
    { known: {} },
  );
  assert.deepEqual(delivered, []);
  assert.match(JSON.stringify([result.error, result.logs]), /toy: refused by configuration.* \(code 403\)/);
  assert.deepEqual(lines, [
    "refused    Toy room: code 403, no such room: no room has this token; copy the room's token again",
  ]);
});

test("the command line shows none of the toy's credentials", () => {
  const org = join(copy, 'org.json');
  writeFileSync(org, JSON.stringify({ toy_token: TOKEN, toy_token_ops: OPS_TOKEN, notify_routes: '*=toy,toy:ops' }));
  const flags = ['emulator/main.mjs', '--preset', 'notify', '--org', org];
  const sent = run('node', ...flags);
  assert.equal(sent.status, 0, sent.stdout + sent.stderr);
  assert.match(sent.stdout, /^delivered {2}Toy room "toy:ops": code 0/m);
  // A text of the alarm that quotes the token is masked because the settings' table calls it a secret.
  const params = join(copy, 'params.json');
  writeFileSync(
    params,
    JSON.stringify({ ...ALARM, title: `it is ${TOKEN}`, notify_delivery: 'action', wecom_token_cache: 'off' }),
  );
  const dry = run('node', ...flags, '--params', params, '--dry-run');
  assert.match(dry.stdout, /"X-Toy-Key": "\*\*\*"/);
  assert.match(dry.stdout, /it is \*\*\*/);
  for (const secret of [TOKEN, OPS_TOKEN]) assert.ok(!`${sent.stdout}${dry.stdout}`.includes(secret));
});

test('the package and both READMEs list its settings and codes', () => {
  const rows = tools.settings().filter(({ name }) => name.startsWith('toy_'));
  assert.deepEqual(
    rows.map(({ name, named, secret, sources }) => ({ name, named, secret, sources })),
    [
      { name: 'toy_token', named: true, secret: true, sources: ['org_params'] },
      { name: 'toy_server', named: false, secret: false, sources: ['org_params'] },
    ],
  );
  const docs = run('cargo', 'run', '--quiet', '--locked', '-p', 'xtask', '--', 'docs');
  assert.equal(docs.status, 0, docs.stderr);
  const [en, zh] = ['README.md', 'README.zh.md'].map((page) => readFileSync(join(copy, page), 'utf8'));
  assert.match(en, /^\| `toy_token` `toy_token_<name>` \| Org Params \(secret\) \| {2}\| Toy room: its token\. \|$/m);
  assert.match(en, /^\| `toy_server` \| Org Params \| `https:\/\/hooks\.toy\.example` \|/m);
  assert.match(en, /^### Toy room \(`toy`\)\n\n\| code \| class \| cause \| remedy \|$/m);
  assert.match(en, /^\| 403 \| misconfigured \| no room has this token \| copy the room's token again \|$/m);
  assert.match(zh, /^### Toy 房间 \(`toy`\)$/m);
});
