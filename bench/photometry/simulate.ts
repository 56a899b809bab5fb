import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/random.ts';
import { buildCamera, cameraSpec, type SimulatedCamera } from '../../drivers/simulator/sky/camera.ts';
import { addStar, pixelShare, psfAt, stampRadius } from '../../drivers/simulator/sky/psf.ts';
import {
  type Exposure,
  lightExposure,
  type RenderedExposure,
  renderCalibration,
  renderExposure,
  skyLight,
  type TrueStar,
} from '../../drivers/simulator/sky/render.ts';
import { makeSky, type Sky } from '../../drivers/simulator/sky/stars.ts';
import { encodeFits, type ImageToWrite } from '../../pipeline/fits/write.ts';
import { type BoundStar, fluxBounds } from './cramer-rao.ts';
import { exposeOptics } from './optics/expose.ts';
import type { PointImage } from './optics/star-images.ts';
import type { Scene } from './scenes.ts';

/** What is true of one simulated frame, star by star. */
export interface Truth {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fwhmPx: number;
  readonly stars: readonly ScoredStar[];
}

export interface ScoredStar extends TrueStar {
  /** Cramer-Rao bound on its flux, electrons. */
  readonly boundE: number;
  /** Neither saturated nor on the edge or the trail. */
  readonly usable: boolean;
}

/** A simulated frame on disk, and what every program is told about it. */
export interface BenchFrame {
  readonly folder: string;
  /** The frame as the camera saved it. */
  readonly light: string;
  readonly bias: readonly string[];
  readonly dark: readonly string[];
  readonly flat: readonly string[];
  /** The same, calibrated with median masters for programs that do not calibrate; `light` where there are no masters. */
  readonly calibrated: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly nStars: number;
  readonly fwhmPx: number;
  /** What programs are given that cannot find out how far the PSF varies. */
  readonly psfDegree: number;
  readonly gainEPerAdu: number;
  readonly readNoiseE: number;
  readonly saturationAdu: number;
  /** Of the calibrated frame: level and noise of a pixel of sky. */
  readonly calibratedSaturationAdu: number;
  readonly skyAdu: number;
  readonly skySigmaAdu: number;
}

/** Simulates a scene into files of `folder`. The same scene and seed give the same files. */
export function simulate(scene: Scene, seed: number, folder: string): { frame: BenchFrame; truth: Truth } {
  mkdirSync(folder, { recursive: true });
  const { widthPx, heightPx, exposureS, skyE, nCalibration } = scene;
  const zeroPointMag = { ...cameraSpec().zeroPointMag, V: 23.2 };
  const spec = cameraSpec({ ...scene.camera, seed, widthPx, heightPx, zeroPointMag });
  const camera = buildCamera(spec);
  const { nStars, brightestG, faintestG, slope } = scene;
  const starsPerSquareDegree = (nStars / (widthPx * heightPx)) * (3600 / spec.scaleArcsecPerPx) ** 2;
  const sky = makeSky(seed, { starsPerSquareDegree, brightestG, faintestG, slope });
  const exposure = lightExposure({ ...scene.exposure, exposureS, skyEPerS: skyE / exposureS });
  const random = new Random(7919 * seed + 1);
  const rendered = expose(scene, sky, camera, exposure, random);

  const write = (name: string, kind: string, pixels: ImageToWrite['pixels'], seconds: number): string => {
    const path = join(folder, name);
    writeFileSync(
      path,
      Buffer.concat(
        encodeFits([
          { kind: 'image', width: widthPx, height: heightPx, pixels, cards: cardsOf(camera, kind, seconds) },
        ]),
      ),
    );
    return path;
  };
  const light = write('light.fits', 'Light Frame', rendered.adu, exposureS);
  const names: Record<'bias' | 'dark' | 'flat', string[]> = { bias: [], dark: [], flat: [] };
  const raw: Record<'bias' | 'dark' | 'flat', Uint16Array[]> = { bias: [], dark: [], flat: [] };
  const titles = { bias: 'Bias Frame', dark: 'Dark Frame', flat: 'Flat Field' };
  for (const kind of ['bias', 'dark', 'flat'] as const) {
    const seconds = { bias: 0, dark: exposureS, flat: 3 }[kind];
    for (let k = 0; k < nCalibration; k++) {
      const adu = renderCalibration(camera, { kind, exposureS: seconds, electrons: 0.4 * spec.fullWellE }, random);
      raw[kind].push(adu);
      names[kind].push(write(`${kind}-${k}.fits`, titles[kind], adu, seconds));
    }
  }
  const calibrated =
    nCalibration === 0
      ? light
      : write('calibrated.fits', 'Light Frame', plainCalibration(rendered.adu, raw, 3 / exposureS), exposureS);
  const pedestalAdu = nCalibration === 0 ? spec.biasAdu : 0;
  const frame: BenchFrame = {
    folder,
    light,
    bias: names.bias,
    dark: names.dark,
    flat: names.flat,
    calibrated,
    widthPx,
    heightPx,
    nStars,
    fwhmPx: rendered.fwhmPx,
    psfDegree: scene.psfDegree,
    gainEPerAdu: spec.gainEPerAdu,
    readNoiseE: spec.readNoiseE,
    saturationAdu: camera.saturationAdu,
    calibratedSaturationAdu: camera.saturationAdu - (nCalibration === 0 ? 0 : spec.biasAdu),
    skyAdu: skyE / spec.gainEPerAdu + pedestalAdu,
    skySigmaAdu: Math.sqrt(skyE + spec.darkEPerS * exposureS + spec.readNoiseE ** 2) / spec.gainEPerAdu,
  };
  return { frame, truth: truthOf(scene, camera, rendered) };
}

function cardsOf({ spec, saturationAdu }: SimulatedCamera, kind: string, exposureS: number) {
  return [
    { keyword: 'IMAGETYP', value: kind },
    { keyword: 'EXPTIME', value: exposureS },
    { keyword: 'DATE-OBS', value: '2026-11-22T21:59:30.000' },
    { keyword: 'FILTER', value: 'V' },
    { keyword: 'INSTRUME', value: spec.name },
    { keyword: 'EGAIN', value: spec.gainEPerAdu, comment: 'electrons per ADU' },
    { keyword: 'RDNOISE', value: spec.readNoiseE, comment: 'electrons' },
    { keyword: 'SATURATE', value: saturationAdu, comment: 'ADU' },
    { keyword: 'CCD-TEMP', value: -15 },
  ];
}

/** (light - dark) / flat with medians of the masters: what a careful user does by hand. */
function plainCalibration(
  light: Uint16Array,
  raw: { bias: readonly Uint16Array[]; dark: readonly Uint16Array[]; flat: readonly Uint16Array[] },
  darkPerFlat: number,
): Float32Array {
  const [bias, dark, flat] = [medianFrame(raw.bias), medianFrame(raw.dark), medianFrame(raw.flat)];
  let sum = 0;
  for (let i = 0; i < flat.length; i++) {
    flat[i]! -= bias[i]! + darkPerFlat * (dark[i]! - bias[i]!);
    sum += flat[i]!;
  }
  const mean = sum / flat.length;
  return Float32Array.from(light, (value, i) => (value - dark[i]!) / Math.max(0.05, flat[i]! / mean));
}

function medianFrame(frames: readonly Uint16Array[]): Float32Array {
  const values = new Float32Array(frames.length);
  return Float32Array.from(frames[0]!, (_, i) => {
    for (let k = 0; k < frames.length; k++) values[k] = frames[k]![i]!;
    return values.sort()[frames.length >> 1]!;
  });
}

/** A frame, what is true of it, and what the bounds are computed from. */
interface Rendered extends Pick<RenderedExposure, 'adu' | 'truth' | 'trail'> {
  readonly fwhmPx: number;
  readonly meanE: Float32Array;
  /** Variance of the readings, electrons squared. */
  readonly readVariance: Float32Array;
  readonly imageOf: (star: TrueStar) => PointImage;
}

function expose(scene: Scene, sky: Sky, camera: SimulatedCamera, exposure: Exposure, random: Random): Rendered {
  const { spec } = camera;
  if (scene.optical !== undefined) {
    const { images, ...rendered } = exposeOptics(scene.optical, sky, camera, exposure, random);
    return { ...rendered, fwhmPx: images.fwhmPx, imageOf: ({ x, y }) => images.at(x, y) };
  }
  const rendered = renderExposure(sky, camera, exposure, random);
  const shapeOf = ({ x, y }: TrueStar) =>
    psfAt(spec.psf, (2 * (x + 0.5)) / spec.widthPx - 1, (2 * (y + 0.5)) / spec.heightPx - 1);
  return {
    ...rendered,
    fwhmPx: spec.psf.fwhmPx,
    meanE: meanCharge(scene, camera, exposure, rendered.truth, shapeOf),
    readVariance: new Float32Array(spec.widthPx * spec.heightPx).fill(spec.readNoiseE ** 2),
    imageOf: (star) => {
      const shape = shapeOf(star);
      return { fwhmPx: shape.fwhmPx, share: (dx, dy) => pixelShare(shape, dx, dy) };
    },
  };
}

function truthOf(scene: Scene, { spec, flat }: SimulatedCamera, rendered: Rendered): Truth {
  const { widthPx, heightPx } = scene;
  const { truth, trail, meanE, readVariance, imageOf } = rendered;
  // Stars that nobody can see add noise and have no bound.
  const leastE = Math.sqrt(scene.skyE + spec.readNoiseE ** 2);
  const seen = truth.filter(({ electrons }) => electrons > leastE);
  const placed: BoundStar[] = seen.map((star) => {
    const { x, y, electrons } = star;
    return { x, y, electrons, image: imageOf(star) };
  });
  const variance = meanE.map((mean, p) => mean + readVariance[p]! + spec.gainEPerAdu ** 2 / 12);
  const bounds = fluxBounds({ width: widthPx, height: heightPx, variance, response: flat }, placed);
  const sine = Math.sin(((trail?.angleDeg ?? 0) * Math.PI) / 180);
  const cosine = Math.cos(((trail?.angleDeg ?? 0) * Math.PI) / 180);
  const stars = truth.map((star, k) => {
    const margin = 3 * star.fwhmPx;
    const inside =
      star.x > margin && star.y > margin && star.x < widthPx - 1 - margin && star.y < heightPx - 1 - margin;
    const across = trail ? Math.abs((star.x - trail.x) * sine - (star.y - trail.y) * cosine) : Number.POSITIVE_INFINITY;
    const usable = inside && !star.saturated && across > 4 * (trail?.sigmaPx ?? 0) + 2 * star.fwhmPx;
    return { ...star, boundE: bounds[k] ?? Number.POSITIVE_INFINITY, usable };
  });
  return { widthPx, heightPx, fwhmPx: rendered.fwhmPx, stars };
}

/** Mean charge of every pixel: sky and stars through the response, and dark current. */
function meanCharge(
  { widthPx: width, heightPx: height, skyE }: Scene,
  camera: SimulatedCamera,
  exposure: Exposure,
  stars: readonly TrueStar[],
  shapeOf: (star: TrueStar) => ReturnType<typeof psfAt>,
): Float32Array {
  const { spec, flat, dark } = camera;
  const mean = skyLight(camera, exposure);
  const faintestE = 0.01 * Math.sqrt(skyE + spec.readNoiseE ** 2);
  for (const star of stars) {
    const { x, y, electrons } = star;
    const shape = shapeOf(star);
    const cell = [electrons, electrons, electrons, electrons] as const;
    addStar(mean, width, height, shape, x, y, cell, stampRadius(shape, electrons, faintestE, 5e-4));
  }
  for (let p = 0; p < mean.length; p++) mean[p] = mean[p]! * flat[p]! + dark[p]! * exposure.exposureS;
  return mean;
}
