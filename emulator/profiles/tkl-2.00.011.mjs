// The public self-hosted server, as observed: no alarms, logger, org_params or HTTP.
// Whatever action type it does not know it publishes to the device's MQTT topic.

export const profile = /** @type {import('../host.mjs').Profile} */ ({
  name: 'tkl-2.00.011',
  about: 'the public self-hosted server: inputs are globals, no HTTP, a rejected promise ends the server',
  engine: () => import('../engines/node_vm.mjs'),
  inputs: ['device', 'params'],
  triggerInputs: ['device'],
  wrappers: ['globals'],
  globals: { Buffer, crcSum, crc16CCIT, crc16Modbus },
  promises: 'error',
  nullIsNothing: false,
  axios: false,
  actions: ['modifyAttrs'],
  live: true,
});

/** 16-bit sum. */
export function crcSum(/** @type {Uint8Array} */ bytes, /** @type {number} */ length, start = 0) {
  let sum = 0;
  for (let i = start; i < length; i += 1) sum = (sum + bytes[i]) & 0xffff;
  return sum;
}

/** XMODEM style: starts at 0, high bit first. */
export function crc16CCIT(/** @type {Uint8Array} */ bytes, /** @type {number} */ length, polynomial = 0x1021) {
  let crc = 0;
  for (let i = 0; i < length; i += 1) {
    crc ^= bytes[i] << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ polynomial : crc << 1) & 0xffff;
  }
  return crc;
}

/** Starts at 0xFFFF, low bit first. */
export function crc16Modbus(/** @type {Uint8Array} */ bytes, /** @type {number} */ length, polynomial = 0xa001) {
  let crc = 0xffff;
  for (let i = 0; i < length; i += 1) {
    crc ^= bytes[i];
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ polynomial : crc >> 1;
  }
  return crc;
}
