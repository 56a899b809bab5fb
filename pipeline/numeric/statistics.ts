/** The median of the first `count` values, all finite; NaN for none. `scratch` is overwritten. */
export function medianOf(scratch: Float64Array, count = scratch.length): number {
  if (count === 0) return Number.NaN;
  const sorted = scratch.subarray(0, count).sort();
  const middle = count >> 1;
  return count % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Standard deviation of a Gaussian per median absolute deviation. */
const SIGMA_PER_MAD = 1.4826022185056018;

/** Robust standard deviation about `centre`, from the median absolute deviation. */
export function madSigma(values: Float64Array, centre: number): number {
  return SIGMA_PER_MAD * medianOf(values.map((value) => Math.abs(value - centre)));
}

/**
 * Where the values lie densest: the half-sample mode (Bickel & Frühwirth 2006, CSDA 50, 3500), right while more than
 * half of them are astray. NaN for none.
 */
export function halfSampleMode(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  let from = 0;
  let count = sorted.length;
  if (count === 0) return Number.NaN;
  while (count > 3) {
    const half = (count + 1) >> 1;
    let best = from;
    for (let i = from; i + half <= from + count; i++) {
      if (sorted[i + half - 1]! - sorted[i]! < sorted[best + half - 1]! - sorted[best]!) best = i;
    }
    from = best;
    count = half;
  }
  return medianOf(sorted.slice(from, from + count));
}
