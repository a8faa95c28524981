// A paste file's body: takes the platform's inputs, whether globals or parameters, and answers the call.

import { check, load } from '#core';
import { answer } from './run.mjs';

export const result = answer(
  typeof device === 'undefined' ? undefined : device,
  typeof params === 'undefined' ? undefined : params,
  typeof alarms === 'undefined' ? undefined : alarms,
  typeof logger === 'undefined' ? undefined : logger,
  typeof org_params === 'undefined' ? undefined : org_params,
  typeof axios === 'undefined' ? undefined : axios,
  METHOD,
  check,
  load,
);
