/** Scale from a median absolute deviation to the standard deviation of a normal distribution. */
export const sigmaOfMad = 1.4826;

/** The k-th smallest (from 0) of values[0..count), which is reordered (Hoare 1961, quickselect). */
export function selectInPlace(values: Float32Array | Float64Array, count: number, k: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        const swap = values[i]!;
        values[i] = values[j]!;
        values[j] = swap;
        i++;
        j--;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return values[k]!;
}

/** Median of values[0..count), which is reordered; NaN of none. The values must not be NaN. */
export function medianInPlace(values: Float32Array | Float64Array, count: number): number {
  if (count === 0) return Number.NaN;
  const upper = selectInPlace(values, count, count >> 1);
  if (count % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count >> 1; i++) if (values[i]! > lower) lower = values[i]!;
  return (lower + upper) / 2;
}

export interface Location {
  readonly mean: number;
  readonly sigma: number;
  readonly count: number;
}

/**
 * Mean and standard deviation of values[0..count) after clipping around the median at `clip` sigma until nothing more falls
 * out (at most 10 times), the first sigma from the median absolute deviation. `scratch` needs `count` elements.
 */
export function clippedLocation(
  values: Float32Array | Float64Array,
  count: number,
  clip: number,
  scratch: Float64Array,
): Location {
  for (let i = 0; i < count; i++) scratch[i] = values[i]!;
  const median = medianInPlace(scratch, count);
  for (let i = 0; i < count; i++) scratch[i] = Math.abs(values[i]! - median);
  let centre = median;
  let sigma = sigmaOfMad * medianInPlace(scratch, count);
  let kept = count;
  for (let round = 0; round < 10; round++) {
    let n = 0;
    let sum = 0;
    let squares = 0;
    // Of quantised data the deviation may be zero: then everything at the median is kept.
    const reach = clip * sigma;
    for (let i = 0; i < count; i++) {
      const offset = values[i]! - median;
      if (Math.abs(values[i]! - centre) <= reach) {
        n++;
        sum += offset;
        squares += offset * offset;
      }
    }
    if (n === 0) break;
    const mean = sum / n;
    centre = median + mean;
    sigma = Math.sqrt(Math.max(0, squares / n - mean * mean));
    if (n === kept && round > 0) break;
    kept = n;
  }
  return { mean: centre, sigma, count: kept };
}
