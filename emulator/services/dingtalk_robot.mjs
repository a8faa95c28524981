// The DingTalk custom robot: signature, keyword and address guards, limits, whom a mention rings.
// HTTP is always 200; a robot that sends too fast is blocked for ten minutes.

import { createHmac } from 'node:crypto';
import { GroupService } from './group.mjs';
import { dingtalkMarkdown, plainText } from './markdown.mjs';
import { Rate } from './rate.mjs';
import { answer, isText, isTextList } from './server.mjs';
import { named, Refused } from './service.mjs';

const SEND = '/robot/send';

const BODY_LIMIT = 20_000;
const HOUR = 3_600_000;
const PER_MINUTE = { calls: 20, within: 60_000, block: 600_000 };

/** What belongs behind `sign=` before percent-encoding. */
export function signature(/** @type {number | string} */ timestamp, /** @type {string} */ secret) {
  return createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
}

/**
 * @typedef {object} Robot
 * @property {string} token
 * @property {string} group
 * @property {string} [secret] guard: signature
 * @property {string[]} [keywords] guard: one must stand in the message
 * @property {string[]} [allowedIps] guard
 * @property {'removed' | 'disabled' | 'not in group' | 'group dissolved'} [state]
 * @property {Rate} rate
 */

const STATES = {
  removed: [300001, 'token is not exist'],
  disabled: [400102, 'robot is disabled'],
  'not in group': [400106, 'robot is not in the group'],
  'group dissolved': [400013, 'group is dissolved'],
};

export default class DingtalkRobot extends GroupService {
  /** @type {import('./service.mjs').Facts} */
  static facts = {
    id: 'dingtalk_robot',
    channel: 'dingtalk',
    vendor: 'DingTalk',
    title: 'DingTalk group',
    origins: ['https://oapi.dingtalk.com'],
    addressSetting: 'dingtalk_base_url',
    credentials: { query: ['access_token', 'sign'] },
    success: 'errcode 0',
    code: 'errcode',
    sample: {
      settings: { dingtalk_token: 'demo-token-4f1d2e9a7c', dingtalk_secret: 'SECdemo5b1f7a90c2' },
      group: 'Plant',
    },
  };

  /** @type {Map<string, Robot>} */
  robots = new Map();
  /** Where the calls come from, for the address guard. */
  callerIp = '203.0.113.7';
  /** Moderation: words, and hosts that no link may name. @type {string[]} */
  blockedWords = [];
  /** @type {string[]} */
  blockedHosts = [];
  /** Sources name three codes for a token that is not known. @type {300001 | 300005 | 400101} */
  unknownToken = 300005;
  /** Whether the gateway wraps the throttle answer, as seen in the field. */
  wrapThrottle = false;

  /**
   * A group, and with `token` its robot.
   * @param {string} name
   * @param {{token?: string, members?: import('./group.mjs').Member[], anybody?: boolean} & Partial<Robot>} [options]
   */
  addGroup(name, options = {}) {
    const group = super.addGroup(name, options);
    if (options.token) this.addRobot(options.token, name, options);
    return group;
  }

  /** @param {string} token @param {string} group @param {Partial<Robot>} [guards] */
  addRobot(token, group, { secret, keywords, allowedIps } = {}) {
    this.group(group);
    /** @type {Robot} */
    const robot = { token, group, secret, keywords, allowedIps, rate: new Rate(this.clock, PER_MINUTE) };
    this.robots.set(token, robot);
    return robot;
  }

  robot(/** @type {string} */ token) {
    const robot = this.robots.get(token);
    if (!robot) throw new Error('no robot with that token');
    return robot;
  }

  /** Each pair is a group of its own. @param {import('./service.mjs').OwnSettings} settings @param {import('./service.mjs').People} people */
  adopt({ org_params, server_attrs }, { group, ...people }) {
    for (const settings of [org_params, server_attrs]) {
      for (const [name, value] of named(settings, 'dingtalk_token')) {
        const token = tokenIn(value);
        if (!token || this.robots.has(token)) continue;
        const secret = settings[name ? `dingtalk_secret_${name}` : 'dingtalk_secret'];
        const guard = secret && secret !== 'none' ? { secret } : {};
        this.addGroup(group ?? (name ? `dingtalk:${name}` : 'dingtalk'), { token, ...guard, ...people });
      }
    }
  }

  serves(/** @type {string} */ path) {
    return path === SEND;
  }

  /** @param {import('./server.mjs').ServiceRequest} request @param {any} body */
  receive(request, body) {
    const robot = this.robots.get(request.query.get('access_token') ?? '');
    if (!robot) throw new Refused(this.unknownToken, 'token is not exist');
    if (robot.state) throw new Refused(.../** @type {[number, string]} */ (STATES[robot.state]));
    if (!robot.rate.admits()) throw this.#tooFast();
    if (!/^application\/json\b/i.test(String(request.headers['content-type']))) {
      throw new Refused(43004, 'invalid content-type');
    }
    if (request.body.length > BODY_LIMIT) throw new Refused(460101, 'message too long');
    if (!body) throw new Refused(40035, '缺少参数 json');
    this.#guards(robot, request, body);
    const check = Object.hasOwn(CHECKS, body.msgtype) ? CHECKS[body.msgtype] : undefined;
    if (!check) throw new Refused(400105, 'unsupported msgtype');
    const part = body[body.msgtype];
    if (part === null || typeof part !== 'object') throw new Refused(40035, `缺少参数 ${body.msgtype}`);
    check(part);
    const at = body.at ?? {};
    for (const list of ['atMobiles', 'atUserIds']) {
      if (at[list] !== undefined && at[list] !== null && !isTextList(at[list])) {
        throw new Refused(40035, `${list} is not a list of text`);
      }
    }
    this.#moderate(JSON.stringify(part));
    this.#show(this.group(robot.group), body.msgtype, part, at);
    return answer(0, 'ok');
  }

  /** @param {Robot} robot @param {import('./server.mjs').ServiceRequest} request @param {any} body */
  #guards(robot, request, body) {
    if (robot.secret) {
      const timestamp = request.query.get('timestamp') ?? '';
      const off = Math.abs(Number(timestamp) - this.clock.now());
      if (!/^\d+$/.test(timestamp) || !(off <= HOUR)) throw new Refused(310000, 'invalid timestamp');
      if (request.query.get('sign') !== signature(timestamp, robot.secret)) throw new Refused(310000, 'sign not match');
    }
    if (robot.keywords && !robot.keywords.some((word) => texts(body).includes(word))) {
      throw new Refused(310000, 'keywords not in content');
    }
    if (robot.allowedIps && !robot.allowedIps.includes(this.callerIp)) {
      throw new Refused(310000, `ip ${this.callerIp} not in whitelist`);
    }
  }

  #moderate(/** @type {string} */ text) {
    if (this.blockedHosts.some((host) => text.includes(host))) throw new Refused(430101, 'unsafe link');
    if (this.blockedWords.some((word) => text.includes(word))) throw new Refused(430102, 'inappropriate text');
  }

  #tooFast() {
    const words = 'send too fast, exceed 20 times per minute';
    if (!this.wrapThrottle) return new Refused(130101, words);
    return new Refused(130101, words, { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: '0b1a2c' });
  }

  /** @param {import('./group.mjs').Group} group @param {string} msgtype @param {any} part @param {any} at */
  #show(group, msgtype, part, at) {
    const text = part.text ?? part.content ?? JSON.stringify(part);
    const rendered = msgtype === 'markdown' || msgtype === 'actionCard' ? dingtalkMarkdown(text) : plainText(text);
    let { view } = rendered;
    /** @type {Set<string>} */
    const rings = new Set();
    if (msgtype === 'text' || msgtype === 'markdown') {
      if (at.isAtAll === true) {
        for (const member of group.members) rings.add(member.id);
        view += ' @all';
      }
      // Listed and standing in the body: either alone rings nobody.
      const listed = [
        ...(at.atMobiles ?? []).map((/** @type {string} */ tag) => ({ tag, member: () => group.byMobile(tag) })),
        ...(at.atUserIds ?? []).map((/** @type {string} */ tag) => ({ tag, member: () => group.byId(tag) })),
      ];
      for (const { tag, member } of listed) {
        if (!mentionStands(text, tag)) continue;
        const person = member();
        if (!person) continue;
        rings.add(person.id);
        rendered.live.mentions.push(tag);
        if (person.name) view = view.replaceAll(`@${tag}`, `@${person.name}`);
      }
    }
    this.deliver(group, { msgtype, text, view, live: rendered.live, rung: [...rings] });
  }
}

/** The setting may hold the whole address or the bare token. */
function tokenIn(/** @type {string} */ setting) {
  return /[?&]access_token=([^&\s]+)/.exec(setting)?.[1] ?? setting;
}

/** `@138…` followed by anything but more of a number or name. */
function mentionStands(/** @type {string} */ text, /** @type {string} */ tag) {
  for (let at = text.indexOf(`@${tag}`); at >= 0; at = text.indexOf(`@${tag}`, at + 1)) {
    if (!/^\w/.test(text.slice(at + 1 + tag.length))) return true;
  }
  return false;
}

/** Every text of a message, where a keyword may stand. @returns {string} */
function texts(/** @type {any} */ value) {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object') return '';
  return Object.values(value).map(texts).join('\n');
}

/** @param {any} part @param {string[]} fields */
function need(part, ...fields) {
  for (const field of fields) {
    if (isText(part[field])) continue;
    throw new Refused(field === 'title' ? 400402 : 40035, `缺少参数 ${field}`);
  }
}

/** What each message type must have. @type {Record<string, (part: any) => void>} */
const CHECKS = {
  text: (part) => need(part, 'content'),
  markdown: (part) => need(part, 'title', 'text'),
  link: (part) => need(part, 'title', 'text', 'messageUrl'),
  actionCard(part) {
    need(part, 'title', 'text');
    if (!part.singleTitle && !Array.isArray(part.btns)) throw new Refused(40035, '缺少参数 btns');
  },
  feedCard(part) {
    if (!Array.isArray(part.links) || part.links.length === 0) throw new Refused(40035, '缺少参数 links');
    for (const link of part.links) need(link ?? {}, 'title', 'messageURL', 'picURL');
  },
};
