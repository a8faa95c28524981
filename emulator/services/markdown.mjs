// What people see: each service's dialect rendered to plain lines, with the list of what is LIVE in it
// (links, images, mentions, colours). Where a dialect is not documented, the worst case is taken as live.

/**
 * @typedef {object} Live
 * @property {{text: string, url: string}[]} links made by markup
 * @property {string[]} urls bare addresses, which most clients make clickable
 * @property {{text: string, url: string}[]} images fetched from elsewhere
 * @property {string[]} mentions ids as written
 * @property {{text: string, colour: string}[]} colours
 * @property {string[]} headings
 * @property {string[]} quotes
 * @property {string[]} code
 */
/** @typedef {{view: string, live: Live}} Rendered */
/** @typedef {(id: string) => string | undefined} NameOf the name of a member, or nothing */

/** @returns {Live} */
const nothing = () => ({
  links: [],
  urls: [],
  images: [],
  mentions: [],
  colours: [],
  headings: [],
  quotes: [],
  code: [],
});

const BARE_URL = /\b[a-z][a-z0-9+.-]*:\/\/[^\s<>()[\]`"']+/gi;
const MENTION = /<@([^<>\n]+)>/g;

/** WeCom's `text`: only `<@id>` and bare addresses do anything. @returns {Rendered} */
export function wecomText(/** @type {string} */ content, /** @type {NameOf} */ nameOf) {
  const live = nothing();
  const view = mentions(content, live, nameOf);
  live.urls.push(...(content.match(BARE_URL) ?? []));
  return { view, live };
}

/** WeCom's `markdown`: headings, bold, links, code in a line, quotes, three colours, `<@id>`. @returns {Rendered} */
export function wecomMarkdown(/** @type {string} */ content, /** @type {NameOf} */ nameOf) {
  const live = nothing();
  const inlineRules = {
    images: false,
    italic: false,
    breaks: false,
    mentions: true,
    colour: /^<font color="(info|comment|warning)">(.*?)(?:<\/font>|$)/,
  };
  // Whether a mention inside a code span rings is not documented: it counts wherever it stands.
  for (const [, id] of content.matchAll(MENTION)) live.mentions.push(id);
  const lines = content.split('\n').map((line) => block(line, live, inlineRules, nameOf));
  return { view: lines.join('\n'), live };
}

/** WeCom's `markdown_v2`: much more markup, but no colours and no mentions. @returns {Rendered} */
export function wecomMarkdownV2(/** @type {string} */ content) {
  const live = nothing();
  const inlineRules = { images: true, italic: true, breaks: false, mentions: false, colour: undefined };
  const lines = content.split('\n').map((line) => block(line, live, inlineRules, () => undefined));
  return { view: lines.join('\n'), live };
}

/** DingTalk's markdown: a lone line break joins lines; `<font color>` and `<br/>` work. @returns {Rendered} */
export function dingtalkMarkdown(/** @type {string} */ content) {
  const live = nothing();
  const inlineRules = {
    images: true,
    italic: true,
    breaks: true,
    mentions: false,
    colour: /^<font color=["']?([#\w]+)["']?>(.*?)(?:<\/font>|$)/i,
  };
  const view = paragraphs(content)
    .map((line) => block(line, live, inlineRules, () => undefined))
    .join('\n');
  return { view, live };
}

/** DingTalk's `text`: nothing but bare addresses; mentions come from `at`. @returns {Rendered} */
export function plainText(/** @type {string} */ content) {
  const live = nothing();
  live.urls.push(...(content.match(BARE_URL) ?? []));
  return { view: content, live };
}

/** A WeCom app's `text`: `<a href>` tags are live. @returns {Rendered} */
export function wecomAppText(/** @type {string} */ content) {
  const live = nothing();
  const view = content.replace(/<a\s+href=["']?([^"'>]*)["']?\s*>([\s\S]*?)<\/a>/gi, (_, url, text) => {
    live.links.push({ text, url });
    return `${text} (${url})`;
  });
  live.urls.push(...(view.match(BARE_URL) ?? []));
  return { view, live };
}

/** @typedef {{images: boolean, italic: boolean, breaks: boolean, mentions: boolean, colour: RegExp | undefined}} InlineRules */

/** A line with its marker, if it has one. @returns {string} */
function block(
  /** @type {string} */ line,
  /** @type {Live} */ live,
  /** @type {InlineRules} */ rules,
  /** @type {NameOf} */ nameOf,
) {
  const heading = /^ {0,3}#{1,6} +(.*)$/.exec(line);
  if (heading) {
    const text = inline(heading[1], live, rules, nameOf);
    live.headings.push(text);
    return `■ ${text}`;
  }
  const quote = /^ {0,3}((?:> ?)+)(.*)$/.exec(line);
  if (quote) {
    const text = block(quote[2], live, rules, nameOf);
    live.quotes.push(text);
    return `│ ${text}`;
  }
  const item = /^(\s*)[-*+] +(.*)$/.exec(line);
  if (rules.italic && item) return `${item[1]}• ${inline(item[2], live, rules, nameOf)}`;
  return inline(line, live, rules, nameOf);
}

/** Reads a line from the left; at each place the first markup that fits is taken. @returns {string} */
function inline(
  /** @type {string} */ line,
  /** @type {Live} */ live,
  /** @type {InlineRules} */ rules,
  /** @type {NameOf} */ nameOf,
) {
  const within = (/** @type {string} */ text) => inline(text, live, rules, nameOf);
  let view = '';
  let rest = line;
  while (rest !== '') {
    const inWord = /\w$/.test(view);
    for (const { pattern, show } of MARKS) {
      const found = (pattern(rules, inWord) || undefined)?.exec(rest);
      if (!found) continue;
      view += show(found, live, within, nameOf);
      rest = rest.slice(found[0].length);
      break;
    }
  }
  return view;
}

/**
 * What may stand in a line, in the order in which it is tried. The last one always fits.
 * `pattern` says nothing where the dialect, or the place behind a word, does not have it.
 * @type {{
 *   pattern: (rules: InlineRules, inWord: boolean) => RegExp | undefined | false,
 *   show: (found: RegExpExecArray, live: Live, within: (text: string) => string, nameOf: NameOf) => string,
 * }[]}
 */
const MARKS = [
  {
    pattern: () => /^(`+)([^`]|[^`].*?[^`])\1(?!`)/,
    show(found, live) {
      live.code.push(found[2]);
      return found[2];
    },
  },
  {
    pattern: ({ images }) => images && /^!\[([^\]]*)\]\(([^)]*)\)/,
    show([, text, url], live) {
      live.images.push({ text, url });
      return `[image ${text} ${url}]`;
    },
  },
  {
    pattern: () => /^\[([^\]]*)\]\(([^)]*)\)/,
    show([, words, url], live, within) {
      const text = within(words);
      live.links.push({ text, url });
      return `${text} (${url})`;
    },
  },
  {
    pattern: ({ colour }) => colour,
    show([, colour, words], live, within) {
      const text = within(words);
      live.colours.push({ text, colour });
      return text;
    },
  },
  {
    pattern: () => /^\*\*(\S(?:.*?\S)?)\*\*/,
    show: ([, words], _, within) => within(words),
  },
  {
    pattern: ({ italic }, inWord) => italic && !inWord && /^([*_])(\S(?:.*?\S)?)\1(?!\w)/,
    show: ([, , words], _, within) => within(words),
  },
  {
    pattern: ({ breaks }) => breaks && /^<br\s*\/?>/i,
    show: () => '\n',
  },
  {
    pattern: ({ mentions }) => mentions && /^<@([^<>\n]+)>/,
    show: ([, id], _, __, nameOf) => `@${nameOf(id) ?? id}`,
  },
  {
    pattern: (_, inWord) => !inWord && /^<?([a-z][a-z0-9+.-]*:\/\/[^\s<>()[\]`"']+)>?/i,
    show([, url], live) {
      live.urls.push(url);
      return url;
    },
  },
  {
    // One word, or one character that may open markup.
    pattern: () => /^(?:[a-z0-9]+|\s+|[\u0080-\uffff]+|[\s\S])/i,
    show: ([text]) => text,
  },
];

/** Joins lines as DingTalk shows them: a break needs an empty line, two spaces, or a new block. */
function paragraphs(/** @type {string} */ content) {
  const startsBlock = /^\s*(#{1,6} |>|[-*+] |\d+\. |!\[|---)/;
  /** @type {string[]} */
  const lines = [];
  let open = false;
  for (const line of content.split('\n')) {
    if (open && line.trim() !== '' && !startsBlock.test(line)) lines[lines.length - 1] += ` ${line.trim()}`;
    else lines.push(line);
    open = line.trim() !== '' && !/ {2}$/.test(line) && !/^\s*#{1,6} /.test(line);
  }
  return lines;
}

function mentions(/** @type {string} */ content, /** @type {Live} */ live, /** @type {NameOf} */ nameOf) {
  return content.replace(MENTION, (_, id) => {
    live.mentions.push(id);
    return `@${nameOf(id) ?? id}`;
  });
}
