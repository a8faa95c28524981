// Virtual time: it jumps only when everything that runs is asleep, and wakes sleepers in the order of time.
// Hours pass in no time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../../emulator/index.mjs';

test('sleeping costs no time but its own', async () => {
  const clock = new Clock(0);
  await clock.run(async () => {
    await clock.sleep(3_600_000);
    assert.equal(clock.now(), 3_600_000);
    await clock.sleep(-5);
    assert.equal(clock.now(), 3_600_000);
  });
});

test('tasks beside each other wake in the order of time', async () => {
  const clock = new Clock(0);
  /** @type {string[]} */
  const woken = [];
  const napper = (/** @type {string} */ name, /** @type {number} */ ms, /** @type {number} */ times) => async () => {
    for (let i = 0; i < times; i += 1) {
      await clock.sleep(ms);
      woken.push(`${name}@${clock.now()}`);
    }
  };
  await clock.run(() => clock.all([napper('a', 30, 2), napper('b', 20, 3)]));
  assert.deepEqual(woken, ['b@20', 'a@30', 'b@40', 'a@60', 'b@60']);
});

test('time stands still while somebody waits for something else', async () => {
  const clock = new Clock(0);
  await clock.run(() =>
    clock.all([
      async () => {
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        assert.equal(clock.now(), 0);
      },
      () => clock.sleep(10),
    ]),
  );
  assert.equal(clock.now(), 10);
});

test('a timer fires when time passes it and never moves time itself', async () => {
  const clock = new Clock(0);
  /** @type {unknown[]} */
  const fired = [];
  clock.timer(50, async () => fired.push(clock.now()));
  const cancel = clock.timer(60, async () => fired.push('cancelled'));
  cancel();
  await clock.run(async () => {});
  assert.deepEqual([fired, clock.now()], [[], 0]);
  await clock.advance(100);
  assert.deepEqual([fired, clock.now()], [[50], 100]);
});

test('the clock can be put back, and a sleep keeps its length', async () => {
  const clock = new Clock(1000);
  clock.set(500);
  assert.equal(clock.now(), 500);
  await clock.advance(10);
  assert.equal(clock.now(), 510);
});

test('what is no time is refused', () => {
  assert.throws(() => new Clock('yesterday'), /not a time/);
});
