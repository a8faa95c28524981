// The strictest reading of the newest documentation: vm2 with eval, WebAssembly and async off, no axios function.
// Two releases of vm2, since which one TKL runs is not known.

import { profile as current } from './tkl-current.mjs';

export const profile = strict('newest');

/** @param {'newest' | '3.9.19'} release */
export function strict(release) {
  return /** @type {import('../host.mjs').Profile} */ ({
    ...current,
    name: release === 'newest' ? 'tkl-current-strict' : `tkl-current-strict-${release}`,
    about: `the strictest sandbox documented (vm2 ${release}): no WebAssembly, no async, HTTP by actions only`,
    engine: () => import('../engines/vm2.mjs'),
    engineOptions: { release },
    wrappers: ['parameters', 'globals'],
    promises: 'error',
    axios: false,
  });
}
