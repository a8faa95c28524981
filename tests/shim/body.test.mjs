// A paste file as a text and as a body: size, header, tokens, wrapper forms, what it leaves behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { FILES, FORMS, inputs, plain, recorder, run } from './run.mjs';

/** `notify`'s twin alone may be longer; its header says so. */
const limit = (name) => (name === 'notify.nowasm.js' ? 64_000 : 32_000);

for (const { name, preset, build, text } of FILES) {
  test(`${name} fits into a cell of the platform's Excel export`, () => {
    assert.ok(text.length <= limit(name), `${text.length} UTF-16 units, at most ${limit(name)}`);
  });

  test(`${name} says what it is, what to set, and which lines are not part of it`, () => {
    const [first, second] = text.split('\n');
    assert.match(first, /^\/\/ tkl-notify \d+\.\d+\.\d+ /);
    assert.ok(first.includes(name));
    assert.match(first, /first line.*last.*not part of it/);
    assert.match(second, /^\/\/ Set in Org Params: \w/);
  });

  test(`${name} holds no async, await, eval, require or timer`, () => {
    const code = text.replace(/^"[^"]*"$/m, '""');
    assert.doesNotMatch(code, /\b(async|await|eval|require|import|setTimeout|setInterval|Function)\b/);
    assert.doesNotMatch(code, /^\s*["']use strict/m);
  });

  test(`${name} has no control, private or unstable character`, () => {
    assert.equal(text.normalize('NFKC').replace(/…/g, '...'), text.replace(/…/g, '...'));
    assert.doesNotMatch(text.replace(/\n/g, ''), /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/u);
  });

  test(`${name} answers alike as a body with globals, with parameters, and of an async function`, async () => {
    const given = { ...inputs(), Date: class extends Date {} };
    const fixed = { Buffer, Date: { now: () => 1700000000001 } };
    const answers = [];
    for (const form of Object.keys(FORMS)) {
      const { result } = run(text, { ...given, Date: fixed.Date, ...recorder() }, { form, globals: fixed });
      answers.push(plain(await result));
    }
    assert.ok(answers[0].length > 0, 'it sends');
    assert.deepEqual(answers[1], answers[0]);
    assert.deepEqual(answers[2], answers[0]);
  });

  test(`${name} declares no input and leaves no global behind`, () => {
    const bare = vm.createContext({});
    const before = vm.runInContext('Object.getOwnPropertyNames(globalThis).sort().join()', bare);
    const context = vm.createContext({ org_params: {} });
    vm.runInContext('var known = Object.getOwnPropertyNames(globalThis).sort().join()', context);
    const { context: used } = run(text, inputs({ logger: recorder().logger }));
    const added = Object.keys(used).filter(
      (key) => !['Buffer', ...Object.keys(inputs()), 'logger', 'rpcRunner'].includes(key),
    );
    assert.deepEqual(added, []);
    assert.equal(vm.runInContext('Object.getOwnPropertyNames(globalThis).sort().join()', bare), before);
  });

  test(`${name} gives a promise only where it must ask first`, () => {
    const { result } = run(text, inputs({ axios: undefined, logger: recorder().logger }));
    assert.ok(Array.isArray(result));
  });

  if (build === 'js') {
    test(`${name} names the twin on a host that refuses WebAssembly, also when nothing is to be done`, () => {
      for (const action of ['new', 'no']) {
        const given = inputs({ params: { content: 'x', name: 'a', action } });
        const message = new RegExp(`refuses WebAssembly: use ${preset}\\.nowasm\\.js`);
        assert.throws(() => run(text, given, { wasm: false }), message);
      }
      assert.throws(() => run(text, inputs(), { globals: { Buffer, WebAssembly: undefined } }), /nowasm\.js/);
    });

    test(`${name} says that it was altered when its literal is damaged`, () => {
      const [, literal] = /^"([^"]{1000,})"$/m.exec(text);
      for (const damaged of [
        literal.slice(0, -7),
        `x${literal.slice(1)}`,
        literal.slice(0, 500) + literal.slice(560),
      ]) {
        const { lines, logger } = recorder();
        const { result } = run(
          text.replace(literal, () => damaged),
          inputs({ logger }),
        );
        assert.deepEqual(plain(result), []);
        assert.equal(lines.length, 1);
        assert.match(lines[0][1], /the pasted text was altered/);
      }
    });
  } else {
    test(`${name} runs where WebAssembly is refused or missing`, async () => {
      for (const options of [{ wasm: false }, { globals: { WebAssembly: undefined } }]) {
        const answer = await run(text, inputs({ logger: recorder().logger }), options).result;
        assert.ok(answer.length > 0);
      }
    });
  }
}
