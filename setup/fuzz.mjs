// `npm run fuzz -- <target> [seconds]`: one target of fuzz/ (or `all`) under libFuzzer, 60 seconds each unless told.
// What it finds in a corpus stays below target/; a seed that is worth keeping is copied to fuzz/seeds/<target>/ by hand.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TARGETS = readdirSync(join(ROOT, 'fuzz', 'targets')).map((file) => file.replace('.rs', ''));

const [target, seconds = '60'] = process.argv.slice(2);
if (!target || !['all', ...TARGETS].includes(target) || !/^\d+$/.test(seconds)) {
  fail(`npm run fuzz -- <target> [seconds]\ntargets: all, ${TARGETS.join(', ')}`);
}
if (!works(['+nightly', '--version'])) {
  fail('Fuzzing needs a nightly compiler: rustup toolchain install nightly --profile minimal');
}
if (!works(['fuzz', '--version'])) fail('Fuzzing needs cargo-fuzz: cargo install --locked cargo-fuzz');

for (const name of target === 'all' ? TARGETS : [target]) {
  const corpus = join(ROOT, 'target', 'fuzz-corpus', name);
  mkdirSync(corpus, { recursive: true });
  const limits = [`-max_total_time=${seconds}`, '-max_len=4096', '-timeout=10', '-print_final_stats=1'];
  const words = [
    '+nightly',
    'fuzz',
    'run',
    '--target-dir',
    join('target', 'fuzz'),
    name,
    corpus,
    join('fuzz', 'seeds', name),
    '--',
    ...limits,
  ];
  const { status } = spawnSync('cargo', words, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

function works(/** @type {string[]} */ words) {
  return spawnSync('cargo', words, { cwd: ROOT, stdio: 'ignore' }).status === 0;
}

/** @param {string} why @returns {never} */
function fail(why) {
  console.error(why);
  process.exit(1);
}
