// QuickJS with the inputs of today's TKL: an engine that is not V8, for the plain-JavaScript twins.
// No server is known to run it, so it is a host only where a test imports this file, and npm start needs no QuickJS.

import { PROFILES } from '../host.mjs';
import { profile as current } from './tkl-current.mjs';

export const profile = /** @type {import('../host.mjs').Profile} */ ({
  ...current,
  name: 'quickjs',
  about: 'not a TKL host: QuickJS, without WebAssembly and Buffer, to prove the plain-JavaScript twins',
  engine: () => import('../engines/quickjs.mjs'),
  triggerEngine: undefined,
  wrappers: ['parameters', 'globals'],
  globals: {},
  promises: 'error',
  axios: false,
});

PROFILES[profile.name] = profile;
