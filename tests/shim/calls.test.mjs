// Requests that a core asks for at once: sent together, answered in order, whatever becomes of each.
// The shim runs here from its source, over a core that is a few lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';

Object.assign(globalThis, {
  ALARMS: true,
  CALLS: true,
  TELEMETRY: true,
  STATES: 'ntf_',
  SILENT: 'no_data',
  ZONE: 'zone',
  FIELDS: 'fields',
});
const { answer } = await import('../../js-shim/run.mjs');

const METHOD = { name: 'notify', picked: '', places: '', alarms: true, telemetry: true, states: true };

/**
 * Runs the shim over a core that first asks for three requests and then acts on their answers.
 * @param {(request: {url: string}) => unknown} axios
 */
async function run(axios) {
  /** @type {string[]} */
  const inputs = [];
  const core = (/** @type {string} */ input) => {
    inputs.push(input);
    const calls = ['a', 'b', 'c'].map((url) => ({ url }));
    const log = /** @type {[string, string]} */ (['info', 'done']);
    return JSON.stringify(inputs.length === 1 ? { actions: [], logs: [], calls } : { actions: [1], logs: [log] });
  };
  /** @type {string[]} */
  const lines = [];
  const logger = {
    info: (/** @type {string} */ text) => lines.push(text),
    error: (/** @type {string} */ text) => lines.push(text),
  };
  const params = { action: 'new', name: 'x' };
  const check = () => {};
  const result = await answer({}, params, undefined, logger, {}, axios, METHOD, check, () => core);
  const [first, second] = inputs.map((input) => input.split('\0'));
  return { result, lines, added: (second ?? []).slice(first.length) };
}

/** The entries of each answer, its time left out. @param {string[]} added */
function answers(added) {
  /** @type {string[][]} */
  const list = [];
  for (let at = 0; at < added.length; at += 2) {
    if (added[at] === 'r') list.push([]);
    else list.at(-1)?.push(`${added[at]}=${added[at + 1]}`);
  }
  return list;
}

test('all requests are on their way before any is answered', async () => {
  /** @type {(() => void)[]} */
  const waiting = [];
  const { result } = await run(
    () =>
      new Promise((done) => {
        waiting.push(() => done({ status: 200, data: { errcode: 0 } }));
        // The last one to come lets all of them through: one after the other would never end.
        if (waiting.length === 3) for (const go of waiting.reverse()) go();
      }),
  );
  assert.deepEqual(result, [1]);
});

test('answers stand in the order of the requests, not in that of their coming', async () => {
  const delays = /** @type {Record<string, number>} */ ({ a: 3, b: 1, c: 2 });
  const { added } = await run(async ({ url }) => {
    for (let turn = 0; turn < delays[url] * 5; turn += 1) await null;
    return { status: 200, data: { from: url } };
  });
  assert.deepEqual(
    answers(added),
    ['a', 'b', 'c'].map((url) => ['hstatus=200', `jfrom=${url}`]),
  );
});

test('one that fails, throws or answers nonsense harms no other', async () => {
  const { result, added, lines } = await run(({ url }) => {
    if (url === 'a') throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    // What is rejected with may be anything.
    if (url === 'b') return Promise.reject(undefined);
    return { status: 200, data: 'text' };
  });
  assert.deepEqual(answers(added), [['herror=ECONNREFUSED'], ['herror='], ['hstatus=200', 'hbody=text']]);
  assert.deepEqual([result, lines], [[1], ['tkl-notify notify: done']]);
});
