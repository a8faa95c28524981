// Early 2026, from the public documentation: alarms and logger came, org_params and HTTP had not.
// The rest is taken to be as on 2.00.011.

import { profile as first } from './tkl-2.00.011.mjs';

export const profile = /** @type {import('../host.mjs').Profile} */ ({
  ...first,
  name: 'tkl-early-2026',
  about: 'early 2026: alarms and logger, still no HTTP; a rejected promise ends the server',
  inputs: ['device', 'params', 'alarms', 'logger'],
  wrappers: ['globals', 'parameters'],
  actions: ['modifyAttrs', 'alarm'],
});
