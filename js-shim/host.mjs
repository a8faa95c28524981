// What the platform handed in, as the core's input text: pick and coerce. Nothing is decided here.
// The format of the text is `src/host.rs`'s; how it gets into the core is `core.mjs`'s business.

/**
 * What a script is called with. Nothing is promised about the values: they come from people, devices and other hosts.
 * @typedef {{ device?: unknown, params?: unknown, alarms?: unknown, logger?: unknown, org_params?: unknown, axios?: unknown }} Ctx
 */

/** Separates the items of a list, and the parts of an alarm. */
const ITEM = '\x01';

/** @param {unknown} value */
const scalar = (value) => (/^[bn][iou]|^st/.test(typeof value) ? `${value}` : undefined);

/** @param {unknown} value */
const given = (value) => value !== undefined;

/**
 * The value as text, or undefined for what is no text, number, boolean, bigint or list of them.
 * @param {unknown} value
 */
export const textOf = (value) =>
  (Array.isArray(value) ? value.slice(0, 1e3).map(scalar).filter(given).join(ITEM) : scalar(value))
    ?.slice(0, 2e4)
    .replace(/\0/g, '');

/**
 * The names of an object's own enumerable properties; none if they cannot be read.
 * @param {unknown} source
 */
export const names = (source) => {
  try {
    return source && typeof source === 'object' ? Object.keys(source) : [];
  } catch {
    return [];
  }
};

/**
 * An own property; undefined if there is none or it cannot be read.
 * @param {any} source
 * @param {string} name
 */
export const own = (source, name) => {
  try {
    return Object.hasOwn(source, name) ? source[name] : undefined;
  } catch {
    return undefined;
  }
};

/**
 * An own property as text; undefined also if it cannot be coerced.
 * @param {unknown} source
 * @param {string} name
 */
export const ownText = (source, name) => {
  try {
    return textOf(own(source, name));
  } catch {
    return undefined;
  }
};

/** @param {unknown} value */
export const isObject = (value) => !!value && typeof value === 'object';

/**
 * Whether the platform can run HTTP actions or requests.
 * @param {Ctx} ctx
 */
export const hasHttp = (ctx) => typeof ctx.axios === 'function' || isObject(ctx.org_params);

/**
 * The entries of the input text: keys and values in turn.
 * @param {Ctx} ctx
 * @param {string} preset
 * @param {number} now
 */
export const pick = (ctx, preset, now) => {
  /** @type {string[]} */
  const entries = [];
  const { device, params, alarms, org_params: org } = ctx;
  const attrs = own(device, 'server_attrs');
  /**
   * @param {string} key
   * @param {unknown} value
   */
  const put = (key, value) => {
    if (value !== undefined) entries.push(/** @type {string} */ (textOf(key)), `${value}`);
  };
  /**
   * @param {string} letter
   * @param {unknown} source
   * @param {RegExp} wanted
   */
  const putAll = (letter, source, wanted) => {
    for (const name of names(source)) if (wanted.test(name)) put(letter + name, ownText(source, name));
  };
  /** @param {string} name */
  const putAlarm = (name) => {
    const alarm = own(alarms, name);
    if (alarm !== undefined) put(`a${name}`, ['level', 'title', 'desc'].map((part) => ownText(alarm, part)).join(ITEM));
  };
  put('fpreset', preset);
  put('fnow', now);
  if (typeof ctx.axios === 'function') put('faxios', 1);
  if (isObject(org)) put('forg', 1);
  for (const name of ['name', 'eui', 'id', 'tags', 'location_id']) put(`d${name}`, ownText(device, name));
  putAll('p', params, /^/);
  putAll('s', attrs, /^(wecom|dingtalk|notify|ntf)_/);
  putAll('o', org, /^(wecom|dingtalk|notify)_/);
  if (ALARMS) {
    const zone = [params, attrs, org].map((source) => ownText(source, 'notify_timezone')).find((text) => text?.trim());
    if (zone && typeof Intl === 'object' && /\/|^\s*[a-z]+\s*$/i.test(zone)) {
      try {
        const local = new Date(now).toLocaleString('en-US', { timeZone: zone.trim(), hourCycle: 'h23' });
        put('foffset', Math.round((Date.parse(`${local} UTC`) - now) / 6e4));
      } catch {
        // Not a zone: the core says so.
      }
    }
    if (TELEMETRY && [params, attrs, org].some((source) => ownText(source, 'notify_fields'))) {
      const telemetry = own(device, 'telemetry_data');
      for (const model of names(telemetry)) putAll('t', own(telemetry, model), /^/);
    }
    if (isObject(alarms)) put('falarms', 1);
    if (CALLS && ownText(params, 'action') === 'tick') names(alarms).slice(0, 100).forEach(putAlarm);
    else putAlarm(ownText(params, 'name') ?? '');
  }
  return entries;
};
