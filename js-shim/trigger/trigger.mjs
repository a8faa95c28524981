// What surrounds the trigger's core: picks what the rules name, as texts, and makes the calls of each rule's methods.
// Decides nothing about alarms; used by the paste file and by the package. The format of the core's input is described
// at `run` in `src/trigger/mod.rs`. An uplink runs in a fresh context, where everything is cold: so plain loops, and
// nothing is read that no rule names.

/** Stands between a number's text and its bits, so no text may hold it. */
const ITEM = '\x01';

/** Units of a text that are read at most. */
const UNITS = 20_000;

/** A number, and the halves of its bits, the low one first. */
const number = new Float64Array(1);
const halves = new Uint32Array(number.buffer);

/**
 * The text of a string, number, boolean or bigint; anything else says nothing.
 * @param {unknown} value
 */
const textOf = (value) => {
  switch (typeof value) {
    case 'string': {
      const text = value.slice(0, UNITS);
      return text.includes('\0') || text.includes(ITEM) ? text.replaceAll('\0', '').replaceAll(ITEM, '') : text;
    }
    case 'number':
    case 'boolean':
    case 'bigint':
      return `${value}`;
  }
  return '';
};

/**
 * The same, with its bits behind it if it is a number or a text that reads as one.
 * @param {unknown} value
 */
const numberOf = (value) => {
  const text = textOf(value);
  if (typeof value === 'boolean' || !text.trim()) return text;
  number[0] = Number(text);
  if (!Number.isFinite(number[0])) return text;
  return text + ITEM + halves[1].toString(32) + ITEM + halves[0].toString(32);
};

/** @param {any} value @returns {any[]} */
const listOf = (value) => (Array.isArray(value) ? value : [value]);

/** Whether an object has an own property. Taken once: a script's context asks the host each time that a global is read. */
const { hasOwn: own } = Object;

/**
 * A copy of a rule's notice groups, so that nothing of the device or of the rules is handed on.
 * @param {any} group the groups, or the server attribute that holds them
 * @param {any} attributes
 */
const copyOfGroup = (group, attributes) => {
  const name = textOf(group);
  try {
    const groups = Object(group) === group ? group : own(attributes, name) ? attributes[name] : null;
    return JSON.parse(JSON.stringify(groups)) ?? {};
  } catch {
    return {};
  }
};

/**
 * What the rules say to one uplink: the calls, or null if there are none.
 * @param {(input: string) => string} run the core
 * @param {any} device
 * @param {unknown} thingModelId undefined on servers that do not say which thing model reported
 * @param {any} rules one rule or a list of them
 */
export const trigger = (run, device, thingModelId, rules) => {
  if (!device) return null;
  const attributes = Object(device.server_attrs);
  const telemetry = Object(device.telemetry_data);
  const eui = textOf(device.eui);
  const facts = ['dname', textOf(device.name), 'deui', eui];
  /** @type {{ key: string, values: any }[]} */
  const models = [];
  for (const id of thingModelId == null ? Object.keys(telemetry) : [textOf(thingModelId)]) {
    if (!own(telemetry, id) || telemetry[id] == null) continue;
    const name = textOf(id);
    models.push({ key: `t${name}`, values: telemetry[id] });
    facts.push(`m${name}`, numberOf(telemetry[id].update_time));
  }
  /** The attributes with states of alarms. Where an alarm's name is not plain, only the core knows its attribute. */
  const states = Object.keys(attributes).filter((name) => name.startsWith(`${STATES}~`));
  /** @type {string[]} */
  const entries = [];
  /** @param {string} alarm */
  const pickState = (alarm) => {
    if (own(attributes, STATES + alarm)) states.push(STATES + alarm);
  };
  /** What a rule or a step says. @param {any} part */
  const pick = (part) => {
    for (const name of Object.keys(part)) {
      const value = part[name];
      const place = RULE_FIELDS.indexOf(name);
      const key = `k${place < 0 ? `?${textOf(name)}` : String.fromCharCode(97 + place)}`;
      switch (name) {
        case 'threshold':
        case 'default': {
          const items = listOf(value);
          for (let i = 0; i < 2; i++) {
            const which = i ? '2' : '';
            const attribute = textOf(items[i]);
            entries.push(key + which, numberOf(items[i]));
            if (name === 'threshold' && own(attributes, attribute))
              entries.push(`s${which}`, numberOf(attributes[attribute]));
          }
          break;
        }
        case 'hysteresis':
          entries.push(key, numberOf(value));
          break;
        case 'methods':
        case 'group':
        case 'steps':
          break;
        default:
          entries.push(key, textOf(value));
      }
    }
    if (own(part, 'field')) {
      const field = textOf(part.field);
      for (const { key, values } of models) if (own(values, field)) entries.push(key, numberOf(values[field]));
    }
  };
  const list = listOf(rules);
  /** The number of the last rule of each name. */
  const namesakes = new Map();
  for (let i = 0; i < list.length; i++) {
    const rule = Object(list[i]);
    const name = textOf(rule.name);
    entries.push(`u${namesakes.get(name) ?? ''}`, `${i + 1}`);
    namesakes.set(name, i + 1);
    pickState(name);
    pickState(FAULTS + name);
    pickState(FAULTS + (i + 1));
    pick(rule);
    for (const step of listOf(rule.steps ?? [])) {
      entries.push('l', '');
      pick(Object(step));
    }
  }
  // The core finds one of them by their order.
  for (const name of states.sort()) facts.push(`n${name}`, textOf(attributes[name]));
  const answer = run(facts.concat(entries).join('\0')).split('\0');
  const actions = [];
  for (let at = 0; at + 6 < answer.length; at += 6) {
    const rule = Object(list[Number(answer[at]) - 1]);
    const methods = listOf(rule.methods).map(textOf).filter(Boolean);
    for (const method of methods.length ? methods : METHODS_IF_NONE) {
      const [, action, name, title, level, desc] = answer.slice(at, at + 6);
      const group = copyOfGroup(rule.group ?? 'group', attributes);
      actions.push({ method, params: { _eui: eui, action, name, title, level, desc, group } });
    }
  }
  return actions.length ? { delayms: 0, abort_previous_timer: true, actions } : null;
};
