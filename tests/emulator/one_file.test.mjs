// A fake service is one file and one line: a toy, put into a copy of the emulator, is served, shown, adopted and masked there.
// The core knows no such channel here, so the toy's settings are none of the package's table: the whole way of a new channel,
// core included, is tests/e2e/toy_channel.test.mjs.

import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LINE = "  toyHook: import('./toy.mjs'),\n";

/** The emulator with the toy in it, beside links to what it imports. */
const copy = mkdtempSync(join(tmpdir(), 'tkl-notify-toy-'));
after(() => rmSync(copy, { recursive: true }));
cpSync(join(ROOT, 'emulator'), join(copy, 'emulator'), { recursive: true });
for (const folder of ['pkg', 'node_modules']) symlinkSync(join(ROOT, folder), join(copy, folder), 'junction');
copyFileSync(join(ROOT, 'tests/fixtures/toy/toy.mjs'), join(copy, 'emulator/services/toy.mjs'));
const table = join(copy, 'emulator/services/all.mjs');
writeFileSync(table, readFileSync(table, 'utf8').replace(/^const FILES = \{\n(?: {2}\w.*\n)+/m, `$&${LINE}`));

/** A module of the copy, typed as the one it was copied from. @param {string} name */
const load = (name) => import(pathToFileURL(join(copy, 'emulator', name)).href);
/** @type {typeof import('../../emulator/index.mjs')} */
const { startPlatform, startServices } = await load('index.mjs');
/** @type {typeof import('../../emulator/adopt.mjs')} */
const { adopt } = await load('adopt.mjs');
/** @type {typeof import('../../emulator/mask.mjs')} */
const { credentials, maskAll, masker } = await load('mask.mjs');
/** @type {typeof import('../../emulator/show.mjs')} */
const { events, painter, verdictLine } = await load('show.mjs');
/** @type {typeof import('../../emulator/scenario.mjs')} */
const scenario = await load('scenario.mjs');
/** @type {typeof import('../../emulator/main.mjs')} */
const { main } = await load('main.mjs');

/** Fakes that took these settings for a user's own. @param {import('node:test').TestContext} t @param {Record<string, string>} orgParams */
async function adopted(t, orgParams) {
  const services = await startServices();
  t.after(() => services.close());
  adopt(services, orgParams);
  return services;
}

/** Lets a script send a message, as a preset would. */
async function sends(
  /** @type {Awaited<ReturnType<typeof adopted>>} */ services,
  /** @type {string} */ url,
  /** @type {object} */ data = { text: 'too hot', ping: ['li'] },
  /** @type {object} */ headers = {},
) {
  const tkl = await startPlatform({ services });
  tkl.addDevice({ eui: 'ab' });
  const config = { method: 'POST', url, data, headers: { 'Content-Type': 'application/json', ...headers } };
  tkl.mount('toy_notify', `return ${JSON.stringify([{ type: 'axios', dnMsg: config }])};`);
  return tkl.call('ab', 'toy_notify');
}

const lines = (/** @type {Awaited<ReturnType<typeof adopted>>} */ services) =>
  events(services).map((event) => verdictLine(event, painter(false)));

test('the copy differs from the emulator by one file and one line', () => {
  const here = readFileSync(join(ROOT, 'emulator/services/all.mjs'), 'utf8');
  assert.equal(readFileSync(table, 'utf8').replace(LINE, ''), here);
  assert.notEqual(readFileSync(table, 'utf8'), here);
});

test('its messages arrive by the settings of a user, and are told as events', async (t) => {
  const services = await adopted(t, { toy_token: ' token-one ', toy_token_night: 'token-two' });
  const [first] = (await sends(services, 'https://hooks.toy.example/hook/token-one')).done;
  assert.deepEqual([first.ok, first.status], [true, 200]);
  await sends(services, 'https://hooks.eu.toy.example/hook/token-two', { text: 'at night' });
  assert.deepEqual(lines(services), [
    'delivered  Toy room "toy": code 0; rung: li',
    'delivered  Toy room "toy:night": code 0; nobody rung in person',
  ]);
  assert.equal(events(services)[0].view, 'too hot');
  const { delivered } = /** @type {any} */ (services).toyHook;
  assert.equal(delivered.length, 2, 'it is a property of the services');
});

test('its refusals and faults are told in its own words', async (t) => {
  const services = await adopted(t, {});
  services.network.fail('reset', { service: 'toy_hook', skip: 1 });
  await sends(services, 'https://hooks.toy.example/hook/unknown');
  await sends(services, 'https://hooks.toy.example/hook/unknown');
  assert.deepEqual(lines(services), ['refused    Toy room: code 403, no such room', 'failed     Toy room: ECONNRESET']);
});

test("an address of one's own leads to it, the bare one as well", async (t) => {
  const services = await adopted(t, { toy_token: 'token-one', toy_server: 'https://toy.example/api/' });
  await sends(services, 'https://toy.example/api/hook/token-one');
  await sends(services, 'https://toy.example/api', { text: 'by header' }, { 'X-Toy-Key': 'token-one' });
  assert.equal(lines(services).filter((line) => line.startsWith('delivered')).length, 2);
  const { error } = await sends(services, 'https://toy.example/api2/hook/token-one');
  assert.match(error ?? '', /ENOTFOUND/);
});

test('its credentials are masked in path, header and body, though nobody named them', () => {
  const mask = masker([]);
  assert.equal(mask('https://hooks.toy.example/hook/token-one?x=1'), 'https://hooks.toy.example/hook/***?x=1');
  assert.equal(mask('{"pin": "12\\"34", "pine": "tree"}'), '{"pin": "***", "pine": "tree"}');
  const action = { url: 'https://a.b/gw/hook/token-one', headers: { 'x-toy-key': 'token-one' }, data: { pin: '1234' } };
  assert.deepEqual(maskAll(mask, action), {
    url: 'https://a.b/gw/hook/***',
    headers: { 'x-toy-key': '***' },
    data: { pin: '***' },
  });
  const url = 'https://hooks.toy.example/hook/token%2Bone';
  assert.deepEqual(credentials({ wecom_corp_secret: url }), ['token%2Bone', 'token+one']);
});

test('the sample organization has it, with its people', async (t) => {
  assert.equal(scenario.ORG_PARAMS.toy_token, 'sample-token');
  const services = await adopted(t, {});
  scenario.people(services);
  await sends(services, 'https://hooks.toy.example/hook/sample-token', { text: 'x', ping: ['li', 'nobody'] });
  assert.deepEqual(lines(services), ['delivered  Toy room "Playroom": code 0; rung: Li Wei']);
});

test('the command line names its maker', async () => {
  let shown = '';
  const out = (/** @type {string} */ text) => {
    shown += text;
  };
  assert.equal(await main(['--help'], { out }), 0);
  assert.match(shown, /against fake WeCom, DingTalk, and Toy services on loopback/);
});
