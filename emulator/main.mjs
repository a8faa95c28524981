// `npm start`: the shipped story, or a user's own input, through the paste files in the emulator.
// Reads flags and files and prints; what happens in between is the emulator's.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { adopt } from './adopt.mjs';
import { Clock, startPlatform, startServices, TKL_PROFILES } from './index.mjs';
import { credentials, maskAll, masker } from './mask.mjs';
import * as scenario from './scenario.mjs';
import { FACTS } from './services/all.mjs';
import {
  clockText,
  events,
  highlights,
  messageLines,
  painter,
  storyLines,
  sums,
  verdictLine,
  visible,
} from './show.mjs';

const PRESETS = ['wecom_text', 'wecom_notify', 'wecom_app_notify', 'dingtalk_text', 'dingtalk_notify', 'notify'];
const PASTE = fileURLToPath(new URL('../pkg/paste/', import.meta.url));
const NOTES = fileURLToPath(new URL('../tests/fixtures/hand/', import.meta.url));

/** Who makes the services that there are fakes of. */
const VENDORS = new Intl.ListFormat('en').format(new Set(FACTS.map(({ vendor }) => vendor)));

const HELP = `TKL notifications, run on this machine: the shipped scripts in an emulated TKL server,
against fake ${VENDORS} services on loopback. Nothing leaves this machine.

  npm start                         the story of a boiler: too hot, a dead channel, no data
  npm start -- --preset NAME        one script with your own input

What to run
  --preset NAME      ${PRESETS.join(', ')}
  --trigger FILE     check an edited trigger file against --device and show what it would call

Your input (JSON files; a sample stands in for each that is missing)
  --device FILE      the device: {"eui": ..., "name": ..., "server_attrs": {...}}
  --params FILE      what the trigger or caller passes to the RPC
  --org FILE         the Org Params; keys and tokens in it are taken as real ones
  --alarms FILE      the device's active alarms: {"overheat_alarm": {...}}

How
  --profile NAME     the TKL server: ${TKL_PROFILES.join(', ')}
  --nowasm           the plain-JavaScript file instead of the one with WebAssembly
  --dry-run          print the actions, credentials masked, and send nothing
  --help

Exit: 0 fine, 1 a script failed or a message was not delivered, 2 bad flags or files.
`;

const OPTIONS = /** @type {const} */ ({
  preset: { type: 'string' },
  trigger: { type: 'string' },
  device: { type: 'string' },
  params: { type: 'string' },
  org: { type: 'string' },
  alarms: { type: 'string' },
  profile: { type: 'string', default: 'tkl-current' },
  nowasm: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

/** The user asked for what cannot be: one line, exit 2. */
class Unusable extends Error {}

/**
 * @param {string[]} argv
 * @param {object} [world]
 * @param {(text: string) => void} [world.out]
 * @param {(text: string) => void} [world.err]
 * @param {boolean} [world.colour]
 * @param {string} [world.paste] folder of the paste files
 * @returns {Promise<number>} the exit code
 */
export async function main(argv, world = {}) {
  const out = world.out ?? ((text) => void process.stdout.write(text));
  const err = world.err ?? ((text) => void process.stderr.write(text));
  const paint = painter(world.colour ?? false);
  try {
    const flags = readFlags(argv);
    if (flags.help) {
      out(HELP);
      return 0;
    }
    const screen = { out: (/** @type {string} */ line) => out(`${line}\n`), paint, paste: world.paste ?? PASTE };
    if (flags.trigger !== undefined) return await checkTrigger(flags, screen);
    if (flags.preset !== undefined) return await runPreset(flags, screen);
    return await tellStory(flags, screen);
  } catch (/** @type {any} */ fault) {
    if (!(fault instanceof Unusable)) throw fault;
    err(`${visible(fault.message.split('\n')[0])}\n`);
    return 2;
  }
}

/** @typedef {{out: (line: string) => void, paint: import('./show.mjs').Paint, paste: string}} Screen */
/** @typedef {ReturnType<typeof readFlags>} Flags */

/** @param {string[]} argv */
function readFlags(argv) {
  let values;
  try {
    ({ values } = parseArgs({ args: argv, options: OPTIONS, strict: true, allowPositionals: false }));
  } catch (/** @type {any} */ fault) {
    throw new Unusable(`${fault.message.split('. ')[0].replace(/\.$/, '')}; see npm start -- --help`);
  }
  if (!TKL_PROFILES.includes(values.profile)) {
    throw new Unusable(`--profile ${values.profile}: there are ${TKL_PROFILES.join(', ')}`);
  }
  if (values.preset !== undefined && !PRESETS.includes(values.preset)) {
    throw new Unusable(`--preset ${values.preset}: there are ${PRESETS.join(', ')}`);
  }
  if (values.trigger !== undefined && values.preset !== undefined) {
    throw new Unusable('--trigger and --preset are two different runs: give one of them');
  }
  if (values.trigger !== undefined && values.device === undefined) {
    throw new Unusable('--trigger needs --device FILE, a device with telemetry_data to decide about');
  }
  const input = /** @type {const} */ (['device', 'params', 'org', 'alarms']).find((name) => values[name] !== undefined);
  if (values.preset === undefined && values.trigger === undefined && (input || values['dry-run'])) {
    throw new Unusable(`--${input ?? 'dry-run'} needs --preset NAME or --trigger FILE`);
  }
  if (values.trigger !== undefined && (values.params ?? values.org ?? values.alarms) !== undefined) {
    throw new Unusable('--trigger takes only --device and --profile: a trigger has no other input');
  }
  return values;
}

/** @param {string} flag @param {string} file @returns {Record<string, any>} */
function readObject(flag, file) {
  const text = readText(flag, file);
  let value;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new Unusable(`${flag} ${file}: not valid JSON`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Unusable(`${flag} ${file}: must be a JSON object`);
  }
  return value;
}

function readText(/** @type {string} */ flag, /** @type {string} */ file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (/** @type {any} */ fault) {
    throw new Unusable(
      `${flag} ${file}: ${fault.code === 'ENOENT' ? 'no such file' : `cannot be read (${fault.code})`}`,
    );
  }
}

/** @param {Pick<Screen, 'paste'>} screen @param {string} name @param {boolean} nowasm */
function readPaste(screen, name, nowasm) {
  const file = `${name}${nowasm ? '.nowasm' : ''}.js`;
  try {
    return readFileSync(`${screen.paste}/${file}`, 'utf8');
  } catch {
    throw new Unusable(`pkg/paste/${file} is missing: build it with npm run build`);
  }
}

/** @typedef {{eui: string, name?: string, server_attrs?: Record<string, any>, telemetry_data?: Record<string, any>}} GivenDevice */

/** @param {Flags} flags @returns {GivenDevice} */
function readDevice(flags) {
  if (flags.device === undefined) return structuredClone(scenario.DEVICE);
  const device = readObject('--device', flags.device);
  if (typeof device.eui !== 'string' || device.eui === '') {
    throw new Unusable(`--device ${flags.device}: "eui" must be a text`);
  }
  return /** @type {GivenDevice} */ (device);
}

/** @param {Flags} flags @param {Screen} screen */
async function runPreset(flags, screen) {
  const preset = /** @type {string} */ (flags.preset);
  const body = readPaste(screen, preset, flags.nowasm);
  const device = readDevice(flags);
  const params = flags.params === undefined ? scenario.ALARM_PARAMS : readObject('--params', flags.params);
  const own = flags.org === undefined ? { ...scenario.ORG_PARAMS } : readObject('--org', flags.org);
  const orgParams = flags.org === undefined && preset === 'notify' ? { ...own, ...scenario.ROUTES } : own;
  const alarms = flags.alarms === undefined ? {} : readObject('--alarms', flags.alarms);

  const services = await startServices({ clock: new Clock(Date.now()) });
  try {
    scenario.people(services);
    adopt(services, orgParams, device.server_attrs);
    const mask = masker([...credentials(orgParams), ...credentials(device.server_attrs)]);
    const { paint } = screen;
    const out = (/** @type {string} */ line) => screen.out(mask(line));
    const tkl = await startPlatform({ profile: flags.profile, services, orgParams });
    mount(tkl, preset, body);
    tkl.addDevice({ ...device, alarms });
    const result = await tkl.call(device.eui, preset, params, { dryRun: flags['dry-run'] });

    out(paint.bold(`${preset}${flags.nowasm ? ' (plain JavaScript)' : ''} on ${flags.profile}`));
    const counted = result.actions.length === 1 ? '1 action' : `${result.actions.length} actions`;
    out(
      result.outcome === 'success'
        ? `the script answered ${counted}`
        : paint.red(`${result.outcome}: ${visible(result.error ?? '')}`),
    );
    for (const [level, text] of result.logs) out(`log ${level}: ${visible(text)}`);
    const loud = result.logs.some(([level]) => level === 'error');
    if (flags['dry-run']) {
      for (const { method, url, data } of services.network.requests) {
        out(
          `sent by the script itself: ${method} ${visible(url)} ${data === undefined ? '' : visible(JSON.stringify(data))}`.trimEnd(),
        );
      }
      out(visible(JSON.stringify(maskAll(mask, result.actions), null, 2)));
      return result.outcome === 'success' && !loud ? 0 : 1;
    }
    for (const { type, action } of result.done.filter((done) => done.type === 'modifyAttrs' && done.ok)) {
      out(`${type}: ${visible(JSON.stringify(maskAll(mask, action.dnMsg)))}`);
    }
    for (const { topic } of tkl.published.filter(({ topic }) => topic.includes('/as/dn/'))) {
      out(paint.red(`published to MQTT topic ${visible(topic)}: this server knows no such action`));
    }
    const happened = events(services);
    if (happened.length === 0 && result.outcome === 'success') out('nothing was sent');
    for (const event of happened) {
      const lines = messageLines(event, paint);
      if (lines.length > 0) out('');
      for (const line of lines) out(line);
    }
    if (happened.length > 0) out('');
    for (const event of happened) out(verdictLine(event, paint));
    const failed = result.outcome !== 'success' || happened.some(({ verdict }) => verdict !== 'delivered');
    return failed || loud ? 1 : 0;
  } finally {
    await services.close();
  }
}

/** @param {import('./platform.mjs').Platform} tkl @param {string} method @param {string} body */
function mount(tkl, method, body) {
  try {
    tkl.mount(method, body);
  } catch (/** @type {any} */ fault) {
    throw new Unusable(`${method} is refused at save: ${fault.message}`);
  }
}

/** @param {Flags} flags @param {Screen} screen */
async function checkTrigger(flags, screen) {
  const file = /** @type {string} */ (flags.trigger);
  const body = readText('--trigger', file);
  const device = readDevice(flags);
  const models = Object.keys(device.telemetry_data ?? {});
  if (models.length === 0)
    throw new Unusable(`--device ${flags.device}: "telemetry_data" is empty, so no trigger would run`);
  const { paint, out } = screen;
  const tkl = await startPlatform({ profile: flags.profile, clock: new Clock(Date.now()) });
  try {
    tkl.mountTrigger('trigger', body);
  } catch (/** @type {any} */ fault) {
    throw new Unusable(`--trigger ${file}: refused at save: ${fault.message}`);
  }
  tkl.addDevice(device);
  let failed = false;
  for (const model of models) {
    const [run] = await tkl.uplink(device.eui, model, {});
    out(paint.bold(`thing model ${visible(model)} of ${visible(device.name ?? device.eui)} on ${flags.profile}`));
    if (run.error !== undefined) {
      failed = true;
      out(paint.red(`  the trigger failed: ${visible(run.error)}`));
      continue;
    }
    const actions = Array.isArray(run.returned?.actions) ? run.returned.actions : [];
    if (run.returned?.actions !== undefined && !Array.isArray(run.returned.actions)) {
      failed = true;
      out(paint.red('  "actions" is not a list, so the platform calls nothing'));
    } else if (actions.length === 0) out('  calls nothing');
    for (const [index, action] of actions.entries()) {
      out(`  ${index + 1}. ${visible(String(action?.method))} ${visible(JSON.stringify(action?.params))}`);
      if (action?.params?._eui !== device.eui) {
        failed = true;
        out(paint.red(`     skipped by the platform: params._eui must name a device`));
      }
    }
    if (Number(run.returned?.delayms) > 0) {
      const lost = run.returned.abort_previous_timer
        ? ''
        : '; abort_previous_timer is off: a second delayed run may be lost';
      out(`  after ${Number(run.returned.delayms)} ms${lost}`);
    }
  }
  return failed ? 1 : 0;
}

/**
 * @typedef {object} Telling one way to tell the story
 * @property {string} title
 * @property {Record<string, string>} rpcs
 * @property {string} trigger
 * @property {Record<string, any>} orgParams
 * @property {Record<string, any>} [attributes] more server attributes of the device
 * @property {string} [ticks] the method that a scheduled task calls
 */

/**
 * The story as each telling has it.
 * @param {Pick<Flags, 'profile' | 'nowasm'>} flags @param {Pick<Screen, 'paste'>} [screen]
 */
export async function tellAll(flags, screen = { paste: PASTE }) {
  const note = (/** @type {string} */ name) => readFileSync(`${NOTES}/${name}.js`, 'utf8');
  const ours = (/** @type {string} */ name) => readPaste(screen, name, flags.nowasm);
  const dropIn = ['wecom_notify', 'dingtalk_notify'];
  const { ORG_PARAMS, ROUTES, SILENT, noteTrigger } = scenario;
  // The DingTalk note keeps its credentials in the device's attributes.
  const { dingtalk_token, dingtalk_secret } = ORG_PARAMS;
  /** @type {[Telling, Telling, Telling]} */
  const tellings = [
    {
      title: "the application notes' own scripts",
      rpcs: Object.fromEntries(dropIn.map((name) => [name, note(name)])),
      trigger: noteTrigger([...dropIn, 'alarm']),
      orgParams: ORG_PARAMS,
      attributes: { dingtalk_token, dingtalk_secret },
    },
    {
      title: 'wecom_notify and dingtalk_notify, in their place',
      rpcs: Object.fromEntries(dropIn.map((name) => [name, ours(name)])),
      trigger: noteTrigger([...dropIn, 'alarm']),
      orgParams: ORG_PARAMS,
    },
    {
      title: 'notify: one message per change',
      rpcs: { notify: ours('notify') },
      trigger: readPaste(screen, 'trigger', false),
      orgParams: { ...ORG_PARAMS, ...ROUTES, ...SILENT },
      ticks: 'notify',
    },
  ];
  const all = [];
  for (const telling of tellings) all.push({ title: telling.title, ...(await tell(telling, flags.profile)) });
  return all;
}

/** @param {Flags} flags @param {Screen} screen */
async function tellStory(flags, screen) {
  const { COUNTED, ORG_PARAMS } = scenario;
  const { out, paint } = screen;
  out(paint.bold('A boiler reports its temperature every five minutes. From 80 °C on it is an alarm.'));
  out('Between the reports a scheduled task ticks: it lets notify do what is due by time alone.');
  const counted = COUNTED.map(({ name }) => name);
  const fakes = new Intl.ListFormat('en').format(counted);
  out(`TKL server: ${flags.profile}. ${fakes}: fakes on this machine that refuse what the real ones refuse.`);
  const all = await tellAll(flags, screen);
  const [notes, , notify] = all;
  const mask = masker(credentials(ORG_PARAMS));

  out('');
  for (const line of storyLines(counted, notes.told, notify.told, paint)) out(mask(line));
  for (const [words, event] of highlights(notify.told, COUNTED)) {
    out('');
    out(paint.bold(`${words}, ${clockText(event.at)}`));
    for (const line of [...messageLines(event, paint), verdictLine(event, paint)]) out(mask(`  ${line}`));
  }
  out('');
  out(paint.bold('Messages sent and delivered'));
  for (const { title, told, problems } of all) {
    const counts = sums(told).map((count, service) => `${counted[service]} ${String(count).padStart(3)}`);
    out(`  ${counts.join('   ')}   ${title}`);
    for (const [problem, times] of problems) out(mask(paint.red(`    ${times} x ${visible(problem)}`)));
  }
  out('');
  out('Your own input: npm start -- --preset wecom_notify --org org.json --params params.json   (npm start -- --help)');
  return all.some(({ failed }) => failed) ? 1 : 0;
}

/**
 * One telling of the story.
 * @param {Telling} telling @param {string} profile
 */
async function tell(telling, profile) {
  const services = await startServices();
  try {
    scenario.people(services);
    const { orgParams, attributes, ticks } = telling;
    const { DEVICE, THING_MODEL } = scenario;
    const tkl = await startPlatform({ profile, services, orgParams });
    for (const [method, body] of Object.entries(telling.rpcs)) mount(tkl, method, body);
    tkl.mountTrigger('overheat', telling.trigger);
    tkl.addDevice({ ...DEVICE, server_attrs: { ...DEVICE.server_attrs, ...attributes } });
    /** @type {import('./show.mjs').Told[]} */
    const told = [];
    /** Faults and loud log lines, and how often. @type {Map<string, number>} */
    const problems = new Map();
    let failed = false;
    let seen = 0;
    /** The service that does not answer. @type {string | undefined} */
    let out;
    for (const moment of scenario.MOMENTS) {
      await tkl.advance(moment.at - tkl.clock.now());
      /** @type {{error?: string, calls: import('./platform.mjs').CallResult[]}} */
      let run = { calls: [] };
      if (moment.what === 'uplink') {
        [run] = await tkl.uplink(DEVICE.eui, THING_MODEL, { temperature: moment.temperature });
      } else if (moment.what === 'out') {
        out = moment.service;
        services.network.fail('timeout', { service: out, times: Number.POSITIVE_INFINITY });
      } else if (moment.what === 'back') {
        out = undefined;
        services.network.heal();
      } else if (ticks !== undefined) {
        run.calls.push(await tkl.call(DEVICE.eui, ticks, { action: 'tick' }));
      }
      const happened = events(services).slice(seen);
      seen += happened.length;
      // That a request failed stands in what happened, so a call that failed by one is not told twice.
      const own = run.calls.filter(({ done }) => !done.some(({ type, ok }) => type === 'axios' && !ok));
      const faults = [run.error, ...own.map(({ error }) => error)].filter((fault) => fault !== undefined);
      const logged = run.calls.flatMap(({ logs }) => logs).filter(([level]) => level !== 'info');
      const missed = happened.filter(({ verdict }) => verdict !== 'delivered');
      // What a service that does not answer leaves undelivered is part of the story, and so is what is said of it.
      failed ||=
        faults.length > 0 ||
        missed.some(({ service }) => service !== out) ||
        (out === undefined && logged.some(([level]) => level === 'error'));
      for (const problem of [
        ...faults.map((fault) => `error: ${fault}`),
        ...logged.map(([level, text]) => `log ${level}: ${text}`),
        ...missed.map(({ verdict, where, why }) => `${verdict}: ${where}, ${why}`),
      ]) {
        problems.set(problem, (problems.get(problem) ?? 0) + 1);
      }
      const sent = scenario.COUNTED.map(
        ({ id }) => happened.filter(({ service, view }) => service === id && view !== undefined).length,
      );
      told.push({ ...moment, sent, happened });
    }
    return { told, problems, failed };
  } finally {
    await services.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // A reader that has seen enough (`| head`) is no fault.
  process.stdout.on('error', (fault) =>
    process.exit(/** @type {NodeJS.ErrnoException} */ (fault).code === 'EPIPE' ? 0 : 1),
  );
  process.exitCode = await main(process.argv.slice(2), { colour: process.stdout.isTTY === true });
}
