// Before tests, lint and builds: the Rust toolchain that rust-toolchain.toml pins, with its components and targets.
// Only what is missing is installed, so a machine that has it all waits for two listings and needs no network.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The pin's lines are texts and lists of texts, which TOML writes as JSON does. */
const pin = readFileSync(`${ROOT}/rust-toolchain.toml`, 'utf8');
const entries = [...pin.matchAll(/^(\w+) = (.+)$/gm)].map(([, key, value]) => [key, JSON.parse(value)]);
const { channel, profile, components, targets } =
  /** @type {{channel: string, profile: string, components: string[], targets: string[]}} */ (
    Object.fromEntries(entries)
  );

if (!list('toolchain', 'list').some((line) => line.startsWith(`${channel}-`))) {
  const parts = [
    ...components.flatMap((name) => ['--component', name]),
    ...targets.flatMap((name) => ['--target', name]),
  ];
  install('toolchain', 'install', channel, '--profile', profile, ...parts);
} else {
  const installed = list('component', 'list', '--installed', '--toolchain', channel);
  const missing = {
    component: components.filter((name) => !installed.some((line) => line.startsWith(`${name}-`))),
    target: targets.filter((name) => !installed.includes(`rust-std-${name}`)),
  };
  for (const [kind, names] of Object.entries(missing)) {
    if (names.length) install(kind, 'add', '--toolchain', channel, ...names);
  }
}

/** What rustup lists, line by line. */
function list(/** @type {string[]} */ ...words) {
  return rustup(words, 'pipe').split(/\r?\n/);
}

function install(/** @type {string[]} */ ...words) {
  console.error(`Installing for Rust ${channel} (once): rustup ${words.join(' ')}`);
  rustup(words, 'inherit');
}

/** @param {string[]} words @param {'pipe' | 'inherit'} stdout @returns {string} what it printed, if it is piped */
function rustup(words, stdout) {
  const ran = spawnSync('rustup', words, { cwd: ROOT, stdio: ['ignore', stdout, 'inherit'], encoding: 'utf8' });
  if (ran.error) fail('rustup is not installed, and Rust is needed here: get it from https://rustup.rs');
  if (ran.status !== 0) fail(`Rust ${channel} is not complete: "rustup ${words.join(' ')}" failed`);
  return ran.stdout;
}

function fail(/** @type {string} */ why) {
  console.error(why);
  process.exit(1);
}
