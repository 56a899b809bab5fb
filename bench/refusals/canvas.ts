import type { Random } from '../../base/random.ts';
import { sharedFloat32, sharedUint8 } from '../../pipeline/crew.ts';
import { MaskBit, type Plane } from '../../pipeline/plane.ts';

/** Mean light of a simulated picture, electrons a pixel, before noise. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly light: Float64Array;
  /** Noise of a pixel of sky, electrons: what brightness is told in. */
  readonly skyNoiseE: number;
  readonly readNoiseE: number;
}

/** An even sky as sites and exposures have it: 20 to 3,000 electrons, read noise 2 to 12. */
export function newCanvas(random: Random, width: number, height: number): Canvas {
  const skyE = logUniform(random, 20, 3000);
  const readNoiseE = between(random, 2, 12);
  const light = new Float64Array(width * height).fill(skyE);
  return { width, height, light, skyNoiseE: Math.hypot(Math.sqrt(skyE), readNoiseE), readNoiseE };
}

/** Adds `value(dx, dy)` in the square of half width `reach` about a place. */
export function addPatch(
  { width, height, light }: Canvas,
  x: number,
  y: number,
  reach: number,
  value: (dx: number, dy: number) => number,
): void {
  for (let j = Math.max(0, Math.ceil(y - reach)); j <= Math.min(height - 1, y + reach); j++) {
    for (let i = Math.max(0, Math.ceil(x - reach)); i <= Math.min(width - 1, x + reach); i++) {
      light[j * width + i]! += value(i - x, j - y);
    }
  }
}

/** What may differ from one detector to the next. */
export interface Detector {
  readonly saturationE: number;
  /** Electrons per ADU; the pixels are told in ADU where it is not known. */
  readonly gainEPerAdu: number;
  readonly gainKnown: boolean;
  /** Electrons that every pixel holds without light, where nothing has subtracted them. */
  readonly pedestalE: number;
}

export function drawDetector(random: Random): Detector {
  return {
    saturationE: logUniform(random, 15e3, 120e3),
    gainEPerAdu: logUniform(random, 0.3, 3),
    gainKnown: random.uniform() < 0.7,
    pedestalE: random.uniform() < 0.3 ? between(random, 100, 1000) : 0,
  };
}

/** Exposes a canvas: photon and read noise, saturation, whole ADU. */
export function expose(
  canvas: Canvas,
  { saturationE, gainEPerAdu, gainKnown, pedestalE }: Detector,
  random: Random,
): Plane {
  const { width, height, light, readNoiseE } = canvas;
  const unit = gainKnown ? gainEPerAdu : 1;
  const [electrons, mask] = [sharedFloat32(width * height), sharedUint8(width * height)];
  for (let p = 0; p < light.length; p++) {
    const charge = random.poisson(light[p]!) + readNoiseE * random.normal() + pedestalE;
    if (charge >= saturationE) mask[p]! |= MaskBit.saturated;
    electrons[p] = Math.round(Math.min(charge, saturationE) / gainEPerAdu) * unit;
  }
  const noise = {
    gainEPerAdu: unit,
    gainKnown,
    readNoiseE: gainKnown ? readNoiseE : undefined,
    pedestalKnown: pedestalE === 0,
    flatError: 0,
    saturationE: (saturationE * unit) / gainEPerAdu,
  };
  return planeOf(width, height, electrons, mask, noise);
}

/** The canvas without any noise, rounded to the 256 steps of a picture of 8 bits. */
export function roundTo8Bits({ width, height, light }: Canvas): Plane {
  const electrons = sharedFloat32(width * height);
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const value of light) [low, high] = [Math.min(low, value), Math.max(high, value)];
  for (let p = 0; p < light.length; p++) electrons[p] = Math.round((230 * (light[p]! - low)) / (high - low || 1)) + 8;
  const noise = {
    gainEPerAdu: 1,
    gainKnown: false,
    readNoiseE: undefined,
    pedestalKnown: false,
    flatError: 0,
    saturationE: 255,
  };
  return planeOf(width, height, electrons, sharedUint8(width * height), noise);
}

function planeOf(
  width: number,
  height: number,
  electrons: Float32Array,
  mask: Uint8Array,
  noise: Plane['noise'],
): Plane {
  return { name: 'mono', width, height, electrons, mask, noise, mosaic: { step: 1, offsetX: 0, offsetY: 0 } };
}

export const between = (random: Random, least: number, most: number): number =>
  least + (most - least) * random.uniform();

export const logUniform = (random: Random, least: number, most: number): number =>
  Math.exp(between(random, Math.log(least), Math.log(most)));

export const pick = <T>(random: Random, choices: readonly T[]): T => choices[random.below(choices.length)]!;
