import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { SolvingConfig } from '../../config/schema.ts';
import { astap } from './astap.ts';
import type { OutsideSolver } from './outside-solver.ts';
import { solveFieldProgram } from './solve-field.ts';

/** The solvers that are installed, in the order of the configuration. A path that is given must exist. */
export async function installedSolvers(solving: Pick<SolvingConfig, 'fallback'>): Promise<OutsideSolver[]> {
  const found: OutsideSolver[] = [];
  for (const { program, path } of solving.fallback) {
    const where = await findProgram(path ?? (program === 'astap' ? 'astap_cli' : program));
    if (where !== undefined) found.push(program === 'astap' ? astap(where) : solveFieldProgram(where));
  }
  return found;
}

/** The program of this name on the PATH, or at this very place; undefined when there is none that may be run. */
async function findProgram(name: string): Promise<string | undefined> {
  const places = isAbsolute(name) ? [name] : (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, name));
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') throw error;
    }
  }
  return undefined;
}
