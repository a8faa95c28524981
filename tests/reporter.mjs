// How `npm test` shows the JavaScript tests: what failed and why, a line for each file, the counts at the end.

import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @param {AsyncIterable<{ type: string, data: any }>} events */
export default async function* report(events) {
  /** @type {Map<string, number>} */
  const passed = new Map();
  for await (const { type, data } of events) {
    const file = data.file ? relative(ROOT, data.file) : '';
    if (type === 'test:pass') passed.set(file, (passed.get(file) ?? 0) + 1);
    else if (type === 'test:fail') {
      const { error } = data.details;
      const { stack = error } = error.cause ?? error;
      yield `FAILED ${file}: ${data.name}\n${String(stack).slice(0, 4000)}\n\n`;
    } else if (type === 'test:stderr') yield data.message;
    else if (type === 'test:diagnostic' && /^(tests|pass|fail|skipped|todo|cancelled) \d/.test(data.message)) {
      if (passed.size) yield [...passed].map(([name, count]) => `${String(count).padStart(5)}  ${name}\n`).join('');
      passed.clear();
      yield `${data.message}\n`;
    }
  }
}
