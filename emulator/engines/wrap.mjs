// How a stored body becomes a script: the wrapper forms, the sandbox's Date, and what a host makes of a result.
// Which form, inputs and rules a host has stands in its profile.

/**
 * `globals`: the body in a function, inputs as globals. `parameters`: inputs as destructured parameters.
 * `async`: the same as an async function.
 * @typedef {'globals' | 'parameters' | 'async'} Wrapper
 */

/** Where the inputs wait for the wrapper; taken away before the body runs. */
export const HANDOVER = '__tkl_inputs';

/**
 * @param {string} body what the user typed between the editor's two fixed lines
 * @param {Wrapper} wrapper
 * @param {string[]} inputs
 * @param {string} [name] of the function: `rpcRunner` or `triggerRunner` on the oldest servers
 */
export function wrap(body, wrapper, inputs, name = 'rpc_script') {
  if (wrapper === 'globals') return `function ${name}() { ${body}\n} ${name}();`;
  const keyword = wrapper === 'async' ? 'async function' : 'function';
  return `${keyword} ${name}({${inputs.join(', ')}}) {
${body}
}
(function () { const inputs = globalThis.${HANDOVER}; delete globalThis.${HANDOVER}; return ${name}(inputs); })();`;
}

/** The same for a trigger model, whose inputs are positional. */
export function wrapTrigger(/** @type {string} */ body, /** @type {Wrapper} */ wrapper) {
  if (wrapper === 'globals') return `function triggerRunner() { ${body}\n} triggerRunner();`;
  return `function trigger_script(device, thingModelId) {
${body}
}
(function () { const inputs = globalThis.${HANDOVER}; delete globalThis.${HANDOVER}; return trigger_script(inputs.device, inputs.thingModelId); })();`;
}

/**
 * Evaluates to a function that puts a clock under the sandbox's own Date, so that the script cannot tell.
 * Plain functions only: one of the sandboxes has no Proxy.
 */
export const OWN_DATE = `(function (now) {
  var Real = Date, text = Real.prototype.toString;
  function own() {
    if (!new.target) return text.call(new Real(now()));
    return Reflect.construct(Real, arguments.length ? arguments : [now()], new.target);
  }
  Object.defineProperty(own, 'name', { value: 'Date' });
  Object.defineProperty(own, 'length', { value: 7 });
  Object.defineProperty(own, 'prototype', { value: Real.prototype, writable: false });
  ['parse', 'UTC'].forEach(function (key) { Object.defineProperty(own, key, { value: Real[key], writable: true, configurable: true }); });
  Object.defineProperty(own, 'now', { value: function () { return now(); }, writable: true, configurable: true });
  Object.defineProperty(Real.prototype, 'constructor', { value: own, writable: true, configurable: true });
  Object.defineProperty(globalThis, 'Date', { value: own, writable: true, configurable: true });
})`;
