import type { KernelBasis } from './basis.ts';

/** What is matched: `source` convolved is to be like `target`; row-major, of one size, sky about 0, NaN without weight. */
export interface Match {
  readonly width: number;
  readonly height: number;
  readonly source: Float32Array;
  readonly target: Float32Array;
  /** Variance of the difference of the two at index p, where `light` electrons of a star are that has `peak` at its top. */
  readonly variance: (p: number, light: number, peak: number) => number;
}

/** A star's square of pixels as the fit sees it: least squares of its target on the basis, convolved, and a sky. */
export interface Stamp {
  readonly x: number;
  readonly y: number;
  /** Symmetric, row-major, of as many rows as the basis has elements, and one for the sky. */
  readonly normal: Float64Array;
  readonly right: Float64Array;
  /** Weighted sum of squares of the target. */
  readonly squares: number;
  readonly nPixels: number;
}

const LEAST_SHARE = 0.8;

/**
 * Forms the equations of a star at (x, y): every element of the basis convolved with the source about it. Undefined where the
 * square, `half` pixels to each side, leaves the plane or too many of its pixels have no weight.
 */
export function formStamp(match: Match, basis: KernelBasis, x: number, y: number, half: number): Stamp | undefined {
  const { width, height, source, target } = match;
  const side = 2 * half + 1;
  const wide = side + 2 * basis.half;
  const x0 = Math.round(x) - half;
  const y0 = Math.round(y) - half;
  const margin = basis.half;
  if (x0 < margin || y0 < margin || x0 + side + margin > width || y0 + side + margin > height) return undefined;
  const cut = new Float64Array(wide * wide);
  for (let j = 0; j < wide; j++) {
    const from = (y0 - margin + j) * width + x0 - margin;
    for (let i = 0; i < wide; i++) cut[j * wide + i] = source[from + i]!;
  }
  const images = convolved(cut, wide, basis);
  const n = basis.elements.length;
  const size = n + 1;
  const normal = new Float64Array(size * size);
  const right = new Float64Array(size);
  const row = new Float64Array(size);
  row[n] = 1;
  const peak = peakOf(match, Math.round(x), Math.round(y));
  let squares = 0;
  let nPixels = 0;
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const p = (y0 + j) * width + x0 + i;
      const value = target[p]!;
      for (let k = 0; k < n; k++) row[k] = images[k]![j * side + i]!;
      if (!Number.isFinite(value + row[0]!)) continue;
      const w = 1 / match.variance(p, Math.max(0, value), peak);
      nPixels++;
      squares += w * value * value;
      for (let k = 0; k < size; k++) {
        const scaled = w * row[k]!;
        right[k]! += scaled * value;
        for (let m = 0; m <= k; m++) normal[k * size + m]! += scaled * row[m]!;
      }
    }
  }
  if (nPixels < LEAST_SHARE * side * side) return undefined;
  for (let k = 0; k < size; k++) for (let m = 0; m < k; m++) normal[m * size + k] = normal[k * size + m]!;
  return { x, y, normal, right, squares, nPixels };
}

function peakOf({ target, width }: Match, x: number, y: number): number {
  let peak = 0;
  for (let j = -1; j <= 1; j++) {
    for (let i = -1; i <= 1; i++) {
      const value = target[(y + j) * width + x + i]!;
      if (value > peak) peak = value;
    }
  }
  return peak;
}

/** The cut convolved with each element, without the margin that has not all of its neighbours. */
function convolved(cut: Float64Array, wide: number, { half, elements }: KernelBasis): Float64Array[] {
  const side = wide - 2 * half;
  const lines = new Float64Array(side * wide);
  const images = elements.map(({ across, up }) => {
    for (let j = 0; j < wide; j++) {
      for (let i = 0; i < side; i++) {
        let sum = 0;
        for (let a = 0; a <= 2 * half; a++) sum += across[2 * half - a]! * cut[j * wide + i + a]!;
        lines[j * side + i] = sum;
      }
    }
    const image = new Float64Array(side * side);
    for (let j = 0; j < side; j++) {
      for (let i = 0; i < side; i++) {
        let sum = 0;
        for (let b = 0; b <= 2 * half; b++) sum += up[2 * half - b]! * lines[(j + b) * side + i]!;
        image[j * side + i] = sum;
      }
    }
    return image;
  });
  const [first] = images;
  elements.forEach(({ share }, k) => {
    if (share !== 0) for (let p = 0; p < side * side; p++) images[k]![p]! -= share * first![p]!;
  });
  return images;
}
