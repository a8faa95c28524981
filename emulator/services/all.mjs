// Starts the fake services on loopback and the network that leads to them.
// One server a vendor host, as the vendors have it: the WeCom bot and the WeCom app share theirs.

import { Clock } from '../clock.mjs';
import { Network } from '../network.mjs';
import { ORIGIN as DINGTALK, DingtalkRobot } from './dingtalk_robot.mjs';
import { answer, listen } from './server.mjs';
import { WecomApp } from './wecom_app.mjs';
import { ORIGIN as WECOM, WecomBot } from './wecom_bot.mjs';

/** @param {{clock?: Clock}} [options] */
export async function startServices({ clock = new Clock() } = {}) {
  const wecomBot = new WecomBot(clock);
  const wecomApp = new WecomApp(clock);
  const dingtalkRobot = new DingtalkRobot(clock);
  const wecom = await serve([wecomBot, wecomApp]);
  const dingtalk = await serve([dingtalkRobot]);
  const closed = await listen(() => answer(0, 'ok'));
  await closed.close();
  const network = new Network(clock, closed.origin);
  network.route(WECOM, wecom.origin, [wecomBot, wecomApp]);
  network.route(DINGTALK, dingtalk.origin, [dingtalkRobot]);
  return {
    clock,
    network,
    wecomBot,
    wecomApp,
    dingtalkRobot,
    /** A proxy of the organization's before a vendor: `wecom_base_url`, `dingtalk_base_url`. */
    proxy(/** @type {'wecom' | 'dingtalk'} */ vendor, /** @type {string} */ address) {
      if (vendor === 'wecom') network.route(address, wecom.origin, [wecomBot, wecomApp]);
      else network.route(address, dingtalk.origin, [dingtalkRobot]);
    },
    async close() {
      await Promise.all([wecom.close(), dingtalk.close()]);
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof startServices>>} Services */

/** @param {{serves: (path: string) => boolean, handle: (request: import('./server.mjs').ServiceRequest) => import('./server.mjs').ServiceAnswer}[]} services */
function serve(services) {
  return listen((request) => {
    const service = services.find((candidate) => candidate.serves(request.path));
    return service ? service.handle(request) : { status: 404, body: '' };
  });
}
