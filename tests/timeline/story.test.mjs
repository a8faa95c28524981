// What `npm start` shows a newcomer, by the shipped files: the whole screen is a golden file.
// The command line's flags and faults are tested with the emulator.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main } from '../../emulator/main.mjs';
import { matches } from './golden.mjs';

/** @param {string[]} argv */
async function screen(...argv) {
  let out = '';
  const write = (/** @type {string} */ text) => {
    out += text;
  };
  const code = await main(argv, { out: write });
  return { code, out };
}

test('the story is told on one screen and nothing fails', async () => {
  const { code, out } = await screen();
  matches('npm-start.en', out);
  assert.equal(code, 0);
  assert.ok(out.split('\n').length <= 60);
});

test('the plain-JavaScript files tell the same story', async () => {
  assert.deepEqual(await screen('--nowasm'), await screen());
});

test('on a server without HTTP the story says why nothing is sent, once a cause', async () => {
  const { code, out } = await screen('--profile', 'tkl-2.00.011');
  assert.equal(code, 1);
  assert.match(
    out,
    /^ {2}WeCom {3}0 {3}DingTalk {3}0 {3}notify: one message per change\n {4}31 x error: tkl-notify notify: /m,
  );
});
