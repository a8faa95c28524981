// The table of fake services, and how they are started: on loopback, with the network that leads to them.
// A new service is a file beside this one and a line below; nothing else names it.

import { Clock } from '../clock.mjs';
import { Network } from '../network.mjs';
import { listen } from './server.mjs';

/** Each service's property on what `startServices` answers, and its file. What happens at one moment is told in this order. */
const FILES = {
  wecomBot: import('./wecom_bot.mjs'),
  dingtalkRobot: import('./dingtalk_robot.mjs'),
  wecomApp: import('./wecom_app.mjs'),
};

/** @typedef {{[Name in keyof typeof FILES]: Awaited<(typeof FILES)[Name]>['default']}} Classes */
/** @typedef {{[Name in keyof Classes]: InstanceType<Classes[Name]>}} ByName */

const classes = await Promise.all(Object.values(FILES).map(async (file) => (await file).default));

/** What each service says about itself. */
export const FACTS = classes.map(({ facts }) => facts);

/** @param {{clock?: Clock}} [options] */
export async function startServices({ clock = new Clock() } = {}) {
  /** @type {import('./service.mjs').Service[]} */
  const all = classes.map((Fake) => new Fake(clock));
  const byName = /** @type {ByName} */ (
    Object.fromEntries(Object.keys(FILES).map((name, index) => [name, all[index]]))
  );
  // One server for all: the network puts the service's id before the path.
  const server = await listen((request) => {
    const [, id, path] = /** @type {RegExpExecArray} */ (/^\/([^/]*)(.*)$/.exec(request.path));
    const service = all.find(({ facts }) => facts.id === id);
    return service ? service.handle({ ...request, path }) : { status: 404, body: '' };
  });
  const closed = await listen(() => ({ body: '' }));
  await closed.close();
  const network = new Network(clock, server.origin, closed.origin);
  for (const origin of new Set(all.flatMap(({ facts }) => facts.origins))) {
    network.route(
      origin,
      all.filter(({ facts }) => facts.origins.includes(origin)),
    );
  }
  return {
    ...byName,
    /** The same in the order of the table. */
    all,
    clock,
    network,
    /** The value of such a setting, `wecom_base_url` for one, leads where the vendor's own address does. */
    lead(/** @type {string} */ setting, /** @type {string} */ address) {
      network.route(
        address,
        all.filter(({ facts }) => facts.addressSetting === setting),
      );
    },
    close: () => server.close(),
  };
}

/** @typedef {Awaited<ReturnType<typeof startServices>>} Services */
