// Paste files are replaced on running systems, and sometimes put back: what one version stored on a device, the other
// reads. `fixtures/former/` keeps the shipped file of each version whose state text is still to be read.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { arrived, BUILDS, EUI, organization, paste, platform } from './setup.mjs';

const FOLDER = new URL('../fixtures/former/', import.meta.url);
const MINUTE = 60_000;

/** @param {string} action @param {string} [level] */
const alarm = (action, level = 'high') => ({ name: 'overheat', action, level, title: 'Too hot', desc: '91 °C' });

/**
 * A raise, a quiet uplink, a worse level, a tick an hour later and the end; each told once if the state is read.
 * @param {{after: (task: () => unknown) => void}} t
 * @param {string} before the script until the worse level
 * @param {string} after and from then on
 */
async function story(t, before, after) {
  const services = await organization(t);
  const tkl = await platform(services, { before, after });
  const call = async (/** @type {string} */ method, /** @type {ReturnType<typeof alarm>} */ params) => {
    const { error } = await tkl.call(EUI, method, params);
    assert.equal(error, undefined);
    await tkl.advance(5 * MINUTE);
  };
  await call('before', alarm('new'));
  await call('before', alarm('new'));
  await call('after', alarm('new', 'urgent'));
  await call('after', alarm('new', 'urgent'));
  await tkl.advance(60 * MINUTE);
  await call('after', alarm('tick'));
  await call('after', alarm('clear'));
  await call('after', alarm('clear'));
  return arrived(services).map(({ view }) => `${view}`.split('\n')[0].replace('■ ', ''));
}

const TOLD = ['Alarm: Too hot', 'Alarm worse: Too hot', 'Alarm still active: Too hot', 'Recovered: Too hot'];

for (const file of readdirSync(FOLDER)) {
  const former = readFileSync(new URL(file, FOLDER), 'utf8');
  for (const build of BUILDS) {
    test(`what ${file} stored is read by this version (${build})`, async (t) => {
      assert.deepEqual(await story(t, former, paste('notify', build)), TOLD);
    });
    test(`what this version stored is no state for ${file}, which raises anew: a message too many (${build})`, async (t) => {
      assert.deepEqual(await story(t, paste('notify', build), former), [
        'Alarm: Too hot',
        'Alarm: Too hot',
        ...TOLD.slice(2),
      ]);
    });
  }
}
