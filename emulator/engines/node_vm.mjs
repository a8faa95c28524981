// Node's own vm: a fresh context a call, 1000 ms, V8's built-ins and nothing of Node.
// Decides nothing about results; a profile does.

import vm from 'node:vm';
import { HANDOVER, OWN_DATE } from './wrap.mjs';

const ownDate = new vm.Script(OWN_DATE);

/**
 * @param {string} source the wrapped script; a syntax error is thrown here, as the platform refuses it at save
 * @param {{globals: Record<string, unknown>, parameters: boolean, now: () => number, filename: string}} host
 */
export function compile(source, host) {
  const script = new vm.Script(source, { filename: host.filename });
  return (/** @type {Record<string, unknown>} */ inputs) => {
    const context = vm.createContext({ ...host.globals, ...(host.parameters ? { [HANDOVER]: inputs } : inputs) });
    ownDate.runInContext(context)(host.now);
    const SandboxPromise = vm.runInContext('Promise', context);
    return {
      owns: (/** @type {unknown} */ promise) => promise instanceof SandboxPromise,
      start: () => script.runInContext(context, { timeout: 1000 }),
    };
  };
}
