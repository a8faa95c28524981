// The core as WebAssembly: refused, damaged, or loaded and run. What is said to it and by it is `run.mjs`'s business.

import { attach, imports, take } from '#glue';
import { decodeBytes, writeText } from './codec.mjs';
import { ALTERED } from './run.mjs';

/**
 * Throws if the host refuses WebAssembly. The smallest module tells, so that this is known at the first call and not at
 * the first alarm.
 * @param {string} preset
 */
export const check = (preset) => {
  try {
    new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch {
    throw Error(`tkl-notify ${preset}: this host refuses WebAssembly: use ${preset}.nowasm.js instead`);
  }
};

/**
 * An instance of the module that a literal holds. If it does not compile, either the host refuses or the text was altered.
 * @param {string} preset
 * @param {(literal: string) => Uint8Array} decode
 * @param {string} literal
 * @param {WebAssembly.ModuleImports} imports
 * @returns {unknown}
 */
const instance = (preset, decode, literal, imports) => {
  /** @type {WebAssembly.Module} */
  let module;
  try {
    module = new WebAssembly.Module(/** @type {BufferSource} */ (decode(literal)));
  } catch {
    check(preset);
    throw ALTERED;
  }
  return new WebAssembly.Instance(module, { i: imports }).exports;
};

/**
 * What a packed literal is decoded by: a small module that is not packed itself.
 * @param {string} preset
 */
const unpacker = (preset) => {
  const { m, u } = /** @type {{ m: WebAssembly.Memory, u(start: number, end: number): number }} */ (
    instance(preset, decodeBytes, UNPACKER, {})
  );
  return (/** @type {string} */ literal) => {
    writeText(literal, m.buffer, PACKED);
    return new Uint8Array(m.buffer, 0, u(PACKED, PACKED + literal.length * 2));
  };
};

/**
 * A new instance.
 * @param {string} preset
 */
export const fresh = (preset) =>
  /** @type {import('#glue').Exports} */ (instance(preset, PACKED ? unpacker(preset) : decodeBytes, LITERAL, imports));

/** @type {import('#glue').Exports | undefined} */
let kept;

/**
 * The core, ready to run. It is taken out while it runs and kept only when it came back: after a trap or a host's timeout
 * in the middle its memory is in no known state.
 * @param {string} preset
 * @returns {import('./run.mjs').Core}
 */
export const load = (preset) => {
  const core = kept ?? fresh(preset);
  kept = undefined;
  return (input) => {
    attach(core);
    const start = core.a(input.length * 2, 2) >>> 0;
    writeText(input, core.m.buffer, start);
    const outcome = JSON.parse(take(core.r(start, input.length)));
    kept = core;
    return outcome;
  };
};
