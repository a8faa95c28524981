// The way from a script's HTTP request to a fake service: the real axios, with the vendors' origins led to loopback.
// Faults are injected here. Any other host does not exist: nothing ever leaves this machine.

import axios from 'axios';
import { FAULT_HEADER } from './services/server.mjs';

/**
 * `refused`, `reset`, `dns`: the request never arrives. `timeout`: it never arrives and time runs out.
 * `{late: ms}`: it arrives, and the answer comes so much later. `html`, `truncated`, `empty`: an answer that is no JSON.
 * `{status, body?}` another HTTP status; `{errcode, errmsg?, ...}` a 200 with that answer.
 * @typedef {'refused' | 'reset' | 'dns' | 'timeout' | 'html' | 'truncated' | 'empty'
 *   | {late: number} | {status: number, body?: string} | {errcode: number, errmsg?: string}} Fault
 */

/**
 * @typedef {object} Sent one request as the log keeps it
 * @property {number} at
 * @property {string} service
 * @property {string} method
 * @property {string} url as the script wrote it, query included
 * @property {unknown} data
 * @property {Fault} [fault]
 * @property {number} [status]
 * @property {any} [answer]
 * @property {string} [error] axios's code, when there was no answer
 */

/** How long a request without a timeout hangs before the system gives up. */
const SYSTEM_TIMEOUT = 120_000;

export class Network {
  /** @type {Sent[]} */
  requests = [];
  /** @type {{origin: string, prefix: string, services: Service[]}[]} */
  #routes = [];
  /** @type {{fault: Fault, service?: string, path?: string, skip: number, times: number}[]} */
  #faults = [];
  /** What real time, not the clock, is still to answer. @type {Set<Promise<unknown>>} */
  #onWire = new Set();

  /** @typedef {import('./services/service.mjs').Service} Service */

  /**
   * @param {import('./clock.mjs').Clock} clock
   * @param {string} open the origin where every service answers, below its id
   * @param {string} closed an origin where nobody listens
   */
  constructor(clock, open, closed) {
    this.clock = clock;
    this.open = open;
    this.closed = closed;
    this.#axios = axios.create({ proxy: false, adapter: (config) => this.#adapt(config) });
  }

  #axios;

  /** Leads an origin, or an address with all that is below it, to those of the services that serve the rest of a path. */
  route(/** @type {string} */ address, /** @type {Service[]} */ services) {
    const url = new URL(address);
    const route = { origin: url.origin, prefix: url.pathname.replace(/\/+$/, ''), services };
    this.#routes = [route, ...this.#routes];
  }

  /**
   * The next requests go wrong.
   * @param {Fault} fault
   * @param {{service?: string, path?: string, skip?: number, times?: number}} [which] every service, once, by default
   */
  fail(fault, { service, path, skip = 0, times = 1 } = {}) {
    this.#faults.push({ fault, service, path, skip, times });
  }

  /** Ends all faults. */
  heal() {
    this.#faults = [];
  }

  /** What the platform does with an `axios` action. @returns {Promise<import('axios').AxiosResponse>} */
  send(/** @type {any} */ config) {
    return this.#axios(config);
  }

  /**
   * The function that scripts are given: the documented fields of a config, the documented shape of an answer.
   * It has no properties, so a script cannot lean on what TKL may not have.
   */
  get axios() {
    return async (/** @type {any} */ config) => {
      const { method, url, params, headers, data, timeout } = JSON.parse(JSON.stringify(config ?? {}));
      try {
        const answer = await this.#axios({ method, url, params, headers, data, timeout });
        return {
          status: answer.status,
          statusText: answer.statusText,
          headers: { ...answer.headers },
          data: answer.data,
        };
      } catch (/** @type {any} */ fault) {
        const { code, response } = fault;
        throw Object.assign(new Error(fault.message), {
          name: 'AxiosError',
          code,
          ...(response && {
            response: { status: response.status, headers: { ...response.headers }, data: response.data },
          }),
        });
      }
    };
  }

  /** @param {import('axios').InternalAxiosRequestConfig} config */
  async #adapt(config) {
    const written = axios.getUri(config);
    const url = new URL(written);
    const route = this.#routes.find(
      ({ origin, prefix }) =>
        origin === url.origin && (url.pathname === prefix || url.pathname.startsWith(`${prefix}/`)),
    );
    const path = url.pathname.slice(route?.prefix.length ?? 0);
    const service = route?.services.find((candidate) => candidate.serves(path));
    const fault = route ? this.#faultFor(service?.facts.id ?? '', path) : 'dns';
    /** @type {Sent} */
    const sent = {
      at: this.clock.now(),
      service: service?.facts.id ?? url.host,
      method: (config.method ?? 'get').toUpperCase(),
      url: written,
      data: typeof config.data === 'string' ? parsed(config.data) : config.data,
      ...(fault && { fault }),
    };
    this.requests.push(sent);
    try {
      if (fault === 'timeout') await this.#runOut(config, sent.at);
      const target = `${this.open}/${service?.facts.id ?? 'nobody'}${path}${url.search}`;
      const answer = this.#overWire(config, target, url.hostname, fault);
      this.#onWire.add(answer);
      const response = await answer.finally(() => this.#onWire.delete(answer));
      if (typeof fault === 'object' && 'late' in fault) {
        if (config.timeout && fault.late >= config.timeout) await this.#runOut(config, sent.at);
        await this.#sleepUntil(sent.at + fault.late);
      }
      sent.status = response.status;
      sent.answer = parsed(response.data);
      response.config = config;
      return response;
    } catch (/** @type {any} */ failure) {
      sent.error = failure.code ?? failure.message;
      if (failure.response) {
        sent.status = failure.response.status;
        sent.answer = failure.response.data;
      }
      if (failure.config) failure.config = config;
      throw failure;
    }
  }

  /**
   * @param {import('axios').InternalAxiosRequestConfig} config
   * @param {string} target
   * @param {string} host
   * @param {Fault | undefined} fault
   */
  #overWire(config, target, host, fault) {
    const http = axios.getAdapter('http');
    const headers = config.headers.concat({});
    const request = {
      ...config,
      headers,
      baseURL: undefined,
      params: undefined,
      url: target,
      proxy: /** @type {false} */ (false),
      timeout: 0,
    };
    if (fault === 'refused') return http({ ...request, url: this.closed });
    if (fault === 'dns') {
      const notFound = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
        code: 'ENOTFOUND',
        syscall: 'getaddrinfo',
        hostname: host,
      });
      const lookup = (/** @type {string} */ _, /** @type {object} */ __, /** @type {Function} */ done) =>
        done(notFound);
      return http(/** @type {any} */ ({ ...request, url: `http://${host}/`, lookup }));
    }
    const wire = wireFault(fault);
    if (wire) headers.set(FAULT_HEADER, encodeURIComponent(JSON.stringify(wire)));
    return http(request);
  }

  /**
   * Time passes until the request's own timeout, as axios reports it.
   * @param {import('axios').InternalAxiosRequestConfig} config
   * @param {number} since when it was made
   */
  async #runOut(config, since) {
    await this.#sleepUntil(since + (config.timeout || SYSTEM_TIMEOUT));
    if (!config.timeout) throw new axios.AxiosError('read ETIMEDOUT', 'ETIMEDOUT', config);
    throw new axios.AxiosError(`timeout of ${config.timeout}ms exceeded`, 'ECONNABORTED', config);
  }

  /** Requests that are made together hang beside each other, and what answers at once does so before time passes. */
  async #sleepUntil(/** @type {number} */ moment) {
    // The others that were made at this moment are on their way only after this.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#onWire.size > 0) await Promise.allSettled(this.#onWire);
    await this.clock.sleep(moment - this.clock.now());
  }

  /** @param {string} service @param {string} path @returns {Fault | undefined} */
  #faultFor(service, path) {
    const due = this.#faults.find(
      (entry) => (entry.service ?? service) === service && (entry.path ?? path) === path && entry.times > 0,
    );
    if (!due) return undefined;
    if (due.skip > 0) {
      due.skip -= 1;
      return undefined;
    }
    due.times -= 1;
    return due.fault;
  }
}

/** @returns {import('./services/server.mjs').WireFault | undefined} */
function wireFault(/** @type {Fault | undefined} */ fault) {
  if (fault === 'reset') return { reset: true };
  if (fault === 'html') {
    const body = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>';
    return { answer: { headers: { 'content-type': 'text/html' }, body } };
  }
  if (fault === 'truncated') return { answer: { body: '{"errcode":0,"errm' } };
  if (fault === 'empty') return { answer: { body: '' } };
  if (typeof fault !== 'object') return undefined;
  if ('status' in fault) return { answer: { status: fault.status, body: fault.body ?? '' } };
  if ('errcode' in fault) return { answer: { body: JSON.stringify({ errmsg: 'injected', ...fault }) } };
  return undefined;
}

function parsed(/** @type {unknown} */ text) {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
