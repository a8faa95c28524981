// A TKL server with its devices, mounted RPCs and triggers: calls a script, runs what it answers, keeps the state.
// What the host's engine does with a script is host.mjs; what an action does is actions.mjs.

import { asJson, runActions } from './actions.mjs';
import { ALARM_RPC } from './alarm_rpc.mjs';
import { Clock } from './clock.mjs';
import { openHost } from './host.mjs';

/**
 * @typedef {object} Device
 * @property {string} eui
 * @property {string} name
 * @property {string} tenant_code
 * @property {Record<string, any>} server_attrs
 * @property {Record<string, any>} shared_attrs
 * @property {Record<string, any>} client_attrs
 * @property {Record<string, any>} other_attrs
 * @property {Record<string, any>} telemetry_data
 * @property {Record<string, any>} alarms
 */

/**
 * `order`: `listed` starts as the trigger says; `alarm first` and `alarm last` move the `alarm` call.
 * `parallel`: no call waits for another, as measured on the public server; else each waits for the one before.
 * @typedef {{order: 'listed' | 'alarm first' | 'alarm last', parallel: boolean}} TriggerMode
 */

/**
 * @typedef {object} CallResult
 * @property {'success' | 'error' | 'server ended'} outcome what the caller sees
 * @property {string} [error]
 * @property {any} result what the script answered, as it is
 * @property {any[]} actions the same as JSON; empty when it was no array
 * @property {[level: string, text: string, extra?: any][]} logs
 * @property {import('./actions.mjs').Done[]} done what became of the actions
 */

/**
 * @param {object} [options]
 * @param {string} [options.profile]
 * @param {import('./services/all.mjs').Services} [options.services]
 * @param {Clock} [options.clock] by default the services' own
 * @param {import('./host.mjs').Wrapper} [options.wrapper]
 * @param {boolean} [options.buffer] false: a host without `Buffer`
 * @param {boolean} [options.axios] false: scripts have no axios function, actions stay
 * @param {Record<string, unknown>} [options.globals] more globals for the scripts
 * @param {Record<string, unknown>} [options.orgParams]
 * @param {boolean} [options.failedAxiosStops] whether an HTTP action that fails ends the list; not known, so a choice
 * @param {Partial<TriggerMode>} [options.triggers]
 */
export async function startPlatform(options = {}) {
  const { profile = 'tkl-current', services } = options;
  const clock = options.clock ?? services?.clock ?? new Clock();
  const axios = options.axios === false ? undefined : services?.network.axios;
  const { wrapper, buffer, globals } = options;
  const host = await openHost(profile, { clock, wrapper, buffer, globals, axios });
  return new Platform(host, clock, services?.network, options);
}

export class Platform {
  /** @type {Map<string, Device>} */
  devices = new Map();
  /** Everything that went out over MQTT: readable by every subscriber of the organization. @type {{at: number, topic: string, body: any}[]} */
  published = [];
  /** Messages handed to the platform's own notification groups. @type {{at: number, notice: any}[]} */
  notices = [];
  /** Every RPC that ran, oldest first. @type {{at: number, eui: string, method: string, result: CallResult}[]} */
  calls = [];
  /** @type {Map<string, {body: string, script: import('./host.mjs').Script}>} */
  #rpcs = new Map();
  /** @type {Map<string, import('./host.mjs').Script>} */
  #triggers = new Map();
  /** @type {Map<string, () => void>} */
  #timers = new Map();

  /**
   * @param {Awaited<ReturnType<typeof openHost>>} host
   * @param {Clock} clock
   * @param {import('./network.mjs').Network | undefined} network
   * @param {NonNullable<Parameters<typeof startPlatform>[0]>} options
   */
  constructor(host, clock, network, options) {
    this.host = host;
    this.clock = clock;
    this.network = network;
    this.orgParams = options.orgParams ?? {};
    this.failedAxiosStops = options.failedAxiosStops ?? true;
    /** @type {TriggerMode} */
    this.triggers = { order: 'listed', parallel: host.profile.live, ...options.triggers };
    if (host.profile.actions.includes('alarm')) this.mount('alarm', ALARM_RPC, { wrapper: host.profile.wrappers[0] });
  }

  /** @param {Partial<Device> & {eui: string} & Record<string, unknown>} fields as the platform knows a device; the rest is filled in */
  addDevice(fields) {
    const device = /** @type {Device} */ ({
      id: `id-${fields.eui}`,
      name: fields.eui,
      update_time: null,
      active_time: null,
      tags: [],
      device_type: 'NORMAL',
      remark: '',
      params: {},
      client_attrs: {},
      shared_attrs: {},
      server_attrs: {},
      other_attrs: {},
      mac_attrs: {},
      telemetry_data: {},
      tenant_code: 'demo',
      location_id: '',
      parent: null,
      ...fields,
    });
    // Kept with the device, but no field of it: scripts get the map as an input of its own.
    Object.defineProperty(device, 'alarms', { value: { ...fields.alarms }, enumerable: false });
    this.devices.set(device.eui, device);
    return device;
  }

  device(/** @type {string} */ eui) {
    const device = this.devices.get(eui);
    if (!device) throw new Error(`no device ${eui}`);
    return device;
  }

  /** Saves an RPC's body and mounts it on every device. Refused, as at save, when it does not parse. */
  mount(
    /** @type {string} */ method,
    /** @type {string} */ body,
    /** @type {{wrapper?: import('./host.mjs').Wrapper}} */ form = {},
  ) {
    this.#rpcs.set(method, { body, script: this.host.compile(body, { ...form, name: method }) });
  }

  mountTrigger(/** @type {string} */ name, /** @type {string} */ body) {
    this.#triggers.set(name, this.host.compileTrigger(body));
  }

  /**
   * Calls an RPC as MQTT, HTTP, a trigger or a schedule does, and runs its actions.
   * @param {string} eui
   * @param {string} method
   * @param {any} [params] `_eui` is added, as every caller must send it
   * @param {{inputs?: Record<string, unknown>, dryRun?: boolean}} [how] inputs: given to the script instead of the platform's own
   */
  call(eui, method, params = {}, how = {}) {
    return this.clock.run(() => this.#call(eui, method, params, how));
  }

  /**
   * @param {string} eui @param {string} method @param {any} params
   * @param {{inputs?: Record<string, unknown>, dryRun?: boolean}} how
   * @returns {Promise<CallResult>}
   */
  async #call(eui, method, params, how) {
    const device = this.device(eui);
    const rpc = this.#rpcs.get(method);
    /** @type {CallResult} */
    const result = { outcome: 'success', result: undefined, actions: [], logs: [], done: [] };
    this.calls.push({ at: this.clock.now(), eui, method, result });
    if (!rpc) return Object.assign(result, { outcome: 'error', error: `RPC ${method} is not mounted on ${eui}` });
    const inputs = { ...this.#inputs(device, { _eui: eui, ...params }, result.logs), ...how.inputs };
    const ran = await this.host.run(rpc.script, inputs);
    if (ran.kind !== 'result') {
      return Object.assign(result, { outcome: ran.kind, error: ran.message });
    }
    result.result = ran.value;
    const nothing = ran.value === null || ran.value === undefined;
    const actions = nothing && this.host.profile.nullIsNothing ? [] : ran.value;
    if (!Array.isArray(actions)) {
      return Object.assign(result, { outcome: 'error', error: `Invalid return format: ${method}(${method})` });
    }
    result.actions = Array.from(actions, asJson);
    if (how.dryRun) return result;
    const { done, error } = await runActions(this.host.profile.live ? actions : Array.from(actions), {
      profile: this.host.profile,
      clock: this.clock,
      network: this.network,
      device,
      find: (target) => this.devices.get(target),
      publish: (topic, body) => this.published.push({ at: this.clock.now(), topic, body }),
      notify: (notice) => this.notices.push({ at: this.clock.now(), notice }),
      failedAxiosStops: this.failedAxiosStops,
    });
    result.done = done;
    return error === undefined ? result : Object.assign(result, { outcome: 'error', error });
  }

  /** @param {Device} device @param {unknown} params @param {CallResult['logs']} logs */
  #inputs(device, params, logs) {
    /** @type {Record<string, unknown>} */
    const all = {
      device: this.host.profile.live ? device : structuredClone(device),
      params,
      alarms: structuredClone(device.alarms),
      logger: loggerInto(logs),
      org_params: this.orgParams,
    };
    return Object.fromEntries(this.host.profile.inputs.map((name) => [name, all[name]]));
  }

  /**
   * New values of a thing model arrive: they are stored, every trigger runs, and what it calls is called.
   * @param {string} eui
   * @param {string} thingModelId
   * @param {Record<string, unknown>} values
   */
  uplink(eui, thingModelId, values) {
    return this.clock.run(async () => {
      const device = this.device(eui);
      const now = this.clock.now();
      device.telemetry_data[thingModelId] = { ...device.telemetry_data[thingModelId], ...values, update_time: now };
      const runs = [];
      for (const [name, script] of this.#triggers) runs.push(await this.#trigger(name, script, device, thingModelId));
      return runs;
    });
  }

  /** @param {string} name @param {import('./host.mjs').Script} script @param {Device} device @param {string} thingModelId */
  async #trigger(name, script, device, thingModelId) {
    const all = /** @type {Record<string, unknown>} */ ({ device: JSON.parse(JSON.stringify(device)), thingModelId });
    const inputs = Object.fromEntries(this.host.profile.triggerInputs.map((input) => [input, all[input]]));
    const ran = await this.host.run(script, inputs, 'error');
    /** @type {{trigger: string, returned?: any, error?: string, calls: CallResult[], skipped: string[]}} */
    const run = { trigger: name, calls: [], skipped: [] };
    if (ran.kind !== 'result') return Object.assign(run, { error: ran.message });
    run.returned = asJson(ran.value);
    const actions = run.returned?.actions;
    if (!Array.isArray(actions) || actions.length === 0) return run;
    const start = async () => {
      run.calls = await this.#dispatch(actions, run.skipped);
    };
    const delay = Number(run.returned.delayms) || 0;
    const key = `${device.eui} ${name}`;
    if (run.returned.abort_previous_timer) this.#timers.get(key)?.();
    if (delay > 0) this.#timers.set(key, this.clock.timer(delay, start));
    else await start();
    return run;
  }

  /** Calls RPCs as if a trigger had answered with these actions. */
  dispatch(/** @type {{method: string, params: Record<string, unknown>}[]} */ actions) {
    return this.clock.run(() => this.#dispatch(actions, []));
  }

  /** @param {any[]} actions @param {string[]} skipped */
  async #dispatch(actions, skipped) {
    const last = (/** @type {any} */ action) => (action?.method === 'alarm') === (this.triggers.order === 'alarm last');
    const ordered =
      this.triggers.order === 'listed'
        ? actions
        : [...actions.filter((a) => !last(a)), ...actions.filter((a) => last(a))];
    const tasks = [];
    for (const action of ordered) {
      const eui = action?.params?._eui;
      if (!this.devices.has(eui)) {
        skipped.push(`missing device for ${action?.method}`);
        continue;
      }
      tasks.push(() => this.#call(eui, action.method, action.params, {}));
    }
    if (this.triggers.parallel) return this.clock.all(tasks);
    const results = [];
    for (const task of tasks) results.push(await task());
    return results;
  }

  /** Lets time pass, with every delayed trigger that falls due. */
  advance(/** @type {number} */ ms) {
    return this.clock.advance(ms);
  }
}

/** @param {CallResult['logs']} logs */
function loggerInto(logs) {
  const write = (/** @type {string} */ level) => (/** @type {unknown} */ text, /** @type {unknown} */ extra) => {
    logs.push(extra === undefined ? [level, String(text)] : [level, String(text), asJson(extra)]);
  };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}
