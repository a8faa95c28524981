// The READMEs, followed to the letter: what they show runs and answers what they say, and both pages have the same parts.
// Their tables are generated and held against the sources by `xtask docs --check`.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';
import { main } from '../emulator/main.mjs';
import { rpc_script, trigger_script } from '../pkg/index.js';
import { typeErrors } from './typescript.mjs';

const PAGES = ['README.md', 'README.zh.md'];
const file = (/** @type {string} */ name) => new URL(`../${name}`, import.meta.url);
const read = (/** @type {string} */ name) => readFileSync(file(name), 'utf8');

/** The fenced blocks of one language, in order. @param {string} page @param {string} language */
const blocks = (page, language) =>
  [...read(page).matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, text]) => (of === language ? [text] : []));

const headings = (/** @type {string} */ page) => {
  const prose = read(page).replace(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/^(#+) (.*)$/gm)].map(([, marks, title]) => ({ level: marks.length, title }));
};

/** How GitHub names a heading's anchor. @param {string} title */
const anchor = (title) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

/** The paste file of the trigger with a page's rules in it. @param {string} rules */
const triggerWith = (rules) =>
  read('pkg/paste/trigger.js').replace(/^var RULES = \[.*?^\];$/ms, () => `var RULES = ${rules.trim()};`);

test('both pages have the same parts in the same order', () => {
  const [english, chinese] = PAGES.map((page) => headings(page).map(({ level }) => level));
  assert.deepEqual(chinese, english);
  for (const language of ['json', 'js', 'sh', 'text']) {
    const [en, zh] = PAGES.map((page) => blocks(page, language).length);
    // The Chinese page shows a message in Chinese besides the story.
    assert.equal(zh, en + (language === 'text' ? 1 : 0), language);
  }
});

for (const page of PAGES) {
  test(`${page}: every link leads somewhere`, () => {
    const anchors = headings(page).map(({ title }) => anchor(title));
    for (const [, target] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https:/.test(target)) continue;
      assert.ok(target.startsWith('#') ? anchors.includes(target.slice(1)) : existsSync(file(target)), target);
    }
  });

  test(`${page}: the rules, checked with the command it names, print what it shows`, async () => {
    const [rules, device] = blocks(page, 'json');
    const shown = blocks(page, 'text').find((text) => text.startsWith('thing model'));
    const folder = mkdtempSync(join(tmpdir(), 'readme-'));
    try {
      const [trigger, deviceFile] = ['trigger.js', 'device.json'].map((name) => join(folder, name));
      writeFileSync(trigger, triggerWith(rules));
      writeFileSync(deviceFile, device);
      let printed = '';
      const exit = await main(['--trigger', trigger, '--device', deviceFile], {
        out: (text) => {
          printed += text;
        },
      });
      assert.equal(printed, shown);
      assert.equal(exit, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test(`${page}: the trigger of one's own calls the notifier before alarm, and nothing without a reading`, () => {
    const [body] = blocks(page, 'js');
    const device = JSON.parse(blocks(page, 'json')[1]);
    const run = vm.runInNewContext(`(function ({ device, thingModelId }) {\n${body}\n})`);
    const { actions } = run({ device, thingModelId: '77' });
    assert.deepEqual(
      actions.map((/** @type {any} */ { method, params }) => `${method} ${params.action}`).join(),
      'notify new,alarm new',
    );
    assert.equal(run({ device: { ...device, telemetry_data: { 77: { battery: 55 } } }, thingModelId: '77' }), null);
  });

  test(`${page}: every setting it shows is read without a fault`, async () => {
    const shown = blocks(page, 'text').flatMap((text) => [...text.matchAll(/^((?:notify|wecom)_\w+) = (.*)$/gm)]);
    assert.ok(shown.length >= 10);
    // All channels that the page names are set up.
    const org_params = {
      wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k-1',
      wecom_webhook_duty: 'k-2',
      wecom_webhook_alarm: 'k-3',
      wecom_corp_id: 'ww1',
      wecom_corp_secret: 's-1',
      wecom_agent_id: '1000002',
      dingtalk_token: 't-1',
      dingtalk_secret: 'none',
      dingtalk_token_boss: 't-2',
      dingtalk_secret_boss: 'none',
    };
    const data = { errcode: 0, errmsg: 'ok', access_token: 'a-1', expires_in: 7200 };
    for (const [, name, value] of shown) {
      /** @type {string[]} */
      const said = [];
      const log = (/** @type {string} */ text) => void said.push(text);
      const answer = await rpc_script(
        {
          device: { eui: '24e124136b502217', name: 'Boiler 2', server_attrs: {} },
          params: { name: 'hot', action: 'new', level: 'high' },
          logger: { info() {}, warn: log, error: log },
          org_params: { ...org_params, [name]: value },
          axios: async () => ({ status: 200, data }),
        },
        { preset: 'notify' },
      );
      assert.deepEqual(said, [], `${name} = ${value}`);
      assert.ok(Array.isArray(answer) && answer.length > 0, `${name} = ${value}`);
    }
  });

  test(`${page}: the package's example says what its comments say`, async () => {
    const [, example] = blocks(page, 'js');
    const wanted = [...example.matchAll(/\/\/ (.*)$/gm)].map(([, text]) => text);
    /** @type {unknown[]} */
    const printed = [];
    const body = example.replace(/^import .*$/m, '');
    const call = new Function('rpc_script', 'trigger_script', 'console', `return (async () => {${body}})();`);
    await call(rpc_script, trigger_script, { log: (/** @type {unknown} */ value) => printed.push(value) });
    assert.deepEqual(printed, wanted);
  });

  test(`${page}: the package's example compiles as strict TypeScript`, () => {
    const [, example] = blocks(page, 'js');
    const program = example.replace("'./pkg/index.js'", "'tkl-notify'");
    assert.notEqual(program, example);
    assert.equal(typeErrors({ 'example.mts': program, 'example.mjs': program }, 'nodenext'), '');
  });
}
