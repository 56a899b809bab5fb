import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { describeError, EdgeError } from '../../base/errors.ts';
import type { MovingTargetConfig } from '../../config/schema.ts';
import { placeTarget } from '../../pipeline/ephemeris/moving-target.ts';
import { type Ephemeris, readEphemeris } from '../../pipeline/ephemeris/table.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import type { Target } from '../../pipeline/stages/state.ts';
import type { Site } from '../../sky/site.ts';

/** Ephemerides by path, kept while their files stay the same. */
const read = new Map<string, { readonly version: string; readonly ephemeris: Ephemeris }>();

/** Moving targets where they stand in the middle of a frame's exposure; those without a place make a warning instead. */
export async function placeMovingTargets(
  targets: readonly MovingTargetConfig[],
  facts: FrameFacts,
  site: Site | undefined,
): Promise<{ readonly targets: Target[]; readonly warnings: string[] }> {
  const placed: Target[] = [];
  const warnings: string[] = [];
  const exposure = { midUtc: facts.midUtc?.value, exposureS: facts.exposureS?.value, site };
  for (const { name, orbit, ephemeris } of targets) {
    try {
      const by = orbit ? { name, orbit } : { name, ephemeris: await ephemerisIn(ephemeris!) };
      const answer = placeTarget(by, exposure);
      if ('target' in answer) placed.push(answer.target);
      else warnings.push(answer.reason);
    } catch (error) {
      // A frame is worth more than one of its targets: what is wrong with its file is told, and the rest measured.
      if (!(error instanceof EdgeError) && typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
      warnings.push(`the moving target ${name} is left out: ${describeError(error)}`);
    }
  }
  return { targets: placed, warnings };
}

async function ephemerisIn(path: string): Promise<Ephemeris> {
  const { mtimeMs, size } = await stat(path);
  const version = `${mtimeMs}|${size}`;
  const known = read.get(path);
  if (known?.version === version) return known.ephemeris;
  const ephemeris = readEphemeris(await readFile(path, 'utf8'), basename(path));
  read.set(path, { version, ephemeris });
  return ephemeris;
}
