// QuickJS: not V8, no WebAssembly, no Node. Not a TKL host, but what keeps the plain-JavaScript twins honest.
// Inputs cross as JSON, so functions and symbols do not; the logger is rebuilt inside.

import { getQuickJS } from 'quickjs-emscripten';
import { HANDOVER, OWN_DATE } from './wrap.mjs';

const engine = await getQuickJS();

/**
 * @param {string} source
 * @param {{globals: Record<string, unknown>, parameters: boolean, now: () => number, filename: string}} host
 */
export function compile(source, host) {
  const check = engine.newContext();
  try {
    check.unwrapResult(check.evalCode(`(function () {\n${source}\n});`, host.filename)).dispose();
  } finally {
    check.dispose();
  }
  return (/** @type {Record<string, unknown>} */ inputs) => ({
    owns: () => false,
    start: () => runOnce(source, host, inputs),
  });
}

/** @param {string} source @param {Parameters<typeof compile>[1]} host @param {Record<string, any>} inputs */
function runOnce(source, host, inputs) {
  const { logger, ...data } = inputs;
  const context = engine.newContext();
  const deadline = Date.now() + 1000;
  context.runtime.setInterruptHandler(() => Date.now() > deadline);
  try {
    const now = context.newFunction('now', () => context.newNumber(host.now()));
    const own = context.unwrapResult(context.evalCode(OWN_DATE));
    context.unwrapResult(context.callFunction(own, context.undefined, now)).dispose();
    own.dispose();
    now.dispose();
    const log = context.newFunction('log', (level, text, extra) => {
      logger?.[context.getString(level)]?.(context.getString(text), extra && context.dump(extra));
    });
    context.setProp(context.global, '__tkl_log', log);
    log.dispose();
    const setup = `(function () {
      var log = globalThis.__tkl_log; delete globalThis.__tkl_log;
      var inputs = ${JSON.stringify(data)};
      if (${logger != null}) { inputs.logger = {}; ['info', 'warn', 'error'].forEach(function (level) {
        inputs.logger[level] = function (text, extra) { log(level, String(text), extra); }; }); }
      if (${host.parameters}) globalThis.${HANDOVER} = inputs; else Object.assign(globalThis, inputs);
    })();`;
    context.unwrapResult(context.evalCode(setup)).dispose();
    const result = context.unwrapResult(context.evalCode(source, host.filename));
    const value = context.dump(result);
    result.dispose();
    return value;
  } finally {
    context.dispose();
  }
}
