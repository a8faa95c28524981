// The reader of stored states that the timelines use, held against a text that the core writes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rpc_script } from '../../pkg/index.js';
import { alarmOf, ofOtherVersion, readState, stateKey } from '../stored_state.mjs';

const NOW = Date.UTC(2026, 2, 2, 8, 0, 0);

test('what the core stores of a raise is read by name', (t) => {
  t.mock.method(Date, 'now', () => NOW);
  const params = /** @type {const} */ ({ name: 'hot', action: 'new', level: 'high', title: 'Boiler 2.1, too hot' });
  const org_params = { wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k-1' };
  const actions = rpc_script({ device: { eui: 'ab', name: 'B' }, params, org_params }, { preset: 'notify' });
  assert.ok(Array.isArray(actions));
  const stored = actions.flatMap((action) =>
    action.type === 'modifyAttrs' ? Object.entries(action.dnMsg.server_attrs) : [],
  );
  // The platform sends, so "told" is stored behind the push; at times "pending" before it.
  const [name, text] = stored.at(-1) ?? [];
  assert.ok(name !== undefined && stored.every(([other]) => other === name));
  assert.deepEqual([name, alarmOf(name)], [stateKey('hot'), 'hot']);
  const title = 'Boiler 2.1, too hot';
  const state = readState(text);
  assert.ok(state);
  const { heard, changes, ...rest } = state;
  const levels = { level: 'high', told: 'high', worst: 'high', acked: 'none', rose: false };
  const flags = { unstable: false, listed: false, missing: false };
  const counts = { steps: 0, messages: 1, flips: 0 };
  const times = { since: NOW, first: NOW, sent: NOW };
  assert.deepEqual(rest, { ...levels, ...flags, ...counts, ...times, title, fits: true });
  assert.deepEqual(changes, [NOW]);
  const sound = { unstable: false, ring: false, throttled: false, unsure: false };
  assert.deepEqual(heard, [{ channel: 'wecom', told: 'high', ...sound, steps: 0, at: NOW, tries: 0, next: 0 }]);
  assert.equal(readState(ofOtherVersion(String(text))), undefined);
});

test('what is no state is read as none', () => {
  for (const text of ['', 'garbage', '0.an.older.version', { level: 3 }, undefined, 5]) {
    assert.equal(readState(text), undefined);
  }
  for (const name of ['ntf_ack', 'alarm_temp', 'xntf_hot']) assert.equal(alarmOf(name), undefined);
});
