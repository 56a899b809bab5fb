import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of the repository. */
export const root = resolve(import.meta.dirname, '../..');

export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** `import type`, which leaves nothing behind at run time. */
  readonly typeOnly: boolean;
}

/** Paths of all TypeScript files below a folder. */
export function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** What a file imports, re-exports, imports later, or starts as a thread. */
export function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const statement = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
  const dynamic = /import\(\s*'([^']+)'\s*\)/g;
  const spawned = /siblingModule\(\s*import\.meta\.url\s*,\s*'(\.[^']+)'\s*\)/g;
  return [
    ...[...text.matchAll(statement)].map((m) => ({ from: path, specifier: m[2]!, typeOnly: m[1] !== undefined })),
    ...[...text.matchAll(dynamic)].map((m) => ({ from: path, specifier: m[1]!, typeOnly: false })),
    ...[...text.matchAll(spawned)].map((m) => ({ from: path, specifier: `${m[1]!}.ts`, typeOnly: false })),
  ];
}
