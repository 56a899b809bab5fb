/** How quantised floats were rounded before compression (FITS Standard 4.0, section 10.2). */
export type Dither = 'none' | 'subtractive-1' | 'subtractive-2';

const sequenceLength = 10000;
let sequence: Float32Array | undefined;

/** The 10000 uniform deviates that the standard prescribes (Appendix I; Park & Miller 1988), in single precision. */
function ditherSequence(): Float32Array {
  if (sequence) return sequence;
  const made = new Float32Array(sequenceLength);
  let seed = 1;
  for (let i = 0; i < sequenceLength; i++) {
    seed = (16807 * seed) % 2147483647;
    made[i] = seed / 2147483647;
  }
  sequence = made;
  return made;
}

/** A stored integer that stands for exactly zero under subtractive dither 2. */
const exactZero = -2147483646;

/** How the integers of one tile become floats again. */
export interface Quantisation {
  readonly scale: number;
  readonly zero: number;
  readonly blank: number | undefined;
  readonly dither: Dither;
  /** ZDITHER0 + the tile's number counted from 0, minus 1: where the tile enters the sequence. */
  readonly entry: number;
}

/** Restores the floats of a quantised tile; blanks become NaN. */
export function dequantise(stored: Int32Array, count: number, how: Quantisation, out: Float64Array): void {
  const { scale, zero, blank, dither } = how;
  if (dither === 'none') {
    for (let i = 0; i < count; i++) out[i] = stored[i] === blank ? Number.NaN : stored[i]! * scale + zero;
    return;
  }
  const random = ditherSequence();
  let entry = ((how.entry % sequenceLength) + sequenceLength) % sequenceLength;
  let next = Math.floor(random[entry]! * 500);
  const keepsZero = dither === 'subtractive-2';
  for (let i = 0; i < count; i++) {
    const value = stored[i]!;
    if (value === blank) out[i] = Number.NaN;
    else if (keepsZero && value === exactZero) out[i] = 0;
    else out[i] = (value - random[next]! + 0.5) * scale + zero;
    if (++next === sequenceLength) {
      entry = (entry + 1) % sequenceLength;
      next = Math.floor(random[entry]! * 500);
    }
  }
}
