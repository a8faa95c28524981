// A loopback HTTP server for a fake service: reads the whole request, hands it over, writes the answer.
// Also carries out the faults that need a real wire. Knows no service's rules.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Tells the server to misbehave for this one request. Never reaches a service. */
export const FAULT_HEADER = 'x-emulator-fault';

/**
 * @typedef {{method: string, path: string, query: URLSearchParams, headers: import('node:http').IncomingHttpHeaders, body: Buffer}} ServiceRequest
 * @typedef {{status?: number, headers?: Record<string, string>, body: string}} ServiceAnswer
 * @typedef {{reset?: true, answer?: ServiceAnswer}} WireFault
 */

/** @param {(request: ServiceRequest) => ServiceAnswer} handle */
export async function listen(handle) {
  const server = createServer(async (incoming, outgoing) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { [FAULT_HEADER]: marker, ...headers } = incoming.headers;
    const fault = /** @type {WireFault} */ (marker ? JSON.parse(decodeURIComponent(String(marker))) : {});
    const url = new URL(incoming.url ?? '/', 'http://loopback');
    if (fault.reset) {
      incoming.socket.destroy();
      return;
    }
    const request = {
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers,
      body: Buffer.concat(chunks),
    };
    const answer = fault.answer ?? attempt(() => handle(request));
    outgoing.writeHead(answer.status ?? 200, { 'content-type': 'application/json; charset=UTF-8', ...answer.headers });
    outgoing.end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A defect of a fake must fail the request that met it, not leave it hanging. @param {() => ServiceAnswer} handle */
function attempt(handle) {
  try {
    return handle();
  } catch (/** @type {any} */ defect) {
    return { status: 500, headers: { 'content-type': 'text/plain' }, body: `defect of the emulator: ${defect.stack}` };
  }
}

/** What these services always answer: HTTP 200, and the truth in `errcode`. @returns {ServiceAnswer} */
export function answer(/** @type {number} */ errcode, /** @type {string} */ errmsg, /** @type {object} */ more = {}) {
  return { body: JSON.stringify({ errcode, errmsg, ...more }) };
}

/** Bytes of UTF-8, as the services count. */
export const bytes = (/** @type {string} */ text) => Buffer.byteLength(text, 'utf8');

/** @returns {any} undefined when it is no JSON object */
export function parseObject(/** @type {Buffer} */ body) {
  try {
    const value = JSON.parse(body.toString('utf8'));
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const isText = (/** @type {unknown} */ value) => typeof value === 'string' && value !== '';

export const isTextList = (/** @type {unknown} */ value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
