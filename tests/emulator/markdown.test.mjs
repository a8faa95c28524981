// What people see of a message, and which links, mentions and colours are live in it.
// Each dialect by its own rules; the property tests of the presets rest on these.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdown } from '../../emulator/index.mjs';

const nameOf = (/** @type {string} */ id) => (id === 'li' ? 'Li Wei' : undefined);
const { dingtalkMarkdown, wecomAppText, wecomMarkdown, wecomMarkdownV2, wecomText } = markdown;

test('WeCom markdown: the note message, as people see it', () => {
  const { view, live } = wecomMarkdown(
    [
      '### Device Alarm',
      '> **Device**: Boiler',
      '> **EUI**: `24e1`',
      '> **Level**: <font color="warning">HIGH</font>',
    ].join('\n'),
    nameOf,
  );
  assert.equal(view, '■ Device Alarm\n│ Device: Boiler\n│ EUI: 24e1\n│ Level: HIGH');
  assert.deepEqual(live.headings, ['Device Alarm']);
  assert.deepEqual(live.code, ['24e1']);
  assert.deepEqual(live.colours, [{ text: 'HIGH', colour: 'warning' }]);
  assert.deepEqual([live.links, live.mentions, live.urls], [[], [], []]);
});

for (const [what, text, url] of [
  ['alone', '[open](https://x.y/z)', 'https://x.y/z'],
  ['behind a bracket', '[a [open](https://x.y)', 'https://x.y'],
  ['inside bold', '**see [open](https://x.y) now**', 'https://x.y'],
  ['inside a quote', '> see [open](https://x.y)', 'https://x.y'],
  ['inside a colour', '<font color="info">[open](https://x.y)</font>', 'https://x.y'],
  ['with bold words', '[**open**](https://x.y)', 'https://x.y'],
  ['with another scheme', '[open](dingtalk://x)', 'dingtalk://x'],
  ['after an unclosed backtick', 'a ` [open](https://x.y)', 'https://x.y'],
  ['after a backslash, which nobody documents as an escape', '\\[open](https://x.y)', 'https://x.y'],
]) {
  test(`a link ${what} is live in both services`, () => {
    for (const render of [wecomMarkdown, dingtalkMarkdown]) {
      assert.deepEqual(
        render(text, nameOf).live.links.map((link) => link.url),
        [url],
      );
    }
  });
}

for (const [what, text] of [
  ['brackets alone', '[KS52] north'],
  ['parentheses alone', 'pump (north)'],
  ['brackets and parentheses apart', '[KS52] (north)'],
  ['full-width brackets', '［open］（https）'],
  ['a link inside code', '`[open](x)`'],
]) {
  test(`${what} make no link`, () => {
    for (const render of [wecomMarkdown, dingtalkMarkdown]) {
      const { view, live } = render(text, nameOf);
      assert.deepEqual(live.links, []);
      assert.equal(view, text.replaceAll('`', ''));
    }
  });
}

test('bare addresses are told apart from links', () => {
  assert.deepEqual(wecomMarkdown('see https://x.y/z?a=1 now', nameOf).live.urls, ['https://x.y/z?a=1']);
  assert.deepEqual(wecomText('see https://x.y now', nameOf).live.urls, ['https://x.y']);
  assert.deepEqual(wecomMarkdown('see https://x.y now', nameOf).live.links, []);
});

test('WeCom knows three colours; any other tag is only text', () => {
  for (const tag of ['<font color="red">', "<font color='warning'>", '<FONT COLOR="warning">', '<b>']) {
    const { view, live } = wecomMarkdown(`${tag}x`, nameOf);
    assert.deepEqual(live.colours, []);
    assert.equal(view, `${tag}x`);
  }
});

test('DingTalk colours take any value', () => {
  assert.deepEqual(dingtalkMarkdown('<font color=#ff0000>hot</font>').live.colours, [
    { text: 'hot', colour: '#ff0000' },
  ]);
});

test('mentions in WeCom are live wherever they stand and shown by name', () => {
  const { view, live } = wecomMarkdown('<@li> and `<@all>`', nameOf);
  assert.deepEqual(live.mentions, ['li', 'all']);
  assert.equal(view, '@Li Wei and <@all>');
  assert.deepEqual(wecomText('<@li>', nameOf).live.mentions, ['li']);
});

test('DingTalk and markdown_v2 know no <@id>', () => {
  assert.deepEqual(dingtalkMarkdown('<@li>').live.mentions, []);
  assert.deepEqual(wecomMarkdownV2('<@li>').live.mentions, []);
});

test('images are live in DingTalk and markdown_v2, and only a link behind a "!" in WeCom markdown', () => {
  assert.deepEqual(dingtalkMarkdown('![a](https://x.y/p.png)').live.images, [{ text: 'a', url: 'https://x.y/p.png' }]);
  assert.deepEqual(wecomMarkdownV2('![a](https://x.y/p.png)').live.images.length, 1);
  assert.deepEqual(wecomMarkdown('![a](https://x.y)', nameOf).live.images, []);
  assert.deepEqual(wecomMarkdown('![a](https://x.y)', nameOf).live.links.length, 1);
});

test('a lone line break joins lines in DingTalk; an empty line, two spaces, a list or <br/> breaks', () => {
  assert.equal(dingtalkMarkdown('a\nb').view, 'a b');
  assert.equal(dingtalkMarkdown('a\n\nb').view, 'a\n\nb');
  assert.equal(dingtalkMarkdown('a  \nb').view, 'a  \nb');
  assert.equal(dingtalkMarkdown('- a\n- b').view, '• a\n• b');
  assert.equal(dingtalkMarkdown('a<br/>b').view, 'a\nb');
  assert.equal(wecomMarkdown('a\nb', nameOf).view, 'a\nb');
});

test('a heading or quote is one only at the start of a line', () => {
  for (const render of [wecomMarkdown, dingtalkMarkdown]) {
    assert.deepEqual(render('name # x > y', nameOf).live.headings, []);
    assert.deepEqual(render('name # x > y', nameOf).live.quotes, []);
    assert.deepEqual(render('#nospace', nameOf).live.headings, []);
    assert.deepEqual(render('# x', nameOf).live.headings, ['x']);
  }
});

test('ordinary punctuation is shown as it was typed', () => {
  for (const text of ['T>80, 5*3, a_b_c, 2 * 3 * 4', 'C:\\dir "x" \'y\' & 100 %', '汉字 😀 ½']) {
    assert.equal(wecomMarkdown(text, nameOf).view, text);
    assert.equal(dingtalkMarkdown(text).view, text);
  }
});

test('a WeCom app text has live link tags and nothing else', () => {
  const { view, live } = wecomAppText('<a href="https://x.y">open</a> <@li> [a](b)');
  assert.deepEqual(live.links, [{ text: 'open', url: 'https://x.y' }]);
  assert.deepEqual(live.mentions, []);
  assert.equal(view, 'open (https://x.y) <@li> [a](b)');
});
