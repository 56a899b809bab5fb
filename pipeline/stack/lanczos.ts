/** Taps of the kernel along one axis: from 2 pixels below the one that holds the place to 3 above it. */
export const TAPS = 6;
const PHASES = 1024;

/**
 * Weights of the windowed sinc of three lobes, L(t) = sinc(t) sinc(t / 3) for |t| < 3 (Duchon 1979, J. Appl. Meteorology
 * 18, 1016; as a resampler Turkowski 1990, Graphics Gems I, 147), for `PHASES` + 1 fractions of a pixel. The weights of
 * one phase sum to 1, so that a flat sky stays flat.
 */
export const lanczosTable = makeTable();

/** Where the weights for a place at fraction `t` in [0, 1] of the way to the next pixel begin in `lanczosTable`. */
export const lanczosAt = (t: number): number => TAPS * Math.round(t * PHASES);

function makeTable(): Float64Array {
  const table = new Float64Array(TAPS * (PHASES + 1));
  for (let phase = 0; phase <= PHASES; phase++) {
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++) {
      const value = lanczos3(tap - 2 - phase / PHASES);
      table[TAPS * phase + tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < TAPS; tap++) table[TAPS * phase + tap]! /= sum;
  }
  return table;
}

function lanczos3(t: number): number {
  if (Math.abs(t) < 1e-12) return 1;
  if (Math.abs(t) >= 3) return 0;
  const a = Math.PI * t;
  return (3 * Math.sin(a) * Math.sin(a / 3)) / (a * a);
}
