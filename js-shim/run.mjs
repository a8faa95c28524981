// One call of a preset: early answer, core, logger, HTTP answers, faults. Everything about the message is the core's.

import { hasHttp, isObject, names, own, ownText, pick, textOf } from './host.mjs';

/**
 * @typedef {import('./host.mjs').Ctx} Ctx
 * @typedef {{ actions: unknown[], logs: [string, string][], call?: unknown, error?: string, throw?: string }} Outcome
 * @typedef {(input: string) => Outcome} Core
 */

/** What a core throws whose bytes are not those that were built. */
export const ALTERED = 'the pasted text was altered: paste the whole file again';

/**
 * The one decision that is not the core's: by far the commonest call finds nothing to do and is answered before the core
 * is even loaded. A differential test holds this rule against the core's.
 * @param {Ctx} ctx
 * @param {string} preset
 */
const nothingToDo = ({ device, params, alarms }, preset) => {
  if (!ALARMS || /_text$/.test(preset)) return false;
  const action = ownText(params, 'action');
  const name = ownText(params, 'name') ?? '';
  if (action === 'new' || (action === 'clear' && own(alarms, name) !== undefined)) return false;
  if (preset === 'dingtalk_notify' && !action) return false;
  return !(
    preset === 'notify' &&
    (action === 'tick' ||
      !/^(?!ack$)[\w.-]{1,32}$/.test(name) ||
      own(own(device, 'server_attrs'), `ntf_${name}`) !== undefined)
  );
};

/**
 * Answers one call: the actions, or a promise of them where the core asked for an HTTP answer first.
 * @param {Ctx} ctx
 * @param {string} preset
 * @param {(preset: string) => void} check Throws if the host cannot run the core.
 * @param {(preset: string) => Core} load
 */
export const answer = (ctx, preset, check, load) => {
  const prefix = `tkl-notify ${preset}: `;
  let written = 0;
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
    if (!log('error', text) && !late) throw Error(prefix + text);
    return [];
  };
  /** @param {unknown} fault */
  const broken = (fault) => fail(`internal fault, nothing was sent (${fault})`);
  /** @returns {unknown} */
  const step = () => {
    /** @type {Core} */
    let core;
    try {
      core = load(preset);
    } catch (fault) {
      if (fault !== ALTERED) throw fault;
      return fail(ALTERED);
    }
    /** @type {Outcome} */
    let outcome;
    try {
      outcome = core(entries.join('\0'));
    } catch (fault) {
      return broken(fault);
    }
    // The core runs from the start after each answer: what it said before is not said again.
    for (const [level, text] of outcome.logs.slice(written)) log(level, text);
    written = outcome.logs.length;
    if (outcome.throw && !late) throw Error(prefix + outcome.throw);
    if (outcome.error || outcome.throw) return fail(/** @type {string} */ (outcome.error || outcome.throw));
    if (!CALLS || !outcome.call) return outcome.actions;
    late = true;
    return new Promise((done) => done(/** @type {any} */ (ctx.axios)(outcome.call)))
      .then(answered, (failure) => answered(own(failure, 'response'), failure))
      .then(step)
      .catch(broken);
  };
  /**
   * Appends one HTTP answer to the core's input.
   * @param {unknown} response
   * @param {unknown} [failure]
   */
  const answered = (response, failure) => {
    /**
     * @param {string} key
     * @param {string | undefined} text
     */
    const put = (key, text) => {
      if (text !== undefined) entries.push(key, text);
    };
    const data = own(response, 'data');
    entries.push('r', `${Date.now()}`);
    put('hstatus', ownText(response, 'status'));
    if (failure !== undefined)
      put('herror', ownText(failure, 'code') ?? ownText(failure, 'message')?.slice(0, 200) ?? '');
    if (!isObject(data)) put('hbody', ownText(response, 'data')?.slice(0, 200));
    else for (const name of names(data)) put(/** @type {string} */ (textOf(`j${name}`)), ownText(data, name));
  };
  if (hasHttp(ctx) && nothingToDo(ctx, preset)) {
    check(preset);
    return [];
  }
  const entries = pick(ctx, preset, Date.now());
  return step();
};
