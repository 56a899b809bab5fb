import { Random } from '../../../../base/random.ts';
import { sharedFloat32, sharedUint8 } from '../../../../pipeline/crew.ts';
import { lnAlphaOfFwhm, moffatConstants, moffatPixel } from '../../../../pipeline/model/moffat.ts';
import type { Plane } from '../../../../pipeline/plane.ts';

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly stars: readonly { readonly x: number; readonly y: number; readonly flux: number }[];
  readonly fwhmPx: number;
  readonly beta?: number;
  readonly skyE: number;
  /** Relative change of the sky from one side to the other. */
  readonly gradient?: number;
  readonly readNoiseE?: number;
  readonly saturationE?: number;
  readonly seed: number;
}

/** Paints pixel-integrated Moffat stars on a sky, with photon and read noise. */
export function paint(scene: Scene): Plane {
  const { width, height, skyE, gradient = 0, readNoiseE = 5, beta = 3 } = scene;
  const saturationE = scene.saturationE ?? 1e5;
  const light = new Float64Array(width * height);
  const k = moffatConstants({ lnAlpha: lnAlphaOfFwhm(scene.fwhmPx, beta), e1: 0.05, e2: -0.03, beta, pixelPx: 1 });
  const reach = Math.ceil(8 * scene.fwhmPx);
  for (const { x, y, flux } of scene.stars) {
    for (let j = Math.max(0, Math.round(y) - reach); j <= Math.min(height - 1, Math.round(y) + reach); j++) {
      for (let i = Math.max(0, Math.round(x) - reach); i <= Math.min(width - 1, Math.round(x) + reach); i++) {
        light[j * width + i]! += flux * moffatPixel(k, i - x, j - y);
      }
    }
  }
  const random = new Random(scene.seed);
  const electrons = sharedFloat32(width * height);
  for (let p = 0; p < light.length; p++) {
    const sky = skyE * (1 + gradient * ((p % width) / width - 0.5));
    electrons[p] = Math.min(saturationE, random.poisson(light[p]! + sky)) + readNoiseE * random.normal();
  }
  return {
    name: 'mono',
    width,
    height,
    electrons,
    mask: sharedUint8(width * height),
    noise: {
      gainEPerAdu: 1,
      gainKnown: true,
      readNoiseE,
      pedestalKnown: true,
      flatError: 0,
      saturationE: 0.97 * saturationE,
    },
    mosaic: { step: 1, offsetX: 0, offsetY: 0 },
  };
}

/** Stars at random places, their fluxes by the power law N(> f) ~ f^-slope between `least` and `most`. */
export function randomStars(n: number, size: number, least: number, most: number, slope: number, seed: number) {
  const random = new Random(seed);
  const low = least ** -slope;
  const high = most ** -slope;
  return Array.from({ length: n }, () => ({
    x: random.uniform() * (size - 1),
    y: random.uniform() * (size - 1),
    flux: (low + random.uniform() * (high - low)) ** (-1 / slope),
  }));
}
