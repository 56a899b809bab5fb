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
  /** How far the shares that the four phases take of starlight differ; undefined where too few stars are seen to tell. */
  readonly starContrast: number | undefined;
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
  const sigma = Math.max(...phases.map((phase) => phase.sigma));
  const starContrast = verdict === 'flat' ? contrastOfStars(width, height, pixels, levels[0], sigma) : undefined;
  if (pattern === undefined || verdict === 'flat' || verdict === 'mixed')
    return { levels, verdict, starContrast, agrees: undefined };
  const greenOnMain = pattern[0] === 'G';
  return { levels, verdict, starContrast, agrees: greenOnMain === (verdict === 'green-main') };
}

/** Cells of starlight from which shares are told to a few per cent. */
const fewestCells = 40;
/** Colours of one sensor share starlight by more than this (0.22, 0.28, 0.28, 0.22 and beyond); one plane of a mono sensor by less. */
const monoContrast = 0.04;

/** The spread of the mean shares of the four phases over 2 x 2 cells that stand out in all their pixels. */
function contrastOfStars(width: number, height: number, pixels: Float32Array, level: number, sigma: number) {
  const shares = [0, 0, 0, 0];
  let cells = 0;
  for (let y = 0; y + 1 < height; y += 2) {
    for (let x = 0; x + 1 < width; x += 2) {
      const at = y * width + x;
      const cell = [at, at + 1, at + width, at + width + 1].map((i) => pixels[i]! - level);
      // Each pixel by its own threshold would favour bright phases; flat tops of saturated stars have equal phases.
      const total = cell[0]! + cell[1]! + cell[2]! + cell[3]!;
      if (!(total > 40 * sigma) || Math.min(...cell) < 3 * sigma || new Set(cell).size < 4) continue;
      for (let phase = 0; phase < 4; phase++) shares[phase]! += cell[phase]! / total;
      cells++;
    }
  }
  return cells < fewestCells ? undefined : (Math.max(...shares) - Math.min(...shares)) / cells;
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
  if (check.starContrast !== undefined && check.starContrast < monoContrast) {
    const warning = `the header names the Bayer pattern ${pattern}, but all phases of the pixels are equal, sky and stars: measured as mono`;
    return { pattern: undefined, warning };
  }
  if (check.agrees !== false) return { pattern, warning: undefined };
  const turned = shiftPattern(pattern, 0, 1);
  return {
    pattern: turned,
    warning: `the pixels contradict the Bayer pattern ${pattern}: the greens lie on the other diagonal, taken as ${turned}`,
  };
}
