// The unpacker that packed paste files carry: what it makes of sequences, of changed units, and of anything at all.
// How bytes are packed is tested beside the packer, in `xtask/src/pack.rs`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES } from './run.mjs';

const START = 131072;
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
  return Buffer.from(m.buffer, 0, u(START, START + literal.length * 2));
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

/** What a length has beyond the `most` that its place in a token holds. @param {number} number @param {number} most */
const more = (number, most) =>
  number < most ? [] : [...Array(Math.floor((number - most) / 255)).fill(255), (number - most) % 255];

/** One sequence as the format has it. @param {number[]} given @param {number} length @param {number} offset */
const sequence = (given, length, offset) => {
  const high = offset > 0x6ff ? 7 : offset >> 8;
  const token = (Math.min(given.length, 3) << 6) | ((Math.min(length, 10) - 3) << 3) | high;
  const low = high === 7 ? [offset & 255, offset >> 8] : [offset & 255];
  return [token, ...more(given.length, 3), ...given, ...low, ...more(length, 10)];
};

test('every packed file holds a module that engines take', () => {
  for (const { literals } of packed) {
    const [literal] = literals.filter((one) => !isUnpacker(one));
    assert.ok(WebAssembly.validate(unpack(literal)));
  }
});

test('sequences become the bytes that they describe', () => {
  for (let seed = 0; seed < 200; seed++) {
    const number = numbers(seed);
    /** @type {number[]} */
    const bytes = [];
    /** @type {number[]} */
    const out = [];
    for (let n = number(60); n >= 0; n--) {
      const given = Array.from({ length: [number(5), number(20), 258, 600][number(4)] }, () => number(256));
      out.push(...given);
      const offset = out.length && 1 + number(Math.min(out.length, [8, 20, 0x900, 0xffff][number(4)]));
      if (!offset) continue;
      const length = [3 + number(10), 3 + number(40), 265, 700][number(4)];
      for (let i = 0; i < length; i++) out.push(out[out.length - offset]);
      bytes.push(...sequence(given, length, offset));
    }
    bytes.push(...sequence([], 3, 0));
    assert.deepEqual(unpack(carry(bytes)), Buffer.from(out));
  }
});

test('a changed, missing or added unit is refused', () => {
  const literal = carry([...sequence([...Buffer.from('some text and more')], 9, 5), ...sequence([1, 2], 3, 0)]);
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
  for (let seed = 0; seed < 300; seed++) {
    const number = numbers(seed);
    const kinds = [() => number(256), () => 255, () => 0, () => number(2) * 255];
    const kind = kinds[number(4)];
    const bytes = Array.from({ length: number(400) }, kind);
    try {
      unpack(carry(bytes));
    } catch (fault) {
      assert.ok(fault instanceof WebAssembly.RuntimeError);
    }
  }
});
