// The trigger's paste file as it is shipped, in the hosts that triggers run in, beside the note's script.
// What the rules mean is tested natively in `trigger.rs`; here it is about the file: inputs, sandbox, shapes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';
import { openHost, PROFILES, startPlatform, startServices, TKL_PROFILES } from '../emulator/index.mjs';
import '../emulator/profiles/quickjs.mjs';
import { trigger_script } from '../pkg/index.js';
import { resultOf } from './emulator/setup.mjs';
import { ofOtherVersion, stateKey } from './stored_state.mjs';

/** @typedef {import('../pkg/index.js').Rule} Rule */

const read = (/** @type {string} */ path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const SHIPPED = read('../pkg/paste/trigger.js');
const NOTE = read('fixtures/hand/trigger.js');
const EUI = '24e124136b502217';
/** What `notify` keeps for `overheat_alarm` raised at level high; held against the core in `trigger.rs`. */
const RAISED = read('fixtures/state_overheat_alarm_high.txt').trim();
const PROFILE_NAMES = Object.keys(PROFILES);
/** Hosts that say which thing model reported. */
const NAMING = TKL_PROFILES.filter((name) => PROFILES[name].triggerInputs.includes('thingModelId'));

/** The file with other rules, edited as people do it. */
const withRules = (/** @type {unknown} */ rules) => {
  const file = SHIPPED.replace(/var RULES = \[[\s\S]*?\n\];/, () => `var RULES = ${JSON.stringify(rules, null, 2)};`);
  assert.notEqual(file, SHIPPED);
  return file;
};
const LIKE_THE_NOTE = SHIPPED.replace('"methods": ["notify", "alarm"]', '"methods": ["alarm", "wecom_notify"]');
/** @type {Rule} */
const HOT = {
  name: 'hot',
  field: 'temperature',
  is: '>=',
  threshold: 80,
  methods: ['m'],
};

/** @param {unknown} temperature @param {Record<string, any>} [server_attrs] @param {Record<string, unknown>} [more] */
const device = (temperature, server_attrs = {}, more = {}) => ({
  name: 'Boiler 3',
  eui: EUI,
  server_attrs,
  telemetry_data: { 77: { temperature, update_time: 1_772_438_400_000 } },
  ...more,
});

/** Runs a body once in a fresh sandbox; what it returns, as JSON. @param {string} profile @param {string} body @param {Record<string, unknown>} inputs */
const runIn = async (profile, body, inputs) => {
  const host = await openHost(profile);
  const value = resultOf(await host.run(host.compileTrigger(body), inputs));
  return value && JSON.parse(JSON.stringify(value));
};
/** @param {string} body @param {Record<string, unknown>} inputs */
const call = (body, inputs) => runIn('tkl-current-strict', body, inputs);
/** One line a call: `method action name level: desc`. @param {import('../pkg/index.js').TriggerResult | null} result */
const lines = (result) =>
  (result?.actions ?? []).map(({ method, params: p }) => `${method} ${p.action} ${p.name} ${p.level}: ${p.desc}`);

test('the file keeps the platform limits', () => {
  assert.ok(SHIPPED.length <= 32_000, `${SHIPPED.length} units`);
  for (const refused of [
    /\b(async|await|eval|Function|require|import|setTimeout|WebAssembly|console|logger|org_params|axios)\b/,
    /['"]use strict['"]/,
    /\b(var|let|const|function)\s+(device|thingModelId|params|alarms)\b/,
  ]) {
    assert.equal(SHIPPED.match(refused)?.[0], undefined);
  }
  assert.match(SHIPPED, /^\/\/ tkl-notify trigger \d/);
  assert.equal(SHIPPED.match(/[^\P{Cc}\n]/u)?.[0], undefined, 'no clipboard keeps control characters');
});

for (const profile of PROFILE_NAMES) {
  test(`${profile}: with the note's methods the shipped rule answers as the note's script`, async () => {
    const cases = [80, 79.99, 85.5, -40, 0, 1e21, '85.50', '12'].map((temperature) => [temperature, 80]);
    cases.push([80, '80'], [79, '80.50'], [81, '80.50'], [80.4, 80.5], [0, 0], [-5, '-5'], [-6, -5]);
    const groups = [undefined, null, { notify: ['ops'] }, ['ops', 1], 'ops'];
    for (const [i, [temperature, alarm_temp]] of cases.entries()) {
      const inputs = {
        device: device(temperature, {
          alarm_temp,
          group: groups[i % groups.length],
        }),
        thingModelId: '77',
      };
      // The note's script needs a server that names the thing model.
      const expected = await runIn('tkl-current', NOTE, structuredClone(inputs));
      assert.deepEqual(await runIn(profile, LIKE_THE_NOTE, inputs), expected, JSON.stringify(inputs));
    }
  });

  test(`${profile}: a value or threshold that is no number neither raises nor recovers`, async () => {
    for (const temperature of [undefined, null, 'hot', '', true, {}, [85]]) {
      const inputs = {
        device: device(temperature, { alarm_temp: 80 }),
        thingModelId: '77',
      };
      assert.equal(await runIn(profile, SHIPPED, inputs), null, String(temperature));
    }
    const result = await runIn(profile, SHIPPED, {
      device: device(85),
      thingModelId: '77',
    });
    const fault =
      'Rule 1 (overheat_alarm): server attribute alarm_temp is not set; set it, or give the rule a default.';
    assert.deepEqual(
      lines(result),
      ['notify', 'alarm'].map((m) => `${m} new rule_fault_overheat_alarm mid: ${fault}`),
    );
    assert.equal(result.actions[0].params.title, 'Faulty trigger rule: [Boiler 3]');
  });
}

test('numbers are compared as numbers where the note compares text', async () => {
  const inputs = {
    device: device('9', { alarm_temp: '80' }),
    thingModelId: '77',
  };
  assert.equal((await call(NOTE, inputs)).actions[0].params.action, 'new', '"9" >= "80" as text');
  assert.equal((await call(LIKE_THE_NOTE, inputs)).actions[0].params.action, 'clear');
});

test('each wrapper form runs the same body: globals, parameters, async function', async () => {
  const inputs = { device: device(85, { alarm_temp: 80 }), thingModelId: '77' };
  const expected = JSON.stringify(await call(SHIPPED, inputs));
  const forms = [
    `function triggerRunner() { ${SHIPPED} } triggerRunner();`,
    `(function trigger_script(device, thingModelId) {\n${SHIPPED}\n})(globalThis.device, globalThis.thingModelId)`,
    `(async function trigger_script(device, thingModelId) {\n${SHIPPED}\n})(globalThis.device, globalThis.thingModelId)`,
    `(function trigger_script({ device, thingModelId }) { ${SHIPPED.replaceAll('\n', '\r\n')}\n})(globalThis)`,
  ];
  for (const source of forms) {
    const context = vm.createContext({ ...inputs });
    const before = Object.keys(context).concat('triggerRunner');
    assert.equal(JSON.stringify(await vm.runInContext(source, context)), expected);
    assert.deepEqual(
      Object.keys(context).filter((name) => !before.includes(name)),
      [],
      'no global is left behind',
    );
  }
});

test('inputs of another realm, frozen, without prototype or Buffer are read and not changed', async () => {
  const freeze = (/** @type {any} */ value) => {
    if (Object(value) === value) Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  const plain = device(85, { alarm_temp: 80, group: { notify: ['ops'] } });
  const expected = await call(SHIPPED, { device: plain, thingModelId: '77' });
  const bare = Object.assign(Object.create(null), plain, {
    server_attrs: Object.assign(Object.create(null), plain.server_attrs),
  });
  for (const given of [freeze(structuredClone(plain)), bare]) {
    const text = JSON.stringify(given);
    for (const buffer of [undefined, false]) {
      const host = await openHost('tkl-current', { buffer });
      const value = resultOf(await host.run(host.compileTrigger(SHIPPED), { device: given, thingModelId: '77' }));
      assert.deepEqual(JSON.parse(JSON.stringify(value)), expected);
      assert.notEqual(value.actions[0].params.group, given.server_attrs.group, 'the group is a copy');
    }
    assert.equal(JSON.stringify(given), text);
  }
});

test('own properties only, and a name may be any text', async () => {
  for (const field of ['__proto__', 'constructor', 'toString']) {
    assert.equal(
      await call(withRules([{ ...HOT, field }]), {
        device: device(85),
        thingModelId: '77',
      }),
      null,
      field,
    );
  }
  for (const threshold of ['__proto__', 'constructor']) {
    const [line] = lines(
      await call(withRules([{ ...HOT, threshold }]), {
        device: device(85),
        thingModelId: '77',
      }),
    );
    assert.match(line, /is not set/);
  }
  const name = '过热 "1" \u{1F525} $& \\ {value}';
  const result = await call(withRules([{ ...HOT, name }]), {
    device: device(85),
    thingModelId: '77',
  });
  assert.equal(result.actions[0].params.name, name);
  assert.equal(result.actions[0].params.title, name);
});

test('no inputs, or none of the right kind, are nothing to do', async () => {
  for (const profile of TKL_PROFILES) {
    for (const given of [undefined, null, 0, '', {}, [], { telemetry_data: null }, { telemetry_data: { 77: null } }]) {
      assert.equal(
        await runIn(profile, SHIPPED, { device: given, thingModelId: '77' }),
        null,
        `${profile} ${JSON.stringify(given)}`,
      );
    }
    assert.equal(await runIn(profile, SHIPPED, {}), null);
  }
});

test('hostile values end in calls or in nothing, never in an error', async () => {
  const hostile = [
    null,
    true,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '\0',
    '\ud800',
    'x'.repeat(50_000),
    [],
    [[]],
    {},
    { a: [{}] },
    '{value}',
    'ntf_',
    '__proto__',
  ];
  for (const value of hostile) {
    for (const key of ['name', 'eui', 'server_attrs', 'telemetry_data']) {
      const result = await call(SHIPPED, {
        device: device(85, { alarm_temp: 80 }, { [key]: value }),
        thingModelId: '77',
      });
      assert.ok(result === null || result.actions.length > 0, key);
    }
    for (const key of ['alarm_temp', 'group', stateKey('overheat_alarm'), stateKey('')]) {
      const result = await call(SHIPPED, {
        device: device(85, { alarm_temp: 80, [key]: value }),
        thingModelId: '77',
      });
      assert.ok(result.actions.length > 0, key);
    }
    for (const key of [
      ...Object.keys(HOT),
      'steps',
      'default',
      'hysteresis',
      'level',
      'title',
      'desc',
      'group',
      'unit',
      'thingModelId',
      'typo',
    ]) {
      const rules = [
        { ...HOT, [key]: value },
        { ...HOT, name: 'second' },
      ];
      const result = await call(withRules(rules), {
        device: device(85),
        thingModelId: '77',
      });
      assert.equal(lines(result).at(-1), 'm new second mid: temperature 85 >= 80', `${key}: ${JSON.stringify(value)}`);
    }
    await call(withRules(value ?? null), {
      device: device(85),
      thingModelId: value,
    });
  }
});

test('a faulty rule harms no other and says what to correct', async () => {
  const rules = [
    { ...HOT, treshold: 90 },
    { ...HOT, name: 'wet', is: 'over' },
    { ...HOT, name: 'good' },
  ];
  const fields = 'name field is threshold default hysteresis level title desc unit group methods steps thingModelId';
  assert.deepEqual(lines(await call(withRules(rules), { device: device(85), thingModelId: '77' })), [
    `m new rule_fault_hot mid: Rule 1 (hot): treshold is not a field of a rule; the fields are ${fields}.`,
    'm new rule_fault_wet mid: Rule 2 (wet): is must be one of > >= < <= == != between outside.',
    'm new good mid: temperature 85 >= 80',
  ]);
});

test('the group is a server attribute or the value itself', async () => {
  const groupOf = async (/** @type {unknown} */ group, /** @type {Record<string, unknown>} */ attributes) => {
    const inputs = { device: device(85, attributes), thingModelId: '77' };
    return (await call(withRules([{ ...HOT, group }]), inputs)).actions[0].params.group;
  };
  assert.deepEqual(await groupOf(undefined, { group: { notify: ['a'] } }), {
    notify: ['a'],
  });
  assert.deepEqual(await groupOf('night', { group: 1, night: ['b'] }), ['b']);
  assert.deepEqual(await groupOf({ notify: ['c'] }, { group: 1 }), {
    notify: ['c'],
  });
  assert.deepEqual(await groupOf('none', {}), {});
  assert.deepEqual(await groupOf('__proto__', {}), {});
});

test('hysteresis reads the state that notify keeps', async () => {
  const rules = [{ ...HOT, name: 'overheat_alarm', level: 'high', hysteresis: 5 }];
  const says = async (/** @type {number} */ temperature, /** @type {string | undefined} */ state) => {
    const inputs = {
      device: device(temperature, { [stateKey('overheat_alarm')]: state }),
      thingModelId: '77',
    };
    return (await call(withRules(rules), inputs)).actions[0].params.action;
  };
  assert.equal(await says(75, RAISED), 'new');
  assert.equal(await says(74.9, RAISED), 'clear');
  assert.equal(await says(75, undefined), 'clear');
  assert.equal(await says(75, ofOtherVersion(RAISED)), 'clear');
});

for (const profile of TKL_PROFILES) {
  test(`${profile}: uplinks run through trigger and RPC`, async () => {
    const tkl = await startPlatform({ profile });
    tkl.addDevice({
      eui: EUI,
      name: 'Boiler 3',
      server_attrs: { alarm_temp: '80' },
    });
    tkl.mount(
      'm',
      'return [{ type: "modifyAttrs", dnMsg: { server_attrs: { last: params.action + " " + params.desc } } }];',
    );
    tkl.mountTrigger('heat', SHIPPED.replace('"methods": ["notify", "alarm"]', '"methods": ["m"]'));
    const seen = [];
    for (const [model, values] of /** @type {[string, Record<string, number>][]} */ ([
      ['77', { temperature: 85 }],
      ['88', { humidity: 3 }],
      ['77', { temperature: 20 }],
    ])) {
      const [run] = await tkl.uplink(EUI, model, values);
      assert.equal(run.error, undefined);
      seen.push(run.returned === null ? 'nothing' : tkl.device(EUI).server_attrs.last);
      await tkl.advance(60_000);
    }
    // The thing model without a temperature recovers nothing, also where the server does not name it.
    assert.deepEqual(seen, ['new [Boiler 3] temperature 85°C exceeded threshold 80°C', 'nothing', 'clear ']);
  });
}

test('a server that names no thing model: the newest telemetry, and its thing model for the rule', async () => {
  const rules = [
    { ...HOT, name: 'a', thingModelId: '77' },
    { ...HOT, name: 'b', thingModelId: 88 },
    { ...HOT, name: 'c' },
  ];
  /** With the moments at which the two thing models reported. @param {string} profile @param {number} first @param {number} second @param {string} [thingModelId] */
  const says = async (profile, first, second, thingModelId) => {
    const telemetry_data = {
      77: { temperature: 85, update_time: first },
      88: { temperature: 20, update_time: second },
    };
    const result = await runIn(profile, withRules(rules), {
      device: device(0, {}, { telemetry_data }),
      thingModelId,
    });
    return result.actions.map((/** @type {any} */ { params }) => `${params.action} ${params.name}`);
  };
  assert.deepEqual(await says('tkl-2.00.011', 2, 1), ['new a', 'new c']);
  assert.deepEqual(await says('tkl-2.00.011', 1, 2), ['clear b', 'clear c']);
  assert.deepEqual(await says('tkl-2.00.011', 2, 2), ['new a', 'clear b', 'new c']);
  for (const profile of NAMING) assert.deepEqual(await says(profile, 1, 2, '77'), ['new a', 'new c']);
});

test('steps, lists and defaults reach the core as they are written', async () => {
  const rules = [
    {
      ...HOT,
      threshold: undefined,
      steps: [
        { level: 'high', threshold: 80 },
        { level: 'urgent', threshold: 'top', default: 90 },
      ],
    },
    { ...HOT, name: 'range', is: 'outside', threshold: ['low', 30], default: ['-5', null], methods: ['b', 'a'] },
    { ...HOT, name: 'none', steps: [] },
  ];
  const says = async (/** @type {number} */ temperature) =>
    lines(await call(withRules(rules), { device: device(temperature), thingModelId: '77' }));
  assert.deepEqual(await says(95), [
    'm new hot urgent: temperature 95 >= 90',
    'b new range mid: temperature 95 outside -5..30',
    'a new range mid: temperature 95 outside -5..30',
    'm new none mid: temperature 95 >= 80',
  ]);
  assert.deepEqual(await says(20), [
    'm clear hot high: ',
    'b clear range mid: ',
    'a clear range mid: ',
    'm clear none mid: ',
  ]);
});

test('trigger and notify together: one raise, held by the hysteresis, one recovery; a fault told and cleared', async (t) => {
  const services = await startServices();
  t.after(() => services.close());
  services.wecomBot.addGroup('alarm', { key: 'key-1', members: [{ id: 'li', name: 'Li', mobile: '13800000001' }] });
  const orgParams = { wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-1' };
  const tkl = await startPlatform({ profile: 'tkl-current', services, orgParams });
  tkl.addDevice({ eui: EUI, name: 'Boiler 3', server_attrs: {} });
  tkl.mount('notify', read('../pkg/paste/notify.js'));
  const rules = [{ ...HOT, threshold: 'alarm_temp', hysteresis: 5, title: 'Hot', methods: ['notify'] }];
  tkl.mountTrigger('heat', withRules(rules));
  const seen = [];
  for (const [temperature, alarm_temp] of [[85], [85], [85, 80], [86, 80], [76, 80], [74, 80], [76, 80]]) {
    if (alarm_temp) tkl.device(EUI).server_attrs.alarm_temp = alarm_temp;
    const before = services.wecomBot.delivered.length;
    await tkl.uplink(EUI, '77', { temperature });
    seen.push(
      services.wecomBot.delivered.slice(before).map(({ text }) => /Faulty trigger rule|Hot/.exec(text)?.[0] ?? text),
    );
    await tkl.advance(5 * 60_000);
  }
  assert.deepEqual(seen, [['Faulty trigger rule'], [], ['Hot', 'Faulty trigger rule'], [], [], ['Hot'], []]);
});

test('the package answers as the paste file does', async () => {
  const rules = /** @type {Rule[]} */ ([
    { ...HOT, hysteresis: 5, group: { notify: ['ops'] } },
    { ...HOT, name: 'wet', is: /** @type {any} */ ('over') },
  ]);
  for (const temperature of [85, '85', 20, null]) {
    const inputs = {
      device: device(temperature, { group: 'ops' }),
      thingModelId: '77',
    };
    const expected = await call(withRules(rules), inputs);
    assert.deepEqual(trigger_script(inputs.device, '77', rules), expected);
  }
  const one = trigger_script(device(85), '77', HOT);
  assert.deepEqual(lines(one), ['m new hot mid: temperature 85 >= 80'], 'one rule needs no list');
  const none = /** @type {any} */ (undefined);
  assert.equal(trigger_script(undefined, undefined, none), null);
  assert.match(lines(trigger_script(device(85), '77', none))[0], /^notify new rule_fault_1 mid: Rule 1 \(no name\)/);
});
