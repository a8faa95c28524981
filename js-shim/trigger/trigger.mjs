// What surrounds the trigger's core: picks the values that the rules name, as texts and numbers, and puts each rule's
// group into the calls that come back. Decides nothing; used by the paste file and by the package.

/**
 * The text of a string, number, boolean or bigint; anything else says nothing.
 * @param {unknown} value
 */
const text = (value) =>
  value == null || /object|function|symbol/.test(typeof value) ? '' : `${value}`.replace(/\0/g, '').slice(0, 20000);

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
  /** @type {number[]} */
  const numbers = [];
  let input = '';
  /**
   * @param {string} key
   * @param {unknown} [value]
   */
  const put = (key, value) => {
    const word = text(value);
    numbers.push(typeof value === 'boolean' || !word.trim() ? Number.NaN : Number(word));
    input += `${text(key)}\0${word}\0`;
  };
  const attributes = Object(device.server_attrs);
  const telemetry = Object(device.telemetry_data);
  const models = (thingModelId == null ? Object.keys(telemetry) : [text(thingModelId)]).filter((id) =>
    own(telemetry, id),
  );
  put('dname', device.name);
  put('deui', device.eui);
  for (const name of Object.keys(attributes)) if (/^ntf_/.test(name)) put(`s${name}`, attributes[name]);
  for (const id of models) put(`m${id}`, Object(telemetry[id]).update_time);
  const groups = list(rules).map((rule, i) => {
    const { steps, group, ...shared } = Object(rule);
    put('r', i + 1);
    // A rule without steps is its own only step.
    (own(list(steps), '0') ? list(steps) : [steps]).forEach((part, j) => {
      if (j) put('l');
      /** @type {Record<string, any>} */
      const step = { ...shared, ...part };
      for (const name of Object.keys(step)) {
        for (const item of /^(threshold|default|methods)$/.test(name) ? list(step[name]) : [step[name]]) {
          put(`f${name}`, item);
        }
      }
      const field = text(step.field);
      for (const id of models) if (own(Object(telemetry[id]), field)) put(`v${id}`, telemetry[id][field]);
      for (const name of list(step.threshold).map(text)) if (own(attributes, name)) put(`a${name}`, attributes[name]);
    });
    return group;
  });
  let head = String.fromCharCode(0, numbers.length, numbers.length >> 16);
  for (const unit of new Uint16Array(new Float64Array(numbers).buffer)) head += String.fromCharCode(unit);
  const result = run(head + input);
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
