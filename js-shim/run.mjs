// One call of a method: early answer, core, logger, HTTP answers, faults. Everything about the message is the core's.

import { hasHttp, isObject, names, own, ownText, pick } from './host.mjs';

/**
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
 * A method as the build knows it from `src/preset/mod.rs`: the names that it is handed, with spaces between; the places
 * where each may stand, a digit of bits a name; and what its file needs.
 * @typedef {{ name: string, picked: string, places: string, alarms: boolean, telemetry: boolean, states: boolean }} Method
 */

/** Milliseconds that `axios` has beyond a request's own limit before it is given up. */
const MARGIN = 500;

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
 * @param {unknown} device
 * @param {unknown} params
 * @param {unknown} alarms
 * @param {Method} method
 */
const nothingToDo = (device, params, alarms, method) => {
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
 * What the platform hands in stays apart: an object of it would cost a fresh context a new shape for each name, the
 * dearest part of a call that has nothing to do. Nothing is promised about the values: they come from people, devices
 * and other hosts.
 * @param {unknown} device
 * @param {unknown} params
 * @param {unknown} alarms
 * @param {unknown} logger
 * @param {unknown} org
 * @param {unknown} axios
 * @param {Method} method
 * @param {(method: string) => void} check Throws if the host cannot run the core.
 * @param {(name: 'rpc_script', method: string) => Core} load
 */
export const answer = (device, params, alarms, logger, org, axios, method, check, load) => {
  const prefix = `tkl-notify ${method.name}: `;
  let late = false;
  /**
   * @param {string} level
   * @param {string} text
   */
  const log = (level, text) => {
    try {
      // Where it answers with a promise, nobody else would take its rejection.
      /** @type {any} */ (logger)[level](prefix + text)?.then?.(undefined, () => {});
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
   * Sends one request. The answer comes as entries, whatever becomes of it. Where the host has timers, one that `axios`
   * does not end in its own time counts as timed out; a sandbox has none.
   * @param {unknown} request
   */
  const send = (request) =>
    new Promise((done, late) => {
      const time = /** @type {any} */ (request).timeout + MARGIN;
      // Of itself it does not keep the host's process alive.
      /** @type {any} */ (globalThis).setTimeout?.(late, time, { code: 'ETIMEDOUT' })?.unref?.();
      // Its promise is waited for here: one that was resolved with another promise no longer hears the timer.
      new Promise((sent) => sent(/** @type {any} */ (axios)(request))).then(done, late);
    }).then(
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
  if (hasHttp(org, axios) && nothingToDo(device, params, alarms, method)) {
    check(method.name);
    return [];
  }
  const entries = pick(device, params, alarms, org, axios, method, Date.now());
  return step();
};
