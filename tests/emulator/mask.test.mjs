// No credential is ever shown: raw, percent-encoded or inside base64, wherever it stands.
// And nothing but credentials is hidden.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentials, maskAll, masker } from '../../emulator/mask.mjs';

const SECRETS = ['SEC+/=5b1f 7a90', 'key-with-a-long-tail', 'SEC密钥demo', 'quote"in\\it'];

for (const secret of SECRETS) {
  for (const [form, write] of /** @type {[string, (text: string) => string][]} */ ([
    ['raw', (text) => text],
    ['percent-encoded', encodeURIComponent],
    ['percent-encoded in lower case', (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase())],
    ['percent-encoded twice', (text) => encodeURIComponent(encodeURIComponent(text))],
    ['as JSON', (text) => JSON.stringify(text).slice(1, -1)],
  ])) {
    test(`${JSON.stringify(secret)} ${form} is masked`, () => {
      assert.equal(masker([secret])(`before ${write(secret)} after`), 'before *** after');
    });
  }

  test(`${JSON.stringify(secret)} inside base64 is masked at every offset`, () => {
    for (let shift = 0; shift < 6; shift += 1) {
      const text = Buffer.from(`${'x'.repeat(shift)}${secret}yz`).toString('base64');
      for (const shown of [text, text.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(text)]) {
        const masked = masker([secret])(shown);
        assert.ok(masked.includes('***'), `shift ${shift}: ${shown}`);
        assert.ok(!Buffer.from(masked, 'base64').includes(secret));
      }
    }
  });
}

test('credentials in an address are masked though nobody named them', () => {
  const mask = masker([]);
  assert.equal(mask('https://a.b/send?key=abc&x=1'), 'https://a.b/send?key=***&x=1');
  assert.equal(
    mask('https://a.b/send?access_token=abc&timestamp=5&sign=q%2B%3D'),
    'https://a.b/send?access_token=***&timestamp=5&sign=***',
  );
  assert.equal(mask('/gettoken?corpid=ww&corpsecret=abc'), '/gettoken?corpid=ww&corpsecret=***');
});

test('the credentials among settings are found by name, the part of an address that is one included', () => {
  const found = credentials({
    wecom_webhook_url: ' https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-one%2B1 ',
    wecom_webhook_night: 'key-two-bare',
    wecom_corp_id: 'ww-not-a-secret',
    wecom_corp_secret: 'corp-secret',
    dingtalk_token: 'https://oapi.dingtalk.com/robot/send?access_token=token-in-url',
    dingtalk_token_ops: 'token-ops',
    dingtalk_secret: 'none',
    dingtalk_secret_ops: 'SECops-secret',
    notify_prefix: 'not-a-secret',
    wecom_token_cache: 'not-a-secret-either',
  });
  assert.deepEqual(found, [
    'key-one%2B1',
    'key-one+1',
    'key-two-bare',
    'corp-secret',
    'token-in-url',
    'token-ops',
    'SECops-secret',
  ]);
});

test('settings that are missing or no text have no credentials', () => {
  assert.deepEqual(credentials(undefined), []);
  assert.deepEqual(credentials({ wecom_corp_secret: 5, dingtalk_token: null }), []);
});

test('a whole value is masked, keys included, and keeps its shape', () => {
  const mask = masker(['topsecret']);
  assert.deepEqual(maskAll(mask, { topsecret: [1, 'a topsecret b', null, { x: true }] }), {
    '***': [1, 'a *** b', null, { x: true }],
  });
});

test('ordinary text stays as it is', () => {
  const text = 'Boiler 2 [KS52] at 84.2 °C, none, 5*3, key = value';
  assert.equal(masker(['SECdemo'])(text), text);
});
