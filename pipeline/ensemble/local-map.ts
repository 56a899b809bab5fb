import type { LinearMap } from '../astrometry/align.ts';
import { UNCLEAN } from '../flags.ts';
import { solveAndInvert } from '../numeric/linear.ts';
import { medianOf } from '../numeric/statistics.ts';
import type { EnsembleFrame } from './frame.ts';
import type { IdentifiedStars } from './identify-stars.ts';

/** So many clean stars nearest to the target show the way: near enough that no distortion bends it. */
const NEAREST = 80;
const LEAST = 6;
/** Stars measured worse than this have no good place either. */
const MAX_ERROR_MAG = 0.1;
/** What the place of a bright star is wrong by all the same, as its error in magnitudes would have it. */
const FLOOR_MAG = 0.01;
const ROUNDS = 3;
const CLIP_SIGMA = 4;

/** A frame's pixels about the target. */
export interface LocalMap {
  /** From arcseconds to FITS pixels. */
  readonly toPixel: LinearMap;
  /** Error of the target's own place on it, one axis, pixels. */
  readonly sigmaPx: number;
}

/**
 * How the common tangent plane about the target, arcseconds, lies on a frame's FITS pixels near the target: least squares on
 * the nearest clean stars, weighted by how well each is measured (the error of a place goes as that of the magnitude).
 * Undefined when there are too few.
 */
export function localMap(
  { x, y, magErr, flags }: EnsembleFrame,
  starOfRow: Int32Array,
  { eastArcsec, northArcsec }: IdentifiedStars,
): LocalMap | undefined {
  const distance = (row: number): number => Math.hypot(eastArcsec[starOfRow[row]!]!, northArcsec[starOfRow[row]!]!);
  let rows = [...starOfRow.keys()]
    .filter((row) => starOfRow[row]! > 0 && magErr[row]! < MAX_ERROR_MAG && (flags[row]! & UNCLEAN) === 0)
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, NEAREST);
  for (let round = 0; ; round++) {
    const found = fit(rows);
    if (!found) return undefined;
    const misses = Float64Array.from(rows, (row) => miss(found.toPixel, row));
    if (round === ROUNDS) {
      const chi2 = misses.reduce((sum, d) => sum + d * d, 0) / (2 * rows.length - 6);
      return { toPixel: found.toPixel, sigmaPx: Math.sqrt(chi2 * found.variance) };
    }
    // Distances in two axes: half of them lie within 1.177 sigma of one axis.
    const limit = (CLIP_SIGMA / 1.177) * medianOf(misses.slice());
    rows = rows.filter((_, k) => misses[k]! <= limit);
  }

  /** The map, and the variance of its constant terms for errors of one weight. */
  function fit(used: readonly number[]): { toPixel: LinearMap; variance: number } | undefined {
    if (used.length < LEAST) return undefined;
    const normal = new Float64Array(9);
    const [toX, toY] = [new Float64Array(3), new Float64Array(3)];
    for (const row of used) {
      const star = starOfRow[row]!;
      const terms = [1, eastArcsec[star]!, northArcsec[star]!];
      const weight = weightOf(row);
      for (let i = 0; i < 3; i++) {
        toX[i]! += weight * terms[i]! * x[row]!;
        toY[i]! += weight * terms[i]! * y[row]!;
        for (let j = 0; j < 3; j++) normal[3 * i + j]! += weight * terms[i]! * terms[j]!;
      }
    }
    const isSolved = solveAndInvert(normal.slice(), toX, 3) && solveAndInvert(normal, toY, 3);
    return isSolved ? { toPixel: Float64Array.of(...toX, ...toY), variance: normal[0]! } : undefined;
  }

  /** Of the star's place, over its error. */
  function miss(c: LinearMap, row: number): number {
    const [e, n] = [eastArcsec[starOfRow[row]!]!, northArcsec[starOfRow[row]!]!];
    const d = Math.hypot(c[0]! + c[1]! * e + c[2]! * n - x[row]!, c[3]! + c[4]! * e + c[5]! * n - y[row]!);
    return d * Math.sqrt(weightOf(row));
  }

  function weightOf(row: number): number {
    return 1 / (magErr[row]! ** 2 + FLOOR_MAG ** 2);
  }
}
