// What the trigger's core is handed: what the rules name, and nothing else. How much that is, is how much work a rule is.
// The shim runs here from its source, over a core that only notes its input.

import assert from 'node:assert/strict';
import { test } from 'node:test';

const FIELDS =
  'name field is threshold default hysteresis level title desc unit group methods steps thingModelId'.split(' ');
Object.assign(globalThis, {
  STATES: 'ntf_',
  FAULTS: 'rule_fault_',
  METHODS_IF_NONE: ['notify', 'alarm'],
  RULE_FIELDS: FIELDS,
});
const { trigger } = await import('../../js-shim/trigger/trigger.mjs');

/** @param {unknown} server_attrs */
const device = (server_attrs) => ({
  name: 'Boiler',
  eui: '24e124',
  server_attrs,
  telemetry_data: { 77: { temperature: 91, humidity: 40, update_time: 5 }, 88: { temperature: 1 } },
});

/** @param {string} name */
const rule = (name) => ({
  name,
  field: 'temperature',
  is: '>=',
  threshold: 'alarm_temp',
  hysteresis: 2,
  methods: ['m'],
});

/** The entries that the core is handed. @param {unknown} device @param {unknown} rules */
const entries = (device, rules) => {
  /** @type {string[]} */
  let parts = [];
  const result = trigger(
    (/** @type {string} */ input) => {
      parts = input.split('\0');
      return '';
    },
    device,
    '77',
    rules,
  );
  assert.equal(result, null);
  return parts.flatMap((part, at) => (at % 2 ? [] : [{ key: part, value: parts[at + 1] }]));
};

/** @param {number} count */
const rules = (count) => Array.from({ length: count }, (_, at) => rule(`alarm_${at + 100}`));

test('each rule is as much work as any other, however many there are', () => {
  const server_attrs = { alarm_temp: 80, ntf_alarm_100: '1.x', ntf_other: '1.x' };
  for (const count of [1, 5, 40]) {
    const handed = entries(device(server_attrs), rules(count));
    const starts = handed.flatMap(({ key }, at) => (key[0] === 'u' ? [at] : []));
    assert.equal(starts.length, count);
    assert.equal(starts[0], 4, 'the device, its thing model, one state');
    const lengths = starts.map((start, at) => {
      const [{ value }, ...own] = handed.slice(start, starts[at + 1]);
      assert.equal(value, `${at + 1}`);
      return own.map((entry) => entry.key + entry.value).join('').length;
    });
    assert.equal(new Set(lengths).size, 1, `${lengths}`);
    assert.ok(lengths[0] < 100, `${lengths[0]}`);
  }
});

test('an attribute is read where a rule names it, once for each rule', () => {
  /** @type {string[]} */
  const read = [];
  const attributes = { alarm_temp: 80, group: { notify: ['ops'] }, humidity: 1, other: 2, ntf_other: '1.x', sd_1: 'x' };
  const watched = new Proxy(attributes, {
    get: (target, name) => {
      read.push(String(name));
      return Reflect.get(target, name);
    },
  });
  for (const count of [1, 5, 40]) {
    read.length = 0;
    entries(device(watched), rules(count));
    assert.deepEqual(read, Array(count).fill('alarm_temp'));
  }
});

test('a hundred attributes that no rule names change nothing', () => {
  const attributes = { alarm_temp: 80, ntf_hot: '1.x' };
  const others = Array.from({ length: 100 }, (_, at) => [
    [`ntf_other_${at}`, '1.x'],
    [`sd_${at}`, 'child'],
  ]).flat();
  const crowded = { ...Object.fromEntries(others), ...attributes };
  assert.deepEqual(entries(device(crowded), rule('hot')), entries(device(attributes), rule('hot')));
});

test('of the states those of the alarms that the rules name are handed in, and those that only the core can place', () => {
  const named = ['ntf_hot', 'ntf_rule_fault_hot', 'ntf_rule_fault_2', 'ntf_~1.2.', 'ntf_~0.9.'];
  const others = ['ntf_other', 'ntf_rule_fault_3', 'ntf_rule_fault_other', 'ntf_ack', 'ntf_', 'hot'];
  const attributes = Object.fromEntries([...others, ...named].map((name) => [name, '1.x']));
  const handed = entries(device(attributes), [rule('cold'), rule('hot')]);
  const states = handed.filter(({ key }) => key[0] === 'n').map(({ key }) => key.slice(1));
  assert.deepEqual(states, [...named].sort(), 'in the order in which the core looks them up');
});

test('telemetry is handed in of the fields that the rules name, from the thing model that reported', () => {
  const steps = [{ level: 'high', threshold: 80 }, { field: 'humidity' }];
  const handed = entries(device({}), [{ ...rule('hot'), steps }, rule('cold')]);
  const readings = handed.filter(({ key }) => key[0] === 't').map(({ key, value }) => [key, value.split('\x01')[0]]);
  assert.deepEqual(readings, [
    ['t77', '91'],
    ['t77', '40'],
    ['t77', '91'],
  ]);
});
