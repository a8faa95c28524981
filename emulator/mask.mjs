// Takes credentials out of anything that is shown: as they are, percent-encoded, or inside base64.
// Knows which settings are credentials; nothing of scripts or services.

const MASK = '***';

/** Query fields that carry a credential, in whatever address they stand. */
const QUERY = /([?&](?:key|access_token|sign|corpsecret)=)[^&\s"'#]+/gi;
/** Settings that are credentials, by the names of the settings table. */
const SETTING = /^(?:wecom_webhook_.+|wecom_corp_secret|dingtalk_token(?:_.+)?|dingtalk_secret(?:_.+)?)$/;
/** Shorter texts are words, not credentials: hiding each `none` would hide the message. */
const LEAST = 6;

/**
 * Every credential in a set of settings: whole, and the part of an address that is one.
 * @param {Record<string, unknown> | undefined | null} settings
 * @returns {string[]}
 */
export function credentials(settings) {
  /** @type {string[]} */
  const found = [];
  for (const [name, value] of Object.entries(settings ?? {})) {
    if (!SETTING.test(name) || typeof value !== 'string') continue;
    const text = value.trim();
    // An address is shown, its credential is not.
    const part = /[?&](?:key|access_token)=([^&\s#]+)/.exec(text)?.[1];
    if (part) found.push(part, decoded(part));
    else if (!/^https?:\/\//.test(text)) found.push(text);
  }
  return [...new Set(found)].filter((secret) => secret.length >= LEAST);
}

/**
 * @param {Iterable<string>} secrets
 * @returns {(text: string) => string}
 */
export function masker(secrets) {
  const forms = [...secrets].flatMap(formsOf).sort((a, b) => b.length - a.length);
  const pattern = forms.length > 0 ? new RegExp(forms.map(literal).join('|'), 'gi') : undefined;
  return (text) => {
    const plain = pattern ? text.replace(pattern, MASK) : text;
    return plain.replace(QUERY, `$1${MASK}`);
  };
}

/** The same through a whole value: every text and every key. @param {(text: string) => string} mask @param {any} value @returns {any} */
export function maskAll(mask, value) {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item) => maskAll(mask, item));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [mask(key), maskAll(mask, item)]));
  }
  return value;
}

/** How one secret may show itself. @param {string} given */
function formsOf(given) {
  const secret = Buffer.from(given, 'utf8').toString('utf8');
  const forms = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(encodeURIComponent(secret)),
  ];
  const bytes = Buffer.from(secret, 'utf8');
  for (const shift of [0, 1, 2]) {
    // Inside a longer base64 text a secret has three faces; only the letters that its own bytes decide are sure.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const sure = text.slice(shift === 0 ? 0 : shift + 1, (bytes.length + shift) % 3 === 0 ? undefined : -1);
    if (sure.length >= LEAST)
      forms.push(sure, sure.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(sure));
  }
  return forms;
}

const literal = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

function decoded(/** @type {string} */ part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
