// What the npm scripts install before they run: only what is missing, and one line where they cannot.
// A script stands in for rustup, so nothing is installed here.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [, CHANNEL] = /** @type {RegExpExecArray} */ (
  /^channel = "(.+)"$/m.exec(readFileSync(join(ROOT, 'rust-toolchain.toml'), 'utf8'))
);

/**
 * Runs the step beside a rustup that lists this and notes what else it is asked for.
 * @param {{toolchains?: string[], components?: string[], refuses?: string}} [rustup] none: it is not installed
 */
function toolchainStep(rustup) {
  const folder = mkdtempSync(join(tmpdir(), 'setup-'));
  try {
    const asked = join(folder, 'asked');
    writeFileSync(asked, '');
    if (rustup) {
      const { toolchains = [], components = [], refuses = 'nothing' } = rustup;
      const program = `#!${process.execPath}
const words = process.argv.slice(2).join(' ');
if (words === 'toolchain list') console.log(${JSON.stringify(toolchains.join('\n'))});
else if (words.startsWith('component list --installed ')) console.log(${JSON.stringify(components.join('\n'))});
else require('fs').appendFileSync(${JSON.stringify(asked)}, words + '\\n');
if (words.startsWith(${JSON.stringify(refuses)})) process.exit(1);
`;
      writeFileSync(join(folder, 'rustup'), program, { mode: 0o755 });
    }
    const step = join(ROOT, 'setup', 'toolchain.mjs');
    const { status, stderr } = spawnSync(process.execPath, [step], { env: { PATH: folder }, encoding: 'utf8' });
    return { status, stderr, asked: readFileSync(asked, 'utf8').split('\n').filter(Boolean) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TOOLCHAINS = ['stable-x86_64-unknown-linux-gnu (default)', `${CHANNEL}-x86_64-unknown-linux-gnu (active)`];
const COMPONENTS = [
  'cargo-x86_64-unknown-linux-gnu',
  'clippy-x86_64-unknown-linux-gnu',
  'rust-std-wasm32-unknown-unknown',
  'rust-std-x86_64-unknown-linux-gnu',
  'rustfmt-x86_64-unknown-linux-gnu',
];
const without = (/** @type {string} */ name) => COMPONENTS.filter((component) => !component.startsWith(name));

// Windows runs no script by its first line.
const skip = process.platform === 'win32';

test('a complete toolchain is left alone, without a word', { skip }, () => {
  assert.deepEqual(toolchainStep({ toolchains: TOOLCHAINS, components: COMPONENTS }), {
    status: 0,
    stderr: '',
    asked: [],
  });
});

for (const [name, missing, command] of [
  ['the WebAssembly target', 'rust-std-wasm32', 'target add --toolchain CHANNEL wasm32-unknown-unknown'],
  ['rustfmt', 'rustfmt', 'component add --toolchain CHANNEL rustfmt'],
  ['clippy', 'clippy', 'component add --toolchain CHANNEL clippy'],
]) {
  test(`${name} is added where it alone is missing`, { skip }, () => {
    const { status, asked } = toolchainStep({ toolchains: TOOLCHAINS, components: without(missing) });
    assert.deepEqual(asked, [command.replace('CHANNEL', CHANNEL)]);
    assert.equal(status, 0);
  });
}

test('a missing toolchain is installed with all that is pinned', { skip }, () => {
  const { status, asked } = toolchainStep({ toolchains: TOOLCHAINS.slice(0, 1) });
  const parts = '--component rustfmt --component clippy --target wasm32-unknown-unknown';
  assert.deepEqual(asked, [`toolchain install ${CHANNEL} --profile minimal ${parts}`]);
  assert.equal(status, 0);
});

test('without rustup one line says what is missing and where it comes from', () => {
  const { status, stderr } = toolchainStep();
  assert.match(stderr, /^rustup is not installed.*https:\/\/rustup\.rs\n$/);
  assert.equal(status, 1);
});

test('an installation that fails ends the step and names the command', { skip }, () => {
  const world = { toolchains: TOOLCHAINS, components: without('rust-std-wasm32'), refuses: 'target add' };
  const { status, stderr } = toolchainStep(world);
  assert.match(stderr, /"rustup target add --toolchain .* wasm32-unknown-unknown" failed\n$/);
  assert.equal(status, 1);
});
