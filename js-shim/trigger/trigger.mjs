// What surrounds the trigger's core: picks the values that the rules name, as texts and numbers, and puts each rule's
// group into the calls that come back. Decides nothing; used by the paste file and by the package.

/** Stands between a value's text and the halves of its number, so no text may hold it. */
const ITEM = '\x01';

/**
 * The text of a string, number, boolean or bigint; anything else says nothing.
 * @param {unknown} value
 */
const text = (value) =>
  value == null || /object|function|symbol/.test(typeof value)
    ? ''
    : `${value}`.replaceAll('\0', '').replaceAll(ITEM, '').slice(0, 20000);

/**
 * @param {object} object
 * @param {string} name
 */
const own = (object, name) => Object.hasOwn(object, name);

/**
 * The items of a value that may be a list.
 * @param {any} value
 * @returns {any[]}
 */
const list = (value) => [].concat(value);

/**
 * @param {(input: string) => { actions: { method: string, params: any }[] }} run the core
 * @param {any} device
 * @param {unknown} thingModelId undefined on servers that do not say which thing model reported
 * @param {any} rules one rule or a list of them
 */
export const trigger = (run, device, thingModelId, rules) => {
  if (!device) return null;
  /** @type {string[]} */
  const entries = [];
  const number = new Float64Array(1);
  const halves = new Uint32Array(number.buffer);
  /**
   * @param {string} key
   * @param {unknown} [value]
   */
  const put = (key, value) => {
    const word = text(value);
    number[0] = typeof value === 'boolean' || !word.trim() ? Number.NaN : Number(word);
    entries.push(text(key), Number.isNaN(number[0]) ? word : word + ITEM + halves[1] + ITEM + halves[0]);
  };
  const attributes = Object(device.server_attrs);
  const telemetry = Object(device.telemetry_data);
  const models = (thingModelId == null ? Object.keys(telemetry) : [text(thingModelId)]).filter((id) =>
    own(telemetry, id),
  );
  put('dname', device.name);
  put('deui', device.eui);
  for (const name of Object.keys(attributes)) if (name.startsWith(STATES)) put(`n${name}`, attributes[name]);
  for (const id of models) put(`m${id}`, Object(telemetry[id]).update_time);
  const groups = list(rules).map((rule, i) => {
    const { steps, group, ...shared } = Object(rule);
    put('u', i + 1);
    // A rule without steps is its own only step.
    (own(list(steps), '0') ? list(steps) : [steps]).forEach((part, j) => {
      if (j) put('l');
      /** @type {Record<string, any>} */
      const step = { ...shared, ...part };
      for (const name of Object.keys(step)) {
        for (const item of /^(threshold|default|methods)$/.test(name) ? list(step[name]) : [step[name]]) {
          put(`k${name}`, item);
        }
      }
      const field = text(step.field);
      for (const id of models) if (own(Object(telemetry[id]), field)) put(`t${id}`, telemetry[id][field]);
      for (const name of list(step.threshold).map(text)) if (own(attributes, name)) put(`s${name}`, attributes[name]);
    });
    return group;
  });
  const result = run(entries.join('\0'));
  for (const { params: call } of result.actions) {
    const group = groups[call.group - 1];
    const name = text(group ?? 'group');
    // A copy, so that nothing of the device or of the rules is handed on.
    try {
      call.group = JSON.parse(
        JSON.stringify(Object(group) === group ? group : own(attributes, name) ? attributes[name] : null),
      );
    } catch {
      call.group = null;
    }
    call.group ??= {};
  }
  return result.actions.length ? result : null;
};
