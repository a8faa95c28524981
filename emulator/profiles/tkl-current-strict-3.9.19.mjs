// The strict sandbox on vm2 3.9.19, the release that most servers out there still carry.
// Nothing else differs from the other one.

import { strict } from './tkl-current-strict.mjs';

export const profile = strict('3.9.19');
