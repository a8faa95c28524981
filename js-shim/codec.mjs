// Text and bytes across the boundary: what a bare sandbox lacks. It takes the host's `Buffer` where there is a real one;
// the build leaves it out of the plain-JavaScript twins.

/** Under vm2 a `Buffer` is a proxy: WebAssembly refuses its bytes, and it refuses the sandbox's own memory. */
const native = typeof Buffer === 'function' && ArrayBuffer.isView(Buffer.from(''));

/**
 * The bytes of the embedded module: each character of the literal carries one byte in its low eight bits. As base64 a
 * module of 14,294 bytes takes 19,060 units; until it is compiled in a fresh context it then takes 0.8 of the time with
 * a `Buffer` and 1.2 without. The units are the scarcer.
 * @param {string} literal
 */
export const decodeBytes = (literal) => {
  if (native) return Buffer.from(literal, 'latin1');
  const bytes = new Uint8Array(literal.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = literal.charCodeAt(i);
  return bytes;
};

/**
 * Text from UTF-8 bytes that Rust wrote, so they are well-formed.
 * @param {ArrayBufferLike} memory
 * @param {number} start
 * @param {number} length
 */
export const decodeText = (memory, start, length) => {
  if (native) return Buffer.from(memory, start, length).toString();
  const bytes = new Uint8Array(memory, start, length);
  let escaped = '';
  for (const byte of bytes) escaped += String.fromCharCode(byte);
  return decodeURIComponent(escape(escaped));
};

/**
 * Writes text as UTF-16 units, lone surrogates included.
 * @param {string} text
 * @param {ArrayBufferLike} memory
 * @param {number} start
 */
export const writeText = (text, memory, start) => {
  if (native) return Buffer.from(memory).write(text, start, 'utf16le');
  const units = new Uint16Array(memory, start, text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
};
