// The core as plain JavaScript, for hosts that forbid WebAssembly. The same Rust, the same exports.

import { attach, imports, take } from '#glue';
import { instantiate } from '#twin';
import { writeText } from './codec.mjs';

/** Nothing to check: plain JavaScript runs everywhere. */
export const check = () => {};

/**
 * The core, ready to run: its memory is its own, so a fault cannot reach the next call.
 * @returns {import('./run.mjs').Core}
 */
export const load = () => (input) => {
  const core = instantiate({ i: imports });
  attach(core);
  const start = core.a(input.length * 2, 2) >>> 0;
  writeText(input, core.m.buffer, start);
  return JSON.parse(take(core.r(start, input.length)));
};
