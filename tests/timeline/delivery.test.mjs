// What becomes of a message when a service, a token, a robot or the network does not play along, against the fakes.
// The table of codes and verdicts is tested natively; here the shipped paste files run end to end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateKey } from '../stored_state.mjs';
import { matches } from './golden.mjs';
import { ALARM, EUI, every, run } from './timeline.mjs';

/** @typedef {import('./timeline.mjs').Timeline} Timeline */

const APP = { notify_routes: '*=wecom_app', notify_repeat: 'always', notify_flapping: 'off' };
const BASE = /** @type {const} */ ({ alarm: 'none', messages: 'first line', requests: true });

/** @type {Record<string, Timeline>} */
const TIMELINES = {
  'token-expires': {
    ...BASE,
    title: 'The kept token dies before its time',
    about:
      'Revoked early (40014) and expired (42001): dropped, fetched once more, and the message arrives in the same call.',
    settings: APP,
    steps: [
      ['08:00', 'new'],
      ['08:05', 'world', 'the vendor revokes all tokens', ({ services, app }) => services.wecomApp.revokeTokens(app)],
      ['08:10', 'new'],
      [
        '08:15',
        'world',
        'every token is expired now',
        ({ services }) =>
          services.network.fail({ errcode: 42001 }, { service: 'wecom_app', path: '/cgi-bin/message/send' }),
      ],
      ['08:20', 'new'],
      ['08:25', 'new'],
    ],
  },
  'token-throttled': {
    ...BASE,
    title: 'The token may not be fetched: too many calls, then a wrong secret',
    about:
      'Nothing is asked twice: WeCom bars the address of who repeats a wrong secret. The alarm stays due and arrives later.',
    settings: { ...APP, notify_repeat: 'change' },
    steps: [
      [
        '08:00',
        'world',
        'gettoken is throttled once',
        ({ services }) =>
          services.network.fail({ errcode: 45009 }, { service: 'wecom_app', path: '/cgi-bin/gettoken' }),
      ],
      ['08:00', 'new'],
      ['08:05', 'settings', { wecom_corp_secret: 'a wrong one' }],
      ['08:05', 'new'],
      ['08:10', 'settings', { wecom_corp_secret: 'app-secret' }],
      ['08:10', 'new'],
      ['08:15', 'settings', { wecom_corp_secret: 'rotated' }],
      [
        '08:15',
        'world',
        'the secret is rotated at WeCom as well',
        ({ app }) => Object.assign(app, { secret: 'rotated' }),
      ],
      ['08:20', 'clear'],
    ],
  },
  throttled: {
    ...BASE,
    title: 'A throttled message is handed to the platform, which sends it after the wait',
    about:
      'WeCom refuses for a minute, DingTalk for ten. The state says that it is told, so the next uplinks are quiet.',
    settings: { notify_routes: '*=wecom,dingtalk' },
    steps: [
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
      ['08:00', 'new'],
      ...every('08:05', '08:15', 5, 'new'),
    ],
  },
  fallback: {
    ...BASE,
    title: 'The robot was removed from the group: another channel takes over and says so',
    messages: 'all',
    settings: { notify_routes: '*=wecom', notify_fallback: 'wecom:duty, dingtalk' },
    steps: [
      [
        '08:00',
        'world',
        'the bot is removed',
        ({ services }) => Object.assign(services.wecomBot.bot('key-oncall'), { removed: true }),
      ],
      ['08:00', 'new', { desc: '84 °C' }],
      [
        '08:30',
        'world',
        'so is the second one',
        ({ services }) => Object.assign(services.wecomBot.bot('key-duty'), { removed: true }),
      ],
      ['08:30', 'clear'],
    ],
  },
  'fallback-zh': {
    ...BASE,
    title: 'The robot was removed from the group: the same in Chinese',
    messages: 'all',
    settings: { notify_routes: '*=wecom', notify_fallback: 'dingtalk', notify_lang: 'zh' },
    steps: [
      [
        '08:00',
        'world',
        'the bot is removed',
        ({ services }) => Object.assign(services.wecomBot.bot('key-oncall'), { removed: true }),
      ],
      ['08:00', 'new', { desc: '84 °C' }],
    ],
  },
  partly: {
    ...BASE,
    title: 'Some recipients do not exist',
    about: 'Delivered to the others, said in the log, and not sent again. When nobody is left, it is a failure.',
    settings: { ...APP, notify_repeat: 'change' },
    steps: [
      ['08:00', 'settings', { wecom_touser: 'li|nobody' }],
      ['08:00', 'new'],
      ['08:05', 'new'],
      ['08:10', 'settings', { wecom_touser: 'nobody' }],
      ['08:10', 'clear'],
      ['08:15', 'settings', { wecom_touser: 'wang' }],
      ['08:15', 'clear'],
    ],
  },
  content: {
    ...BASE,
    title: 'The service refuses a word of the description',
    about: 'Sent once more without what came from the field: who is alarmed still learns of it.',
    messages: 'all',
    settings: { notify_routes: '*=wecom,dingtalk' },
    steps: [
      [
        '08:00',
        'world',
        'moderation does not like "casino"',
        ({ services }) => {
          services.wecomBot.blockedWords.push('casino');
          services.dingtalkRobot.blockedWords.push('casino');
        },
      ],
      ['08:00', 'new', { title: 'Overheat', desc: 'win at the casino' }],
    ],
  },
  'sends-fail-confirm': {
    ...BASE,
    title: 'The first, then the second of two channels is down; the script sends and reads',
    about: 'A message that one channel took is told. What no channel took stays due.',
    settings: { notify_routes: '*=wecom,dingtalk' },
    steps: down(),
  },
  'sends-fail-action': {
    ...BASE,
    title: 'The first, then the second of two channels is down; the platform sends',
    about:
      'If the first push fails nothing is recorded and the next uplink tries again; a failing second one rings the first no more.',
    settings: { notify_routes: '*=wecom,dingtalk', notify_delivery: 'action', wecom_token_cache: 'off' },
    steps: down(),
  },
};

/** WeCom, then DingTalk, then both are out of reach for one uplink each. @returns {import('./timeline.mjs').Step[]} */
function down() {
  const fail =
    (/** @type {string[]} */ ...names) =>
    (/** @type {import('./timeline.mjs').World} */ { services }) => {
      for (const service of names) services.network.fail('refused', { service, times: 9 });
    };
  const heal = (/** @type {import('./timeline.mjs').World} */ { services }) => services.network.heal();
  return [
    ['08:00', 'world', 'WeCom is out of reach', fail('wecom_bot')],
    ['08:00', 'new'],
    ['08:05', 'world', 'WeCom is back', heal],
    ['08:05', 'new'],
    ['08:10', 'world', 'DingTalk is out of reach', fail('dingtalk_robot')],
    ['08:10', 'new', { level: 'urgent' }],
    ['08:15', 'world', 'DingTalk is back', heal],
    ['08:15', 'new', { level: 'urgent' }],
    ['08:20', 'world', 'both are out of reach', fail('wecom_bot', 'dingtalk_robot')],
    ['08:20', 'clear'],
    ['08:25', 'world', 'both are back', heal],
    ['08:25', 'clear'],
    ['08:30', 'clear'],
  ];
}

for (const [name, timeline] of Object.entries(TIMELINES)) {
  test(`delivery ${name}: ${timeline.title}`, async () => {
    const { text, services } = await run(timeline);
    matches(name.endsWith('-zh') ? `${name.slice(0, -3)}.zh` : `${name}.en`, text);
    const barred = services.wecomApp.refused.filter(({ errcode }) => errcode === 45009);
    assert.equal(barred.length, 0, 'no address was barred');
  });
}

test('a token is fetched once for its life, by notify and by wecom_app_notify with the cache on', async () => {
  const steps = every('08:00', '11:55', 5, 'new');
  const fetched = async (/** @type {Partial<Timeline>} */ timeline, sameToken = false) => {
    /** @type {import('./timeline.mjs').Step} */
    const ways = ['08:00', 'world', '', ({ services }) => Object.assign(services.wecomApp, { sameToken })];
    const { services, messages } = await run({ title: '', alarm: 'none', steps: [ways, ...steps], ...timeline });
    const tokens = services.network.requests.filter(({ url }) => url.includes('/gettoken'));
    return { messages, tokens: tokens.length };
  };
  // Four hours, of a token that lives two and is renewed five minutes before its end.
  assert.deepEqual(await fetched({ settings: APP }), { messages: 48, tokens: 3 });
  // A service that hands out the old token until its end: what has no life left is not kept.
  assert.deepEqual(await fetched({ settings: APP }, true), { messages: 48, tokens: 4 });
  const app = /** @type {const} */ ({ preset: 'wecom_app_notify' });
  assert.deepEqual(await fetched({ ...app, settings: { wecom_token_cache: 'on' } }), { messages: 48, tokens: 3 });
  // The application note's way, which is the preset's default.
  assert.deepEqual(await fetched(app), { messages: 48, tokens: 48 });
});

/** What can go wrong on the way, by the words of the table. @type {[name: string, fault: import('../../emulator/network.mjs').Fault][]} */
const FAULTS = [
  ['connection refused', 'refused'],
  ['connection reset', 'reset'],
  ['timeout', 'timeout'],
  ['DNS', 'dns'],
  ['HTTP 500', { status: 500 }],
  ['HTTP 429', { status: 429 }],
  ['HTTP 403', { status: 403 }],
  ['HTML page', 'html'],
  ['truncated JSON', 'truncated'],
  ['empty answer', 'empty'],
  ['errcode -1', { errcode: -1, errmsg: 'system busy' }],
  ['unknown errcode', { errcode: 987654, errmsg: 'who knows' }],
];

/** @type {[channel: string, service: string, path: string | undefined][]} */
const CHANNELS = [
  ['wecom', 'wecom_bot', undefined],
  ['dingtalk', 'dingtalk_robot', undefined],
  ['wecom_app', 'wecom_app', '/cgi-bin/message/send'],
  ['wecom_app, gettoken', 'wecom_app', '/cgi-bin/gettoken'],
];

/** One call during which requests fail, then one when all is well. */
async function faulty(
  /** @type {[string, string, string | undefined]} */ [channel, service, path],
  /** @type {import('../../emulator/network.mjs').Fault} */ fault,
  /** @type {number} */ times,
) {
  const { services, tkl } = await run({
    title: '',
    alarm: 'none',
    messages: 'none',
    settings: { notify_routes: `*=${channel.split(',')[0]}` },
    steps: [
      ['08:00', 'world', '', (world) => world.services.network.fail(fault, { service, path, times })],
      ['08:00', 'new'],
      ['08:30', 'world', '', (world) => world.services.network.heal()],
      ['08:30', 'new'],
      ['09:05', 'new'],
    ],
  });
  const sent = services.all.flatMap(({ delivered }) => delivered);
  const [first] = tkl.calls;
  const log = first.result.logs
    .filter(([level]) => level !== 'info')
    .map(([, text]) => text.replace('tkl-notify notify: ', ''));
  return {
    outcome: first.result.outcome,
    asked: services.network.requests.filter(({ fault: hit }) => hit !== undefined).length,
    first: new Date(Math.min(...sent.map(({ at }) => at))).toISOString().slice(11, 16),
    told: Object.hasOwn(tkl.device(EUI).server_attrs, stateKey(ALARM)),
    log: log.join(' | '),
  };
}

test('the same network faults over every channel: each alarm arrives, and the log says what happened', async () => {
  const rows = [];
  for (const channel of CHANNELS) {
    for (const [name, fault] of FAULTS) {
      for (const times of [1, 9]) {
        const { outcome, asked, first, log, told } = await faulty(channel, fault, times);
        const what = `${channel[0].padEnd(20)} ${name.padEnd(18)} ${times === 1 ? 'once  ' : 'always'}`;
        rows.push(`${what}  ${asked} failed, arrives ${first}  ${log}`.trimEnd());
        assert.ok(told, `${channel[0]}, ${name}: told in the end`);
        assert.doesNotMatch(log, /key-oncall|token-plant|SECplant|app-secret|https?:/, 'no credential and no URL');
        assert.notEqual(outcome, 'server ended');
      }
    }
  }
  const head = [
    'Network faults over every channel, by notify in tkl-current',
    '===========================================================',
    'The alarm is raised at 08:00 while the next request ("once") or every request ("always") goes wrong; from 08:30 all is well.',
    'Uplinks come at 08:30 and 09:05. How many requests failed, when the alarm arrives, and what the first call logs.',
    '',
    '',
  ];
  matches('network-faults.en', `${head.join('\n')}${rows.join('\n')}\n`);
});
