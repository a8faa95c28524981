// Type-checks programs that use the package as its users do: installed in `node_modules`, found through its `exports`.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TSC = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

/** The ways in which a program may find the package. */
export const RESOLUTIONS = {
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
};

/**
 * What the compiler finds wrong with some files, as it prints it; empty if nothing is. Declarations are checked, too.
 * @param {{ [name: string]: string | undefined }} files their texts by their names
 * @param {keyof typeof RESOLUTIONS} resolution
 */
export const typeErrors = (files, resolution) => {
  const folder = mkdtempSync(join(HERE, '.types-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(HERE, '../pkg'), join(folder, 'node_modules/tkl-notify'), 'junction');
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text ?? '');
    const compilerOptions = {
      ...RESOLUTIONS[resolution],
      strict: true,
      noEmit: true,
      allowJs: true,
      checkJs: true,
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    const { stdout, stderr } = spawnSync(process.execPath, [TSC, '-p', folder], { encoding: 'utf8', cwd: folder });
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
};
