// Makes the fakes know whatever credentials a user's own settings name, so that their files just work.
// What follows from which setting is each service's own; whoever is mentioned in what it makes counts as a member.

import { named } from './services/service.mjs';

/**
 * @param {import('./services/all.mjs').Services} services
 * @param {Record<string, unknown>} orgParams
 * @param {Record<string, unknown>} [serverAttrs]
 */
export function adopt(services, orgParams, serverAttrs = {}) {
  const own = { org_params: texts(orgParams), server_attrs: texts(serverAttrs) };
  for (const service of services.all) service.adopt(own, { anybody: true });
  for (const setting of new Set(services.all.map(({ facts }) => facts.addressSetting))) {
    if (setting === undefined) continue;
    for (const [, address] of named(own.org_params, setting)) {
      if (/^https:\/\/[^/\s]/.test(address)) services.lead(setting, address);
    }
  }
}

/** What can be a setting: numbers and texts, as the texts that scripts read. @param {Record<string, unknown>} settings */
function texts(settings) {
  const usable = Object.entries(settings).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  return Object.fromEntries(usable.map(([name, value]) => [name, String(value).trim()]));
}
