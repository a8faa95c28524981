// The core as plain JavaScript, for hosts that forbid WebAssembly. The same Rust, the same exports.

import { instantiate } from '#twin';
import { exchange } from './codec.mjs';

/** Nothing to check: plain JavaScript runs everywhere. */
export const check = () => {};

/**
 * The core, ready to run: its memory is its own, so a fault cannot reach the next call.
 * @param {'rpc_script' | 'trigger_script'} name
 * @returns {(input: string) => string}
 */
export const load = (name) => (input) => exchange(instantiate(), name, input);
