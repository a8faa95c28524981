// The unpacker that packed paste files carry: what it makes of sequences, of changed units, and of anything at all.
// How bytes are packed is tested beside the packer, in `xtask/src/pack.rs`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES } from './run.mjs';

const START = 131072;
const RESULT = 0x8000;
const SUM = 0x9e3779b97f4a7c15n;
const packed = FILES.flatMap(({ name, text }) => {
  const literals = [...text.matchAll(/^"([^"]{400,})"$/gm)].map(([, literal]) => literal);
  return literals.length === 2 && name !== 'trigger.js' ? [{ name, literals }] : [];
});
const [{ literals }] = packed;
/** The shorter of the two literals. */
const small = Math.min(...literals.map(({ length }) => length));
const isUnpacker = (/** @type {string} */ literal) => literal.length === small;
const unpacker = new WebAssembly.Module(Uint8Array.from(Buffer.from(literals.find(isUnpacker) ?? '', 'latin1')));

/** @typedef {{m: WebAssembly.Memory, u: (start: number, end: number) => number}} Unpacker its memory, and the function that says how many bytes it made */

/** The bytes that a literal holds. */
const unpack = (/** @type {string} */ literal) => {
  const { m, u } = /** @type {Unpacker} */ (/** @type {unknown} */ (new WebAssembly.Instance(unpacker).exports));
  Buffer.from(m.buffer).write(literal, START, 'utf16le');
  return Buffer.from(m.buffer, RESULT, u(START, START + literal.length * 2));
};

/** So many bytes from a place on as a number, the first lowest. @param {number[]} bytes @param {number} at @param {number} length */
const little = (bytes, at, length) =>
  bytes.slice(at, at + length).reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

/** Packed bytes as units, and the sum over them. @param {number[]} bytes */
const carry = (bytes) => {
  const group = (/** @type {bigint} */ number) =>
    [1n, 27648n, 27648n ** 2n, 27648n ** 3n].map((place) => Number((number / place) % 27648n) + 0x3400);
  let count = Math.floor((bytes.length * 8) / 59);
  while (count * 7 + Math.floor(count / 8) * 3 < bytes.length) count++;
  const [low, high] = [bytes.slice(0, count * 7), bytes.slice(count * 7)];
  const units = [];
  let sum = 0n;
  for (let n = 0; n < count; n++) {
    const three = (little(high, Math.floor(n / 8) * 3, 3) >> BigInt((n % 8) * 3)) & 7n;
    const four = group(little(low, n * 7, 7) | (three << 56n));
    const raw = four.reduceRight((raw, unit) => (raw << 16n) | BigInt(unit), 0n);
    const product = BigInt.asUintN(64, (sum ^ raw) * SUM);
    sum = BigInt.asUintN(64, (product << 32n) | (product >> 32n));
    units.push(...four);
  }
  return String.fromCharCode(...units, ...group(sum >> 5n));
};

/** The same numbers in every run. @param {number} seed */
const numbers = (seed) => {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/** A number as slot, further bits, and how many these are. @param {number} number @returns {[number, number, number]} */
const slotted = (number) => {
  if (number === 0) return [0, 0, 0];
  const count = 30 - Math.clz32(number);
  return [2 * count + (number >> count), number & ((1 << count) - 1), count];
};

/** @typedef {number | [number, number]} Token a byte, or a match's length and offset; offset 0 is that of the one before */

/**
 * A stream of tokens as the format has it, the codes of a table all as long as each other: five bits for slots, nine for
 * tokens, so a symbol's code is its number from the other end.
 * @param {Token[]} tokens
 */
const stream = (tokens) => {
  /** @type {number[]} */
  const bytes = [];
  let at = 0;
  const put = (/** @type {number} */ number, /** @type {number} */ count) => {
    for (let n = 0; n < count; n++, at++) {
      if (at % 8 === 0) bytes.push(0);
      bytes[bytes.length - 1] |= ((number >> n) & 1) << (at % 8);
    }
  };
  const code = (/** @type {number} */ symbol, /** @type {number} */ length) => {
    for (let n = length - 1; n >= 0; n--) put(symbol >> n, 1);
  };
  const told = new Set();
  put(7, 4);
  for (let table = 1; table < 7; table++) {
    const length = table < 5 ? 5 : 9;
    const number = (/** @type {number} */ value) => {
      const [slot, rest, count] = slotted(value);
      if (table === 1) put(slot, 5);
      else code(slot, 5);
      put(rest, count);
    };
    for (let bits = 1; bits < length; bits++) number(0);
    for (let symbol = 0; symbol < 2 ** length; symbol++) {
      number(2);
      if (symbol > 255 || told.has(symbol)) continue;
      told.add(symbol);
      put(5 + (symbol % 2), 4);
    }
  }
  for (const token of tokens) {
    if (typeof token === 'number') {
      code(token, 9);
      continue;
    }
    const [length, offset] = token;
    const [symbol, rest, count] = length < 14 ? [length - 2, 0, 0] : slotted(length - 10);
    code(256 + symbol + (length < 14 ? 0 : 8) + (offset ? 0 : 32), 9);
    put(rest, count);
    if (!offset) continue;
    const [slot, more, bits] = slotted(offset + 1);
    code(slot, 5);
    put(more, bits);
  }
  code(256 + 24, 9);
  return bytes;
};

test('every packed file holds a module that engines take', () => {
  for (const { literals } of packed) {
    const [literal] = literals.filter((one) => !isUnpacker(one));
    assert.ok(WebAssembly.validate(unpack(literal)));
  }
});

test('tokens become the bytes that they describe', () => {
  for (let seed = 0; seed < 200; seed++) {
    const number = numbers(seed);
    /** @type {Token[]} */
    const tokens = [];
    /** @type {number[]} */
    const out = [];
    let last = 0;
    for (let n = number(80); n >= 0; n--) {
      const given = Array.from({ length: [number(3), number(20)][number(2)] }, () => number(256));
      tokens.push(...given);
      out.push(...given);
      if (!out.length) continue;
      const again = last && number(3) === 0;
      if (!again) last = 1 + number(Math.min(out.length, [8, 20, 0x900, 0x7000][number(4)]));
      const length = 2 + number([3, 14, 40, 264][number(4)]);
      tokens.push([length, again ? 0 : last]);
      for (let i = 0; i < length; i++) out.push(out[out.length - last]);
    }
    assert.deepEqual(unpack(carry(stream(tokens))), Buffer.from(out));
  }
});

test('a changed, missing or added unit is refused', () => {
  const literal = carry(stream([...Buffer.from('some text and more'), [9, 5], 1, 2]));
  assert.ok(unpack(literal).length > 0);
  for (let at = 0; at < literal.length; at++) {
    const [before, after] = [literal.slice(0, at), literal.slice(at + 1)];
    assert.throws(() => unpack(before), WebAssembly.RuntimeError);
    assert.throws(() => unpack(before + after), WebAssembly.RuntimeError);
    assert.throws(() => unpack(`${before}一${literal.slice(at)}`), WebAssembly.RuntimeError);
    for (const by of [1, 2, 256, 0x1234]) {
      const unit = String.fromCharCode(((literal.charCodeAt(at) - 0x3400 + by) % 27648) + 0x3400);
      assert.throws(() => unpack(before + unit + after), WebAssembly.RuntimeError);
    }
  }
});

test('whatever bytes carry a right sum, it comes to an end', () => {
  const tables = stream([]).slice(0, -2);
  for (let seed = 0; seed < 400; seed++) {
    const number = numbers(seed);
    const kinds = [() => number(256), () => 255, () => 0, () => number(2) * 255];
    const kind = kinds[number(4)];
    const bytes = Array.from({ length: number(400) }, kind);
    try {
      // As a description of tables, as one that was changed, and as tokens.
      if (number(3) === 0) unpack(carry(bytes));
      else if (number(2) === 0) unpack(carry(tables.map((byte) => (number(100) ? byte : number(256)))));
      else unpack(carry([...tables, ...bytes]));
    } catch (fault) {
      assert.ok(fault instanceof WebAssembly.RuntimeError);
    }
  }
});
