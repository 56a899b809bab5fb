import { applyMap, type Pairs, type PlaneMap } from './plane-map.ts';
import type { Points } from './point-grid.ts';
import { countWithin, nearestPoint, type PointGrid } from './point-grid.ts';

export interface Match extends Pairs {
  /** How many of the matches chance alone would bring. */
  readonly expectedByChance: number;
}

/**
 * Pairs each detection with the star nearest to where `map` puts it, if not farther than `tolerance` (units of the
 * plane), each star at most once: the nearest detection has it. `use` lists the detections that take part. The number of
 * chance matches follows from the density of stars about each place, and is never taken to be below the mean density.
 */
export function matchStars(
  detections: Points,
  use: Int32Array,
  grid: PointGrid,
  density: number,
  map: PlaneMap,
  tolerance: number,
): Match {
  const owner = new Map<number, number>();
  const distances = new Float64Array(use.length);
  const star = new Int32Array(use.length);
  const place = new Float64Array(2);
  const surroundings = Math.max(1.5 / Math.sqrt(density), 2 * tolerance);
  const surroundingArea = Math.PI * surroundings ** 2;
  const toleranceArea = Math.PI * tolerance ** 2;
  let expectedByChance = 0;
  for (let k = 0; k < use.length; k++) {
    applyMap(map, detections.x[use[k]!]!, detections.y[use[k]!]!, place);
    const [X, Y] = place as unknown as [number, number];
    const local = countWithin(grid, X, Y, surroundings) / surroundingArea;
    expectedByChance += 1 - Math.exp(-toleranceArea * Math.max(local, density));
    const nearest = nearestPoint(grid, X, Y, tolerance);
    star[k] = nearest;
    if (nearest < 0) continue;
    distances[k] = (grid.x[nearest]! - X) ** 2 + (grid.y[nearest]! - Y) ** 2;
    const rival = owner.get(nearest);
    if (rival === undefined || distances[rival]! > distances[k]!) owner.set(nearest, k);
  }
  const detected = new Int32Array(owner.size);
  const known = new Int32Array(owner.size);
  let count = 0;
  for (let k = 0; k < use.length; k++) {
    const s = star[k]!;
    if (s < 0 || owner.get(s) !== k) continue;
    detected[count] = use[k]!;
    known[count++] = s;
  }
  return { detected, known, count, expectedByChance };
}

/**
 * The natural logarithm of the odds against chance: chance brings `matched` or more of independent matches of which it
 * brings `expected` on average with a probability below exp(-result) (Chernoff's bound for a sum of Bernoulli trials).
 * Stars that the map was fitted through for free, half a star a parameter, are not counted.
 */
export function oddsAgainstChance(matched: number, parameters: number, expected: number): number {
  const counted = matched - parameters / 2;
  if (!(counted > expected)) return 0;
  return counted * Math.log(counted / expected) - counted + expected;
}
