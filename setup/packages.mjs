// Before `npm start`: a fresh clone gets its packages, nobody else waits.
// Node and npm only; nothing is built.

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** npm writes this file last, so it tells when the packages were put in place. */
const installed = modified('node_modules/.package-lock.json');
if (installed === undefined || installed < (modified('package-lock.json') ?? 0)) {
  console.error('Installing packages (once): npm ci');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  process.exit(status ?? 1);
}

function modified(/** @type {string} */ file) {
  try {
    return statSync(`${root}/${file}`).mtimeMs;
  } catch {
    return undefined;
  }
}
