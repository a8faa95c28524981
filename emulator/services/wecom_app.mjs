// The WeCom self-built app: tokens and their ways to die, recipients and visible range, what each member sees.
// HTTP is always 200; errcode 0 with a list of invalid recipients is a partial success.

import { createHash } from 'node:crypto';
import { plainText, wecomAppText, wecomMarkdown } from './markdown.mjs';
import { Rate } from './rate.mjs';
import { answer, bytes, isText } from './server.mjs';
import { Refused, Service } from './service.mjs';

const GET_TOKEN = '/cgi-bin/gettoken';
const SEND = '/cgi-bin/message/send';
/** Fields of a good answer: recipients that were not reached. */
const UNREACHED = ['invaliduser', 'invalidparty', 'invalidtag', 'unlicenseduser'];

const TEXT_LIMIT = 2048;
const LIMITS = { users: 1000, parties: 100, tags: 100 };
const HOUR = 3_600_000;
const PER_MEMBER = { calls: 30, within: 60_000, block: 0 };
const DUPLICATE_DEFAULT = 1800;
const DUPLICATE_MAX = 14_400;

/**
 * @typedef {{id: string, name?: string, parties?: string[], tags?: string[], visible?: boolean, licensed?: boolean}} AppMember
 * @typedef {import('./service.mjs').Message & {msgtype: string, to: string[]}} AppDelivery
 * @typedef {object} App
 * @property {string} corpId
 * @property {string} secret
 * @property {number} agentId
 * @property {boolean} disabled
 * @property {string[]} [trustedIps] where calls may come from; any when absent
 * @property {number} expiresIn seconds a token lives
 * @property {{calls: number, within: number, block: number}} tokenLimit
 * @property {Rate} tokenRate
 * @property {string} [token]
 * @property {number} tokenUntil
 * @property {number} serial
 * @property {Map<string, number>} seen bodies of the duplicate check, and until when they count
 */

export default class WecomApp extends Service {
  /** @type {import('./service.mjs').Facts} */
  static facts = {
    id: 'wecom_app',
    channel: 'wecom_app',
    vendor: 'WeCom',
    title: 'WeCom app',
    origins: ['https://qyapi.weixin.qq.com'],
    addressSetting: 'wecom_base_url',
    credentials: { query: ['corpsecret', 'access_token'] },
    success: 'errcode 0',
    code: 'errcode',
    sample: {
      settings: {
        wecom_corp_id: 'wwdemo0000000001',
        wecom_corp_secret: 'demo-corp-secret-91b7',
        wecom_agent_id: '1000002',
      },
    },
  };

  /** @type {App[]} */
  apps = [];
  /** @type {Map<string, AppMember>} */
  members = new Map();
  /** @type {AppDelivery[]} */
  delivered = [];
  callerIp = '203.0.113.7';
  /** Wrong secrets from one address before it is barred for an hour. */
  wrongSecretsAllowed = 3;
  /** Whether a token fetched inside the lifetime of another is the same one; the vendor no longer says. */
  sameToken = true;
  /** Which of the two codes an expired token gets. @type {40014 | 42001} */
  expiredAnswer = 42001;
  /** Whether one recipient outside the visible range refuses all, with 60011, instead of being left out. */
  strictRange = false;
  /** Whoever is addressed exists: for a directory that nobody told us. */
  anybody = false;
  #wrongSecrets = 0;
  #barredUntil = -Infinity;
  /** @type {Map<string, {app: App, until: number, revoked: boolean}>} */
  #tokens = new Map();
  /** @type {Map<string, Rate>} */
  #memberRates = new Map();

  /** @param {{corpId: string, secret: string, agentId: number, members?: AppMember[], trustedIps?: string[], expiresIn?: number, tokenLimit?: App['tokenLimit']}} options */
  addApp({ corpId, secret, agentId, members = [], trustedIps, expiresIn = 7200, tokenLimit }) {
    for (const member of members) this.members.set(member.id.toLowerCase(), member);
    const limit = tokenLimit ?? { calls: 100, within: 600_000, block: 600_000 };
    /** @type {App} */
    const app = {
      corpId,
      secret,
      agentId,
      disabled: false,
      trustedIps,
      expiresIn,
      tokenLimit: limit,
      tokenRate: new Rate(this.clock, limit),
      tokenUntil: 0,
      serial: 0,
      seen: new Map(),
    };
    this.apps.push(app);
    return app;
  }

  /** What the vendor may do at any time: every token of the app is dead at once, answered by 40014. */
  revokeTokens(/** @type {App} */ app) {
    app.token = undefined;
    for (const token of this.#tokens.values()) if (token.app === app) token.revoked = true;
  }

  /** What one member sees. */
  inboxOf(/** @type {string} */ id) {
    return this.delivered.filter((delivery) => delivery.to.includes(id));
  }

  /** @param {import('./service.mjs').OwnSettings} settings @param {import('./service.mjs').People} people */
  adopt({ org_params }, { members, anybody = false }) {
    const { wecom_corp_id: corpId, wecom_corp_secret: secret, wecom_agent_id: agentId } = org_params;
    if (!corpId || !secret || !agentId || this.apps.some((app) => app.secret === secret)) return;
    this.addApp({ corpId, secret, agentId: Number(agentId), members });
    this.anybody ||= anybody;
  }

  serves(/** @type {string} */ path) {
    return path === GET_TOKEN || path === SEND;
  }

  /** @param {import('./server.mjs').ServiceRequest} request @param {any} body */
  receive(request, body) {
    return request.path === GET_TOKEN ? this.#getToken(request.query) : this.#send(request, body);
  }

  /** With the vendor's tail behind its words: a hint, the caller's address, a link. @param {Refused} fault */
  refusal({ errcode, message, more }) {
    const tail = `hint: [1772438400000000000000002], from ip: ${this.callerIp}`;
    const link = `more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`;
    return answer(errcode, `${message}, ${tail}, ${link}`, more);
  }

  /** @param {AppDelivery} delivery */
  where(delivery) {
    return `${this.facts.title}, to ${this.names(delivery).join(', ')}`;
  }

  /** @param {AppDelivery} delivery */
  names({ to }) {
    return to.map((id) => this.members.get(id.toLowerCase())?.name ?? id);
  }

  /** @param {any} answer */
  unreached(answer) {
    if (answer?.errcode !== 0) return '';
    const lists = UNREACHED.filter((list) => answer[list]);
    return lists.map((list) => `${list} ${answer[list]}`).join(', ');
  }

  #getToken(/** @type {URLSearchParams} */ query) {
    const now = this.clock.now();
    const [corpId, secret] = [query.get('corpid'), query.get('corpsecret')];
    if (!corpId) throw new Refused(41002, 'corpid missing');
    if (!secret) throw new Refused(41004, 'corpsecret missing');
    if (now < this.#barredUntil) throw new Refused(45009, 'api freq out of limit');
    const corp = this.apps.filter((app) => app.corpId === corpId);
    if (corp.length === 0) throw new Refused(40013, 'invalid corpid');
    const app = corp.find((candidate) => candidate.secret === secret);
    if (!app) {
      this.#wrongSecrets += 1;
      if (this.#wrongSecrets >= this.wrongSecretsAllowed) {
        this.#wrongSecrets = 0;
        this.#barredUntil = now + HOUR;
      }
      throw new Refused(40001, 'invalid credential');
    }
    if (!app.tokenRate.admits()) throw new Refused(45009, 'api freq out of limit');
    this.#wrongSecrets = 0;
    if (!app.token || !this.sameToken || now >= app.tokenUntil) {
      app.serial += 1;
      app.token = createHash('sha512')
        .update(`${app.corpId} ${app.agentId} ${app.secret} ${app.serial}`)
        .digest('base64url');
      app.tokenUntil = now + app.expiresIn * 1000;
      this.#tokens.set(app.token, { app, until: app.tokenUntil, revoked: false });
    }
    const left = Math.floor((app.tokenUntil - now) / 1000);
    return answer(0, 'ok', { access_token: app.token, expires_in: left });
  }

  /** @param {import('./server.mjs').ServiceRequest} request @param {any} body */
  #send(request, body) {
    const now = this.clock.now();
    const text = request.query.get('access_token');
    if (!text) throw new Refused(41001, 'access_token missing');
    const token = this.#tokens.get(text);
    if (!token || token.revoked) throw new Refused(40014, 'invalid access_token');
    if (now >= token.until) throw new Refused(this.expiredAnswer, 'access_token expired');
    const { app } = token;
    if (app.trustedIps && !app.trustedIps.includes(this.callerIp))
      throw new Refused(60020, 'not allow to access from your ip');
    if (app.disabled) throw new Refused(50003, 'app is disabled');
    if (!body) throw new Refused(40058, 'invalid Request Parameter. Warning: wrong json format.');
    if (body.agentid === undefined) throw new Refused(41011, 'agentid missing');
    if (!Number.isInteger(body.agentid)) throw new Refused(40056, 'invalid agentid');
    if (body.agentid !== app.agentId) throw new Refused(301002, 'no permission for this agentid');
    const render = Object.hasOwn(RENDER, body.msgtype) ? RENDER[body.msgtype] : undefined;
    if (!render) throw new Refused(40008, 'invalid message type');
    const { to, lists } = this.#recipients(body);
    const shown = render(body[body.msgtype] ?? {});
    const invalid = { ...lists, msgid: `msg-${now}-${this.delivered.length}` };
    if (to.length === 0) throw new Refused(81013, 'user & party & tag all invalid', lists);
    if (this.#isDuplicate(app, request.body, body)) return answer(0, 'ok', invalid);
    const reached = to.filter((id) => this.#memberHears(id));
    if (reached.length > 0) {
      this.delivered.push({ at: now, msgtype: body.msgtype, to: reached, rung: reached, ...shown });
    }
    return answer(0, 'ok', invalid);
  }

  /** @param {any} body */
  #recipients(body) {
    const named = {
      touser: split(body.touser, LIMITS.users, 40032, 'touser'),
      toparty: split(body.toparty, LIMITS.parties, 82002, 'toparty'),
      totag: split(body.totag, LIMITS.tags, 82003, 'totag'),
    };
    if (named.touser.length + named.toparty.length + named.totag.length === 0) {
      throw new Refused(82001, 'all of touser, toparty, totag are empty');
    }
    if (named.touser.includes('@all')) {
      const everybody = [...this.members.values()].filter(isVisible).map(({ id }) => id);
      return { to: everybody.length === 0 && this.anybody ? ['@all'] : everybody, lists: {} };
    }
    const visible = [...this.members.values()].filter(isVisible);
    /** @type {Set<string>} */
    const to = new Set();
    /** @type {Record<'invaliduser' | 'invalidparty' | 'invalidtag' | 'unlicenseduser', string[]>} */
    const out = { invaliduser: [], invalidparty: [], invalidtag: [], unlicenseduser: [] };
    for (const id of named.touser) {
      const member = this.members.get(id.toLowerCase()) ?? (this.anybody ? this.#join(id) : undefined);
      if (!member || !isVisible(member)) out.invaliduser.push(id.toLowerCase());
      else if (member.licensed === false) out.unlicenseduser.push(id.toLowerCase());
      else to.add(member.id);
    }
    for (const [field, list, key] of /** @type {const} */ ([
      ['toparty', 'invalidparty', 'parties'],
      ['totag', 'invalidtag', 'tags'],
    ])) {
      for (const id of named[field]) {
        const inside = visible.filter((member) => member[key]?.includes(id));
        if (inside.length === 0 && this.anybody)
          inside.push(this.#join(`${key === 'tags' ? 'tag' : 'department'} ${id}`));
        if (inside.length === 0) out[list].push(id);
        for (const member of inside) to.add(member.id);
      }
    }
    if (this.strictRange && (out.invaliduser.length > 0 || out.invalidparty.length > 0 || out.invalidtag.length > 0)) {
      throw new Refused(60011, 'no privilege to access/modify contact/party/agent');
    }
    const lists = Object.fromEntries(
      Object.entries(out)
        .filter(([, ids]) => ids.length > 0)
        .map(([key, ids]) => [key, ids.join('|')]),
    );
    return { to: [...to], lists };
  }

  #join(/** @type {string} */ id) {
    /** @type {AppMember} */
    const member = { id };
    this.members.set(id.toLowerCase(), member);
    return member;
  }

  /** Identical request bodies inside the interval are accepted and not delivered again. @param {App} app @param {Buffer} raw @param {any} body */
  #isDuplicate(app, raw, body) {
    if (body.enable_duplicate_check !== 1) return false;
    const seconds = Math.min(body.duplicate_check_interval ?? DUPLICATE_DEFAULT, DUPLICATE_MAX);
    const key = raw.toString('base64');
    const now = this.clock.now();
    if (now < (app.seen.get(key) ?? 0)) {
      this.dropped.push({ at: now, id: body.touser ?? '', why: 'duplicate' });
      return true;
    }
    app.seen.set(key, now + seconds * 1000);
    return false;
  }

  /** More than 30 a minute to one member are dropped, and nobody is told. */
  #memberHears(/** @type {string} */ id) {
    const rate = this.#memberRates.get(id) ?? new Rate(this.clock, PER_MEMBER);
    this.#memberRates.set(id, rate);
    if (rate.admits()) return true;
    this.dropped.push({ at: this.clock.now(), id, why: 'more than 30 a minute' });
    return false;
  }
}

const isVisible = (/** @type {AppMember} */ member) => member.visible !== false;

/** @param {unknown} value @param {number} limit @param {number} tooMany @param {string} field */
function split(value, limit, tooMany, field) {
  if (value === undefined || value === null || value === '') return [];
  if (typeof value !== 'string') throw new Refused(40031, `${field} is not text`);
  const ids = value.split('|').filter((id) => id !== '');
  if (ids.length > limit) throw new Refused(tooMany, `${field} has more than ${limit}`);
  return ids;
}

/** @param {any} part @param {string} field */
function need(part, field) {
  if (!isText(part[field])) throw new Refused(field === 'content' ? 44004 : 41016, `${field} missing`);
  return part[field];
}

const nobody = () => undefined;

/** What each message type must have, and what a member sees of it. @type {Record<string, (part: any) => {text: string, view: string, live: import('./markdown.mjs').Live}>} */
const RENDER = {
  text(part) {
    const text = cut(need(part, 'content'), TEXT_LIMIT);
    return { text, ...wecomAppText(text) };
  },
  markdown(part) {
    const text = need(part, 'content');
    if (bytes(text) > TEXT_LIMIT) throw new Refused(40058, `markdown.content exceed max length ${TEXT_LIMIT}`);
    return { text, ...wecomMarkdown(text, nobody) };
  },
  textcard(part) {
    const [title, description, url] = [need(part, 'title'), need(part, 'description'), need(part, 'url')];
    if (!/^https?:\/\//.test(url)) throw new Refused(45034, 'url lacks a scheme');
    const text = `${cut(title, 128)}\n${cut(description, 512)}\n${url}`;
    return { text, ...plainText(text) };
  },
};

/** As the service does it, silently: never inside a character. */
function cut(/** @type {string} */ text, /** @type {number} */ limit) {
  if (bytes(text) <= limit) return text;
  let kept = '';
  let size = 0;
  for (const character of text) {
    size += bytes(character);
    if (size > limit) break;
    kept += character;
  }
  return kept;
}
