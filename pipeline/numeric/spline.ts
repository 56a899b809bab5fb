/**
 * Cubic B-splines on a regular grid (Unser 1999, IEEE Signal Processing Magazine 16(6), 22): twice continuously
 * differentiable interpolation with four taps a dimension, once the samples have been turned into coefficients.
 */
const POLE = Math.sqrt(3) - 2;

/** Turns `n` samples at `start`, `stride` apart, into B-spline coefficients in place; zero beyond both ends. */
function filterLine(c: Float64Array, start: number, n: number, stride: number): void {
  const last = start + (n - 1) * stride;
  for (let i = start + stride; i <= last; i += stride) c[i]! += POLE * c[i - stride]!;
  // The causal sequence decays as a pure geometric series past the end, which gives the anticausal start.
  c[last]! *= -POLE / (1 - POLE * POLE);
  for (let i = last - stride; i >= start; i -= stride) c[i] = POLE * (c[i + stride]! - c[i]!);
  for (let i = start; i <= last; i += stride) c[i]! *= 6;
}

/** Turns a `size` x `size` table of samples into B-spline coefficients in place. */
export function splineCoefficients(table: Float64Array, size: number): void {
  for (let j = 0; j < size; j++) filterLine(table, j * size, size, 1);
  for (let i = 0; i < size; i++) filterLine(table, i, size, size);
}

/** Weights of the four coefficients around fraction t in [0, 1). */
export function splineWeights(t: number, w: Float64Array): void {
  const s = 1 - t;
  w[0] = (s * s * s) / 6;
  w[1] = (4 - 6 * t * t + 3 * t * t * t) / 6;
  w[2] = (4 - 6 * s * s + 3 * s * s * s) / 6;
  w[3] = (t * t * t) / 6;
}

/** Derivatives of the weights with respect to t. */
export function splineSlopes(t: number, w: Float64Array): void {
  const s = 1 - t;
  w[0] = -0.5 * s * s;
  w[1] = -2 * t + 1.5 * t * t;
  w[2] = 2 * s - 1.5 * s * s;
  w[3] = 0.5 * t * t;
}
