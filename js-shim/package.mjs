// The package's entry: the methods as a function and tools about them, for tests, bundlers and script editors.
// Its types are made from the Rust types: `src/wasm/package/`.

import { check, instantiate, load } from '#core';
import * as glue from '#glue';
import { answer } from './run.mjs';
import { trigger } from './trigger/trigger.mjs';

/**
 * What a script is called with.
 * @typedef {{ device?: unknown, params?: unknown, alarms?: unknown, logger?: unknown, org_params?: unknown, axios?: unknown }} Ctx
 */

/**
 * Answers one call of a method, as the paste file does.
 * @param {Ctx} ctx
 * @param {{ preset: string }} options
 */
export const rpc_script = (ctx, { preset }) => {
  const method = METHODS.find(({ name }) => name === preset) ?? { ...METHODS[0], name: preset };
  const { device, params, alarms, logger, org_params, axios } = ctx ?? {};
  return answer(device, params, alarms, logger, org_params, axios, method, check, load);
};

/**
 * Runs trigger rules over one uplink, as the trigger's paste file does.
 * @param {unknown} device
 * @param {unknown} thingModelId
 * @param {unknown} rules
 */
export const trigger_script = (device, thingModelId, rules) =>
  trigger(load('trigger_script', 'trigger'), device, thingModelId, rules);

/**
 * Runs a tool on an instance of this call only: a tool's values stay in the module's heap, which an instance that runs
 * scripts forgets.
 * @template {unknown[]} A
 * @template R
 * @param {(...args: A) => R} tool
 * @returns {(...args: A) => R}
 */
const onItsOwn =
  (tool) =>
  (...args) => {
    const exports = instantiate('package');
    glue.__wbg_set_wasm(exports);
    try {
      return tool(...args);
    } finally {
      // Growing by nothing detaches the memory's buffer: the glue, which keeps a view of it, then makes a view of the
      // next instance's memory.
      exports.memory.grow(0);
    }
  };

export const settings = onItsOwn(glue.settings);
export const explain = onItsOwn(glue.explain);
export const newSecret = onItsOwn(glue.newSecret);
