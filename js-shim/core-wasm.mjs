// The core as WebAssembly: refused, damaged, or loaded and run. What is said to it and by it is `run.mjs`'s business.

import { imports } from '#imports';
import { decodeBytes, exchange, writeUnits } from './codec.mjs';
import { ALTERED, fault } from './run.mjs';

/**
 * Throws if the host refuses WebAssembly. The smallest module tells, so that this is known at the first call and not at
 * the first alarm.
 * @param {string} method
 */
export const check = (method) => {
  try {
    new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch {
    throw fault(`tkl-notify ${method}: this host refuses WebAssembly: use ${method}.nowasm.js instead`);
  }
};

/**
 * The exports of the module that a literal holds. If it does not compile, either the host refuses or the text was altered.
 * @param {string} method
 * @param {(literal: string) => Uint8Array} decode
 * @param {string} literal
 * @returns {any}
 */
const instance = (method, decode, literal) => {
  /** @type {WebAssembly.Module} */
  let module;
  try {
    module = new WebAssembly.Module(/** @type {BufferSource} */ (decode(literal)));
  } catch {
    check(method);
    throw ALTERED;
  }
  return new WebAssembly.Instance(module, imports).exports;
};

/**
 * What a packed literal is decoded by: a small module that is not packed itself.
 * @param {string} method
 */
const unpacker = (method) => {
  const { m, u } = /** @type {{ m: WebAssembly.Memory, u(start: number, end: number): number }} */ (
    instance(method, decodeBytes, UNPACKER)
  );
  return (/** @type {string} */ literal) => {
    writeUnits(literal, m.buffer, PACKED);
    return new Uint8Array(m.buffer, RESULT, u(PACKED, PACKED + literal.length * 2));
  };
};

/**
 * A new instance.
 * @param {string} method
 */
export const instantiate = (method) => instance(method, PACKED ? unpacker(method) : decodeBytes, LITERAL);

/** @type {import('./run.mjs').Exports | undefined} */
let kept;

/**
 * The core, ready to run. It is taken out while it runs and kept only when it came back: after a trap or a host's timeout
 * in the middle its memory is in no known state.
 * @param {'rpc_script' | 'trigger_script'} name
 * @param {string} method
 * @returns {(input: string) => string}
 */
export const load = (name, method) => {
  const core = kept ?? instantiate(method);
  kept = undefined;
  return (input) => {
    const outcome = exchange(core, name, input);
    kept = core;
    return outcome;
  };
};
