// What the emulator's tests share: fakes with a few people in them, and scripts that send one request.
// No assertions here.

import { startServices } from '../../emulator/index.mjs';

export const EUI = '24e124136b502217';
export const MEMBERS = [
  { id: 'li', name: 'Li Wei', mobile: '13800000001' },
  { id: 'wang', name: 'Wang Fang', mobile: '13800000002' },
];
export const WECOM_URL = 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-alarm';
export const DINGTALK_URL = 'https://oapi.dingtalk.com/robot/send?access_token=token-ops';

/** @typedef {import('../../emulator/services/all.mjs').Services} Services */
/** @typedef {import('../../emulator/host.mjs').ScriptOutcome} ScriptOutcome */
/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('axios').AxiosRequestConfig} Config */

/** Services that are closed when the test ends. @param {TestContext} t */
export async function services(t, options = {}) {
  const started = await startServices(options);
  t.after(() => started.close());
  return started;
}

/** A body that answers these actions. */
export const answering = (/** @type {unknown} */ actions) => `return ${JSON.stringify(actions)};`;

/** An HTTP action as the presets make it. @param {string} url @param {unknown} data */
export const post = (url, data, more = {}) => ({
  type: 'axios',
  dnMsg: { method: 'POST', url, headers: { 'Content-Type': 'application/json' }, data, timeout: 5000, ...more },
});

/** Sends straight to a fake and hands back what it answered. @param {Services} started @param {string} url @param {unknown} data @param {Config} config */
export async function send(started, url, data, config = {}) {
  const response = await started.network.send({
    method: 'POST',
    url,
    data,
    headers: { 'Content-Type': 'application/json' },
    ...config,
  });
  return response.data;
}

/** A text of exactly so many bytes of UTF-8, of characters of three bytes and a rest of one. */
export const textOf = (/** @type {number} */ bytes) => '汉'.repeat(Math.floor(bytes / 3)) + 'a'.repeat(bytes % 3);

/** What a script answered; whatever else became of it fails the test that asks. @param {ScriptOutcome} outcome */
export function resultOf(outcome) {
  if (outcome.kind !== 'result') throw new Error(`${outcome.kind}: ${outcome.message}`);
  return outcome.value;
}

/** The words of a script's error, or of a server's end. @param {ScriptOutcome} outcome */
export function errorOf(outcome) {
  if (outcome.kind === 'result') throw new Error(`a result: ${JSON.stringify(outcome.value)}`);
  return outcome.message;
}
