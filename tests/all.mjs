// `npm test` and `npm run lint`: every check there is, in one list, one after the other; the first failure ends it.
// What each check is about stands in its own file.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What is built for WebAssembly: each paste file with its own feature, and the package. */
const BUILDS = [
  'wecom_text',
  'wecom_notify',
  'wecom_app_notify',
  'dingtalk_text',
  'dingtalk_notify',
  'notify',
  'trigger',
  'default,package',
];
const CLIPPY = 'cargo clippy --quiet --locked';
const DOC = 'cargo doc --quiet --locked --no-deps --all-features';
const WASM = '--lib --target wasm32-unknown-unknown --no-default-features';

/** Listed here, since Node 20 takes no patterns. */
const files = readdirSync(join(ROOT, 'tests'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.mjs') && !file.includes('node_modules'))
  .map((file) => `tests/${file.replaceAll('\\', '/')}`)
  .sort();

/** Name and command lines of each check. Those that count tests come last, so that a run ends with their numbers. */
const CHECKS = {
  lint: [
    'cargo fmt --all --check',
    `${CLIPPY} --workspace --all-targets -- -D warnings`,
    ...BUILDS.map((features) => `${CLIPPY} ${WASM} --features ${features} -- -D warnings`),
    `${DOC} --workspace`,
    // With the private items, since the exports to JavaScript are private to Rust.
    `${DOC} --document-private-items --lib --target wasm32-unknown-unknown`,
    'biome ci .',
    'tsc -p .',
    'cargo run --quiet --locked -p xtask -- supply',
    'cargo run --quiet --locked -p xtask -- docs --check',
  ],
  pkg: ['cargo run --quiet --locked -p xtask -- build --check'],
  engines: ['node tests/engines.mjs'],
  native: ['cargo test --quiet --locked --workspace'],
  shipped: [`node --test --test-reporter=./tests/reporter.mjs ${files.join(' ')}`],
};

/** With the tools of `node_modules`, as npm's own scripts have them. A warning about a doc comment is an error. */
const env = {
  ...process.env,
  PATH: [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  RUSTDOCFLAGS: '-D warnings',
};

const wanted = process.argv.slice(2);
const started = Date.now();
const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
for (const [name, commands] of Object.entries(CHECKS)) {
  if (wanted.length && !wanted.includes(name)) continue;
  for (const command of commands) {
    console.log(`\n== ${name} (${seconds()}): ${command.length > 120 ? `${command.slice(0, 119)}…` : command}`);
    const { status } = spawnSync(command, { cwd: ROOT, stdio: 'inherit', shell: true, env });
    if (status !== 0) {
      console.error(`\nFailed: ${command}`);
      process.exit(1);
    }
  }
}
console.log(`\nAll passed in ${seconds()}`);
