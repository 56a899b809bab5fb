import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of real frames, or undefined where there is none. */
export const realData = process.env.BHTOM_EDGE_TEST_DATA;

/** Options for a test that reads real frames: skipped by name where there are none. */
export const withRealData: { skip: string | false } = {
  skip: realData !== undefined && existsSync(realData) ? false : 'BHTOM_EDGE_TEST_DATA names no folder of real frames',
};

export function realFile(...path: string[]): string {
  return join(realData ?? '', ...path);
}

/** Options for a test that needs these programs: skipped by name where one is missing, unless they are required. */
export function withPrograms(...names: string[]): { skip: string | false } {
  if (process.env.BHTOM_EDGE_REQUIRE_PROGRAMS) return { skip: false };
  const missing = names.filter((name) => spawnSync('which', [name]).status !== 0);
  return { skip: missing.length > 0 ? `not installed: ${missing.join(', ')}` : false };
}

/** Options for a test that needs Debian's Python with these modules. */
export function withPython(...modules: string[]): { skip: string | false } {
  if (process.env.BHTOM_EDGE_REQUIRE_PROGRAMS) return { skip: false };
  const answer = spawnSync('/usr/bin/python3', ['-c', modules.map((name) => `import ${name}`).join(';')]);
  return { skip: answer.status === 0 ? false : `Python lacks one of: ${modules.join(', ')}` };
}

/** Options for a test that needs all of these: skipped with the first reason there is. */
export function withAll(...needs: readonly { skip: string | false }[]): { skip: string | false } {
  return { skip: needs.find(({ skip }) => skip !== false)?.skip ?? false };
}
