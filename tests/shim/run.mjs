// Runs paste files as hosts do, for the tests beside it: each wrapper form, with and without what a sandbox may lack.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

/** @typedef {import('../../pkg/index.js').Method} Preset */

const folder = new URL('../../pkg/paste/', import.meta.url);

/** @type {Preset[]} */
export const PRESETS = ['wecom_text', 'wecom_notify', 'wecom_app_notify', 'dingtalk_text', 'dingtalk_notify', 'notify'];
export const BUILDS = ['js', 'nowasm.js'];

/** The paste files. @type {{name: string, preset: Preset, build: string, text: string}[]} */
export const FILES = PRESETS.flatMap((preset) =>
  BUILDS.map((build) => {
    const name = `${preset}.${build}`;
    return { name, preset, build, text: readFileSync(new URL(name, folder), 'utf8') };
  }),
);

const INPUTS = ['device', 'params', 'alarms', 'logger', 'org_params', 'axios'];

/** The three ways a host may wrap a body. @type {Record<string, (body: string) => string>} */
export const FORMS = {
  globals: (body) => `function rpcRunner() {\n${body}\n}\nrpcRunner();`,
  parameters: (body) => `(function rpc_script({ ${INPUTS.join(', ')} }) {\n${body}\n})(inputs);`,
  async: (body) => `(async function rpc_script({ ${INPUTS.join(', ')} }) {\n${body}\n})(inputs);`,
};

/**
 * Runs a body in a fresh context. `globals` are added to it; `wasm: false` forbids WebAssembly as embedders do.
 * @param {string} body @param {Record<string, unknown>} inputs
 * @param {{form?: string, globals?: Record<string, unknown>, wasm?: boolean}} [host]
 */
export const run = (body, inputs, { form = 'globals', globals = { Buffer }, wasm = true } = {}) => {
  const sandbox = { ...globals, ...(form === 'globals' ? inputs : { inputs }) };
  const context = vm.createContext(sandbox, { codeGeneration: { strings: false, wasm } });
  const result = new vm.Script(FORMS[form](body)).runInContext(context, { timeout: 5000 });
  return { result, context };
};

/** A logger that remembers. */
export const recorder = () => {
  /** @type {[level: string, text: string][]} */
  const lines = [];
  const at = (/** @type {string} */ level) => (/** @type {string} */ text) => void lines.push([level, text]);
  return { lines, logger: { info: at('info'), warn: at('warn'), error: at('error') } };
};

/** @typedef {Record<'params' | 'org_params', Record<string, any>>} Free */
/** @typedef {Omit<import('../../pkg/index.js').Context, keyof Free> & Free} Inputs */

/** Inputs with which every preset sends. @param {Record<string, unknown>} [more] @returns {Inputs & Record<string, unknown>} */
export const inputs = (more = {}) => ({
  device: { name: 'Boiler', eui: '24e124', server_attrs: {} },
  params: { name: 'overheat', action: 'new', title: 'Too hot', level: 'high', desc: '91 °C', content: 'hello' },
  alarms: {},
  org_params: {
    wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k-1',
    dingtalk_token: 't-1',
    dingtalk_secret: 'SEC-1',
    wecom_corp_id: 'corp',
    wecom_corp_secret: 'secret',
    wecom_agent_id: '7',
    notify_routes: '*=wecom',
  },
  axios: async () => ({ status: 200, data: { errcode: 0, errmsg: 'ok', access_token: 'tok', expires_in: 7200 } }),
  ...more,
});

/** What JSON makes of a value. @returns {any} */
export const plain = (/** @type {unknown} */ value) => JSON.parse(JSON.stringify(value));
