// What the platform handed in, as the core's input text: pick and coerce. Nothing is decided here.
// The format of the text is `src/host.rs`'s. A call runs in a fresh context, where everything is cold: so plain loops,
// no regular expressions, and nothing is read that the method does not need.

/** Separates the items of a list, and the parts of an alarm. */
const ITEM = '\x01';

/** Items of a list, units of a text and alarms of a tick that are read at most. */
const ITEMS = 1_000;
const UNITS = 20_000;
const ALARMS_OF_A_TICK = 1_000;

/** Where a setting may stand: the bits of `src/settings/mod.rs`; the last is an alarm's state. */
const ORG = 1;
const SERVER = 2;
const PARAMS = 4;
const STATE = 8;

/** Taken once: a script's context asks the host each time that a global is read. */
const { hasOwn } = Object;

/** Text without the separator of entries. @param {string} text */
const clean = (text) => {
  const short = text.length > UNITS ? text.slice(0, UNITS) : text;
  return short.includes('\0') ? short.replaceAll('\0', '') : short;
};

/**
 * The value as text, or undefined for what says nothing: no text, number, boolean, bigint or list of them.
 * @param {unknown} value
 * @returns {string | undefined}
 */
export const textOf = (value) => {
  switch (typeof value) {
    case 'string':
      return clean(value);
    case 'number':
    case 'boolean':
    case 'bigint':
      return `${value}`;
  }
  if (!Array.isArray(value)) return undefined;
  let list = '';
  let some = false;
  for (let i = 0; i < value.length && i < ITEMS; i++) {
    const item = value[i];
    const text = typeof item === 'object' ? undefined : textOf(item);
    if (text === undefined) continue;
    list += some ? ITEM + text : text;
    some = true;
  }
  return clean(list);
};

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
    return hasOwn(source, name) ? source[name] : undefined;
  } catch {
    return undefined;
  }
};

/**
 * An own property as text; undefined also if it cannot be coerced.
 * @param {any} source
 * @param {string} name
 */
export const ownText = (source, name) => {
  try {
    return hasOwn(source, name) ? textOf(source[name]) : undefined;
  } catch {
    return undefined;
  }
};

/** @param {unknown} value */
export const isObject = (value) => !!value && typeof value === 'object';

/**
 * Whether the platform can run HTTP actions or requests.
 * @param {unknown} org
 * @param {unknown} axios
 */
export const hasHttp = (org, axios) => typeof axios === 'function' || isObject(org);

/**
 * The entries of the input text: keys and values in turn.
 * @param {unknown} device
 * @param {unknown} params
 * @param {unknown} alarms
 * @param {unknown} org
 * @param {unknown} axios
 * @param {import('./run.mjs').Method} method
 * @param {number} now
 */
export const pick = (device, params, alarms, org, axios, method, now) => {
  // A list, since to make an object costs a fresh context a new shape a name.
  const picked = method.picked.split(' ');
  const attrs = own(device, 'server_attrs');
  const tick = CALLS && ownText(params, 'action') === 'tick';
  const alarm = ALARMS ? (ownText(params, 'name') ?? '') : '';
  /** @type {string[]} */
  const entries = ['fmethod', method.name, 'fnow', `${now}`];
  /**
   * @param {string} key
   * @param {string | undefined} text
   */
  const put = (key, text) => {
    if (text !== undefined) entries.push(clean(key), text);
  };
  /**
   * Where a name may stand, as bits; a name that ends in `_` in the list is the beginning of further ones.
   * @param {string} name
   */
  const places = (name) => {
    let at = picked.indexOf(name);
    for (let end = name.indexOf('_') + 1; at < 0 && end > 0; end = name.indexOf('_', end) + 1)
      at = picked.indexOf(name.slice(0, end));
    return at < 0 ? 0 : +method.places[at];
  };
  /**
   * @param {string} letter
   * @param {unknown} source
   * @param {number} place
   */
  const putListed = (letter, source, place) => {
    for (const name of names(source)) {
      const bits = places(name);
      if (bits & place) put(letter + name, ownText(source, name));
      // The state of the alarm at hand, or of one whose name is not plain: only the core knows its attribute.
      else if (
        CALLS &&
        bits & STATE &&
        place === SERVER &&
        (tick || name === STATES + alarm || name === STATES + SILENT || name[STATES.length] === '~')
      )
        put(`n${name}`, ownText(source, name));
    }
  };
  /** @param {string} name */
  const putAlarm = (name) => {
    const record = own(alarms, name);
    if (record === undefined) return;
    const part = (/** @type {string} */ key) => ownText(record, key) ?? '';
    put(`a${name}`, part('level') + ITEM + part('title') + ITEM + part('desc'));
  };
  /** @param {string} name */
  const setting = (name) => ownText(params, name) || ownText(attrs, name) || ownText(org, name);
  if (typeof axios === 'function') put('faxios', '1');
  if (isObject(org)) put('forg', '1');
  put('dname', ownText(device, 'name'));
  put('deui', ownText(device, 'eui'));
  putListed('p', params, PARAMS);
  putListed('s', attrs, SERVER);
  putListed('o', org, ORG);
  if (ALARMS && method.alarms) {
    const zone = setting(ZONE)?.trim();
    // An offset is the core's to read.
    if (zone && typeof Intl === 'object' && (zone.includes('/') || zone.toLowerCase() !== zone.toUpperCase())) {
      try {
        const local = new Date(now).toLocaleString('en-US', { timeZone: zone, hourCycle: 'h23' });
        put('foffset', `${Math.round((Date.parse(`${local} UTC`) - now) / 6e4)}`);
      } catch {
        // Not a zone: the core says so.
      }
    }
    const active = tick ? names(alarms) : [alarm];
    // What a record that is too long for one call leaves out is not missing.
    if (method.states && isObject(alarms) && active.length <= ALARMS_OF_A_TICK) put('falarms', '1');
    active.slice(0, ALARMS_OF_A_TICK).forEach(putAlarm);
  }
  if (TELEMETRY && method.telemetry) {
    for (const name of ['id', 'tags', 'location_id']) put(`d${name}`, ownText(device, name));
    const fields = setting(FIELDS);
    const telemetry = own(device, 'telemetry_data');
    for (const model of names(telemetry)) {
      const values = own(telemetry, model);
      put(`m${model}`, ownText(values, 'update_time'));
      if (fields) for (const field of names(values)) put(`t${field}`, ownText(values, field));
    }
    // A time of the database: a Date, or text.
    try {
      const updated = +new Date(own(device, 'update_time'));
      if (updated > 0) put('m', `${updated}`);
    } catch {
      // Not a time.
    }
  }
  return entries;
};
