import { shiftPattern } from '../header/bayer.ts';
import type { BayerPattern } from '../header/facts.ts';
import { clippedLocation } from '../numeric/robust.ts';

/** What the pixels themselves tell of a colour mosaic. */
export interface MosaicCheck {
  /** Clipped mean level of the four phases of the 2 x 2 cell: (0,0), (1,0), (0,1), (1,1). */
  readonly levels: readonly [number, number, number, number];
  /**
   * `flat`: the phases are equal, so nothing can be told; `green-main`: (0,0) and (1,1) are the greens; `green-other`: (1,0)
   * and (0,1) are; `mixed`: the phases differ, but no diagonal is equal.
   */
  readonly verdict: 'flat' | 'green-main' | 'green-other' | 'mixed';
  /** Whether a pattern agrees, undefined when the pixels cannot tell. */
  readonly agrees: boolean | undefined;
}

/**
 * Compares the sky levels of the four phases of a frame: the two greens of a Bayer mosaic share a diagonal and are equal, red
 * and blue nearly never are. Needs no trust in the header; red and blue cannot be told apart this way.
 */
export function checkMosaic(
  width: number,
  height: number,
  pixels: Float32Array,
  pattern: BayerPattern | undefined,
): MosaicCheck {
  const stride = 2 * Math.max(1, Math.floor(Math.sqrt((width * height) / 25_000)));
  const perPhase = Math.ceil(width / stride) * Math.ceil(height / stride);
  const scratch = new Float64Array(perPhase);
  const values = new Float64Array(perPhase);
  const phases = [0, 1, 2, 3].map((phase) => {
    let n = 0;
    for (let y = phase >> 1; y < height; y += stride) {
      for (let x = phase & 1; x < width; x += stride) {
        const value = pixels[y * width + x]!;
        if (Number.isFinite(value)) values[n++] = value;
      }
    }
    return clippedLocation(values, n, 2.5, scratch);
  });
  const levels = phases.map((phase) => phase.mean) as [number, number, number, number];
  const main = Math.abs(levels[0] - levels[3]);
  const other = Math.abs(levels[1] - levels[2]);
  const errors = phases.map((phase) => phase.sigma / Math.sqrt(Math.max(1, phase.count)));
  const error = Math.max(...errors) * Math.SQRT2;
  // Gradients over the frame and unequal columns of an amplifier make differences of their own; 0.2 % of the level is taken.
  const noticeable = Math.max(5 * error, 0.002 * Math.abs(Math.max(...levels)));
  const across = Math.abs(levels[0] + levels[3] - levels[1] - levels[2]) / 2;
  let verdict: MosaicCheck['verdict'] = 'mixed';
  if (main <= noticeable && other <= noticeable && across <= noticeable) verdict = 'flat';
  else if (main * 3 < other && other > noticeable) verdict = 'green-main';
  else if (other * 3 < main && main > noticeable) verdict = 'green-other';
  if (pattern === undefined || verdict === 'flat' || verdict === 'mixed') return { levels, verdict, agrees: undefined };
  const greenOnMain = pattern[0] === 'G';
  return { levels, verdict, agrees: greenOnMain === (verdict === 'green-main') };
}

/**
 * The pattern to use, given what the pixels say: where they put the greens on the other diagonal than the header, the rows were
 * stored upside down (the commonest fault by far) and the pattern is turned over. `warning` tells when that was done.
 */
export function settlePattern(
  pattern: BayerPattern | undefined,
  check: MosaicCheck,
): { readonly pattern: BayerPattern | undefined; readonly warning: string | undefined } {
  if (pattern === undefined) {
    const isMosaic = check.verdict === 'green-main' || check.verdict === 'green-other';
    const warning = 'the pixels look like a colour mosaic, though the header names no Bayer pattern: measured as mono';
    return { pattern, warning: isMosaic ? warning : undefined };
  }
  if (check.agrees !== false) return { pattern, warning: undefined };
  const turned = shiftPattern(pattern, 0, 1);
  return {
    pattern: turned,
    warning: `the pixels contradict the Bayer pattern ${pattern}: the greens lie on the other diagonal, taken as ${turned}`,
  };
}
