// Runs an action array the way the platform does: in order, each after its sleep, the first failure ends it.
// Knows devices and the network; nothing of scripts.

/**
 * @typedef {object} Done what became of one action
 * @property {string} type `downlink` for whatever the host publishes
 * @property {number} at
 * @property {boolean} ok
 * @property {string} [error]
 * @property {any} [answer] of an HTTP action, errcode and all
 * @property {number} [status]
 * @property {any} action as JSON
 */

/** The least wait of the oldest server between downlinks. */
const DOWNLINK_GAP = 100;
const ATTRIBUTE_SETS = ['server_attrs', 'shared_attrs', 'client_attrs'];

/**
 * @param {any[]} actions
 * @param {object} on
 * @param {import('./host.mjs').Profile} on.profile
 * @param {import('./clock.mjs').Clock} on.clock
 * @param {import('./network.mjs').Network | undefined} on.network
 * @param {import('./platform.mjs').Device} on.device the called one: the default target
 * @param {(eui: string) => import('./platform.mjs').Device | undefined} on.find
 * @param {(topic: string, body: unknown) => void} on.publish
 * @param {(notice: unknown) => void} on.notify
 * @param {boolean} on.failedAxiosStops
 * @returns {Promise<{done: Done[], error?: string}>}
 */
export async function runActions(actions, on) {
  /** @type {Done[]} */
  const done = [];
  for (const [index, action] of actions.entries()) {
    /** @type {Done} */
    const entry = { type: 'unknown', at: on.clock.now(), ok: false, action: asJson(action) };
    done.push(entry);
    try {
      const known = on.profile.actions.includes(action.type);
      entry.type = known ? action.type : 'downlink';
      const asked = Math.max(0, Number(action.sleepTimeMs) || 0);
      await on.clock.sleep(!known && index > 0 && on.profile.live ? Math.max(asked, DOWNLINK_GAP) : asked);
      entry.at = on.clock.now();
      await RUN[entry.type](action, on, entry);
      entry.ok = true;
    } catch (/** @type {any} */ failure) {
      entry.error = failure.message;
      if (entry.type !== 'axios' || on.failedAxiosStops) return { done, error: failure.message };
    }
  }
  return { done };
}

/** @type {Record<string, (action: any, on: Parameters<typeof runActions>[1], entry: Done) => unknown>} */
const RUN = {
  downlink(action, on) {
    const eui = action.target ?? on.device.eui;
    let body;
    try {
      body = JSON.stringify(action.dnMsg);
    } catch (/** @type {any} */ fault) {
      throw new Error(`publish error ${fault.message}`);
    }
    on.publish(`/v32/${on.device.tenant_code}/as/dn/data/${eui}`, body === undefined ? undefined : JSON.parse(body));
  },

  modifyAttrs(action, on) {
    const target = /** @type {any} */ (on.find(action.target ?? on.device.eui));
    // The platform's own words for a device it cannot find.
    if (!target) throw new TypeError("Cannot read properties of undefined (reading 'eui')");
    for (const set of ATTRIBUTE_SETS) {
      const change = action.dnMsg?.[set];
      if (change === undefined || change === null) continue;
      // Merged into what stands there now, not into what the script saw; a bridge hands over JSON.
      const merged = { ...target[set], ...(on.profile.live ? change : JSON.parse(JSON.stringify(change))) };
      target[set] = JSON.parse(JSON.stringify(merged));
      on.publish(`/v32/${target.tenant_code}/tkl/up/telemetry/${target.eui}`, { eui: target.eui, [set]: target[set] });
    }
  },

  alarm(action, on) {
    const target = /** @type {any} */ (on.find(action.target ?? on.device.eui));
    const { action: change, data } = action.dnMsg;
    const { alarm_name: name, title, desc, level } = data;
    if (change === 'new') {
      Object.defineProperty(target.alarms, name, {
        value: { title, desc, level },
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else if (change === 'clear') delete target.alarms[name];
  },

  notify(action, on) {
    on.notify(asJson(action.params ?? action.dnMsg?.data));
  },

  async axios(action, on, entry) {
    if (!on.network) throw new Error('this platform was started without services');
    try {
      const response = await on.network.send(action.dnMsg);
      entry.status = response.status;
      entry.answer = response.data;
    } catch (/** @type {any} */ fault) {
      entry.status = fault.response?.status;
      throw fault;
    }
  },
};

/** A copy that a test may compare; what JSON cannot carry says so. */
export function asJson(/** @type {unknown} */ value) {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text);
  } catch (/** @type {any} */ fault) {
    return { not_json: String(fault.message) };
  }
}
