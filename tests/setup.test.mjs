// What the npm scripts install before they run: only what is missing, and one line where they cannot.
// Nothing is installed here: a script stands in for rustup, and of the packages only the decision is run.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { missing } from '../setup/packages.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (/** @type {string} */ file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

test('what npm start imports is what package.json has as dependencies, no more and no less', async () => {
  const { metafile } = await build({
    entryPoints: [join(ROOT, 'emulator', 'main.mjs')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    metafile: true,
    write: false,
  });
  const imports = Object.values(metafile.inputs).flatMap((file) => file.imports);
  const packages = imports.flatMap(({ path, external }) => (external && !path.startsWith('node:') ? [path] : []));
  assert.deepEqual([...new Set(packages)].sort(), Object.keys(read('package.json').dependencies).sort());
});

const LISTED = {
  '': {},
  'node_modules/axios': { version: '1.0.0' },
  'node_modules/esbuild': { version: '2.0.0', dev: true },
  'node_modules/@esbuild/linux-x64': { version: '2.0.0', dev: true, optional: true },
};
const { 'node_modules/axios': axios, 'node_modules/esbuild': esbuild } = LISTED;
const RUNS = { 'node_modules/axios': axios };
const ALL = { ...RUNS, 'node_modules/esbuild': esbuild };
const old = (/** @type {object} */ one) => ({ ...one, version: '0.9.0' });

for (const [name, installed, forStart, forTests] of /** @type {const} */ ([
  ['in a fresh clone', {}, '--omit=dev', '--include=dev'],
  ['where only npm start was run', RUNS, undefined, '--include=dev'],
  ['where all is installed', ALL, undefined, undefined],
  [
    'after a package that runs changed, tools not installed',
    { 'node_modules/axios': old(axios) },
    '--omit=dev',
    '--include=dev',
  ],
  [
    'after a package that runs changed, tools installed',
    { ...ALL, 'node_modules/axios': old(axios) },
    '--include=dev',
    '--include=dev',
  ],
  ['after a tool changed', { ...ALL, 'node_modules/esbuild': old(esbuild) }, undefined, '--include=dev'],
])) {
  test(`packages ${name}: npm start installs with ${forStart ?? 'nothing'}, the others with ${forTests ?? 'nothing'}`, () => {
    assert.equal(missing(LISTED, installed, true), forStart);
    assert.equal(missing(LISTED, installed, false), forTests);
  });
}
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
