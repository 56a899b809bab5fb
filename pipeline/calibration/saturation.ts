/**
 * Finds the raw level at which the pixels of a frame pile up: the highest value, when several pixels share it and it stands
 * above what the tail of the histogram just below makes likely, or when it is the top of an analogue-to-digital
 * converter of 8 to 16 bits (left-aligned or not). Undefined when nothing is saturated, as far as the frame tells.
 */
export function findPileUp(pixels: Float32Array): number | undefined {
  let top = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    if (value > top) {
      top = value;
      count = 1;
    } else if (value === top) count++;
  }
  if (count === 0 || !Number.isInteger(top) || top <= 0) return undefined;
  if (isConverterTop(top)) return top;
  if (count < 8 || count > pixels.length / 4) return undefined; // too few to tell, or a constant image
  // The same width below the top that one code may span (4 bits of shift) must hold far fewer pixels.
  let below = 0;
  const reach = Math.max(16, top * 0.01);
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    if (value < top && value >= top - reach) below++;
  }
  return count > 2 * Math.sqrt(below) + below / 4 ? top : undefined;
}

function isConverterTop(value: number): boolean {
  for (let bits = 8; bits <= 16; bits++) {
    const top = 2 ** bits - 1;
    for (let shift = 0; shift <= 16 - bits; shift++) if (value === top * 2 ** shift) return true;
  }
  return false;
}
