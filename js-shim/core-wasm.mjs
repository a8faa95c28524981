// The core as WebAssembly: refused, damaged, or loaded and run. What is said to it and by it is `run.mjs`'s business.

import { attach, imports, take } from '#glue';
import { decodeBytes, writeText } from './codec.mjs';
import { ALTERED } from './run.mjs';

/**
 * Compiles; a refusal is an error that names the way out.
 * @param {string} preset
 * @param {BufferSource} bytes
 */
const compile = (preset, bytes) => {
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    throw Error(`tkl-notify ${preset}: this host refuses WebAssembly: use ${preset}.nowasm.js instead`);
  }
};

/**
 * Throws if the host refuses WebAssembly. The smallest module tells, so that this is known at the first call and not at
 * the first alarm.
 * @param {string} preset
 */
export const check = (preset) => {
  compile(preset, new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
};

/**
 * An instance of the module that a literal holds.
 * @param {(literal: string) => Uint8Array} decode
 * @param {string} literal
 * @param {WebAssembly.ModuleImports} imports
 * @returns {unknown}
 */
const instance = (decode, literal, imports) => {
  /** @type {WebAssembly.Module} */
  let module;
  try {
    module = new WebAssembly.Module(/** @type {BufferSource} */ (decode(literal)));
  } catch {
    throw ALTERED;
  }
  return new WebAssembly.Instance(module, { i: imports }).exports;
};

/** What a packed literal is decoded by: a small module that is not packed itself. */
const unpacker = () => {
  const { m, u } = /** @type {{ m: WebAssembly.Memory, u(start: number, end: number): number }} */ (
    instance(decodeBytes, UNPACKER, {})
  );
  return (/** @type {string} */ literal) => {
    writeText(literal, m.buffer, PACKED);
    return new Uint8Array(m.buffer, 0, u(PACKED, PACKED + literal.length * 2));
  };
};

/** A new instance. */
export const fresh = () =>
  /** @type {import('#glue').Exports} */ (instance(PACKED ? unpacker() : decodeBytes, LITERAL, imports));

/** @type {import('#glue').Exports | undefined} */
let kept;

/**
 * The core, ready to run. It is taken out while it runs and kept only when it came back: after a trap or a host's timeout
 * in the middle its memory is in no known state.
 * @param {string} preset
 * @returns {import('./run.mjs').Core}
 */
export const load = (preset) => {
  if (!kept) check(preset);
  return (input) => {
    let core = kept;
    kept = undefined;
    core ??= fresh();
    attach(core);
    const start = core.a(input.length * 2, 2) >>> 0;
    writeText(input, core.m.buffer, start);
    const outcome = JSON.parse(take(core.r(start, input.length)));
    kept = core;
    return outcome;
  };
};
