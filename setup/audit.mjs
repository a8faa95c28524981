// `npm run audit`: licences, sources, duplicate versions and known vulnerabilities of all dependencies, by cargo-deny
// and npm. It is no part of `npm test`: cargo-deny takes minutes to compile, and advisories change without the project.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VERSION = '0.20.2';
const TOOLS = join(ROOT, 'target', 'tools', `cargo-deny-${VERSION}`);
const BINARY = join(TOOLS, 'bin', process.platform === 'win32' ? 'cargo-deny.exe' : 'cargo-deny');

/** What cargo-deny or npm say where their database of advisories cannot be had. */
const UNREACHABLE = /failed to fetch advisory database|audit endpoint returned an error|ENOTFOUND|E404|ENOAUDIT/;

/** The graph that ships, without xtask and what only tests use. */
const SHIPPED = ['--target', 'wasm32-unknown-unknown', '--exclude', 'xtask', '--exclude-dev'];

if (!existsSync(BINARY)) {
  console.error(`Installing cargo-deny ${VERSION} into target/tools (once, some minutes)`);
  must('cargo', ['install', '--quiet', '--locked', '--root', TOOLS, `cargo-deny@${VERSION}`]);
}
must(BINARY, ['--workspace', '--locked', 'check', 'licenses', 'sources']);
must(BINARY, [...SHIPPED, '--locked', 'check', 'bans']);
const known = [
  advisories('crates', BINARY, ['--workspace', '--locked', 'check', 'advisories']),
  advisories('npm packages', process.platform === 'win32' ? 'npm.cmd' : 'npm', ['audit', '--audit=true']),
];
process.exit(known.includes('found') ? 1 : 0);

function must(/** @type {string} */ program, /** @type {string[]} */ words) {
  const { status, error } = spawnSync(program, words, { cwd: ROOT, stdio: 'inherit' });
  if (error) console.error(error.message);
  if (status !== 0) process.exit(1);
}

/**
 * Prints what is known, or that it could not be asked, which is no failure of the project's.
 * @param {string} what
 * @param {string} program
 * @param {string[]} words
 */
function advisories(what, program, words) {
  const windows = process.platform === 'win32';
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: ROOT, encoding: 'utf8', shell: windows });
  if (status === 0) {
    console.log(`advisories for ${what}: none`);
    return 'none';
  }
  if (UNREACHABLE.test(`${stdout}${stderr}`)) {
    console.log(`advisories for ${what}: NOT CHECKED, their database cannot be reached from here`);
    return 'unknown';
  }
  console.log(`${stdout ?? ''}${stderr ?? ''}`);
  return 'found';
}
