// Hosts that refuse WebAssembly, and pasted text that was damaged: one clear error that tells the way out, each time, and
// nothing is sent. The twins run there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALARM, arrived, EUI, organization, PRESETS, paste, platform } from './setup.mjs';

/** A host's WebAssembly when it is not let through. @type {Record<string, () => unknown>} */
const REFUSALS = {
  'is undefined': () => undefined,
  'is null': () => null,
  'is an object whose Module throws': () => ({
    Module: class {
      constructor() {
        throw new Error('Wasm code generation disallowed by embedder');
      }
    },
  }),
  'is an object without Module': () => ({}),
};

const clear = (/** @type {string} */ preset) =>
  `tkl-notify ${preset}: this host refuses WebAssembly: use ${preset}.nowasm.js instead`;

for (const preset of PRESETS) {
  for (const [label, make] of Object.entries(REFUSALS)) {
    test(`${preset}: where WebAssembly ${label}, one clear error names the twin, and the twin delivers`, async (t) => {
      for (const wrapper of ['globals', 'parameters', 'async']) {
        const services = await organization(t);
        const globals = { WebAssembly: make() };
        const options = { wrapper: /** @type {any} */ (wrapper), globals };
        const tkl = await platform(services, { ours: paste(preset, 'wasm'), twin: paste(preset, 'twin') }, options);
        // Also when there is nothing to do: better now than at the first alarm.
        for (const action of ['new', 'clear']) {
          const result = await tkl.call(EUI, 'ours', { ...ALARM, action });
          assert.deepEqual([result.outcome, result.error], ['error', clear(preset)], `${wrapper}, ${action}`);
          assert.deepEqual([result.actions, services.network.requests], [[], []]);
        }
        const result = await tkl.call(EUI, 'twin', ALARM);
        assert.equal(result.outcome, 'success', result.error);
        assert.equal(arrived(services).length, 1);
      }
    });
  }

  test(`${preset}: text that was damaged on the way is one clear error each time`, async (t) => {
    const body = paste(preset, 'wasm');
    const literal = /^"([^"]{1000,})"$/m.exec(body)?.[1] ?? '';
    assert.notEqual(literal, '');
    const middle = literal.length >> 1;
    const damages = {
      'cut at the end': literal.slice(0, -9),
      'cut at the start': literal.slice(5),
      'cut in the middle': literal.slice(0, middle) + literal.slice(middle + 40),
      'doubled in the middle': literal.slice(0, middle) + literal.slice(middle - 40),
      emptied: '',
      'turned to question marks': literal.replace(/[^ -~]/g, '?'),
      'in another case': literal.toLowerCase(),
    };
    for (const [label, damaged] of Object.entries(damages)) {
      // A packed literal has no letters of two cases, so that this does it no harm.
      if (label === 'in another case' && damaged === literal) continue;
      const services = await organization(t);
      const tkl = await platform(services, { [preset]: body.replace(literal, () => damaged) });
      const result = await tkl.call(EUI, preset, ALARM);
      assert.deepEqual([result.outcome, result.actions], ['success', []], label);
      assert.equal(result.logs.length, 1, label);
      assert.equal(result.logs[0][0], 'error');
      assert.match(result.logs[0][1], /\bthe pasted text was altered: paste the whole file again\b/, label);
      assert.ok(result.logs[0][1].length < 300, label);
      assert.deepEqual(services.network.requests, [], label);
    }
  });
}
