// Text and bytes across the boundary: what a bare sandbox lacks. It takes the host's `Buffer` where there is a real one;
// the build leaves it out of the plain-JavaScript twins.

/** Whether the host's `Buffer` serves; known once the embedded module is decoded, which is the first thing done. */
let native = false;

/**
 * The bytes of the embedded module: each character of the literal carries one byte in its low eight bits.
 * @param {string} literal
 */
export const decodeBytes = (literal) => {
  if (typeof Buffer === 'function') {
    const bytes = Buffer.from(literal, 'latin1');
    // Under vm2 a `Buffer` is a proxy: WebAssembly refuses its bytes, and it refuses the sandbox's own memory.
    native = ArrayBuffer.isView(bytes);
    if (native) return bytes;
  }
  const bytes = new Uint8Array(literal.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = literal.charCodeAt(i);
  return bytes;
};

/**
 * Writes text as UTF-16 units: what a packed module is carried in.
 * @param {string} text
 * @param {ArrayBufferLike} memory
 * @param {number} start
 */
export const writeUnits = (text, memory, start) => {
  if (native) return Buffer.from(memory).write(text, start, 'utf16le');
  const units = new Uint16Array(memory, start, text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
};

/**
 * Writes text as UTF-8, a lone surrogate as U+FFFD; answers how many bytes.
 * @param {string} text
 * @param {ArrayBufferLike} memory
 * @param {number} start
 */
const writeText = (text, memory, start) => {
  if (native) return Buffer.from(memory, start).write(text);
  // A half of a surrogate pair without the other has no bytes. What is left: one character a byte.
  const whole = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
  const bytes = unescape(encodeURIComponent(whole));
  const target = new Uint8Array(memory, start, bytes.length);
  for (let i = 0; i < bytes.length; i++) target[i] = bytes.charCodeAt(i);
  return bytes.length;
};

/**
 * Text from UTF-8 bytes that Rust wrote, so they are well-formed.
 * @param {ArrayBufferLike} memory
 * @param {number} start
 * @param {number} length
 */
const readText = (memory, start, length) => {
  if (native) return Buffer.from(memory, start, length).toString();
  let bytes = '';
  // In parts, since a call takes only so many arguments.
  for (let at = 0; at < length; at += 8192) {
    const part = new Uint8Array(memory, start + at, Math.min(8192, length - at));
    bytes += String.fromCharCode.apply(null, /** @type {any} */ (part));
  }
  return decodeURIComponent(escape(bytes));
};

/**
 * One call of an export, text in and text out through the module's buffer: ARCHITECTURE.md, "The boundary".
 * @param {import('./run.mjs').Exports} core
 * @param {'rpc_script' | 'trigger_script'} name
 * @param {string} input
 */
export const exchange = (core, name, input) => {
  // No text takes more than three bytes a unit.
  const start = core.buffer(input.length * 3);
  const length = core[name](writeText(input, core.memory.buffer, start));
  return readText(core.memory.buffer, start, length);
};
