// A host: one profile with its engine, ready to compile bodies and run them once each.
// Knows what a result, a throw or a promise means there; runs no action.

import { types } from 'node:util';
import { wrap, wrapTrigger } from './engines/wrap.mjs';
import * as first from './profiles/tkl-2.00.011.mjs';
import * as current from './profiles/tkl-current.mjs';
import * as strict from './profiles/tkl-current-strict.mjs';
import * as strictOld from './profiles/tkl-current-strict-3.9.19.mjs';
import * as early from './profiles/tkl-early-2026.mjs';

/** @typedef {import('./engines/wrap.mjs').Wrapper} Wrapper */

/**
 * What one host of TKL is like. A new fact about a server is a change here and nowhere else.
 * @typedef {object} Profile
 * @property {string} name
 * @property {string} about one line for people
 * @property {() => Promise<{compile: Function}>} engine
 * @property {() => Promise<{compile: Function}>} [triggerEngine] where triggers run elsewhere than RPCs
 * @property {Record<string, unknown>} [engineOptions]
 * @property {string[]} inputs of an RPC script
 * @property {string[]} triggerInputs
 * @property {Wrapper[]} wrappers which forms the host may use; the first is the default
 * @property {Record<string, unknown>} globals beside the engine's own
 * @property {'awaited' | 'error'} promises what a returned promise means
 * @property {boolean} nullIsNothing whether `null` means "no actions" rather than an error
 * @property {boolean} axios whether scripts have the function
 * @property {string[]} actions the types the host knows; any other is published as a downlink
 * @property {boolean} live actions and `device` are the platform's own objects, not copies
 */

/** @type {Profile[]} */
const TKL = [first, early, current, strict, strictOld].map(({ profile }) => profile);

/** The hosts of TKL, oldest first. */
export const TKL_PROFILES = TKL.map(({ name }) => name);

/** Every host by its name: those of TKL, and `profiles/quickjs.mjs` once it is imported. @type {Record<string, Profile>} */
export const PROFILES = Object.fromEntries(TKL.map((profile) => [profile.name, profile]));

/**
 * @typedef {{kind: 'result', value: any} | {kind: 'error', message: string} | {kind: 'server ended', message: string}} ScriptOutcome
 * @typedef {(inputs: Record<string, unknown>) => {owns: (promise: unknown) => boolean, start: () => unknown}} Script
 */

/**
 * @param {string} name of the profile
 * @param {object} [options]
 * @param {{now: () => number}} [options.clock]
 * @param {Wrapper} [options.wrapper]
 * @param {unknown} [options.axios] the function handed to scripts where the profile has one
 * @param {boolean} [options.buffer] false: a host without `Buffer`
 * @param {Record<string, unknown>} [options.globals] more globals, for a host not known yet
 */
export async function openHost(name, options = {}) {
  const profile = PROFILES[name];
  if (!profile) throw new Error(`unknown profile "${name}"; there are ${Object.keys(PROFILES).join(', ')}`);
  const wrapper = options.wrapper ?? profile.wrappers[0];
  if (!profile.wrappers.includes(wrapper)) {
    throw new Error(`${name} has no wrapper "${wrapper}", only ${profile.wrappers.join(', ')}`);
  }
  const clock = options.clock ?? Date;
  const now = () => clock.now();
  const engine = await profile.engine();
  const triggerEngine = profile.triggerEngine ? await profile.triggerEngine() : engine;
  const globals = { ...profile.globals, ...options.globals };
  if (options.buffer === false) globals.Buffer = undefined;
  const rpcGlobals = profile.axios && options.axios ? { ...globals, axios: options.axios } : globals;

  return {
    profile,
    wrapper,

    /** What happens at save: the body is parsed, and refused with the engine's own words. @returns {Script} */
    compile(/** @type {string} */ body, /** @type {{wrapper?: Wrapper, name?: string}} */ script = {}) {
      const form = script.wrapper ?? wrapper;
      if (!profile.wrappers.includes(form)) throw new Error(`${name} has no wrapper "${form}"`);
      const source = wrap(body, form, profile.inputs, profile.wrappers[0] === 'globals' ? 'rpcRunner' : 'rpc_script');
      return engine.compile(source, {
        ...profile.engineOptions,
        globals: rpcGlobals,
        parameters: form !== 'globals',
        now,
        filename: `${script.name ?? 'rpc'}.js`,
      });
    },

    /** Triggers are synchronous everywhere and have neither logger nor org_params nor axios. @returns {Script} */
    compileTrigger(/** @type {string} */ body) {
      const form = profile.triggerInputs.includes('thingModelId') ? 'parameters' : 'globals';
      return triggerEngine.compile(wrapTrigger(body, form), {
        ...profile.engineOptions,
        globals,
        parameters: form !== 'globals',
        now,
        filename: 'trigger.js',
      });
    },

    /**
     * Runs a script once. Its synchronous part runs before this returns.
     * @param {Script} script
     * @param {Record<string, unknown>} inputs
     * @param {'awaited' | 'error'} [promises]
     * @returns {Promise<ScriptOutcome>}
     */
    async run(script, inputs, promises = profile.promises) {
      const prepared = script(inputs);
      const watch = watchRejections(prepared.owns);
      try {
        /** @type {ScriptOutcome} */
        let outcome;
        try {
          let value = prepared.start();
          if (promises === 'awaited' && types.isPromise(value)) value = await value;
          outcome = { kind: 'result', value };
        } catch (thrown) {
          outcome = { kind: 'error', message: messageOf(thrown) };
        }
        // Node reports an unhandled rejection once the microtasks have run dry.
        await turn();
        await turn();
        if (watch.rejected) return { kind: 'server ended', message: `unhandled rejection: ${watch.message}` };
        return outcome;
      } finally {
        watch.close();
      }
    },
  };
}

/** Only what has a message has one: `throw "text"` answers with nothing. */
function messageOf(/** @type {any} */ thrown) {
  return thrown !== null && typeof thrown === 'object' && 'message' in thrown ? String(thrown.message) : '';
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** @typedef {{owns: (promise: unknown) => boolean, rejected: boolean, message: string}} Watch */
/** @type {Set<Watch>} */
const watches = new Set();
/** @type {typeof process.emit | undefined} */
let processEmit;

/**
 * On the platform a rejection that nobody handles ends the server. Here it is caught before Node acts on it,
 * for promises of the sandbox only: one of the emulator's or of a test's own stays as loud as it is.
 * @param {(promise: unknown) => boolean} owns
 */
function watchRejections(owns) {
  const watch = { owns, rejected: false, message: '' };
  watches.add(watch);
  if (!processEmit) {
    const emit = process.emit;
    processEmit = emit;
    process.emit = /** @type {any} */ (
      function (/** @type {string} */ event, /** @type {unknown} */ reason, /** @type {unknown} */ promise) {
        if (event === 'unhandledRejection' && !(promise instanceof Promise)) {
          for (const other of watches) {
            if (!other.owns(promise)) continue;
            other.rejected = true;
            other.message = messageOf(reason) || String(reason);
            return true;
          }
        }
        // biome-ignore lint/complexity/noArguments: hands on whatever came
        return Reflect.apply(emit, process, arguments);
      }
    );
  }
  return Object.assign(watch, {
    close() {
      watches.delete(watch);
      if (watches.size === 0 && processEmit) {
        process.emit = processEmit;
        processEmit = undefined;
      }
    },
  });
}
