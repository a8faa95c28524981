// The trigger's paste file below its rules: takes the platform's inputs, whether globals or parameters.

import { load } from '#core';
import { trigger } from './trigger.mjs';

export const result = trigger(
  load('trigger_script', 'trigger'),
  typeof device === 'undefined' ? undefined : device,
  typeof thingModelId === 'undefined' ? undefined : thingModelId,
  RULES,
);
