// Hostile inputs: whatever stands where a text is expected, a call answers as documented and changes nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { FILES, inputs, plain, recorder, run } from './run.mjs';

const trap = () => {
  throw new Error('a getter was read');
};
const other = vm.createContext({});

const HOSTILE = {
  'a number': 5,
  'not a number': Number.NaN,
  null: null,
  undefined: undefined,
  'an array': ['a', 1, null, ['b'], {}],
  'an object': { a: 1 },
  'a function': () => 'x',
  'a symbol': Symbol('s'),
  'a bigint': 10n ** 30n,
  true: true,
  'an array of another realm': vm.runInContext('["a", "b"]', other),
  'an object with throwing toString': { toString: trap, valueOf: trap },
  'a proxy that throws': new Proxy({}, { get: trap, ownKeys: trap, has: trap, getOwnPropertyDescriptor: trap }),
  'a revoked proxy': (() => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  })(),
  'a date': new Date(0),
  'a very long text': '温'.repeat(300_000),
  'a NUL': 'a\0owecom_webhook_url\0https://evil.example',
  'lone surrogates': 'a\ud800b\udc00',
};

const files = FILES.filter(({ preset }) => !['wecom_app_notify'].includes(preset));

for (const { name, text } of files) {
  for (const [label, value] of Object.entries(HOSTILE)) {
    test(`${name} takes ${label} in any field`, async () => {
      const fields = [
        'name',
        'title',
        'level',
        'desc',
        'content',
        'channel',
        'at_mobiles',
        'at_user_ids',
        'mentioned_list',
      ];
      const base = inputs();
      for (const given of [
        { params: { ...base.params, ...Object.fromEntries(fields.map((field) => [field, value])) } },
        { device: { name: value, eui: value, server_attrs: value } },
        { device: value },
        { params: value },
        { alarms: value },
        { alarms: { overheat: value }, params: { ...base.params, action: 'clear' } },
        { org_params: { ...base.org_params, wecom_webhook_url: value, dingtalk_token: value, notify_routes: value } },
      ]) {
        const { lines, logger } = recorder();
        const answer = plain(await run(text, { ...base, ...given, logger }).result);
        assert.ok(Array.isArray(answer));
        assert.doesNotMatch(JSON.stringify(lines), /internal fault/);
        assert.doesNotMatch(JSON.stringify(answer), /"url":"https:\/\/evil/);
      }
    });
  }

  test(`${name} never runs a getter's error into the answer`, async () => {
    const params = Object.defineProperty({ ...inputs().params }, 'extra', { enumerable: true, get: trap });
    const { lines, logger } = recorder();
    assert.ok((await run(text, inputs({ params, logger })).result).length > 0);
    assert.deepEqual(
      lines.filter(([level]) => level === 'error'),
      [],
    );
  });

  test(`${name} takes frozen, null-prototype and other-realm inputs and changes none`, async () => {
    const freeze = (/** @type {any} */ value) => {
      if (value && typeof value === 'object') Object.values(value).forEach(freeze);
      return Object.freeze(value);
    };
    const bare = (/** @type {object} */ value) => Object.assign(Object.create(null), value);
    const { axios, ...data } = inputs();
    const foreign = vm.runInContext(`(${JSON.stringify(data)})`, other);
    for (const given of [
      freeze(structuredClone(data)),
      { ...data, params: bare(data.params), org_params: bare(data.org_params) },
      { ...foreign },
    ]) {
      const before = JSON.stringify(given);
      assert.ok((await run(text, { ...given, axios, logger: recorder().logger }).result).length > 0);
      assert.equal(JSON.stringify(given), before);
    }
  });

  test(`${name} answers alike with and without Buffer, lone surrogates included`, async () => {
    const params = { ...inputs().params, title: 'a\ud800é温😀', desc: 'a\ud800é温😀', content: 'a\ud800é温😀\n"\\' };
    const now = { Date: { now: () => 1700000000001 } };
    const answers = [];
    for (const globals of [{ Buffer, ...now }, now]) {
      answers.push(plain(await run(text, inputs({ params, logger: recorder().logger }), { globals }).result));
    }
    assert.ok(JSON.stringify(answers[0]).includes('a�é温😀'));
    assert.deepEqual(answers[1], answers[0]);
  });

  test(`${name} needs no logger, and a logger that throws harms nothing`, async () => {
    for (const logger of [undefined, null, {}, { info: trap, warn: trap, error: trap }, 'x']) {
      assert.ok((await run(text, inputs({ logger })).result).length > 0);
    }
  });

  test(`${name} without a usable logger throws what it cannot log`, () => {
    const given = inputs({ org_params: {}, axios: undefined, params: { ...inputs().params } });
    for (const logger of [undefined, {}, { error: trap }]) {
      assert.throws(() => run(text, { ...given, logger }), /^Error: tkl-notify /);
    }
    const { lines, logger } = recorder();
    assert.deepEqual(plain(run(text, { ...given, logger }).result), []);
    assert.equal(lines.filter(([level]) => level === 'error').length, 1);
  });

  test(`${name} fails on a host without HTTP actions, and sends nothing`, () => {
    const given = inputs({ logger: recorder().logger });
    const oldest = Object.fromEntries(
      Object.entries(given).filter(([name]) => !['org_params', 'axios'].includes(name)),
    );
    assert.throws(() => run(text, oldest), /^Error: tkl-notify .*no HTTP/);
  });
}
