// The WeCom group bot's webhook: what it refuses, whom a mention rings, what the group sees.
// Rules: the vendor's pages on message push; HTTP is always 200 and the truth stands in errcode.

import { GroupService } from './group.mjs';
import { wecomMarkdown, wecomMarkdownV2, wecomText } from './markdown.mjs';
import { Rate } from './rate.mjs';
import { answer, bytes, isText, isTextList } from './server.mjs';
import { named, Refused } from './service.mjs';

const SEND = '/cgi-bin/webhook/send';
/** A webhook's address: the vendor's, or below a gateway. */
const WEBHOOK = /^https:\/\/[^/]+(?:\/.*)?\/cgi-bin\/webhook\/send\?/;

const TEXT_LIMIT = 2048;
const MARKDOWN_LIMIT = 4096;
const PER_MINUTE = { calls: 20, within: 60_000, block: 60_000 };
const IMAGE_LIMIT = 2 * 1024 * 1024;

/** @typedef {{key: string, groups: string[], removed: boolean, disabled: boolean, rate: Rate}} Bot */

export default class WecomBot extends GroupService {
  /** @type {import('./service.mjs').Facts} */
  static facts = {
    id: 'wecom_bot',
    channel: 'wecom',
    vendor: 'WeCom',
    title: 'WeCom group',
    origins: ['https://qyapi.weixin.qq.com'],
    addressSetting: 'wecom_base_url',
    credentials: { query: ['key'] },
    success: 'errcode 0',
    code: 'errcode',
    sample: {
      settings: {
        wecom_webhook_url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=5f6b2c1e-demo-4a7d-9b3f-000000000001',
      },
      group: 'On call',
    },
  };

  /** @type {Map<string, Bot>} */
  bots = new Map();
  /** Words that the vendor's moderation does not let through. @type {string[]} */
  blockedWords = [];

  /**
   * A group, and with `key` its bot.
   * @param {string} name
   * @param {{key?: string, members?: import('./group.mjs').Member[], anybody?: boolean}} [options]
   */
  addGroup(name, options = {}) {
    const group = super.addGroup(name, options);
    if (options.key) this.addBot(options.key, name);
    return group;
  }

  /** A bot: a smart bot may be in several groups. */
  addBot(/** @type {string} */ key, /** @type {string[]} */ ...groups) {
    for (const name of groups) this.group(name);
    const bot = { key, groups, removed: false, disabled: false, rate: new Rate(this.clock, PER_MINUTE) };
    this.bots.set(key, bot);
    return bot;
  }

  bot(/** @type {string} */ key) {
    const bot = this.bots.get(key);
    if (!bot) throw new Error('no bot with that key');
    return bot;
  }

  /** Each webhook is a group of its own. @param {import('./service.mjs').OwnSettings} settings @param {import('./service.mjs').People} people */
  adopt({ org_params }, { group, ...people }) {
    for (const [name, value] of named(org_params, 'wecom_webhook')) {
      const key = keyIn(value);
      if (!name || !key || this.bots.has(key)) continue;
      this.addGroup(group ?? (name === 'url' ? 'wecom' : `wecom:${name}`), { key, ...people });
    }
  }

  serves(/** @type {string} */ path) {
    return path.startsWith('/cgi-bin/webhook/');
  }

  /** @param {import('./server.mjs').ServiceRequest} request @param {any} body */
  receive(request, body) {
    if (request.path !== SEND) throw new Refused(40058, 'no such webhook function here');
    const bot = this.bots.get(request.query.get('key') ?? '');
    if (!bot || bot.removed) throw new Refused(93000, 'invalid webhook url');
    if (bot.disabled) throw new Refused(93004, 'bot is disabled');
    if (!bot.rate.admits()) throw new Refused(45009, 'api freq out of limit');
    if (request.method !== 'POST') throw new Refused(40058, 'invalid Request Parameter');
    if (String(request.headers['content-type']).startsWith('application/x-www-form-urlencoded')) {
      throw new Refused(40008, 'invalid message type');
    }
    if (!body) throw new Refused(40058, 'invalid Request Parameter. Warning: wrong json format.');
    const check = Object.hasOwn(CHECKS, body.msgtype) ? CHECKS[body.msgtype] : undefined;
    if (!check) throw new Refused(40008, 'invalid message type');
    const part = body[body.msgtype];
    if (part === null || typeof part !== 'object') throw new Refused(40058, `${body.msgtype} is not an object`);
    check(part);
    if (this.blockedWords.some((word) => JSON.stringify(part).includes(word))) {
      throw new Refused(40201, 'message is blocked');
    }
    for (const name of bot.groups) this.#show(this.group(name), body.msgtype, part);
    return answer(0, 'ok');
  }

  /** The tail that the real service puts behind its words: a hint, the caller's address, a link. @param {Refused} fault */
  refusal({ errcode, message }) {
    const tail = `hint: [1772438400000000000000001], from ip: 203.0.113.7`;
    const link = `more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`;
    return answer(errcode, `${message}, ${tail}, ${link}`);
  }

  /** @param {import('./group.mjs').Group} group @param {string} msgtype @param {any} part */
  #show(group, msgtype, part) {
    const nameOf = (/** @type {string} */ id) => group.byId(id)?.name;
    const text = part.content ?? JSON.stringify(part);
    const { view, live } = RENDER[msgtype]?.(text, nameOf) ?? { view: text, live: wecomText('', nameOf).live };
    const rings = new Set();
    const ids = [...live.mentions, ...(msgtype === 'text' ? (part.mentioned_list ?? []) : [])];
    const mobiles = msgtype === 'text' ? (part.mentioned_mobile_list ?? []) : [];
    // Nobody documents `<@all>`, but projects rely on it: taken as live.
    if ([...ids, ...mobiles].some((id) => id === '@all' || id === 'all')) {
      for (const member of group.members) rings.add(member.id);
    }
    for (const id of ids) if (id !== 'all' && id !== '@all') rings.add(group.byId(id)?.id);
    for (const mobile of mobiles) if (mobile !== '@all') rings.add(group.byMobile(mobile)?.id);
    rings.delete(undefined);
    const tags = [...(part.mentioned_list ?? []), ...mobiles].filter(() => msgtype === 'text');
    const shown = tags.map((tag) => ` @${tag.replace(/^@/, '') === 'all' ? 'all' : (group.byId(tag)?.name ?? tag)}`);
    this.deliver(group, { msgtype, text, view: view + shown.join(''), live, rung: [...rings] });
  }
}

/** @type {Record<string, (text: string, nameOf: import('./markdown.mjs').NameOf) => import('./markdown.mjs').Rendered>} */
const RENDER = { text: wecomText, markdown: wecomMarkdown, markdown_v2: wecomMarkdownV2 };

/** @param {any} part @param {number} limit */
function content(part, limit) {
  if (part.content === undefined || part.content === null || part.content === '') {
    throw new Refused(44004, 'empty content');
  }
  if (typeof part.content !== 'string') throw new Refused(40058, 'content is not a string');
  if (bytes(part.content) > limit) throw new Refused(40058, `content exceed max length ${limit}`);
}

function media(/** @type {any} */ part) {
  if (!isText(part.media_id)) throw new Refused(41006, 'media_id missing');
  throw new Refused(40007, 'invalid media_id');
}

/** What each message type must have. @type {Record<string, (part: any) => void>} */
const CHECKS = {
  text(part) {
    content(part, TEXT_LIMIT);
    for (const list of ['mentioned_list', 'mentioned_mobile_list']) {
      if (part[list] !== undefined && !isTextList(part[list]))
        throw new Refused(40058, `${list} is not a list of text`);
    }
  },
  markdown: (part) => content(part, MARKDOWN_LIMIT),
  markdown_v2: (part) => content(part, MARKDOWN_LIMIT),
  image(part) {
    if (!isText(part.base64) || !isText(part.md5)) throw new Refused(40058, 'base64 or md5 missing');
    if (Buffer.from(part.base64, 'base64').length > IMAGE_LIMIT) throw new Refused(40009, 'invalid image size');
  },
  news(part) {
    if (!Array.isArray(part.articles) || part.articles.length === 0) throw new Refused(40058, 'articles missing');
    if (part.articles.length > 8) throw new Refused(45008, 'too many articles');
    for (const article of part.articles) {
      if (!isText(article?.title) || !isText(article?.url)) throw new Refused(40058, 'title or url missing');
      if (!/^https?:\/\//.test(article.url)) throw new Refused(45034, 'url lacks a scheme');
    }
  },
  file: media,
  voice: media,
  template_card(part) {
    if (part.card_type !== 'text_notice' && part.card_type !== 'news_notice')
      throw new Refused(42031, 'invalid card_type');
    if (part.card_action?.type !== 1 && part.card_action?.type !== 2) throw new Refused(42045, 'invalid card_action');
    if (part.card_action.type === 1 && !isText(part.card_action.url)) throw new Refused(42028, 'url missing');
    if (!isText(part.main_title?.title) && !isText(part.sub_title_text)) throw new Refused(42033, 'title missing');
    if ((part.horizontal_content_list?.length ?? 0) > 6) throw new Refused(42035, 'horizontal_content_list too long');
    for (const row of part.horizontal_content_list ?? [])
      if (!isText(row?.keyname)) throw new Refused(42027, 'keyname missing');
    if ((part.jump_list?.length ?? 0) > 3) throw new Refused(42042, 'jump_list too long');
  },
};

/** The setting may hold the whole address or the bare key. */
function keyIn(/** @type {string} */ setting) {
  if (!setting.includes('/')) return setting;
  return WEBHOOK.test(setting) ? new URL(setting).searchParams.get('key') : undefined;
}
