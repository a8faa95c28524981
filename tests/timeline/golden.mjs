// Golden files: what a timeline told, kept as text that people review. UPDATE_GOLDEN=1 writes them anew.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

/** @param {string} name @param {string} text */
export function matches(name, text) {
  const file = new URL(`golden/${name}.txt`, import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') {
    writeFileSync(file, text);
    return;
  }
  assert.equal(text, readFileSync(file, 'utf8'), `${name}: not as tests/timeline/golden/${name}.txt has it`);
}
