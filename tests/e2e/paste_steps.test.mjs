// The paste steps as a user follows them: read the file's first comment, paste all of it between the editor's two fixed
// lines, set what the comment names, call. Which settings and lines those are is taken from the comment, not known here.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';
import { ALARM, arrived, EUI, ORG, organization, platform } from './setup.mjs';

const FOLDER = new URL('../../pkg/paste/', import.meta.url);
const FILES = readdirSync(FOLDER).sort();
const { version } = JSON.parse(readFileSync(new URL('../../pkg/package.json', import.meta.url), 'utf8'));

/** What the editor draws around a body, as it stands in the platform's screenshots. */
const FIXED = {
  rpc: { first: 'function rpc_script({device, params, alarms, logger, org_params}) {', last: '}' },
  trigger: { first: 'function trigger_script(device, thingModelId) {', last: '}' },
};

/** The first comment of a body: its leading lines that start with `//`. */
const comment = (/** @type {string} */ body) => /^(?:\/\/.*\n)+/.exec(body)?.[0] ?? '';

const read = (/** @type {string} */ file) => readFileSync(new URL(file, FOLDER), 'utf8');

test('there is a file and a twin for each method, and the trigger', () => {
  const methods = ['dingtalk_notify', 'dingtalk_text', 'notify', 'wecom_app_notify', 'wecom_notify', 'wecom_text'];
  assert.deepEqual(FILES, [...methods.flatMap((name) => [`${name}.js`, `${name}.nowasm.js`]), 'trigger.js'].sort());
});

for (const file of FILES) {
  const preset = file.replace(/(\.nowasm)?\.js$/, '');
  const { first, last } = preset === 'trigger' ? FIXED.trigger : FIXED.rpc;
  const body = read(file);

  test(`${file}: the first comment tells preset, version, and the two lines that are not part of it`, () => {
    const words = comment(body).replace(/\n\/\/ ?/g, ' ');
    assert.ok(
      words.startsWith(`// tkl-notify ${preset === 'trigger' ? `trigger ${version}` : `${version} ${file}`}`),
      words.slice(0, 80),
    );
    assert.match(words, /not part of it/);
    assert.ok(words.includes(first.slice(0, first.indexOf('('))), 'names the first fixed line');
    assert.ok(words.includes(`${last}, `), 'names the last fixed line');
  });

  test(`${file}: the fixed lines do not stand in the file, so nothing is pasted twice`, () => {
    for (const line of body.split('\n')) {
      if (!line.startsWith('//')) assert.doesNotMatch(line, /function\s+(rpc|trigger)_script\b/);
    }
    assert.match(body, /\breturn\b/);
  });

  test(`${file}: header, body and brace make one function of the editor's name and inputs`, () => {
    const box = vm.createContext({});
    vm.runInContext(`${first}\n${body}\n${last}`, box, { filename: file });
    assert.equal(typeof box[preset === 'trigger' ? 'trigger_script' : 'rpc_script'], 'function');
  });

  if (preset === 'trigger') continue;

  test(`${file}: pasted, with the settings that its comment names, it delivers`, async (t) => {
    const named = /^\/\/ Set in Org Params: (.*)$/m.exec(comment(body));
    assert.ok(named, 'the comment tells what to set');
    const settings = Object.keys(ORG).filter((name) => new RegExp(`\\b${name}\\b`).test(named[1]));
    assert.ok(settings.length > 0, named[1]);
    const services = await organization(t);
    const tkl = await platform(
      services,
      {},
      {
        orgParams: Object.fromEntries(settings.map((name) => [name, /** @type {any} */ (ORG)[name]])),
      },
    );
    tkl.mount(preset, body, { wrapper: 'parameters' });
    const result = await tkl.call(EUI, preset, ALARM);
    assert.equal(result.outcome, 'success', result.error);
    assert.deepEqual(
      result.logs.filter(([level]) => level === 'error'),
      [],
    );
    assert.equal(arrived(services).length, 1);
  });
}

test('pasted with the fixed lines a second time, nothing is sent; an old server says so, a current one does not', async (t) => {
  for (const [profile, outcome] of [
    ['tkl-current', 'success'],
    ['tkl-early-2026', 'error'],
  ]) {
    const services = await organization(t);
    const tkl = await platform(services, {}, { profile });
    const { first, last } = FIXED.rpc;
    tkl.mount('wecom_text', `${first}\n${read('wecom_text.js')}\n${last}`);
    const result = await tkl.call(EUI, 'wecom_text', ALARM);
    assert.equal(result.outcome, outcome, profile);
    assert.deepEqual([result.actions, arrived(services)], [[], []]);
  }
});

test('the trigger file, pasted as it stands, calls for what its sample rules say', async (t) => {
  const services = await organization(t);
  const tkl = await platform(services, {}, { device: { server_attrs: { alarm_temp: 80 } } });
  tkl.mountTrigger('sample', read('trigger.js'));
  for (const [temperature, action] of [
    [20, 'clear'],
    [90, 'new'],
  ]) {
    const [run] = await tkl.uplink(EUI, '77', { temperature });
    assert.equal(run.error, undefined);
    assert.deepEqual(
      run.returned.actions.map((/** @type {any} */ { method, params }) => `${method} ${params.action} ${params.name}`),
      [`notify ${action} overheat_alarm`, `alarm ${action} overheat_alarm`],
    );
  }
});
