import { medianInPlace, sigmaOfMad } from '../numeric/robust.ts';

/** One band of rows of every member, and where the combined rows go. */
export interface CombineArguments {
  /** The band of each member, scaled and cleared of its pedestal, `count` values each. */
  readonly bands: readonly Float32Array[];
  readonly count: number;
  /** Typical noise of one value of one member: the floor of what clipping takes for noise. */
  readonly sigmaFloor: number;
  readonly clip: number;
  readonly combined: Float32Array;
  /** Set to one where the members scatter by more than three times the floor, or stand at two levels. */
  readonly unstable: Uint8Array | undefined;
  /** Where the band begins in `combined` and `unstable`. */
  readonly offset: number;
}

export interface CombineTally {
  readonly clipped: number;
  /** Sum over pixels of the variance of the mean, and how many pixels it is from. */
  readonly varianceSum: number;
  readonly nVariance: number;
}

/** From this many members on a pixel's own scatter is known well enough to clip by it. */
const membersForOwnScatter = 8;

/**
 * Sigma-clipped mean of each pixel over the members: values further than `clip` sigma from the median are left out, sigma being
 * the larger of the noise floor and, from eight members on, the pixel's own scatter (from its median absolute deviation).
 * A mean of what remains has a third less variance than the median. NaN members are left out; a pixel
 * without any value becomes NaN.
 */
export function combineBand(args: CombineArguments): CombineTally {
  const { bands, count, sigmaFloor, clip, combined, unstable, offset } = args;
  const members = bands.length;
  const values = new Float64Array(members);
  const sorted = new Float64Array(members);
  let clipped = 0;
  let varianceSum = 0;
  let nVariance = 0;
  for (let i = 0; i < count; i++) {
    let n = 0;
    for (let m = 0; m < members; m++) {
      const value = bands[m]![i]!;
      if (value - value === 0) values[n++] = value;
    }
    if (n === 0) {
      combined[offset + i] = Number.NaN;
      continue;
    }
    for (let k = 0; k < n; k++) sorted[k] = values[k]!;
    const median = medianInPlace(sorted, n);
    let sigma = sigmaFloor;
    if (n >= membersForOwnScatter) {
      for (let k = 0; k < n; k++) sorted[k] = Math.abs(values[k]! - median);
      const own = sigmaOfMad * medianInPlace(sorted, n);
      if (own > sigma) sigma = own;
      if (unstable && own > 3 * sigmaFloor) unstable[offset + i] = 1;
    }
    const reach = clip * sigma;
    let kept = 0;
    let sum = 0;
    let squares = 0;
    for (let k = 0; k < n; k++) {
      const away = values[k]! - median;
      if (away > reach || away < -reach) continue;
      kept++;
      sum += away;
      squares += away * away;
    }
    clipped += n - kept;
    // A cosmic ray spoils one member of a pixel; where many fall out, the pixel itself jumps (random telegraph noise).
    if (unstable && n >= membersForOwnScatter && n - kept >= Math.max(2, n / 5)) unstable[offset + i] = 1;
    const mean = kept > 0 ? sum / kept : 0;
    combined[offset + i] = median + mean;
    if (kept > 1) {
      varianceSum += (squares - kept * mean * mean) / (kept - 1) / kept;
      nVariance++;
    }
  }
  return { clipped, varianceSum, nVariance };
}
