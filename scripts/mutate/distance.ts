import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The files that a file names, directly or through others, as imports, workers or child processes; with how many steps
 * away each is, up to `farthest`. A test says most of what is near to it.
 */
export function distancesFrom(file: string, farthest: number): Map<string, number> {
  const found = new Map([[file, 0]]);
  for (const [path, steps] of found) {
    if (steps === farthest) continue;
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/'(\.{1,2}\/[^']+\.ts)'/g)) {
      const named = join(dirname(path), name!);
      if (!found.has(named) && existsSync(named)) found.set(named, steps + 1);
    }
  }
  return found;
}
