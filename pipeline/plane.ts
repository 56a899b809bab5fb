/**
 * One image of one colour, ready to be measured. A mono camera gives one plane, a Bayer camera four of half size
 * (never interpolated). Pixel arrays are row-major, pixel (x, y) at index y * width + x, its centre at (x, y).
 */
export interface Plane {
  readonly name: PlaneName;
  readonly width: number;
  readonly height: number;
  /** Electrons, sky included; on a SharedArrayBuffer so that every thread sees it. NaN never occurs: see `mask`. */
  readonly electrons: Float32Array;
  /** Bits of `MaskBit`; a pixel with any bit set has no weight. */
  readonly mask: Uint8Array;
  /** Noise that the level of a pixel does not tell, in electrons. */
  readonly noise: NoiseFacts;
  /** Where plane pixel (x, y) lies on the full mosaic: mosaic = offset + step * (x, y). Mono: step 1, offset 0. */
  readonly mosaic: { readonly step: 1 | 2; readonly offsetX: number; readonly offsetY: number };
}

export type PlaneName = 'mono' | 'R' | 'G1' | 'G2' | 'B';

export interface NoiseFacts {
  /** Electrons per raw ADU; a guess, or 1, when it is not known (`gainKnown` false). */
  readonly gainEPerAdu: number;
  readonly gainKnown: boolean;
  /** Read noise in electrons, undefined when nothing tells it. */
  readonly readNoiseE: number | undefined;
  /** True when bias or dark was subtracted, so that the level of a pixel is its photon noise. */
  readonly pedestalKnown: boolean;
  /** Relative rms error of the applied flat field per pixel; 0 without one. */
  readonly flatError: number;
  /** Pixel level (electrons, pedestal removed where known) at and above which a pixel is saturated; Infinity if unknown. */
  readonly saturationE: number;
  /**
   * Variance of a star's fitted flux over that of independent pixels of the same scatter: above 1 where resampling has
   * made neighbouring pixels alike, 1 (as when absent) on a raw frame.
   */
  readonly correlation?: number;
}

/** Why a pixel has no weight. */
export const MaskBit = {
  /** Not a number, outside the exposed area, or blank in the file. */
  invalid: 1,
  /** At or above saturation in the raw frame. */
  saturated: 2,
  /** Bled from a saturated core along the column or row. */
  bleed: 4,
  /** Bad or hot in the masters, or by the site's map. */
  bad: 8,
  /** Hit by a cosmic ray. */
  cosmicRay: 16,
  /** On a satellite or aircraft trail. */
  trail: 32,
} as const;

/** The FITS pixel (1-based, full mosaic) of a 0-based plane pixel. */
export function fitsPixel(plane: Pick<Plane, 'mosaic'>, x: number, y: number): { x: number; y: number } {
  const { step, offsetX, offsetY } = plane.mosaic;
  return { x: offsetX + step * x + 1, y: offsetY + step * y + 1 };
}

/**
 * The pixel that a coordinate lies in. Always a machine integer: `Math.round` alone gives -0 just left of the first pixel,
 * which makes the compiler throw away the code of a kernel that has only seen whole numbers.
 */
export const pixelOf = (coordinate: number): number => Math.round(coordinate) | 0;

const fetched = new Float64Array(1);

/**
 * Reads both ends of each row of a stamp, `rows` of them `pitch` apart, the first from `image[from]` on, for no use but that
 * they come into the cache. The rows of a stamp lie far apart in memory: asked for one by one, in between other work,
 * each is waited for; asked for together they come together.
 */
export function fetchRows(image: Float32Array, from: number, pitch: number, columns: number, rows: number): void {
  let sum = 0;
  for (let j = 0, at = from; j < rows; j++, at += pitch) sum += image[at]! + image[at + columns - 1]!;
  // Kept, or the compiler would see that nobody needs it.
  fetched[0] = sum;
}
