import type { StarList } from '../peers/program.ts';
import type { ScoredStar, Truth } from './simulate.ts';

/** How one true star was measured. */
export interface StarScore {
  readonly electrons: number;
  /** Flux over its Cramer-Rao bound. */
  readonly signalToNoise: number;
  readonly found: boolean;
  /** Measured over true flux, less 1, on the list's own zero point; NaN when not found. */
  readonly relativeError: number;
  /** (measured - true) / bound and / reported error; NaN when not found or not reported. */
  readonly errorOverBound: number;
  readonly pull: number;
}

/** A program's list held against the truth. */
export interface FrameScore {
  readonly stars: readonly StarScore[];
  readonly nListed: number;
  /** Listed where no star is: no true star within the match radius and a magnitude. */
  readonly nFalse: number;
  /** Listed flux over true electrons of isolated bright stars: what the other numbers are relative to. */
  readonly zeroPoint: number;
}

/** A match lies within this many FWHM and one pixel, and within a magnitude and five bounds. */
const matchFwhm = 0.6;
const matchMag = 1;
/** An isolated star has less than this share of its own light in neighbours within 3 FWHM. */
const isolatedShare = 0.02;
const isolatedFwhm = 3;
/** False detections are counted outside this many FWHM of a saturated star and of the edge. */
const saturatedFwhm = 8;
const edgeFwhm = 3;

/**
 * Matches a list with the true stars, brightest first, each to the best candidate by place and flux; undefined when the
 * list has no bright isolated star in common with the truth.
 */
export function scoreList(list: StarList, truth: Truth): FrameScore | undefined {
  const reach = Math.max(1, ...truth.stars.map(({ fwhmPx }) => matchFwhm * fwhmPx));
  const near = grid(list.x, list.y, reach);
  const zeroPoint = zeroPointOf(list, truth, near);
  if (zeroPoint === undefined) return undefined;
  const taken = new Uint8Array(list.x.length);
  const stars: StarScore[] = [];
  for (const star of truth.stars) {
    const i = bestCandidate(star, list, near, zeroPoint, taken);
    if (i !== undefined) taken[i] = 1;
    if (!star.usable) continue;
    const error = i === undefined ? Number.NaN : list.flux[i]! / zeroPoint - star.electrons;
    stars.push({
      electrons: star.electrons,
      signalToNoise: star.electrons / star.boundE,
      found: i !== undefined,
      relativeError: error / star.electrons,
      errorOverBound: error / star.boundE,
      pull: i !== undefined && list.fluxErr[i]! > 0 ? (error * zeroPoint) / list.fluxErr[i]! : Number.NaN,
    });
  }
  return { stars, nListed: list.x.length, nFalse: countFalse(list, truth, taken), zeroPoint };
}

type Near = (x: number, y: number, radius: number) => readonly number[];

/** Indices of the points within a radius, up to `size`, of a place. */
function grid(xs: ArrayLike<number>, ys: ArrayLike<number>, size: number): Near {
  const key = (cx: number, cy: number) => (cy + 100) * 1_000_003 + cx + 100;
  const cells = new Map<number, number[]>();
  for (let i = 0; i < xs.length; i++) {
    const at = key(Math.floor(xs[i]! / size), Math.floor(ys[i]! / size));
    const cell = cells.get(at);
    if (cell) cell.push(i);
    else cells.set(at, [i]);
  }
  return (x, y, radius) => {
    const found: number[] = [];
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        for (const i of cells.get(key(Math.floor(x / size) + dx, Math.floor(y / size) + dy)) ?? []) {
          if (Math.hypot(xs[i]! - x, ys[i]! - y) <= radius) found.push(i);
        }
      }
    }
    return found;
  };
}

const radiusOf = ({ fwhmPx }: ScoredStar) => Math.max(1, matchFwhm * fwhmPx);

function zeroPointOf(list: StarList, { stars }: Truth, near: Near): number | undefined {
  const bright = stars.filter(({ usable, electrons, boundE }) => usable && electrons > 30 * boundE);
  const size = isolatedFwhm * Math.max(1, ...stars.map(({ fwhmPx }) => fwhmPx));
  const others = grid(
    stars.map(({ x }) => x),
    stars.map(({ y }) => y),
    size,
  );
  const isolated = bright.filter((star) => {
    const around = others(star.x, star.y, isolatedFwhm * star.fwhmPx).reduce((sum, k) => sum + stars[k]!.electrons, 0);
    return around < (1 + isolatedShare) * star.electrons;
  });
  const ratios = (isolated.length >= 10 ? isolated : bright).flatMap((star) => {
    const candidates = near(star.x, star.y, radiusOf(star)).map((i) => list.flux[i]!);
    return candidates.length > 0 ? [Math.max(...candidates) / star.electrons] : [];
  });
  return ratios.length >= 3 ? median(ratios) : undefined;
}

function bestCandidate(
  star: ScoredStar,
  list: StarList,
  near: Near,
  zeroPoint: number,
  taken: Uint8Array,
): number | undefined {
  const allowedMag = matchMag + (5 * 1.0857 * Math.min(star.boundE, star.electrons)) / star.electrons;
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const i of near(star.x, star.y, radiusOf(star))) {
    const offMag = Math.abs(2.5 * Math.log10(list.flux[i]! / zeroPoint / star.electrons));
    if (taken[i] || offMag > allowedMag) continue;
    const offPx = Math.hypot(list.x[i]! - star.x, list.y[i]! - star.y);
    const badness = (offPx / (0.25 * star.fwhmPx)) ** 2 + (offMag / 0.3) ** 2;
    if (badness < least) {
      least = badness;
      best = i;
    }
  }
  return best;
}

function countFalse(list: StarList, { stars, widthPx, heightPx, fwhmPx }: Truth, taken: Uint8Array): number {
  const saturated = stars.filter((star) => star.saturated);
  const margin = edgeFwhm * fwhmPx;
  let n = 0;
  for (let i = 0; i < list.x.length; i++) {
    const x = list.x[i]!;
    const y = list.y[i]!;
    if (taken[i] || x < margin || y < margin || x > widthPx - 1 - margin || y > heightPx - 1 - margin) continue;
    if (saturated.some((star) => Math.hypot(star.x - x, star.y - y) < saturatedFwhm * fwhmPx)) continue;
    n++;
  }
  return n;
}

/** Numbers over some stars; NaN where fewer than eight tell. */
export interface Summary {
  readonly nTrue: number;
  readonly completeness: number;
  /** Share of all true stars measured within 3 bounds, or 0.5 %, of the truth; a missing star is a failure. */
  readonly within3: number;
  /** Median of the relative error. */
  readonly bias: number;
  /** Robust standard deviation of (measured - true) / bound. */
  readonly scatterOverBound: number;
  /** Robust standard deviation of (measured - true) / reported error. */
  readonly pullWidth: number;
}

const fewest = 8;

export function summarise(stars: readonly StarScore[]): Summary {
  const found = stars.filter((star) => star.found);
  const share = (n: number) => (stars.length >= fewest ? n / stars.length : Number.NaN);
  const good = found.filter((star) => Math.abs(star.relativeError) < Math.hypot(3 / star.signalToNoise, 0.005));
  const pulls = found.map(({ pull }) => pull).filter(Number.isFinite);
  return {
    nTrue: stars.length,
    completeness: share(found.length),
    within3: share(good.length),
    bias: found.length >= fewest ? median(found.map(({ relativeError }) => relativeError)) : Number.NaN,
    scatterOverBound: robustWidth(found.map(({ errorOverBound }) => errorOverBound)),
    pullWidth: robustWidth(pulls),
  };
}

/** 1.4826 times the median absolute deviation from the median; NaN for fewer than eight values. */
export function robustWidth(values: readonly number[]): number {
  if (values.length < fewest) return Number.NaN;
  const middle = median(values);
  return 1.4826 * median(values.map((value) => Math.abs(value - middle)));
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
