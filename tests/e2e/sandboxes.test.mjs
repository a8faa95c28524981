// Sandboxes that no profile describes but a server may well have: vm2 that lets WebAssembly and promises through, with the
// host's Buffer (a proxy there) or without. Both builds answer there what they answer in Node's own vm.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VM as Newest } from 'vm2';
import { VM as Old } from 'vm2-3.9.19';
import { ALARM, BUILDS, EUI, NOW, ORG, PRESETS, paste, runner } from './setup.mjs';

const RELEASES = { newest: Newest, '3.9.19': Old };

/** Every character matters on the way in and out. */
const PARAMS = { ...ALARM, title: 'Zu heiß: 温度 🔥 "x" \\ ', desc: 'a\ud800b', content: 'Zu heiß: 温度 🔥\n"x"' };
const device = { eui: EUI, name: 'Boiler 2 [KS52]', server_attrs: {} };
const axios = async () => ({ status: 200, data: { errcode: 0, errmsg: 'ok', access_token: 'tok', expires_in: 7200 } });

for (const [release, VM] of Object.entries(RELEASES)) {
  for (const build of BUILDS) {
    for (const buffer of [true, false]) {
      test(`vm2 ${release} with WebAssembly, ${buffer ? '' : 'no '}Buffer (${build}): every preset answers as in node:vm`, async () => {
        for (const preset of PRESETS) {
          const body = paste(preset, build);
          const inputs = { device, params: PARAMS, alarms: {}, org_params: ORG };
          const expected = await (await runner(body))(inputs, { axios });
          /** @type {string[][]} */
          const logs = [];
          const write = (/** @type {string} */ level) => (/** @type {string} */ text) =>
            logs.push([level, String(text)]);
          const logger = { info: write('info'), warn: write('warn'), error: write('error') };
          const box = new VM({ timeout: 1000, eval: false, wasm: true, sandbox: { ...inputs, logger, axios } });
          if (!buffer) box.run('delete globalThis.Buffer;');
          box.run(`Date.now = () => ${NOW};`);
          const answer = await box.run(`function rpcRunner() {\n${body}\n}\nrpcRunner();`);
          assert.deepEqual(logs, expected.logs, preset);
          assert.deepEqual(JSON.parse(JSON.stringify(answer)), expected.actions, preset);
          assert.notDeepEqual(expected.actions ?? logs, [], preset);
        }
      });
    }
  }
}
