// What every fake service is: what it says about itself, what it remembers, and how it answers a request.
// One service is one file beside this one and one line in all.mjs. Knows no service's rules.

import { answer, parseObject } from './server.mjs';

/**
 * What a service says about itself. Everything that treats all services alike reads it: the network, the mask,
 * what `npm start` shows.
 * @typedef {object} Facts
 * @property {string} id its name in the log of requests, and to pick whose requests fail
 * @property {string} channel its name in the package, which explains its codes
 * @property {string} vendor its maker, for people
 * @property {string} title what a message arrives in, for people
 * @property {string[]} origins the maker's own addresses, none where everybody runs a server of their own
 * @property {string} [addressSetting] the setting whose value is an address that leads here: a gateway, or one's own server
 * @property {Carriers} credentials
 * @property {string} success how an answer says that the message was taken
 * @property {string} code what stands before the code of a refusal
 * @property {{settings: Record<string, string>, group?: string}} [sample] what the sample organization has of it
 */

/**
 * Where its requests carry a credential.
 * @typedef {object} Carriers
 * @property {string[]} [query] fields of the address
 * @property {string[]} [path] ends of a path, each `*` standing for a credential: `/hook/*`
 * @property {string[]} [fields] headers, and fields of a JSON body
 */

/**
 * @typedef {object} Message one that was delivered
 * @property {number} at virtual time
 * @property {string} text what was sent, as it arrived
 * @property {string} view what people see, as plain lines
 * @property {import('./markdown.mjs').Live} live
 * @property {string[]} rung ids of those whose phone rang for them in person
 *
 * @typedef {{at: number, errcode: number, errmsg: string, body: any}} Refusal
 * @typedef {{at: number, id: string, why: string}} Drop a message that one recipient never saw though the answer was good
 */

/**
 * A user's own settings, as texts, by where they stand; and who sits behind them.
 * @typedef {Record<'org_params' | 'server_attrs', Record<string, string>>} OwnSettings
 * @typedef {object} People
 * @property {{id: string, name?: string, mobile?: string}[]} [members]
 * @property {boolean} [anybody] whoever is addressed exists, since nobody told us who does
 * @property {string} [group] the name of their group; by default it goes by the setting
 */

/** @typedef {(new (clock: {now: () => number}) => Service) & {facts: Facts}} ServiceClass */

/** Why a request is refused, as the answer's code, words and further fields. */
export class Refused extends Error {
  /** @param {number} errcode @param {string} errmsg @param {object} [more] */
  constructor(errcode, errmsg, more) {
    super(errmsg);
    this.errcode = errcode;
    this.more = more;
  }
}

/** A fake service. Each kind has its own `static facts`, and says below what it does in its own way. */
export class Service {
  /** Every message that arrived, in the order of arrival. @type {Message[]} */
  delivered = [];
  /** @type {Refusal[]} */
  refused = [];
  /** @type {Drop[]} */
  dropped = [];

  /** @param {{now: () => number}} clock */
  constructor(clock) {
    this.clock = clock;
  }

  get facts() {
    const kind = /** @type {unknown} */ (this.constructor);
    return /** @type {ServiceClass} */ (kind).facts;
  }

  /** @param {import('./server.mjs').ServiceRequest} request @returns {import('./server.mjs').ServiceAnswer} */
  handle(request) {
    const body = parseObject(request.body);
    try {
      return this.receive(request, body);
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      this.refused.push({ at: this.clock.now(), errcode: fault.errcode, errmsg: fault.message, body });
      return this.refusal(fault);
    }
  }

  /** Whether a path is one of its own. @param {string} _path @returns {boolean} */
  serves(_path) {
    throw new Error(`${this.facts.id} does not say which paths it serves`);
  }

  /**
   * Takes a request, or throws `Refused`.
   * @param {import('./server.mjs').ServiceRequest} _request
   * @param {any} _body undefined where it is no JSON object
   * @returns {import('./server.mjs').ServiceAnswer}
   */
  receive(_request, _body) {
    throw new Error(`${this.facts.id} does not say what it does with a request`);
  }

  /** The answer that refuses. @param {Refused} fault */
  refusal(fault) {
    return answer(fault.errcode, fault.message, fault.more);
  }

  /** Takes the credentials in a user's settings for real ones. @param {OwnSettings} _settings @param {People} _people */
  adopt(_settings, _people) {}

  /** Where a message arrived, for people. @param {any} _message @returns {string} */
  where(_message) {
    return this.facts.title;
  }

  /** Whom it rang, by name. @param {any} message @returns {string[]} */
  names(message) {
    return message.rung;
  }

  /** Whom a good answer says it did not reach, in words; none by default. @param {any} _answer @returns {string} */
  unreached(_answer) {
    return '';
  }
}

/**
 * A setting and those named after it: `dingtalk_token`, `dingtalk_token_boss`.
 * @param {Record<string, string>} settings @param {string} setting
 * @returns {[name: string, value: string][]} the setting's own name is ''
 */
export function named(settings, setting) {
  return Object.entries(settings).flatMap(([key, value]) => {
    if (key === setting) return [['', value]];
    return key.startsWith(`${setting}_`) ? [[key.slice(setting.length + 1), value]] : [];
  });
}
