// One call of a method: early answer, core, logger, HTTP answers, faults. Everything about the message is the core's.

import { hasHttp, isObject, names, own, ownText, pick } from './host.mjs';

/**
 * @typedef {import('./host.mjs').Ctx} Ctx
 * @typedef {{ actions: unknown[], logs: [string, string][], calls?: unknown[], error?: string, throw?: string }} Outcome
 * @typedef {(input: string) => string} Core what it answers is an Outcome, as JSON
 *
 * What a module exports: ARCHITECTURE.md, "The boundary".
 * @typedef {object} Exports
 * @property {{ buffer: ArrayBufferLike }} memory
 * @property {(size: number) => number} buffer
 * @property {(length: number) => number} rpc_script
 * @property {(length: number) => number} trigger_script
 *
 * A method as the build knows it from `src/preset/mod.rs`: the names that it is handed, each with the places where it may
 * stand, as JSON; and what its file needs.
 * @typedef {{ name: string, picked: string, alarms: boolean, telemetry: boolean, states: boolean }} Method
 */

/** What a core throws whose bytes are not those that were built. */
export const ALTERED = 'the pasted text was altered: paste the whole file again';

/**
 * An error without a stack: Node puts the source line in front of a stack, a paste file's line is up to 130,000
 * characters long, and the server logs it.
 * @param {string} text
 */
export const fault = (text) => {
  const error = Error(text);
  error.stack = undefined;
  return error;
};

/**
 * The one decision that is not the core's: by far the commonest call finds nothing to do and is answered before the core
 * is even loaded. A differential test holds this rule against the core's.
 * @param {Ctx} ctx
 * @param {Method} method
 */
const nothingToDo = ({ device, params, alarms }, method) => {
  if (!ALARMS || !method.alarms) return false;
  const action = ownText(params, 'action');
  const name = ownText(params, 'name') ?? '';
  if (action === 'new' || (action === 'clear' && own(alarms, name) !== undefined)) return false;
  // The note's script for DingTalk pushes without an action, too.
  if (!action && method.name === 'dingtalk_notify') return false;
  if (!CALLS || !method.states) return true;
  // Without a state there is nothing to end. Where a name is not plain, only the core knows its attribute.
  return (
    action !== 'tick' &&
    /^(?!ack$)[\w.-]{1,32}$/.test(name) &&
    own(own(device, 'server_attrs'), STATES + name) === undefined
  );
};

/**
 * One HTTP answer as entries of the core's input.
 * @param {unknown} response
 * @param {unknown} [failure]
 */
const answerEntries = (response, failure) => {
  const entries = ['r', `${Date.now()}`];
  /**
   * @param {string} key
   * @param {string | undefined} text
   */
  const put = (key, text) => {
    if (text !== undefined) entries.push(key.replaceAll('\0', ''), text);
  };
  put('hstatus', ownText(response, 'status'));
  if (failure !== undefined)
    put('herror', ownText(failure, 'code') ?? ownText(failure, 'message')?.slice(0, 200) ?? '');
  const data = own(response, 'data');
  if (!isObject(data)) put('hbody', ownText(response, 'data')?.slice(0, 200));
  else for (const name of names(data)) put(`j${name}`, ownText(data, name));
  return entries;
};

/**
 * Answers one call: the actions, or a promise of them where the core asked for HTTP answers first.
 * @param {Ctx} ctx
 * @param {Method} method
 * @param {(method: string) => void} check Throws if the host cannot run the core.
 * @param {(name: 'rpc_script', method: string) => Core} load
 */
export const answer = (ctx, method, check, load) => {
  const prefix = `tkl-notify ${method.name}: `;
  let late = false;
  /**
   * @param {string} level
   * @param {string} text
   */
  const log = (level, text) => {
    try {
      /** @type {any} */ (ctx.logger)[level](prefix + text);
      return true;
    } catch {
      return false;
    }
  };
  /** @param {string} text */
  const fail = (text) => {
    if (!log('error', text) && !late) throw fault(prefix + text);
    return [];
  };
  /** @param {unknown} cause */
  const broken = (cause) => fail(`internal fault, nothing was sent (${cause})`);
  /**
   * Sends one request. The answer comes as entries, whatever becomes of it.
   * @param {unknown} request
   */
  const send = (request) =>
    new Promise((done) => done(/** @type {any} */ (ctx.axios)(request))).then(
      (response) => answerEntries(response),
      (failure) => answerEntries(own(failure, 'response'), failure ?? null),
    );
  /** @returns {unknown} */
  const step = () => {
    /** @type {Core} */
    let core;
    try {
      core = load('rpc_script', method.name);
    } catch (cause) {
      if (cause !== ALTERED) throw cause;
      return fail(ALTERED);
    }
    /** @type {Outcome} */
    let outcome;
    try {
      outcome = JSON.parse(core(entries.join('\0')));
    } catch (cause) {
      return broken(cause);
    }
    for (const [level, text] of outcome.logs) log(level, text);
    if (outcome.throw && !late) throw fault(prefix + outcome.throw);
    if (outcome.error || outcome.throw) return fail(/** @type {string} */ (outcome.error || outcome.throw));
    if (!CALLS || !outcome.calls) return outcome.actions;
    late = true;
    // All at once, so that one that hangs costs the others nothing; then the core runs again, with their answers in order.
    return Promise.all(outcome.calls.map(send))
      .then((answers) => {
        for (const answer of answers) entries.push(...answer);
        return step();
      })
      .catch(broken);
  };
  if (hasHttp(ctx) && nothingToDo(ctx, method)) {
    check(method.name);
    return [];
  }
  const entries = pick(ctx, method, Date.now());
  return step();
};
