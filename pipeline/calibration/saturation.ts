import type { Fact } from '../header/facts.ts';

const codes = 65536;
/** Fewer pixels at one level tell nothing. */
const fewest = 8;
/** Below the range of 16 bits fewer pixels than this at the top of a converter may be hot ones. */
const fewestAtTop = 3;
const fullRange = 65_472;
/** Hot pixels beyond the level at which others pile up may be this share of those. */
const shareAbove = 0.05;
/** A pile-up further below the highest pixel is none. */
const lowestShare = 0.7;

/**
 * Finds the raw level at which the pixels of a frame pile up: a code near the highest that many pixels share, with hardly a pixel
 * above it and far fewer just below than a tail of stars would have; or the highest value, when it is the top of an
 * analogue-to-digital converter of 8 to 16 bits (left-aligned or not). Undefined when nothing is saturated, as far as the frame
 * tells, and for frames that are not whole numbers of 16 bits.
 */
export function findPileUp(pixels: Float32Array): number | undefined {
  const counts = new Uint32Array(codes);
  let outside = 0;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    const code = value & (codes - 1);
    if (code === value) counts[code]!++;
    else if (value > 0) outside++; // fractions, and what 16 bits do not hold; NaN and what lies below zero say nothing
  }
  if (outside > 0) return undefined;
  let top = codes - 1;
  while (top > 0 && counts[top] === 0) top--;
  if (top === 0) return undefined;
  if (isConverterTop(top) && (top >= fullRange || counts[top]! >= fewestAtTop)) return top;
  let above = 0;
  for (let code = top; code > lowestShare * top; code--) {
    const count = counts[code]!;
    if (count >= fewest && above <= shareAbove * count && count <= pixels.length / 4) {
      // The width below that one code may span (4 bits of shift) must hold far fewer pixels.
      let below = 0;
      for (let k = Math.max(0, Math.ceil(code - Math.max(16, code * 0.01))); k < code; k++) below += counts[k]!;
      if (count > 2 * Math.sqrt(below) + below / 4) return code;
    }
    above += count;
  }
  return undefined;
}

/** The level in force: the lower of what is known and of where pixels pile up; `pileUp` only where the pixels tell it. */
export function settleSaturation(
  known: Fact<number> | undefined,
  pileUp: number | undefined,
): { readonly adu: number | undefined; readonly pileUp: number | undefined; readonly warning: string | undefined } {
  if (known === undefined || pileUp === undefined || pileUp >= known.value) {
    return { adu: known?.value ?? pileUp, pileUp: known ? undefined : pileUp, warning: undefined };
  }
  const warning = `pixels pile up at ${pileUp} ADU, below the saturation of ${known.value} (${known.card}): ${pileUp} is taken`;
  return { adu: pileUp, pileUp, warning };
}

function isConverterTop(value: number): boolean {
  for (let bits = 8; bits <= 16; bits++) {
    const top = 2 ** bits - 1;
    for (let shift = 0; shift <= 16 - bits; shift++) if (value === top * 2 ** shift) return true;
  }
  return false;
}
