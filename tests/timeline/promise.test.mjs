// The promise that no alarm is lost and none doubled, over the shipped files: stories in which earlier versions broke it.
// Who read what and when is asked of the fake services; nothing here knows how the state is kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateKey } from '../stored_state.mjs';
import { ALARM, EUI, every, run } from './timeline.mjs';

/** @typedef {import('./timeline.mjs').Step} Step @typedef {import('./timeline.mjs').World} World */

const BUILDS = /** @type {const} */ (['wasm', 'nowasm']);
const BOTH = { notify_routes: '*=wecom,dingtalk' };
const ACTION = { ...BOTH, notify_delivery: 'action' };

/** What each group read: `08:05 On call: Alarm: Overheat`. */
async function read(
  /** @type {import('./timeline.mjs').Timeline['build']} */ build,
  /** @type {Record<string, unknown>} */ settings,
  /** @type {Step[]} */ steps,
  /** @type {Partial<import('./timeline.mjs').Timeline>} */ more = {},
) {
  const { services, tkl } = await run({ title: '', alarm: 'none', build, settings, steps, ...more });
  const all = services.all.flatMap(({ delivered, facts }) =>
    delivered.map((message) => {
      const group = 'group' in message ? String(message.group) : facts.title;
      const day = message.at >= Date.UTC(2026, 2, 3) ? '+ ' : '';
      const time = new Date(message.at).toISOString().slice(11, 16);
      return {
        at: message.at,
        text: `${day}${time} ${group}: ${message.view.split('\n')[0].replace('■ ', '')}`,
        message,
      };
    }),
  );
  all.sort((a, b) => a.at - b.at || (a.text < b.text ? -1 : 1));
  return { lines: all.map(({ text }) => text), messages: all.map(({ message }) => message), services, tkl };
}

const fail = (/** @type {import('../../emulator/network.mjs').Fault} */ fault, /** @type {string} */ service) =>
  /** @type {const} */ (['world', `${service}: ${JSON.stringify(fault)}`]);

/** A step from which on all requests to a service go wrong. @returns {Step} */
const breaks = (
  /** @type {string} */ time,
  /** @type {string} */ service,
  /** @type {import('../../emulator/network.mjs').Fault} */ fault = 'timeout',
  /** @type {number} */ times = 999,
  /** @type {string | undefined} */ path = undefined,
) => [time, ...fail(fault, service), ({ services }) => services.network.fail(fault, { service, times, path })];

/** A step from which on all is well. @returns {Step} */
const heals = (/** @type {string} */ time) => [time, 'world', 'all is well', ({ services }) => services.network.heal()];

for (const build of BUILDS) {
  test(`${build}: WeCom hangs for an hour: DingTalk hears at once, WeCom as soon as it can`, async () => {
    const steps = [breaks('08:00', 'wecom_bot'), ...every('08:00', '09:00', 5, 'new'), heals('09:00')];
    const { lines } = await read(build, { ...BOTH, notify_repeat: 'change' }, [
      ...steps,
      ...every('09:05', '09:30', 5, 'new'),
    ]);
    assert.deepEqual(lines, ['08:00 Plant: Alarm: Overheat', lines[1]]);
    assert.match(lines[1], /^09:(05|10|15) On call: Alarm: Overheat$/);
  });

  test(`${build}: a channel that refuses connections costs the other one call at most where the platform sends`, async () => {
    for (const dead of ['wecom_bot', 'dingtalk_robot']) {
      const steps = [breaks('08:00', dead, 'refused'), ...every('08:00', '08:30', 5, 'new')];
      const { lines } = await read(build, { ...ACTION, notify_repeat: 'change' }, steps);
      const group = dead === 'wecom_bot' ? 'Plant' : 'On call';
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0], new RegExp(`^08:0[05] ${group}: Alarm: Overheat$`));
    }
  });

  test(`${build}: who heard of an alarm hears its end, whatever the routes of its levels`, async () => {
    const settings = { notify_routes: 'urgent=wecom:duty; high=wecom; *=none', notify_repeat: 'change' };
    const { lines } = await read(build, settings, [
      ['08:00', 'new', { level: 'high' }],
      ['08:05', 'new', { level: 'urgent' }],
      ['08:10', 'clear'],
    ]);
    assert.deepEqual(lines, [
      '08:00 On call: Alarm: Overheat',
      '08:05 Duty: Alarm: Overheat',
      '08:05 On call: Alarm worse: Overheat',
      '08:10 Duty: Recovered: Overheat',
      '08:10 On call: Recovered: Overheat',
    ]);
  });

  test(`${build}: a fallback that heard the raise hears the end`, async () => {
    const { lines } = await read(
      build,
      { notify_routes: '*=wecom', notify_fallback: 'dingtalk', notify_repeat: 'change' },
      [breaks('08:00', 'wecom_bot', 'refused'), ['08:00', 'new'], heals('08:20'), ['08:20', 'new'], ['08:30', 'clear']],
    );
    assert.deepEqual(lines, [
      '08:00 Plant: Alarm: Overheat',
      '08:20 On call: Alarm: Overheat',
      '08:30 On call: Recovered: Overheat',
      '08:30 Plant: Recovered: Overheat',
    ]);
  });

  test(`${build}: down for the end and for the next raise, a channel hears the end of that`, async () => {
    const { lines } = await read(build, { notify_routes: '*=wecom', notify_repeat: 'change' }, [
      ['08:00', 'new'],
      breaks('08:10', 'wecom_bot', 'refused'),
      ['08:10', 'clear'],
      ['08:16', 'new'],
      heals('08:20'),
      ['08:30', 'new'],
      ['08:40', 'clear'],
    ]);
    assert.deepEqual(lines, ['08:00 On call: Alarm: Overheat', '08:40 On call: Recovered: Overheat']);
  });

  test(`${build}: one "new" and one "clear" during a network fault: the next healthy tick tells`, async () => {
    for (const settings of [BOTH, ACTION]) {
      const { lines } = await read(build, { ...settings, notify_routes: '*=wecom', notify_repeat: 'change' }, [
        breaks('08:00', 'wecom_bot', 'refused'),
        ['08:00', 'new'],
        heals('08:05'),
        ...every('08:05', '08:20', 5, 'tick'),
        breaks('09:00', 'wecom_bot', 'refused'),
        ['09:00', 'clear'],
        heals('09:05'),
        ...every('09:05', '11:00', 5, 'tick'),
      ]);
      assert.equal(lines.length, 2, lines.join('\n'));
      assert.match(lines[0], /^08:(05|10) On call: Alarm: Overheat$/);
      assert.match(lines[1], /^09:(05|10) On call: Recovered: Overheat$/);
    }
  });

  test(`${build}: the primary times out and the fallback is deleted: told when either can be`, async () => {
    const { lines } = await read(
      build,
      { notify_routes: '*=wecom', notify_fallback: 'wecom:duty', notify_repeat: 'change' },
      [
        [
          '08:00',
          'world',
          'deleted',
          ({ services }) => Object.assign(services.wecomBot.bot('key-duty'), { removed: true }),
        ],
        breaks('08:00', 'wecom_bot', 'timeout', 1),
        ['08:00', 'new'],
        ...every('08:05', '09:00', 5, 'new'),
      ],
    );
    assert.deepEqual(lines, ['08:05 On call: Alarm: Overheat']);
  });

  test(`${build}: throttled robots are told after their wait, with what holds by then, and nothing older comes later`, async () => {
    const { lines } = await read(build, { ...BOTH, notify_repeat: 'change' }, [
      [
        '08:00',
        'world',
        'both robots have had 20 messages in this minute',
        ({ services }) => {
          for (let i = 0; i < 20; i += 1) {
            services.wecomBot.bot('key-oncall').rate.admits();
            services.dingtalkRobot.robot('token-plant').rate.admits();
          }
        },
      ],
      ['08:00', 'new', { level: 'mid' }],
      ['08:05', 'new', { level: 'urgent' }],
      ...every('08:10', '08:30', 5, 'new', { level: 'urgent' }),
    ]);
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.equal(lines[0], '08:05 On call: Alarm: Overheat');
    assert.match(lines[1], /^08:1[05] Plant: Alarm: Overheat$/);
  });

  test(`${build}: a ring by short text comes after one fault, and after the message was late`, async () => {
    const settings = { notify_routes: '*=wecom', notify_mentions: '*=mobile:13800000001', notify_repeat: 'change' };
    const { messages } = await read(build, settings, [
      breaks('08:00', 'wecom_bot', { status: 502 }, 2),
      ['08:00', 'new'],
      ...every('08:05', '08:30', 5, 'new'),
    ]);
    assert.deepEqual(
      messages.map(({ rung }) => rung),
      [[], ['li']],
    );
  });

  test(`${build}: gettoken fails twice while another channel delivers: the app's users hear by the next uplink`, async () => {
    const { lines } = await read(build, { notify_routes: '*=wecom,wecom_app', notify_repeat: 'change' }, [
      breaks('08:00', 'wecom_app', { status: 502 }, 2, '/cgi-bin/gettoken'),
      ['08:00', 'new'],
      ['08:05', 'new'],
    ]);
    assert.equal(lines.filter((line) => line.startsWith('08:00 On call')).length, 1);
    assert.equal(lines.filter((line) => line.startsWith('08:05')).length, 1, lines.join('\n'));
  });

  test(`${build}: a kept token that is refused, then a 502: two tokens are fetched, not three`, async () => {
    const { lines, services } = await read(build, { notify_routes: '*=wecom_app', notify_repeat: 'always' }, [
      ['08:00', 'new'],
      ['08:05', 'world', 'revoked', ({ services, app }) => services.wecomApp.revokeTokens(app)],
      breaks('08:05', 'wecom_app', { errcode: 40014 }, 1, '/cgi-bin/message/send'),
      breaks('08:05', 'wecom_app', { status: 502 }, 1, '/cgi-bin/message/send'),
      ['08:10', 'new'],
    ]);
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.equal(services.network.requests.filter(({ url }) => url.includes('/gettoken')).length, 2);
  });

  test(`${build}: a raise three days after flapping is a new one, and rings nobody early`, async () => {
    const flaps = [0, 5, 10, 15, 20, 25].map(
      (minute, at) => /** @type {Step} */ ([`08:${String(minute).padStart(2, '0')}`, at % 2 ? 'clear' : 'new']),
    );
    const { lines } = await read(
      build,
      { notify_routes: '*=wecom', notify_escalate: '1h=@all', notify_repeat: 'change' },
      [...flaps, ['+3 08:00', 'new'], ['+3 08:05', 'new']],
    );
    assert.equal(lines.at(-1), '+ 08:00 On call: Alarm: Overheat');
    assert.equal(lines.filter((line) => line.includes('unstable')).length, 1);
  });

  test(`${build}: after a lost state the platform's record tells that there is an end to tell`, async () => {
    const { lines } = await read(
      build,
      { notify_routes: '*=wecom', notify_repeat: 'change' },
      [
        ['08:00', 'new'],
        ['08:05', 'attributes', { [stateKey(ALARM)]: undefined }],
        ['08:10', 'clear'],
      ],
      { alarm: 'last' },
    );
    assert.deepEqual(lines, ['08:00 On call: Alarm: Overheat', '08:10 On call: Recovered: overheat_alarm']);
  });

  test(`${build}: a device that falls silent is told of, and that it is back`, async () => {
    const { lines } = await read(
      build,
      { notify_routes: '*=wecom', notify_silent: 'high=2h; urgent=1d', notify_repeat: 'change' },
      [
        ['08:00', 'uplink', { temperature: 20 }],
        ...every('08:10', '13:10', 10, 'tick'),
        ['13:15', 'uplink', { temperature: 20 }],
        ['13:20', 'tick'],
        ...every('14:00', '+1 16:00', 60, 'tick'),
      ],
    );
    assert.deepEqual(lines, [
      '10:00 On call: Alarm: No data',
      '13:20 On call: Recovered: No data',
      '16:00 On call: Alarm: No data',
      '+ 14:00 On call: Alarm worse: No data',
    ]);
  });

  test(`${build}: a storm on one device is one digest, and each alarm ends by itself`, async () => {
    const names = Array.from({ length: 30 }, (_, at) => `zone_${at}`);
    /** @type {Step[]} */
    const raise = names.map((name) => ['08:00', 'new', { name, title: `Zone ${name}`, level: 'mid' }]);
    const quiet = { notify_quiet: '08:00-09:00=*', notify_routes: '*=wecom,dingtalk', notify_repeat: 'change' };
    const { lines, messages, services } = await read(build, quiet, [
      ...raise,
      ['09:00', 'tick'],
      ['09:10', 'clear', { name: 'zone_3' }],
    ]);
    assert.deepEqual(lines, [
      '09:00 On call: Alarms: 30',
      '09:00 Plant: Alarms: 30',
      '09:10 On call: Recovered: Zone zone_3',
      '09:10 Plant: Recovered: Zone zone_3',
    ]);
    // All of them have room.
    for (const name of names) assert.ok(messages[0].view.includes(`Zone ${name}\n`), name);
    assert.equal(services.network.requests.length, 4);
  });
}

test('a state that is lost is the one case in which an end cannot be told: nothing else remembers the alarm', async () => {
  const { lines, tkl } = await read('wasm', { notify_routes: '*=wecom' }, [
    ['08:00', 'new'],
    ['08:05', 'attributes', { [stateKey(ALARM)]: undefined }],
    ['08:10', 'clear'],
  ]);
  assert.deepEqual(lines, ['08:00 On call: Alarm: Overheat']);
  assert.ok(tkl.device(EUI));
});
