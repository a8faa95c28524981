// What comes from npm: nothing but the registry's packages, under licences that deny.toml allows, and without a script
// of theirs being run. The crates are held to the same by `xtask supply`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (/** @type {string} */ file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** @type {Record<string, {version?: string, license?: string, resolved?: string, integrity?: string, link?: boolean, hasInstallScript?: boolean}>} */
const { '': _project, ...packages } = JSON.parse(read('package-lock.json')).packages;
const names = (/** @type {(one: typeof packages[string]) => unknown} */ which) =>
  Object.keys(packages).filter((name) => which(packages[name]));

test('only packages that are known here bring a script that npm would run when it installs them', () => {
  // It replaces esbuild's starter by the binary itself, which saves some milliseconds; everything works without.
  assert.deepEqual(
    names(({ hasInstallScript }) => hasInstallScript),
    ['node_modules/esbuild'],
  );
});

test('the setup installs without running any script', () => {
  assert.match(read('setup/packages.mjs'), /'ci', flag, '--ignore-scripts'/);
});

test('every npm package has a licence that deny.toml allows', () => {
  const [, list] = read('deny.toml').match(/^allow = \[(.*?)\]/ms) ?? [];
  const allowed = new Set(JSON.parse(`[${list.trim().replace(/,$/, '')}]`));
  const refused = names(({ license = '' }) => !license.split(' OR ').some((name) => allowed.has(name)));
  assert.deepEqual(refused, []);
});

test('every npm package is of one version, from the registry, and pinned by its checksum', () => {
  assert.deepEqual(
    names(({ integrity, link }) => link || !integrity?.startsWith('sha512-')),
    [],
  );
  // An address would tie the file to one registry; `resolved` is left out, so only a foreign source would have one.
  assert.deepEqual(
    names(({ resolved }) => resolved),
    [],
  );
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    assert.match(version, /^(npm:[\w-]+@)?\d+\.\d+\.\d+$/, name);
});
