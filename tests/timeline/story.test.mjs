// What `npm start` shows a newcomer, by the shipped files: the whole screen is a golden file.
// The command line's flags and faults are tested with the emulator.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main, tellAll } from '../../emulator/main.mjs';
import { clockText } from '../../emulator/show.mjs';
import { matches } from './golden.mjs';

/** @typedef {import('../../emulator/show.mjs').Told} Told */

/** The messages that arrived at the fakes. @param {Told[]} told */
const messagesOf = (told) =>
  told
    .flatMap(({ happened }) => happened)
    .flatMap(({ view, ...message }) => (view === undefined ? [] : [{ ...message, view }]));

/** Each in one line: `08:05 DingTalk group "Plant": Alarm: Overheat`. @param {Told[]} told */
const arrivals = (told) =>
  messagesOf(told).map(({ at, where, view }) => `${clockText(at)} ${where}: ${view.split('\n')[0].replace('■ ', '')}`);

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
  assert.ok(out.split('\n').length <= 67);
});

test('who reads what in the story, and how often', async () => {
  const [notes, dropIns, notify] = await tellAll({ profile: 'tkl-current', nowasm: false });
  assert.deepEqual(arrivals(notify.told), [
    // WeCom hangs: DingTalk is told at once, WeCom late and once; each hears the end.
    '08:05 DingTalk group "Plant": Alarm: Overheat: [Boiler 2 [KS52]]',
    '08:35 WeCom group "On call": Alarm: Overheat: [Boiler 2 [KS52]]',
    '09:05 DingTalk group "Plant": Alarm still active: Overheat: [Boiler 2 [KS52]]',
    '09:35 WeCom group "On call": Recovered: Overheat: [Boiler 2 [KS52]]',
    '09:35 DingTalk group "Plant": Recovered: Overheat: [Boiler 2 [KS52]]',
    // The boiler is silent: a tick notices, and the next uplink ends it.
    '11:43 WeCom group "On call": Alarm: No data',
    '11:43 DingTalk group "Plant": Alarm: No data',
    '12:00 WeCom group "On call": Recovered: No data',
    '12:00 DingTalk group "Plant": Recovered: No data',
  ]);
  const messages = messagesOf(notify.told);
  const late = messages.filter(({ view }) => view.includes('Told late by'));
  assert.deepEqual(late, [messages[1]]);
  assert.match(late[0].view, /Told late by: 30 min$/m);
  for (const { view } of messages.slice(5, 7)) {
    assert.match(view, /Description: no data for 2 h 3 min, last at 2026-03-02T09:40:00\.000Z$/m);
  }
  for (const { view } of messages.slice(7)) assert.match(view, /Recovery note: data again$/m);
  // Li Wei is rung for what is wrong, not for what is well again.
  assert.deepEqual(
    messages.map(({ rung }) => rung.length),
    [1, 1, 1, 0, 0, 1, 1, 0, 0],
  );

  // The others repeat themselves, never say that they are late, and notice no silence.
  for (const { told } of [notes, dropIns]) {
    const wecom = arrivals(told).filter((line) => line.includes('WeCom'));
    assert.equal(wecom.length, 13);
    assert.match(wecom[0], /^08:35 /);
    assert.match(wecom[12], /^09:35 .*Recovered/);
    for (const { at, view } of messagesOf(told)) {
      assert.doesNotMatch(view, /late|no data/i);
      assert.doesNotMatch(clockText(at), /^1[01]:/);
    }
  }

  for (const { told, failed } of [notes, dropIns, notify]) {
    assert.equal(failed, false);
    const missed = told.flatMap(({ happened }) => happened).filter(({ verdict }) => verdict !== 'delivered');
    assert.ok(missed.length >= 5);
    for (const { at, service, why } of missed) {
      assert.deepEqual([service, why], ['wecom_bot', 'ECONNABORTED']);
      assert.match(clockText(at), /^08:(0[5-9]|[12]\d|30)$/);
    }
  }
});

test('where the platform sends, the same is read: late after the outage, and once', async () => {
  const [, , notify] = await tellAll({ profile: 'tkl-current-strict', nowasm: true });
  const lines = arrivals(notify.told).map((line) => line.replace(': [Boiler 2 [KS52]]', ''));
  const [first, second, ...others] = lines;
  // How long the other channel waits for the one that hangs is the order of the actions' business.
  assert.match(first, /^08:(05|1\d) DingTalk group "Plant": Alarm: Overheat$/);
  assert.match(second, /^08:(3[5-9]|4\d) WeCom group "On call": Alarm: Overheat$/);
  assert.match(messagesOf(notify.told)[1].view, /Told late by: \d\d min$/m);
  assert.deepEqual(others.slice(-6).sort(), [
    '09:35 DingTalk group "Plant": Recovered: Overheat',
    '09:35 WeCom group "On call": Recovered: Overheat',
    '11:43 DingTalk group "Plant": Alarm: No data',
    '11:43 WeCom group "On call": Alarm: No data',
    '12:00 DingTalk group "Plant": Recovered: No data',
    '12:00 WeCom group "On call": Recovered: No data',
  ]);
  assert.ok(others.slice(0, -6).every((line) => line.includes('Alarm still active')));
  assert.equal(notify.failed, false);
});

test('the plain-JavaScript files tell the same story', async () => {
  const { code, out } = await screen('--nowasm');
  matches('npm-start.en', out);
  assert.equal(code, 0);
});

test('on a server without HTTP the story says why nothing is sent, once a cause', async () => {
  const { code, out } = await screen('--profile', 'tkl-2.00.011');
  assert.equal(code, 1);
  assert.match(
    out,
    /^ {2}WeCom {3}0 {3}DingTalk {3}0 {3}notify: one message per change\n {4}46 x error: tkl-notify notify: /m,
  );
});
