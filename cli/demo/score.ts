import { parse } from 'yaml';
import type { TrueStar } from '../../drivers/simulator/sky/render.ts';
import { SourceFlag } from '../../pipeline/flags.ts';
import { readEcsv } from '../../pipeline/tables/read-ecsv.ts';

/** What a measured frame is worth, held against the truth. */
export interface FrameScore {
  readonly nTrue: number;
  /** True stars of S/N above 20 that are not saturated. */
  readonly nBright: number;
  /** Of those, found within a pixel. */
  readonly nFound: number;
  /** Mean of measured over true flux, less 1, weighted by the errors. */
  readonly fluxBias: number;
  /** Robust standard deviation of (measured - true) / error: 1 when the errors are true. */
  readonly pullWidth: number;
}

const spoiled = SourceFlag.saturated | SourceFlag.truncated | SourceFlag.blended | SourceFlag.nearSaturated;

/** Compares a catalogue (ECSV text, FITS pixels) with the true stars of its frame. */
export function scoreFrame(ecsv: string, truth: readonly TrueStar[]): FrameScore {
  const { numbers } = readEcsv(ecsv, 'the catalogue', parse);
  const column = (name: string) => numbers.get(name) ?? new Float64Array(0);
  const [x, y, flux, fluxErr, flags] = [column('x'), column('y'), column('flux'), column('flux_err'), column('flags')];
  const free = new Set(x.keys());
  let nBright = 0;
  let nFound = 0;
  let sum = 0;
  let weights = 0;
  const pulls: number[] = [];
  for (const star of truth) {
    const i = [...free].find((row) => Math.hypot(x[row]! - 1 - star.x, y[row]! - 1 - star.y) < 1);
    if (i !== undefined) free.delete(i);
    const noise = i === undefined || !(fluxErr[i]! > 0) ? Math.sqrt(star.electrons + 25_000) : fluxErr[i]!;
    if (star.saturated || star.electrons < 20 * noise) continue;
    nBright++;
    if (i === undefined) continue;
    nFound++;
    if ((flags[i]! & spoiled) !== 0 || !Number.isFinite(flux[i]!)) continue;
    const weight = (star.electrons / fluxErr[i]!) ** 2;
    sum += weight * (flux[i]! / star.electrons - 1);
    weights += weight;
    pulls.push((flux[i]! - star.electrons) / fluxErr[i]!);
  }
  return { nTrue: truth.length, nBright, nFound, fluxBias: sum / weights, pullWidth: robustWidth(pulls) };
}

/** 1.4826 times the median absolute deviation from the median. */
function robustWidth(values: readonly number[]): number {
  const middle = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
  const centre = middle([...values]);
  return 1.4826 * middle(values.map((value) => Math.abs(value - centre)));
}
