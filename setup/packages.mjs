// Before the npm scripts: the packages they need, as package-lock.json has them. `npm start` asks only for those that it
// runs (--omit=dev), the other scripts for all. What is there already is left alone. No package's own script is run.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @typedef {Record<string, {version?: string, dev?: boolean, optional?: boolean, devOptional?: boolean}>} Packages by folder */

/**
 * The flag that npm is to install with, if anything is missing.
 * @param {Packages} listed in package-lock.json
 * @param {Packages} installed npm's own list of what it put into node_modules, written last; empty if there is none
 * @param {boolean} omitDev only what runs is needed
 * @returns {'--omit=dev' | '--include=dev' | undefined}
 */
export function missing(listed, installed, omitDev) {
  const complete = Object.entries(listed)
    // What is optional depends on the machine. '' is this project.
    .filter(([folder, { dev, optional, devOptional }]) => folder && !optional && !devOptional && !(dev && omitDev))
    .every(([folder, { version }]) => installed[folder]?.version === version);
  if (complete) return undefined;
  // Whoever has the tools for tests and builds keeps them.
  const hasDev = Object.values(installed).some(({ dev }) => dev);
  return omitDev && !hasDev ? '--omit=dev' : '--include=dev';
}

/** @returns {Packages} */
function packagesOf(/** @type {string} */ file) {
  return JSON.parse(readFileSync(`${ROOT}/${file}`, 'utf8')).packages;
}

function installedPackages() {
  try {
    return packagesOf('node_modules/.package-lock.json');
  } catch {
    return {};
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const omitDev = process.argv.includes('--omit=dev');
  const flag = missing(packagesOf('package-lock.json'), installedPackages(), omitDev);
  if (flag) {
    console.error(`Installing packages (once): npm ci ${flag}`);
    const windows = process.platform === 'win32';
    const { status } = spawnSync(
      windows ? 'npm.cmd' : 'npm',
      ['ci', flag, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'], shell: windows },
    );
    process.exit(status ?? 1);
  }
}
