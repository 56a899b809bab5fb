/**
 * The step between neighbouring codes of the converter in a frame's pixels: 16 for 12-bit data shifted up by four bits, 1 for
 * plain ones. The greatest common divisor of the differences between pixels; 0 when they are all equal, undefined when
 * pixels are no integers.
 */
export function findCodeStep(pixels: Float32Array): number | undefined {
  let first = Number.NaN;
  let step = 0;
  // Two million pixels tell as much as all; an odd stride, lest only one colour or column is seen.
  const stride = Math.floor(pixels.length / 2e6) | 1;
  for (let i = 0; i < pixels.length; i += stride) {
    const value = pixels[i]!;
    if (Number.isNaN(value)) continue;
    if (!Number.isInteger(value)) return undefined;
    if (Number.isNaN(first)) first = value;
    let a = Math.abs(value - first);
    while (a !== 0) {
      const rest = step % a;
      step = a;
      a = rest;
    }
    if (step === 1) return 1;
  }
  return step;
}
