// TKL as the application notes use it: inputs as parameters, a global axios function, HTTP actions, async allowed.
// Inferred where no server was seen: node:vm, a rejected promise is an ordinary error, null means nothing to do.

export const profile = /** @type {import('../host.mjs').Profile} */ ({
  name: 'tkl-current',
  about: 'TKL as the application notes use it: org_params, axios function and actions, WebAssembly, async',
  engine: () => import('../engines/node_vm.mjs'),
  // Its triggers are documented as strict, whatever its RPC scripts may do.
  triggerEngine: () => import('../engines/vm2.mjs'),
  engineOptions: { release: 'newest' },
  inputs: ['device', 'params', 'alarms', 'logger', 'org_params'],
  triggerInputs: ['device', 'thingModelId'],
  wrappers: ['parameters', 'globals', 'async'],
  globals: { Buffer },
  promises: 'awaited',
  nullIsNothing: true,
  axios: true,
  actions: ['modifyAttrs', 'alarm', 'notify', 'axios'],
  live: false,
});
