// A paste file's body: takes the platform's inputs, whether globals or parameters, and answers the call.

import { check, load } from '#core';
import { answer } from './run.mjs';

export const result = answer(
  {
    device: typeof device === 'undefined' ? undefined : device,
    params: typeof params === 'undefined' ? undefined : params,
    alarms: typeof alarms === 'undefined' ? undefined : alarms,
    logger: typeof logger === 'undefined' ? undefined : logger,
    org_params: typeof org_params === 'undefined' ? undefined : org_params,
    axios: typeof axios === 'undefined' ? undefined : axios,
  },
  METHOD,
  check,
  load,
);
