import { Grid } from '../model/neighbours.ts';
import { choleskyFactor, choleskySolve } from '../numeric/cholesky.ts';
import { fieldTerms, termsOfDegree } from '../numeric/polynomial.ts';
import type { StarList } from './star-list.ts';

/**
 * How far the image of one colour lies from that of the reference, in plane pixels: what lateral colour of the optics and dispersion
 * of the atmosphere do.
 */
export interface Shift {
  /** Degree of the polynomial over the plane; -1 where no shift is significant. */
  readonly degree: number;
  readonly at: (x: number, y: number) => { readonly dx: number; readonly dy: number };
}

export const noShift: Shift = { degree: -1, at: () => ({ dx: 0, dy: 0 }) };

/** Stars are looked for within this many FWHM, at least this many pixels. */
const SEARCH_FWHM = 0.75;
const SEARCH_PX = 1.5;
const MAX_DEGREE = 2;
/** Stars needed for each term, and chi square that each must be worth. */
const STARS_PER_TERM = 6;
const CLEAR = 8;
const CLIP = 4;

interface Offset {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly varianceX: number;
  readonly varianceY: number;
}

/**
 * The shift of a plane against the reference from the clean stars that both show: a polynomial of the highest degree (up to 2)
 * that they clearly ask for, by least squares with outliers clipped. No shift where there are too few stars or none is
 * significant, for a shift that is noise would join the errors of all stars.
 * @param floorPx position error of either list that their own errors do not know.
 */
export function fitShift(list: StarList, reference: StarList, floorPx: number): Shift {
  let offsets = offsetsOf(list, reference, floorPx);
  const { width, height } = reference.plane;
  let best = noShift;
  for (let round = 0; round < 3; round++) {
    best = fitOffsets(offsets, width, height);
    const kept = withoutOutliers(offsets, best);
    if (kept.length === offsets.length) break;
    offsets = kept;
  }
  return best;
}

/** Position error per axis and list that the fitted errors do not explain, from what a shift leaves between two lists. */
export function positionFloor(list: StarList, reference: StarList, shift: Shift): number {
  const offsets = offsetsOf(list, reference, 0);
  if (offsets.length < 20) return 0;
  const excess: number[] = [];
  for (const { x, y, dx, dy, varianceX, varianceY } of offsets) {
    const expected = shift.at(x, y);
    // The median of a squared normal deviate is 0.455 of its variance.
    excess.push((dx - expected.dx) ** 2 / 0.455 - varianceX, (dy - expected.dy) ** 2 / 0.455 - varianceY);
  }
  excess.sort((a, b) => a - b);
  return Math.sqrt(Math.max(0, excess[excess.length >> 1]!) / 2);
}

/** Where the clean stars of a list stand against their nearest counterparts in the reference. */
function offsetsOf(list: StarList, reference: StarList, floorPx: number): Offset[] {
  const { width, height } = reference.plane;
  const reach = Math.max(SEARCH_PX, SEARCH_FWHM * reference.fwhmPx);
  const grid = new Grid(reference.x, reference.y, reference.sources.count, width, height, 32);
  const offsets: Offset[] = [];
  for (let i = 0; i < list.sources.count; i++) {
    if (!list.isClean[i]) continue;
    let nearest = -1;
    let least = reach;
    let seen = 0;
    grid.near(list.x[i]!, list.y[i]!, reach, (j) => {
      const d = Math.hypot(reference.x[j]! - list.x[i]!, reference.y[j]! - list.y[i]!);
      if (d > reach) return;
      seen++;
      if (d >= least) return;
      least = d;
      nearest = j;
    });
    // Two candidates leave it open which one it is.
    if (nearest === -1 || seen > 1 || !reference.isClean[nearest]) continue;
    const floor = 2 * floorPx ** 2;
    offsets.push({
      x: list.x[i]!,
      y: list.y[i]!,
      dx: list.x[i]! - reference.x[nearest]!,
      dy: list.y[i]! - reference.y[nearest]!,
      varianceX: list.sources.xErr[i]! ** 2 + reference.sources.xErr[nearest]! ** 2 + floor,
      varianceY: list.sources.yErr[i]! ** 2 + reference.sources.yErr[nearest]! ** 2 + floor,
    });
  }
  return offsets;
}

function withoutOutliers(offsets: readonly Offset[], shift: Shift): Offset[] {
  const away = offsets.map((one) => {
    const expected = shift.at(one.x, one.y);
    return Math.hypot(one.dx - expected.dx, one.dy - expected.dy);
  });
  const sorted = [...away].sort((a, b) => a - b);
  // The median of a Rayleigh deviate is 1.18 sigma of an axis.
  const limit = (CLIP * (sorted[sorted.length >> 1] ?? 0)) / 1.18;
  return offsets.filter((_, i) => away[i]! <= limit);
}

function fitOffsets(offsets: readonly Offset[], width: number, height: number): Shift {
  let best = noShift;
  let bestChi2 = chiSquare(offsets, noShift);
  let bestTerms = 0;
  for (let degree = 0; degree <= MAX_DEGREE; degree++) {
    const n = termsOfDegree(degree);
    if (offsets.length < STARS_PER_TERM * n) break;
    const x = fitAxis(offsets, degree, width, height, (one) => [one.dx, one.varianceX]);
    const y = fitAxis(offsets, degree, width, height, (one) => [one.dy, one.varianceY]);
    if (!x || !y) break;
    const terms = new Float64Array(n);
    const shift: Shift = {
      degree,
      at(px, py) {
        fieldTerms(degree, px, py, width, height, terms);
        let dx = 0;
        let dy = 0;
        for (let i = 0; i < n; i++) {
          dx += x[i]! * terms[i]!;
          dy += y[i]! * terms[i]!;
        }
        return { dx, dy };
      },
    };
    const chi2 = chiSquare(offsets, shift);
    if (chi2 >= bestChi2 - 2 * CLEAR * (n - bestTerms)) continue;
    best = shift;
    bestChi2 = chi2;
    bestTerms = n;
  }
  return best;
}

function fitAxis(
  offsets: readonly Offset[],
  degree: number,
  width: number,
  height: number,
  pick: (one: Offset) => readonly [number, number],
): Float64Array | undefined {
  const n = termsOfDegree(degree);
  const terms = new Float64Array(n);
  const a = new Float64Array(n * n);
  const b = new Float64Array(n);
  for (const one of offsets) {
    const [value, variance] = pick(one);
    fieldTerms(degree, one.x, one.y, width, height, terms);
    for (let i = 0; i < n; i++) {
      b[i]! += (terms[i]! * value) / variance;
      for (let j = 0; j <= i; j++) a[i * n + j]! += (terms[i]! * terms[j]!) / variance;
    }
  }
  if (!choleskyFactor(a, n)) return undefined;
  choleskySolve(a, n, b);
  return b;
}

function chiSquare(offsets: readonly Offset[], shift: Shift): number {
  let sum = 0;
  for (const { x, y, dx, dy, varianceX, varianceY } of offsets) {
    const expected = shift.at(x, y);
    sum += (dx - expected.dx) ** 2 / varianceX + (dy - expected.dy) ** 2 / varianceY;
  }
  return sum;
}
