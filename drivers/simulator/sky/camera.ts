import { Random } from '../../../base/random.ts';
import type { Band } from './bands.ts';
import { type PsfModel, roundPsf } from './psf.ts';

export type BayerPattern = 'RGGB' | 'BGGR' | 'GRBG' | 'GBRG';
export type FilterColour = 'R' | 'G' | 'B';

/** A telescope with its camera: everything that stays the same from exposure to exposure. */
export interface CameraSpec {
  /** Gives the fixed pattern: hot pixels, dust, structure of the bias, response of each pixel. */
  readonly seed: number;
  readonly name: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly scaleArcsecPerPx: number;
  readonly pixelSizeUm: number;
  /** Position angle of +y, north through east. */
  readonly rotationDeg: number;
  /** -1 the sky as seen, +1 mirrored. */
  readonly parity: 1 | -1;
  readonly psf: PsfModel;
  /** Magnitude of a star that gives one electron a second, in each band. */
  readonly zeroPointMag: Readonly<Record<Band, number>>;
  /** Instrumental minus standard magnitude for each magnitude of BP-RP above 1. */
  readonly colourTerm: number;
  readonly gainEPerAdu: number;
  readonly readNoiseE: number;
  readonly biasAdu: number;
  /** rms of the fixed pattern of columns and rows, ADU. */
  readonly biasStructureAdu: number;
  readonly adcBits: number;
  readonly fullWellE: number;
  /** Charge over the full well spills along the column, as in a CCD without anti-blooming. */
  readonly blooming: boolean;
  readonly darkEPerS: number;
  readonly hotPixelShare: number;
  /** Mean dark current of a hot pixel (exponentially distributed). */
  readonly hotPixelEPerS: number;
  /** Loss of light in the corners. */
  readonly vignetting: number;
  readonly dustSpots: number;
  /** rms of the pixels' relative response. */
  readonly pixelResponseSpread: number;
  /** A colour filter array: its upper left 2 x 2 pixels as stored, first row first. */
  readonly bayer: BayerPattern | undefined;
}

/** Bands of the filters of a colour camera, and their response to white light (sky, flat-field lamp). */
export const bayerBand: Readonly<Record<FilterColour, Band>> = { R: 'R', G: 'V', B: 'B' };
export const bayerWhite: Readonly<Record<FilterColour, number>> = { R: 0.7, G: 1, B: 0.55 };

/** A clean, cooled monochrome camera on a small telescope, with changes of your own. */
export function cameraSpec(changes: Partial<CameraSpec> = {}): CameraSpec {
  return {
    seed: 1,
    name: 'Simulated camera',
    widthPx: 1024,
    heightPx: 1024,
    scaleArcsecPerPx: 1,
    pixelSizeUm: 9,
    rotationDeg: 0,
    parity: -1,
    psf: roundPsf,
    zeroPointMag: { G: 23.2, B: 22.3, V: 22.6, R: 22.6, I: 21.9, g: 22.8, r: 22.7, i: 22.3, z: 21.5 },
    colourTerm: 0,
    gainEPerAdu: 1.4,
    readNoiseE: 6,
    biasAdu: 1000,
    biasStructureAdu: 0,
    adcBits: 16,
    fullWellE: 85_000,
    blooming: false,
    darkEPerS: 0,
    hotPixelShare: 0,
    hotPixelEPerS: 0,
    vignetting: 0,
    dustSpots: 0,
    pixelResponseSpread: 0,
    bayer: undefined,
    ...changes,
  };
}

/** What a small observatory really has: dust, vignetting, warm and hot pixels, a bias with structure, optics that bend. */
export const fieldWorn: Partial<CameraSpec> = {
  psf: { ...roundPsf, ellipticity: 0.04, angleDeg: 30, fwhmGrowth: 0.15, radialEllipticity: 0.06 },
  biasStructureAdu: 4,
  darkEPerS: 0.1,
  hotPixelShare: 5e-4,
  hotPixelEPerS: 40,
  vignetting: 0.25,
  dustSpots: 10,
  pixelResponseSpread: 0.006,
};

/** A camera with its fixed pattern laid out, ready to expose. Maps are row-major. */
export interface SimulatedCamera {
  readonly spec: CameraSpec;
  /** Relative response of each pixel, mean 1 over the frame: vignetting, dust, pixel response. */
  readonly flat: Float32Array;
  /** Dark current, electrons per second. */
  readonly dark: Float32Array;
  /** Fixed pattern of the bias by column and by row, ADU. */
  readonly columnAdu: Float32Array;
  readonly rowAdu: Float32Array;
  /** Lowest level that no longer tells the truth, ADU. */
  readonly saturationAdu: number;
}

/** Lays out the fixed pattern of a camera; the same spec gives the same camera. */
export function buildCamera(spec: CameraSpec): SimulatedCamera {
  const random = new Random(spec.seed);
  return {
    spec,
    flat: flatMap(spec, random),
    dark: darkMap(spec, random),
    columnAdu: Float32Array.from(
      { length: spec.widthPx },
      () => spec.biasStructureAdu * Math.SQRT1_2 * random.normal(),
    ),
    rowAdu: Float32Array.from({ length: spec.heightPx }, () => spec.biasStructureAdu * Math.SQRT1_2 * random.normal()),
    saturationAdu: saturation(spec),
  };
}

/** The filter over a pixel, of a mono camera `undefined`. */
export function colourAt(bayer: BayerPattern | undefined, x: number, y: number): FilterColour | undefined {
  return bayer?.[2 * (y & 1) + (x & 1)] as FilterColour | undefined;
}

/** Five sigma below the full well, so that a full pixel never reads less. */
function saturation(spec: CameraSpec): number {
  const spreadAdu = 5 * Math.hypot(spec.readNoiseE / spec.gainEPerAdu, spec.biasStructureAdu);
  return Math.min(2 ** spec.adcBits - 1, Math.floor(spec.biasAdu + spec.fullWellE / spec.gainEPerAdu - spreadAdu));
}

function flatMap(spec: CameraSpec, random: Random): Float32Array {
  const { widthPx: width, heightPx: height, vignetting, pixelResponseSpread } = spec;
  const flat = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const v = (2 * (y + 0.5)) / height - 1;
    for (let x = 0; x < width; x++) {
      const u = (2 * (x + 0.5)) / width - 1;
      const response = pixelResponseSpread > 0 ? 1 + pixelResponseSpread * random.normal() : 1;
      flat[y * width + x] = (1 - (vignetting * (u * u + v * v)) / 2) * response;
    }
  }
  for (let k = 0; k < spec.dustSpots; k++) addDust(flat, width, height, random);
  let sum = 0;
  for (let i = 0; i < flat.length; i++) sum += flat[i]!;
  const mean = sum / flat.length;
  for (let i = 0; i < flat.length; i++) flat[i]! /= mean;
  return flat;
}

/** The out-of-focus shadow of a grain: a ring, as wide as the pupil with its central obstruction. */
function addDust(flat: Float32Array, width: number, height: number, random: Random): void {
  const x0 = random.uniform() * width;
  const y0 = random.uniform() * height;
  const outer = 12 + 30 * random.uniform();
  const inner = 0.35 * outer;
  const depth = 0.01 + 0.05 * random.uniform();
  const edge = (r: number) => 1 / (1 + Math.exp(-r / 1.5));
  const reach = Math.ceil(outer + 12);
  for (let y = Math.max(0, Math.floor(y0) - reach); y < Math.min(height, y0 + reach); y++) {
    for (let x = Math.max(0, Math.floor(x0) - reach); x < Math.min(width, x0 + reach); x++) {
      const r = Math.hypot(x - x0, y - y0);
      flat[y * width + x]! *= 1 - depth * edge(outer - r) * edge(r - inner);
    }
  }
}

function darkMap(spec: CameraSpec, random: Random): Float32Array {
  const dark = new Float32Array(spec.widthPx * spec.heightPx);
  if (spec.darkEPerS > 0) {
    for (let i = 0; i < dark.length; i++) dark[i] = spec.darkEPerS * Math.max(0, 1 + 0.1 * random.normal());
  }
  const hotPixels = Math.round(spec.hotPixelShare * dark.length);
  for (let k = 0; k < hotPixels; k++)
    dark[random.below(dark.length)]! -= spec.hotPixelEPerS * Math.log(1 - random.uniform());
  return dark;
}
