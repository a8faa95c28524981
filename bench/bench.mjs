// `npm run bench`: where the project stands beside hand-written scripts and its targets, in time and in size. What is
// compared stands in `rows.mjs`, how one process times it in `measure.mjs`. Correctness is the tests' business.
//
// Against noise: the subjects of a group take turns inside each process, in a new order each round, so that a slow second
// of the machine falls on all alike. A ratio is taken round by round, of two calls a few ms apart; their median is the
// process's, where collected garbage and single interruptions fall out; the median of the processes is shown, where one
// that was disturbed as a whole falls out, beside the lowest and the highest of them: a target between these two is
// neither surely met nor surely missed. A first call takes a process of its own: a round is one of each, and a few rounds
// count as a process. Compare ratios, not times: those of the rules are true on a quiet machine only.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LIMIT, ROWS, RULES, STORED, UNITS } from './rows.mjs';

/** @typedef {import('./rows.mjs').Subject} Subject */
/** @typedef {import('./rows.mjs').Row} Row */

const PROCESSES = 5;
const ROUNDS = { fresh: 200, warm: 50, stored: 100, rules: 20, first: 5 };

const MEASURE = fileURLToPath(new URL('measure.mjs', import.meta.url));
const PASTE = new URL('../pkg/paste/', import.meta.url);

const median = (/** @type {number[]} */ values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** What a process of its own says. @param {'group' | 'first'} mode @param {unknown} given */
const inProcess = (mode, given) =>
  JSON.parse(execFileSync(process.execPath, [MEASURE, mode, JSON.stringify(given)], { encoding: 'utf8' }));

const key = (/** @type {Subject} */ subject) => JSON.stringify(subject);
/** Each subject once, in whichever rows it stands. @param {Row[]} rows @param {Subject['how']} how */
const subjectsOf = (rows, how) => {
  const all = rows.flatMap(({ ours, beside }) => [ours, beside]).filter((subject) => subject.how === how);
  return [...new Map(all.map((subject) => [key(subject), subject])).values()];
};

/** Times in ms: of each subject a list a process, with a time a round. @type {Map<string, number[][]>} */
const collected = new Map();
const add = (/** @type {Subject} */ subject, /** @type {number[]} */ times) =>
  collected.set(key(subject), [...timesOf(subject), times]);
const timesOf = (/** @type {Subject} */ subject) => collected.get(key(subject)) ?? [];

const groups = [
  { rounds: ROUNDS.fresh, subjects: subjectsOf(ROWS, 'fresh') },
  { rounds: ROUNDS.warm, subjects: subjectsOf(ROWS, 'warm') },
  { rounds: ROUNDS.stored, subjects: subjectsOf(STORED, 'fresh') },
  { rounds: ROUNDS.rules, subjects: RULES.map(({ ours }) => ours) },
];
const firsts = subjectsOf(ROWS, 'first');
for (let n = 0; n < PROCESSES; n++) {
  for (const group of groups) {
    /** @type {number[][]} */
    const lists = inProcess('group', group);
    lists.forEach((times, index) => {
      add(group.subjects[index], times);
    });
  }
  const rounds = Array.from({ length: ROUNDS.first }, () => firsts.map((subject) => inProcess('first', subject)));
  firsts.forEach((subject, index) => {
    const times = rounds.map((round) => round[index]);
    add(subject, times);
  });
}

const msOf = (/** @type {Subject} */ subject) => median(timesOf(subject).map(median));
const number = (/** @type {number | undefined} */ value, /** @type {number} */ digits) =>
  value === undefined ? '–' : value.toFixed(digits);
const µs = (/** @type {number} */ ms) => number(ms * 1000, 1);
const line = (/** @type {string} */ label, /** @type {string[]} */ cells, remark = '') =>
  console.log(`${[label.padEnd(30), ...cells.map((cell) => cell.padStart(10))].join(' ')}${remark && `  ${remark}`}`);
const missed = (/** @type {number} */ value, /** @type {number | undefined} */ target) =>
  target !== undefined && value > target ? 'missed' : '';
const range = (/** @type {number[]} */ values) => `${number(Math.min(...values), 2)}–${number(Math.max(...values), 2)}`;

/** @param {Row} row */
const printRow = ({ label, ours, beside, target }) => {
  const others = timesOf(beside);
  const ratios = timesOf(ours).map((times, process) => median(times.map((ms, round) => ms / others[process][round])));
  const ratio = median(ratios);
  line(
    label,
    [µs(msOf(ours)), µs(msOf(beside)), number(ratio, 2), range(ratios), number(target, 2)],
    missed(ratio, target),
  );
};

console.log(`Node ${process.version}, medians of ${PROCESSES} processes, interleaved\n`);
line('call, in µs', ['ours', 'hand', 'ratio', 'from to', 'target']);
ROWS.forEach(printRow);

console.log();
line('stored alarms, in µs', ['100', '1', 'ratio', 'from to', 'target']);
STORED.forEach(printRow);

console.log();
line('rules of trigger.js', ['µs a rule', '', 'ms', 'from to', 'target']);
RULES.forEach(({ rules, ours, target }, index) => {
  const ms = msOf(ours);
  // What a rule costs that the row above has not: where it stays the same, the time is linear in rules.
  const before = RULES[index - 1];
  const each = before && ((ms - msOf(before.ours)) * 1000) / (rules - before.rules);
  line(
    `${rules}`,
    [number(each, 1), '', number(ms, 2), range(timesOf(ours).map(median)), number(target, 2)],
    missed(ms, target),
  );
});

console.log();
line('paste file, in UTF-16 units', ['units', 'target', 'limit']);
for (const name of readdirSync(PASTE).sort()) {
  const units = readFileSync(new URL(name, PASTE), 'utf8').length;
  const twin = name.endsWith('.nowasm.js');
  const over = twin ? 'over the limit: exports that include it fail' : 'OVER THE LIMIT';
  line(
    name,
    [`${units}`, number(twin ? undefined : (UNITS[name] ?? LIMIT), 0), `${LIMIT}`],
    units > LIMIT ? over : missed(units, UNITS[name]),
  );
}
