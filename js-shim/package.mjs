// The package's entry: the presets as a function, for tests, bundlers and script editors.

import { check, load } from '#core';
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
