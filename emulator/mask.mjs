// Takes credentials out of anything that is shown: as they are, percent-encoded, or inside base64.
// Which settings are credentials is the package's table, where requests carry one is each service's own; none is named here.

import { settings as table } from '../pkg/index.js';
import { FACTS } from './services/all.mjs';

const MASK = '***';
/** Shorter texts are words, not credentials: hiding each `none` would hide the message. */
const LEAST = 6;

const literal = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

const SECRET_SETTINGS = table().filter(({ secret }) => secret);
const isSecret = (/** @type {string} */ setting) =>
  SECRET_SETTINGS.some(({ name, named }) => setting === name || (named && setting.startsWith(`${name}_`)));

const carriers = FACTS.map(({ credentials }) => credentials);
/** Headers and fields of a body that carry a credential, in lower case. */
const FIELDS = new Set(carriers.flatMap(({ fields = [] }) => fields.map((field) => field.toLowerCase())));

/** Where a text shows a request's credential. Each pattern is groups in turn: what may be shown, what must not. */
const PLACES = [
  ...carriers.flatMap(({ query = [] }) => query.map((field) => `([?&]${literal(field)}=)([^&\\s"'#]+)`)),
  ...carriers.flatMap(({ path = [] }) => path.map(pathPlace)),
  ...[...FIELDS].map((field) => `("${literal(field)}"\\s*:\\s*")((?:[^"\\\\]|\\\\.)+)`),
].map((source) => new RegExp(source, 'gi'));

/** `/hook/*` in any address. @param {string} template */
function pathPlace(template) {
  const [first, ...others] = template.split('*').map(literal);
  return `(://[^\\s"'?#]*${first})${others.map((other) => `([^\\s"'/?#&]+)(${other})`).join('')}`;
}

/**
 * Every credential in a set of settings: whole, or the part of an address that is one.
 * @param {Record<string, unknown> | undefined | null} settings
 * @returns {string[]}
 */
export function credentials(settings) {
  /** @type {string[]} */
  const found = [];
  for (const [name, value] of Object.entries(settings ?? {})) {
    if (!isSecret(name) || typeof value !== 'string') continue;
    const text = value.trim();
    const parts = PLACES.flatMap((place) => [...text.matchAll(place)]).flatMap(([, ...groups]) =>
      groups.filter(hidden),
    );
    // An address is shown, its credential is not.
    found.push(...(parts.length > 0 ? parts.flatMap((part) => [part, decoded(part)]) : [text]));
  }
  return [...new Set(found)].filter((secret) => secret.length >= LEAST);
}

/** Whether a place's group is one that must not be shown. @param {unknown} _group @param {number} index */
const hidden = (_group, index) => index % 2 === 1;

/**
 * @param {Iterable<string>} secrets
 * @returns {(text: string) => string}
 */
export function masker(secrets) {
  const forms = [...secrets].flatMap(formsOf).sort((a, b) => b.length - a.length);
  const pattern = forms.length > 0 ? new RegExp(forms.map(literal).join('|'), 'gi') : undefined;
  return (text) => {
    const plain = pattern ? text.replace(pattern, MASK) : text;
    return PLACES.reduce((shown, place) => shown.replace(place, maskedPlace), plain);
  };
}

/** @param {string} _match @param {...any} rest the groups, then where it stands and the whole text */
const maskedPlace = (_match, ...rest) =>
  rest
    .slice(0, -2)
    .map((group, index) => (hidden(group, index) ? MASK : group))
    .join('');

/** The same through a whole value: every text and every key. @param {(text: string) => string} mask @param {any} value @returns {any} */
export function maskAll(mask, value) {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item) => maskAll(mask, item));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const carries = typeof item === 'string' && item !== '' && FIELDS.has(key.toLowerCase());
    return [mask(key), carries ? MASK : maskAll(mask, item)];
  });
  return Object.fromEntries(entries);
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

function decoded(/** @type {string} */ part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
