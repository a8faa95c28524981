// The npm package vm2 with the switches that newer TKL documents: eval off, WebAssembly off, no async.
// Two releases: the newest, and the long-lived 3.9.19, which differ in what a sandbox sees.

import { VM as Newest } from 'vm2';
import { VM as Old } from 'vm2-3.9.19';
import { HANDOVER, OWN_DATE } from './wrap.mjs';

export const RELEASES = { newest: Newest, '3.9.19': Old };

/**
 * @param {string} source
 * @param {{globals: Record<string, unknown>, parameters: boolean, now: () => number, filename: string,
 *   release: keyof typeof RELEASES}} host
 */
export function compile(source, host) {
  const VM = RELEASES[host.release];
  const options = { timeout: 1000, eval: false, wasm: false, allowAsync: false };
  // What the platform does at save: the text must parse, and must not name async where async is off.
  new VM(options).run(`(function () {\n${source}\n});`, host.filename);
  return (/** @type {Record<string, unknown>} */ inputs) => {
    const sandbox = { ...host.globals, ...(host.parameters ? { [HANDOVER]: inputs } : inputs) };
    const box = new VM({ ...options, sandbox });
    box.run('delete globalThis.console;');
    if ('Buffer' in host.globals && host.globals.Buffer === undefined) box.run('delete globalThis.Buffer;');
    box.run(OWN_DATE)(host.now);
    return {
      owns: () => true,
      start: () => box.run(source, host.filename),
    };
  };
}
