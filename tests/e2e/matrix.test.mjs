// Every preset on every host, pairwise: each wrapper form, profile, build, preset, with and without Buffer, and each kind
// of inputs at least once beside each value of every other. It delivers, or refuses with the one documented error.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROFILES } from '../../emulator/index.mjs';
import '../../emulator/profiles/quickjs.mjs';
import {
  ALARM,
  arrived,
  BUILDS,
  deepFreeze,
  EUI,
  foreign,
  ORG,
  organization,
  PRESETS,
  paste,
  platform,
  refusals,
} from './setup.mjs';

/** How the inputs are made; JSON is what the platform itself hands in. @type {Record<string, (value: unknown) => unknown>} */
const MAKE = {
  plain: (/** @type {unknown} */ value) => value,
  frozen: (/** @type {unknown} */ value) => deepFreeze(structuredClone(value)),
  'other realm': foreign,
  'without prototype': (/** @type {unknown} */ value) => bare(value),
};

/** @type {Record<string, any[]>} */
const AXES = {
  profile: Object.keys(PROFILES),
  wrapper: ['globals', 'parameters', 'async'],
  build: BUILDS,
  preset: PRESETS,
  buffer: [true, false],
  inputs: Object.keys(MAKE),
};
const NAMES = Object.keys(AXES);

/** @param {any} value @returns {any} */
function bare(value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, bare(item)])),
  );
}

/** What cannot be: a wrapper form that the host does not have, a Buffer or other inputs than JSON in QuickJS. */
const possible = (/** @type {any} */ { profile, wrapper, buffer, inputs }) =>
  PROFILES[profile].wrappers.includes(wrapper) && (profile !== 'quickjs' || (!buffer && inputs === 'plain'));

/** Every combination of the axes that can be. */
function everything() {
  /** @type {any[]} */
  let all = [{}];
  for (const name of NAMES) all = all.flatMap((chosen) => AXES[name].map((value) => ({ ...chosen, [name]: value })));
  return all.filter(possible);
}

const pairsOf = (/** @type {any} */ chosen) =>
  NAMES.flatMap((a, i) => NAMES.slice(i + 1).map((b) => `${a}=${chosen[a]} ${b}=${chosen[b]}`));

/** Few combinations that hold every pair that any holds: always the one with the most new pairs. */
function pairwise(/** @type {any[]} */ all) {
  const open = new Set(all.flatMap(pairsOf));
  const few = [];
  while (open.size > 0) {
    let best = all[0];
    let most = 0;
    for (const candidate of all) {
      const count = pairsOf(candidate).filter((pair) => open.has(pair)).length;
      if (count > most) [best, most] = [candidate, count];
    }
    for (const pair of pairsOf(best)) open.delete(pair);
    few.push(best);
  }
  return few;
}

/** What a host must answer: an error it shows, a line it logs, or a delivery. */
function expected(/** @type {any} */ { profile, build, preset }) {
  const { actions, axios, name } = PROFILES[profile];
  if (!actions.includes('axios')) return { error: /^tkl-notify \w+: this server has no HTTP actions/ };
  const noWasm = name === 'quickjs' || name.startsWith('tkl-current-strict');
  if (noWasm && build === 'wasm') return { error: new RegExp(`refuses WebAssembly: .*\\b${preset}\\.nowasm\\.js`) };
  if (preset === 'wecom_app_notify' && !axios) return { log: /no axios function/ };
  return {};
}

const all = everything();
const few = pairwise(all);

test('every pair of two axes that can be is among the cases', () => {
  const covered = new Set(few.flatMap(pairsOf));
  for (const [i, a] of NAMES.entries()) {
    for (const b of NAMES.slice(i + 1)) {
      for (const [one, other] of AXES[a].flatMap((x) => AXES[b].map((y) => [x, y]))) {
        const can = all.some((chosen) => chosen[a] === one && chosen[b] === other);
        assert.equal(covered.has(`${a}=${one} ${b}=${other}`), can, `${a}=${one} ${b}=${other}`);
      }
    }
  }
});

// Beside the pairs: each preset in each build delivers on each host that can, in that host's own form.
const own = Object.entries(PROFILES).flatMap(([profile, { wrappers }]) =>
  PRESETS.flatMap((preset) =>
    BUILDS.map((build) => ({
      profile,
      wrapper: wrappers[0],
      build,
      preset,
      buffer: profile !== 'quickjs',
      inputs: 'plain',
    })),
  ),
);

for (const chosen of [...few, ...own]) {
  const { profile, wrapper, build, preset, buffer, inputs } = chosen;
  const name = `${preset} (${build}) on ${profile}: ${wrapper}, ${buffer ? 'Buffer' : 'no Buffer'}, ${inputs} inputs`;
  test(name, async (t) => {
    const services = await organization(t);
    const body = paste(preset, build);
    const tkl = await platform(services, { [preset]: body }, { profile, wrapper, buffer });
    const make = MAKE[inputs];
    const device = { eui: EUI, id: '7', name: 'Boiler 2 [KS52]', tags: ['heating'], server_attrs: { alarm_temp: 80 } };
    const given = {
      device: make(device),
      params: make({ _eui: EUI, ...ALARM }),
      ...(PROFILES[profile].inputs.includes('alarms') && { alarms: make({ other: { level: 'low' } }) }),
      ...(PROFILES[profile].inputs.includes('org_params') && { org_params: make(ORG) }),
    };
    const before = JSON.stringify(given);
    const result = await tkl.call(EUI, preset, ALARM, { inputs: given });
    assert.equal(JSON.stringify(given), before, 'inputs are as they were');

    const { error, log } = expected(chosen);
    assert.deepEqual(refusals(services), []);
    if (error) {
      assert.equal(result.outcome, 'error');
      assert.match(String(result.error), error);
      assert.deepEqual(tkl.published, [], 'nothing goes out over MQTT');
    } else {
      assert.equal(result.outcome, 'success', result.error);
    }
    if (log) {
      assert.equal(result.logs.length, 1);
      assert.match(result.logs[0][1], log);
    }
    if (error || log) {
      assert.deepEqual(result.actions, []);
      assert.deepEqual(services.network.requests, []);
      return;
    }
    assert.deepEqual(
      result.logs.filter(([level]) => level !== 'info'),
      [],
    );
    const [message, ...more] = arrived(services);
    assert.deepEqual(more, []);
    assert.match(message.view, /_text$/.test(preset) ? /^hello$/ : /Boiler 2 \[KS52\]/);
    assert.deepEqual(message.live.mentions, []);
    // A message of the app is written to people; the others ring nobody.
    assert.deepEqual(message.rung, preset === 'wecom_app_notify' ? ['li', 'wang'] : []);
  });
}
