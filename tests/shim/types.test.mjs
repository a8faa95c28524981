// The package's types: right for a program that imports it and for one that requires it, and exact enough that a wrong
// program does not compile.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { settings, trigger_script } from '../../pkg/index.js';
import { RESOLUTIONS, typeErrors } from '../typescript.mjs';

/** What a program does with the package's exports, however it got them. Each error that is expected must be one. */
const PROGRAM = `
const wecom = tkl.rpc_script(
  {
    device: { eui: '24e1', name: 'Boiler', server_attrs: { notify_repeat: '4h', dingtalk_token_boss: 't', own: [1] } },
    params: { name: 'hot', action: 'new', level: 'high', channel: 'duty', notify_timezone: '+08:00' },
    alarms: { hot: { level: 'high' } },
    logger: console,
    org_params: { wecom_webhook_url: 'k', wecom_webhook_duty: 'k', their_own: { any: 'thing' } },
  },
  { preset: 'wecom_notify' },
);
const content: string = wecom[0].dnMsg.data.markdown.content;
const post: 'POST' = wecom[0].dnMsg.method;

const notify = tkl.rpc_script(
  { params: { action: 'tick' }, axios: async ({ url }) => ({ status: url.length, data: { errcode: 0 } }) },
  { preset: 'notify' },
);
const actions = notify instanceof Promise ? await notify : notify;
for (const action of actions) {
  if (action.type === 'modifyAttrs') {
    const stored: string = action.dnMsg.server_attrs.ntf_hot;
    const eui: string = action.target;
    use(stored, eui);
  } else {
    const { data } = action.dnMsg;
    if (data.msgtype === 'text') use(data.text.content, data.text.mentioned_list?.join());
    else if ('agentid' in data) use(data.agentid.toFixed(), data.touser);
    else if ('at' in data) use(data.markdown.title, data.at.isAtAll);
    else use(data.markdown.content);
  }
}

const rule = { name: 'hot', field: 't', is: 'outside', threshold: [1, 'max'], steps: [{ level: 'urgent', threshold: [0, 9] }] } as const;
const result = tkl.trigger_script({ eui: '24e1', telemetry_data: { 77: { t: 92.5 } } }, 77, [rule]);
for (const { method, params } of result?.actions ?? []) {
  // What a trigger calls with is what a method takes.
  if (method === 'notify') tkl.rpc_script({ params }, { preset: 'notify' });
}

for (const { name, named, secret, sources, default: { en }, example } of tkl.settings()) {
  const setting: SettingName = name;
  use(setting, named && secret, sources.includes('org_params'), en + example);
}
const explained = tkl.explain('dingtalk', 310000, 'sign not match');
if (explained?.verdict === 'refused content') use(explained.cause.en, explained.remedy.zh);
const secret: string = tkl.newSecret();
use(content, post, secret);
const methods: Method[] = ['wecom_text', 'notify'];
for (const preset of methods) use(await tkl.rpc_script({}, { preset }));

// @ts-expect-error there is no such method
tkl.rpc_script({}, { preset: 'wecom_notif' });
// @ts-expect-error this method answers at once
tkl.rpc_script({}, { preset: 'wecom_text' }).then;
// @ts-expect-error a text has no markdown
tkl.rpc_script({}, { preset: 'wecom_text' })[0].dnMsg.data.markdown;
// @ts-expect-error this method stores nothing
tkl.rpc_script({}, { preset: 'dingtalk_notify' })[0].dnMsg.server_attrs;
// @ts-expect-error only notify knows ticks
tkl.rpc_script({ params: { action: 'tick' } }, { preset: 'wecom_notify' });
// @ts-expect-error a text has no level
tkl.rpc_script({ params: { level: 'high' } }, { preset: 'wecom_text' });
// @ts-expect-error there is no such level
tkl.rpc_script({ params: { level: 'hihg' } }, { preset: 'notify' });
// @ts-expect-error a credential does not stand in params
tkl.rpc_script({ params: { wecom_webhook_url: 'k' } }, { preset: 'notify' });
// @ts-expect-error a setting is a text
tkl.rpc_script({ org_params: { wecom_webhook_url: { key: 'k' } } }, { preset: 'notify' });
// @ts-expect-error nor is that of a further robot anything else
tkl.rpc_script({ org_params: { wecom_webhook_duty: { key: 'k' } } }, { preset: 'notify' });
// @ts-expect-error devices have no such field
tkl.rpc_script({ device: { deveui: '24e1' } }, { preset: 'notify' });
// @ts-expect-error there is no such channel
tkl.explain('slack', 1);
// @ts-expect-error there is no such verdict
tkl.explain('wecom', 1)?.verdict === 'refused';
// @ts-expect-error it may be null
tkl.explain('wecom', 1).cause;
// @ts-expect-error there is no such setting
tkl.settings().filter(({ name }) => name === 'wecom_webhok_url');
// @ts-expect-error it may be null
tkl.trigger_script({}, 77, []).actions;
// @ts-expect-error there is no such comparison
tkl.trigger_script({}, 77, { name: 'hot', field: 't', is: '=>', threshold: 1 });
// @ts-expect-error a rule needs a name
tkl.trigger_script({}, 77, { field: 't', is: '>', threshold: 1 });
// @ts-expect-error it takes nothing
tkl.newSecret(32);
`;

const IMPORTED = `
import * as tkl from 'tkl-notify';
import type { Method, SettingName } from 'tkl-notify';
import axios from 'axios';
declare function use(...values: unknown[]): void;
use(tkl.rpc_script({ axios }, { preset: 'wecom_app_notify' }));
${PROGRAM}
export {};
`;

const REQUIRED = `
import tkl = require('tkl-notify');
type Method = tkl.Method;
type SettingName = tkl.SettingName;
declare function use(...values: unknown[]): void;
export const main = async () => {
${PROGRAM}
};
`;

for (const resolution of /** @type {(keyof typeof RESOLUTIONS)[]} */ (Object.keys(RESOLUTIONS))) {
  test(`under ${resolution} a strict program compiles, and each mistake in it is found`, () => {
    // A bundler's program imports; `require` is what Node's own two ways have.
    const files =
      resolution === 'bundler' ? { 'program.ts': IMPORTED } : { 'program.mts': IMPORTED, 'program.cts': REQUIRED };
    assert.equal(typeErrors(files, resolution), '');
  });
}

const TYPES = readFileSync(new URL('../../pkg/index.d.ts', import.meta.url), 'utf8');

/** The literals of a union. @param {string} name */
const union = (name) => {
  const [, literals] = TYPES.match(new RegExp(`export type ${name} =([^;]*);`)) ?? assert.fail(`no type ${name}`);
  return [...literals.matchAll(/'([^']*)'/g)].map(([, literal]) => literal);
};

/** The fields of an interface, without those that it extends. @param {string} name */
const fields = (name) => {
  const [, body] = TYPES.match(new RegExp(`export interface ${name}[^{]*{(.*?)^}`, 'ms')) ?? assert.fail(name);
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field]) => field);
};

test('both declarations are the same', () => {
  assert.equal(readFileSync(new URL('../../pkg/index.d.cts', import.meta.url), 'utf8'), TYPES);
});

test('the settings that are typed are those that are told', () => {
  assert.deepEqual(
    fields('Settings'),
    settings().map(({ name }) => name),
  );
});

test('a rule has the fields and comparisons that its type lists', () => {
  /** What a faulty rule is told. @param {object} rule */
  const told = (rule) => trigger_script({}, '77', /** @type {any} */ (rule))?.actions[0].params.desc ?? '';
  const known =
    told({ name: 'hot', unheard: 1 })
      .match(/the fields are (.*)\.$/)?.[1]
      .split(' ') ?? [];
  assert.deepEqual(known.sort(), [...fields('Rule'), ...fields('RuleStep')].sort());
  const comparisons = told({ name: 'hot', field: 't', is: 'over' })
    .match(/must be one of (.*)\.$/)?.[1]
    .split(' ');
  assert.deepEqual(comparisons, union('Comparison'));
});
