import { applyMap, type Pairs, type PlaneMap } from './plane-map.ts';
import type { Points } from './point-grid.ts';
import { countWithin, nearestPoint, type PointGrid } from './point-grid.ts';

/**
 * Pairs each detection with the star nearest to where `map` puts it, if not farther than `tolerance` (units of the
 * plane), each star at most once: the nearest detection has it. `use` lists the detections that take part.
 */
export function matchStars(
  detections: Points,
  use: Int32Array,
  grid: PointGrid,
  map: PlaneMap,
  tolerance: number,
): Pairs {
  const owner = new Map<number, number>();
  const distances = new Float64Array(use.length);
  const star = new Int32Array(use.length);
  const place = new Float64Array(2);
  for (let k = 0; k < use.length; k++) {
    applyMap(map, detections.x[use[k]!]!, detections.y[use[k]!]!, place);
    const nearest = nearestPoint(grid, place[0]!, place[1]!, tolerance);
    star[k] = nearest;
    if (nearest < 0) continue;
    distances[k] = (grid.x[nearest]! - place[0]!) ** 2 + (grid.y[nearest]! - place[1]!) ** 2;
    const rival = owner.get(nearest);
    if (rival === undefined || distances[rival]! > distances[k]!) owner.set(nearest, k);
  }
  const pairs = { detected: new Int32Array(owner.size), known: new Int32Array(owner.size), count: 0 };
  for (let k = 0; k < use.length; k++) {
    const s = star[k]!;
    if (s < 0 || owner.get(s) !== k) continue;
    pairs.detected[pairs.count] = use[k]!;
    pairs.known[pairs.count++] = s;
  }
  return pairs;
}

/**
 * How many matches chance alone would bring: from the density of stars about each place, which is never taken to be
 * below the mean density.
 */
export function chanceMatches(
  detections: Points,
  use: Int32Array,
  grid: PointGrid,
  density: number,
  map: PlaneMap,
  tolerance: number,
): number {
  const place = new Float64Array(2);
  const radius = Math.max(1.5 / Math.sqrt(density), 2 * tolerance);
  const area = Math.PI * radius ** 2;
  const toleranceArea = Math.PI * tolerance ** 2;
  let expected = 0;
  for (let k = 0; k < use.length; k++) {
    applyMap(map, detections.x[use[k]!]!, detections.y[use[k]!]!, place);
    const local = countWithin(grid, place[0]!, place[1]!, radius) / area;
    expected += 1 - Math.exp(-toleranceArea * Math.max(local, density));
  }
  return expected;
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
