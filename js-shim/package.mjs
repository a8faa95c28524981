// The package's entry: the presets as a function and their tables, for tests, bundlers and script editors.

import { check, fresh, load } from '#core';
import { attach, forget, take } from '#glue';
import { answer } from './run.mjs';
import { trigger } from './trigger/trigger.mjs';

/**
 * Answers one call of a preset, as the paste file does.
 * @param {import('./host.mjs').Ctx} ctx
 * @param {{ preset: string }} options
 */
export const rpc_script = (ctx, { preset }) => answer(ctx ?? {}, preset, check, load);

/**
 * Runs trigger rules over one uplink, as the trigger's paste file does.
 * @param {unknown} device
 * @param {unknown} thingModelId
 * @param {unknown} rules
 */
export const trigger_script = (device, thingModelId, rules) =>
  trigger(/** @type {any} */ (load('trigger')), device, thingModelId, rules);

/**
 * Reads a table of the core. The instance is of this call only: its answer is built of values that are kept in its heap,
 * which an instance that runs presets forgets.
 * @param {(core: import('#glue').Exports) => number} read
 */
const table = (read) => {
  const core = fresh('package');
  attach(core);
  const rows = take(read(core));
  forget();
  return rows;
};

/** Every setting. */
export const settings = () => table((core) => core.s());

/**
 * What a service's code means; null for a code that is in no table.
 * @param {string} channel
 * @param {number} errcode
 * @param {string} [errmsg] Tells causes apart that share a code.
 */
export const explain = (channel, errcode, errmsg = '') =>
  table((core) => {
    const [service, message] = [channel, errmsg].map((text) => {
      const bytes = new TextEncoder().encode(text);
      const start = core.a(bytes.length, 1) >>> 0;
      new Uint8Array(core.m.buffer, start).set(bytes);
      return { start, length: bytes.length };
    });
    return core.e(service.start, service.length, errcode, message.start, message.length);
  });
