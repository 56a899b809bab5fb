import { Random } from '../../../base/random.ts';
import { addCosmicRays } from '../../../drivers/simulator/sky/artefacts.ts';
import type { SimulatedCamera } from '../../../drivers/simulator/sky/camera.ts';
import { skyToPixel } from '../../../drivers/simulator/sky/projection.ts';
import { collectCharge, readOut } from '../../../drivers/simulator/sky/readout.ts';
import {
  brightness,
  coreSaturated,
  type Exposure,
  projectionOf,
  skyLight,
  type TrueStar,
} from '../../../drivers/simulator/sky/render.ts';
import { type Sky, starsAround } from '../../../drivers/simulator/sky/stars.ts';
import { addNebulosity } from './nebulosity.ts';
import type { Optics } from './point-spread.ts';
import { drawAberrations } from './pupil.ts';
import { StarImages } from './star-images.ts';

/** What a scene of real optics adds to a camera and an exposure. */
export interface OpticalScene {
  readonly optics: Optics;
  /** rms of each aberration that the seed draws, waves. */
  readonly aberrationWaves: number;
  /** Samples of the core's table a pixel: more where stars are narrower. */
  readonly samplesPerPixel: number;
  /** Mean light of nebulosity, electrons a pixel. */
  readonly nebulosityE: number;
  /** Relative scatter of the read noise from pixel to pixel, and the share of pixels that are far noisier, as in a CMOS. */
  readonly readNoiseSpread: number;
  readonly noisyPixelShare: number;
}

/** An exposure through a real telescope: the frame, its stars, the mean of every pixel and the variance of its reading. */
export function exposeOptics(
  { optics, aberrationWaves, samplesPerPixel, nebulosityE, readNoiseSpread, noisyPixelShare }: OpticalScene,
  sky: Sky,
  camera: SimulatedCamera,
  exposure: Exposure,
  random: Random,
) {
  const { spec } = camera;
  const { widthPx: width, heightPx: height, readNoiseE, scaleArcsecPerPx } = spec;
  const aberrations = drawAberrations(new Random(31 * sky.seed + 7), aberrationWaves);
  const images = new StarImages(optics, aberrations, scaleArcsecPerPx, { width, height }, samplesPerPixel);
  const light = skyLight(camera, exposure);
  if (nebulosityE > 0) addNebulosity(light, width, height, nebulosityE, random);
  const projection = projectionOf(camera, exposure.raDeg, exposure.decDeg);
  const toPixel = skyToPixel(projection);
  const marginPx = 60;
  const radiusDeg = ((Math.hypot(width, height) / 2 + marginPx) * scaleArcsecPerPx) / 3600;
  const faintestE = 0.01 * Math.sqrt(exposure.skyEPerS * exposure.exposureS + readNoiseE ** 2);
  const stars: Omit<TrueStar, 'saturated'>[] = [];
  for (const star of starsAround(sky, exposure.raDeg, exposure.decDeg, radiusDeg)) {
    const { x, y } = toPixel(star.raDeg, star.decDeg);
    if (!(x > -marginPx && y > -marginPx && x < width + marginPx && y < height + marginPx)) continue;
    const { electrons, named } = brightness(star, camera, exposure);
    images.add(light, x, y, electrons, faintestE);
    if (x < -0.5 || y < -0.5 || x >= width - 0.5 || y >= height - 0.5) continue;
    const image = images.at(x, y);
    const peakE = electrons * image.share(Math.round(x) - x, Math.round(y) - y);
    const { id, raDeg, decDeg, gMag, bpRp } = star;
    stars.push({ id, x, y, raDeg, decDeg, gMag, bpRp, ...named, fwhmPx: image.fwhmPx, peakE });
  }
  const meanE = light.map((value, p) => value * camera.flat[p]! + camera.dark[p]! * exposure.exposureS);
  const readVariance = readVariances(width * height, readNoiseE, readNoiseSpread, noisyPixelShare, random);
  collectCharge(camera, light, exposure.exposureS, random);
  addCosmicRays(light, width, height, exposure.cosmicRays, random);
  const adu = readOut(camera, light, random, (p) => Math.sqrt(readVariance[p]!));
  const truth: TrueStar[] = stars
    .map((star) => ({ ...star, saturated: coreSaturated(adu, width, height, star, camera.saturationAdu) }))
    .sort((a, b) => b.electrons - a.electrons);
  return { adu, truth, trail: undefined, meanE, readVariance, images };
}

/** Variance of each pixel's reading, electrons squared: log-normal about the median, with a tail of noisy pixels. */
function readVariances(
  n: number,
  readNoiseE: number,
  spread: number,
  noisyShare: number,
  random: Random,
): Float32Array {
  const variance = new Float32Array(n);
  for (let p = 0; p < n; p++) {
    const tail = noisyShare > 0 && random.uniform() < noisyShare ? 1 - 2 * Math.log(1 - random.uniform()) : 1;
    const factor = spread > 0 ? Math.exp(spread * random.normal()) : 1;
    variance[p] = (readNoiseE * factor * tail) ** 2;
  }
  return variance;
}
