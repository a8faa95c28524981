// A paste file as a text and as a body: size, header, tokens, wrapper forms, what it leaves behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { FILES, FORMS, inputs, plain, recorder, run } from './run.mjs';

/** What fits into a cell of the platform's Excel export. */
const CELL = 32_000;
for (const { name, preset, build, text } of FILES) {
  test(`${name} fits into a cell of the platform's Excel export, or is a twin that says it does not`, () => {
    const says = text.split('\n')[2].startsWith('// Over 32,000 units: ');
    assert.equal(says, text.length > CELL, `${text.length} UTF-16 units`);
    assert.ok(text.length <= CELL || build === 'nowasm.js', `${text.length} UTF-16 units`);
  });

  test(`${name} throws an error whose stack a log can bear`, () => {
    // Nothing to send with: no HTTP, and no logger that could take the message.
    const given = { ...inputs(), axios: undefined, org_params: undefined, logger: undefined };
    try {
      run(text, given);
      assert.fail('it has to throw');
    } catch (error) {
      const { message, stack } = /** @type {Error} */ (error);
      assert.match(
        message,
        new RegExp(`^tkl-notify ${preset}: this server has no HTTP actions .* Upgrade ThinkLink\\.$`),
      );
      // What Node would log: its own trace, with the source line in front unless the error has no stack.
      assert.ok(`${stack}`.length + message.length <= 1000, `${`${stack}`.length} characters of stack`);
    }
  });

  test(`${name} says what it is, what to set, and which lines are not part of it`, () => {
    const [first, second] = text.split('\n');
    assert.match(first, /^\/\/ tkl-notify \d+\.\d+\.\d+ /);
    assert.ok(first.includes(name));
    assert.match(first, /first line.*last.*not part of it/);
    assert.match(second, /^\/\/ Set in Org Params: \w/);
  });

  test(`${name} holds no async, await, eval, require or timer of its own`, () => {
    const code = text.replace(/^"[^"]*"$/gm, '""');
    // A strict sandbox refuses these two even in a comment.
    assert.deepEqual(code.match(/\b(async|await)\b/g), null);
    // The one timer ends a request, where the host has one: it is asked for and never taken for granted.
    const bare = code.replace(/^\/\/.*$/gm, '').replace('globalThis.setTimeout?.(', '');
    assert.deepEqual(bare.match(/\b(eval|require|import|setTimeout|setInterval|Function)\b/g), null);
    assert.doesNotMatch(bare.slice(0, 100), /^\s*["']use strict/);
  });

  test(`${name} has no control, private or unstable character`, () => {
    assert.equal(text.normalize('NFKC').replace(/…/g, '...'), text.replace(/…/g, '...'));
    assert.doesNotMatch(text.replace(/\n/g, ''), /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/u);
  });

  test(`${name} answers alike as a body with globals, with parameters, and of an async function`, async () => {
    const globals = { Buffer, Date: { now: () => 1700000000001 } };
    const answers = [];
    for (const form of Object.keys(FORMS)) {
      const { result } = run(text, inputs({ logger: recorder().logger }), { form, globals });
      answers.push(plain(await result));
    }
    assert.ok(answers[0].length > 0, 'it sends');
    assert.deepEqual(answers[1], answers[0]);
    assert.deepEqual(answers[2], answers[0]);
  });

  test(`${name} declares no input and leaves no global behind`, () => {
    /** Names that cannot be enumerated included. @param {vm.Context} context @returns {string[]} */
    const globals = (context) => [...vm.runInContext('Object.getOwnPropertyNames(globalThis)', context)];
    const given = inputs({ logger: recorder().logger });
    const { context } = run(text, given);
    const known = [...globals(vm.createContext({})), 'Buffer', ...Object.keys(given), 'rpcRunner'];
    assert.deepEqual(
      globals(context).filter((name) => !known.includes(name)),
      [],
    );
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

    test(`${name} says that it was altered when a part of its literal is missing, doubled or other text`, () => {
      const [, literal] = /^"([^"]{1000,})"$/m.exec(text) ?? assert.fail('no literal');
      const places = Array.from({ length: 40 }, (_, n) => Math.floor((n * (literal.length - 1)) / 39));
      const damages = [
        literal.slice(0, -7),
        literal.slice(0, 500) + literal.slice(560),
        // A file saved in an encoding that lacks the letters.
        literal.replace(/[^ -~]/g, '?'),
        ...places.map((at) => literal.slice(0, at) + literal.slice(at + 1)),
        ...places.map((at) => literal.slice(0, at) + literal[at] + literal.slice(at)),
      ];
      for (const damaged of damages) {
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

for (const { name, text } of FILES.filter(({ preset }) => preset === 'wecom_app_notify')) {
  test(`${name} waits each device's own time, so that they do not come back at once`, async () => {
    const axios = async (/** @type {{url: string}} */ { url }) => ({
      status: 200,
      data: url.includes('gettoken') ? { errcode: 0, access_token: 'a', expires_in: 7200 } : { errcode: 45009 },
    });
    const wait = async (/** @type {string} */ eui, now = 1700000000001) => {
      const { lines, logger } = recorder();
      const given = inputs({ axios, logger, device: { name: 'Boiler', eui, server_attrs: {} } });
      given.org_params.notify_delivery = 'confirm';
      /** @type {{sleepTimeMs: number}[]} */
      const actions = plain(await run(text, given, { globals: { Date: { now: () => now } } }).result);
      assert.doesNotMatch(JSON.stringify(lines), /internal fault/);
      return Math.max(...actions.map((action) => action.sleepTimeMs));
    };
    const first = await wait('24e1');
    assert.ok(first >= 60_000 && first <= 75_000, `${first} ms: the service's minute and up to a quarter more`);
    assert.equal(await wait('24e1'), first, 'a run that is repeated waits the same');
    assert.notEqual(await wait('24e2'), first);
    assert.notEqual(await wait('24e1', 1700000060001), first);
  });
}
