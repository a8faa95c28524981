// What people get to read while an alarm comes, changes, stays and goes: each timeline against its golden file.
// The rules themselves are tested natively; here the shipped paste file runs against the fakes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alarmOf, readState, stateKey } from '../stored_state.mjs';
import { matches } from './golden.mjs';
import { ALARM, EUI, every, run } from './timeline.mjs';

const STATE = stateKey(ALARM);
const ONE = { notify_routes: '*=wecom' };

/** @type {Record<string, import('./timeline.mjs').Timeline>} */
const TIMELINES = {
  levels: {
    title: 'An alarm that gets worse and better',
    about: 'Each step is told once; the end names the worst level and how many messages it took.',
    settings: { ...ONE, notify_repeat: 'change' },
    steps: [
      ['08:00', 'new', { level: 'mid', desc: '72 °C' }],
      ['08:05', 'new', { level: 'mid', desc: '73 °C: another reading is no change' }],
      ['08:10', 'new', { level: 'urgent', desc: '95 °C' }],
      ...every('08:15', '09:00', 15, 'new', { level: 'urgent', desc: '96 °C' }),
      ['09:05', 'new', { level: 'high', desc: '84 °C' }],
      ['09:10', 'clear', { desc: 'valve opened' }],
      ['09:15', 'clear'],
      ['10:00', 'new', { level: 'low', desc: '65 °C: a new alarm' }],
    ],
  },
  flapping: {
    title: 'An alarm that comes and goes every five minutes',
    about:
      'The fifth change inside 30 minutes is told as "unstable"; then it is quiet until nothing changed for 30 minutes.',
    settings: ONE,
    steps: [
      ['08:00', 'new'],
      ['08:05', 'clear'],
      ['08:10', 'new'],
      ['08:15', 'clear'],
      ['08:20', 'new'],
      ['08:25', 'clear'],
      ['08:30', 'new'],
      ['08:35', 'clear'],
      ['08:40', 'new', { level: 'urgent' }],
      ['08:45', 'clear'],
      ...every('08:50', '09:30', 10, 'clear'),
      ['10:30', 'new'],
    ],
  },
  night: {
    title: 'A quiet night, local time',
    about:
      'From 22:00 to 07:00 only urgent rings. What passes in the night is never told; what still holds in the morning is told once.',
    zone: '+08:00',
    settings: { ...ONE, notify_quiet: '22:00-07:00=low,mid,high' },
    steps: [
      ['21:50', 'new', { name: 'door', level: 'low' }],
      ['22:10', 'clear', { name: 'door', level: 'low' }],
      ['23:00', 'new', { name: 'humidity', level: 'mid' }],
      ['23:30', 'clear', { name: 'humidity', level: 'mid' }],
      ['23:40', 'new', { level: 'high', desc: '84 °C' }],
      ...every('+1 00:00', '+1 03:00', 60, 'new', { level: 'high', desc: '84 °C' }),
      ['+1 03:10', 'new', { name: 'smoke', level: 'urgent' }],
      ['+1 03:20', 'clear', { name: 'smoke', level: 'urgent' }],
      ['+1 06:55', 'new', { level: 'high', desc: '85 °C' }],
      ['+1 07:00', 'tick'],
      ['+1 07:05', 'new', { level: 'high', desc: '86 °C' }],
      ['+1 07:10', 'clear'],
    ],
  },
  mute: {
    title: 'Maintenance: the device is muted until 10:00',
    about: 'Even urgent is held. The end of a silenced alarm is silent; what still holds afterwards is told once.',
    settings: ONE,
    steps: [
      ['08:00', 'attributes', { notify_mute_until: '2026-03-02 10:00' }],
      ['08:10', 'new', { name: 'smoke', level: 'urgent' }],
      ['08:20', 'clear', { name: 'smoke', level: 'urgent' }],
      ...every('08:30', '09:55', 5, 'new', { level: 'urgent' }),
      ['10:00', 'new', { level: 'urgent' }],
      ['10:05', 'attributes', { notify_mute_until: '0' }],
      ['10:10', 'clear'],
    ],
  },
  lost: {
    title: 'The state is lost, foreign or garbage',
    about: 'Whatever cannot be read counts as never seen: a message too many, never one too few.',
    settings: ONE,
    messages: 'first line',
    steps: [
      ['08:00', 'new'],
      ['08:05', 'new'],
      ['08:10', 'attributes', { [STATE]: undefined }],
      ['08:10', 'new'],
      ['08:20', 'attributes', { [STATE]: 'garbage' }],
      ['08:20', 'new'],
      ['08:30', 'attributes', { [STATE]: { level: 3 } }],
      ['08:30', 'new'],
      ['08:40', 'attributes', { [STATE]: '0.an.older.version' }],
      ['08:40', 'new'],
      ['08:45', 'new'],
      ['08:50', 'attributes', { [STATE]: undefined }],
      ['08:50', 'clear'],
      ['08:55', 'clear'],
    ],
  },
  duplicates: {
    title: 'The same call twice at the same moment',
    about: 'Neither call sees what the other stores: one message too many, and the line goes on as usual.',
    settings: ONE,
    alarm: 'none',
    messages: 'first line',
    steps: [
      ['08:00', 'together', [['new'], ['new']]],
      ['08:05', 'new'],
      ['09:00', 'together', [['new'], ['tick']]],
      ['09:05', 'together', [['clear'], ['clear']]],
      ['09:10', 'clear'],
    ],
  },
  clock: {
    title: "The server's clock is set back by two hours",
    about: 'Nothing is silenced: what lies in the future is forgotten, reminders and the end come.',
    settings: { ...ONE, notify_escalate: '30m=@user:wang' },
    messages: 'first line',
    steps: [
      ['08:00', 'new'],
      ['08:05', 'new'],
      ['08:10', 'clock', '06:00'],
      ['06:05', 'new'],
      ['06:30', 'new'],
      ['06:40', 'new'],
      ['07:10', 'new'],
      ['07:15', 'clear'],
    ],
  },
  escalation: {
    title: 'Nobody answers, then somebody does',
    about:
      'After 15 minutes the lead is rung, after an hour the boss hears of it as well; an acknowledgement stops what is not reached.',
    settings: { ...ONE, notify_mentions: '*=user:li', notify_escalate: '15m=@user:wang; 1h=dingtalk:boss,@user:chen' },
    messages: 'first line',
    steps: [
      ['08:00', 'new'],
      ['08:05', 'new'],
      ['08:15', 'tick'],
      ['08:20', 'tick'],
      ['09:00', 'new'],
      ['09:05', 'new'],
      ['10:00', 'clear'],
      ['11:00', 'new'],
      ['11:10', 'attributes', { ntf_ack: '2026-03-02 11:10' }],
      ['11:15', 'tick'],
      ['12:00', 'new'],
      ['12:05', 'clear'],
      ['13:00', 'new'],
      ['13:15', 'tick'],
    ],
  },
  ticks: {
    title: 'Only time passes: a scheduled task ticks',
    about: 'Without an uplink a tick sends the reminders, in the words kept of the alarm; it raises and ends nothing.',
    settings: ONE,
    alarm: 'none',
    steps: [
      ['07:50', 'tick'],
      ['08:00', 'new', { level: 'urgent', title: 'Overheat: boiler 2', desc: '91 °C' }],
      ...every('08:05', '08:25', 5, 'tick'),
      ['08:30', 'alarms', { overheat_alarm: { level: 'urgent', title: 'Overheat', desc: 'from the record' } }],
      ['08:30', 'tick'],
      ['08:35', 'clear'],
      ['08:50', 'tick'],
    ],
  },
  routes: {
    title: 'Levels go to different channels and ring different people',
    about:
      'Who is rung for real: WeCom groups by user id, an app by being written to, DingTalk by mobile, user id or all.',
    settings: {
      notify_routes: 'urgent=wecom,wecom_app,dingtalk; high=wecom:duty,dingtalk; *=wecom',
      notify_mentions: 'urgent=all; high=user:wang,mobile:13800000003; mid=user:li',
      wecom_touser: 'li',
      notify_flapping: 'off',
    },
    steps: [
      ['08:00', 'new', { level: 'low' }],
      ['08:05', 'new', { level: 'mid' }],
      ['08:10', 'new', { level: 'high' }],
      ['08:15', 'new', { level: 'urgent' }],
      ['08:20', 'clear'],
    ],
  },
  fields: {
    title: 'What a message shows beside the alarm',
    about: 'Prefix, facts of the device, a link to its page, local time with its zone.',
    zone: '+08:00',
    settings: {
      ...ONE,
      notify_prefix: '[PROD]',
      notify_fields: 'temperature=°C; tags; link=https://tkl.example.com/device/{eui}',
      notify_routes: '*=wecom,wecom_app,dingtalk',
    },
    steps: [
      ['08:00', 'uplink', { temperature: 84.2 }],
      ['09:30', 'uplink', { temperature: 86.5 }],
      ['10:30', 'uplink', { temperature: 60 }],
    ],
  },
};

/** The ones that people read in both languages. */
const CHINESE = ['levels', 'flapping', 'escalation', 'ticks', 'routes', 'fields'];

for (const [name, timeline] of Object.entries(TIMELINES)) {
  test(`timeline ${name}: ${timeline.title}`, async () => {
    matches(`${name}.en`, (await run(timeline)).text);
  });
  if (!CHINESE.includes(name)) continue;
  test(`timeline ${name}, in Chinese`, async () => {
    const settings = { ...timeline.settings, notify_lang: 'zh' };
    matches(`${name}.zh`, (await run({ ...timeline, settings })).text);
  });
}

test('six hours of uplinks while the alarm holds: 8 messages, where the application note sends 74', async () => {
  /** @type {import('./timeline.mjs').Timeline} */
  const steady = {
    title: 'A steady alarm: six hours of uplinks, one every five minutes',
    about: 'The raise, a reminder every hour, the end. The description changes with every reading and is no change.',
    settings: ONE,
    messages: 'first line',
    steps: [
      ['07:55', 'uplink', { temperature: 61.4 }],
      ...every('08:00', '14:00', 5, 'uplink', { temperature: 84.2 }).map(
        ([time, what], index) =>
          /** @type {import('./timeline.mjs').Step} */ ([time, what, { temperature: 84 + (index % 10) / 10 }]),
      ),
      ...every('14:05', '14:30', 5, 'uplink', { temperature: 60.5 }),
    ],
  };
  const ours = await run(steady);
  const note = await run({ ...steady, preset: 'wecom_notify', build: 'note' });
  assert.deepEqual([ours.messages, note.messages], [8, 74]);
  const counts = `\nMessages: ${ours.messages} by notify, ${note.messages} by the application note's script\n`;
  matches('steady.en', ours.text + counts);
});

test('where the platform runs its own alarm RPC makes no difference', async () => {
  /** @type {import('./timeline.mjs').Timeline} */
  const timeline = {
    title: "The platform's own alarm RPC runs last, first or beside",
    about: 'The record of active alarms comes and goes at other moments; the messages are the same.',
    settings: ONE,
    messages: 'first line',
    steps: [
      ['08:00', 'new'],
      ['08:05', 'new'],
      ['08:10', 'new', { level: 'urgent' }],
      ['08:15', 'clear'],
      ['08:20', 'clear'],
      ['09:25', 'new'],
      ['09:30', 'clear'],
    ],
  };
  const last = await run({ ...timeline, alarm: 'last' });
  matches('alarm-order.en', last.text);
  for (const alarm of /** @type {const} */ (['first', 'beside', 'none'])) {
    assert.equal((await run({ ...timeline, alarm })).story, last.story, alarm);
  }
});

test('forty alarms of one device: a tick makes forty reminders due, and they are one digest', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `alarm_${String(index + 1).padStart(2, '0')}`);
  const { services, tkl } = await run({
    title: '',
    settings: ONE,
    steps: [
      ...names.map(
        (name, index) =>
          /** @type {import('./timeline.mjs').Step} */ ([
            `08:${String(index).padStart(2, '0')}`,
            'new',
            { name, title: name },
          ]),
      ),
      ['10:00', 'tick'],
      ['11:00', 'tick'],
    ],
  });
  const { delivered } = services.wecomBot.group('On call');
  const hour = (/** @type {number} */ at) => new Date(at).getUTCHours();
  for (const [index, name] of names.entries()) {
    const told = delivered.filter(({ view }) => view.split('\n')[0].endsWith(name));
    assert.deepEqual(
      told.map(({ at }) => hour(at)),
      [8],
      `${name}: raised by itself`,
    );
    const { level, told: said, messages, since } = readState(tkl.device(EUI).server_attrs[stateKey(name)]) ?? {};
    assert.deepEqual([level, said, messages, since], ['high', 'high', 3, Date.UTC(2026, 2, 2, 8, index)], name);
  }
  const digests = delivered.filter(({ view }) => view.includes('Alarms: 40'));
  assert.deepEqual(
    digests.map(({ at }) => hour(at)),
    [10, 11],
  );
  for (const name of names) assert.match(digests[0].view, new RegExp(`HIGH: Alarm still active: ${name}\n`));
  assert.equal(services.wecomBot.refused.length, 0);
  assert.equal(Object.keys(tkl.device(EUI).server_attrs).filter((name) => alarmOf(name) !== undefined).length, 40);
});
