import type { CameraSpec } from '../../drivers/simulator/sky/camera.ts';
import { roundPsf } from '../../drivers/simulator/sky/psf.ts';
import type { Exposure } from '../../drivers/simulator/sky/render.ts';
import type { OpticalScene } from './optics/expose.ts';

/** A kind of frame on which programs are compared. */
export interface Scene {
  readonly name: string;
  readonly about: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Stars on the chip, from `brightestG` to `faintestG`, their number growing as 10^(slope * G). */
  readonly nStars: number;
  readonly brightestG: number;
  readonly faintestG: number;
  readonly slope: number;
  readonly skyE: number;
  readonly exposureS: number;
  readonly camera: Partial<CameraSpec>;
  readonly exposure: Partial<Exposure>;
  /** Degree of the PSF's variation over the frame that programs which cannot find it out are given. */
  readonly psfDegree: number;
  /** How many bias, dark and flat frames are taken; 0: the frame is measured as it is. */
  readonly nCalibration: number;
  /** Stars as optics and seeing make them, on a sky with structure; without it they are Moffat profiles on a smooth one. */
  readonly optical?: OpticalScene;
}

const plain = {
  widthPx: 2048,
  heightPx: 2048,
  nStars: 1000,
  brightestG: 11.5,
  faintestG: 20.3,
  slope: 0.3,
  skyE: 400,
  exposureS: 60,
  camera: {},
  exposure: { skyGradient: 0.03 },
  psfDegree: 0,
  nCalibration: 0,
};

const psf = { ...roundPsf, fwhmPx: 3.5, ellipticity: 0.04, angleDeg: 30 };
const worn = { biasStructureAdu: 4, vignetting: 0.3, dustSpots: 14, pixelResponseSpread: 0.006 };

const telescope: OpticalScene = {
  optics: {
    pupil: { apertureM: 0.35, obstruction: 0.38, vanes: 4, vaneWidthM: 0.003, vaneAngleDeg: 20 },
    seeingArcsec: 2.3,
    outerScaleM: 20,
    guidingArcsec: 0.3,
    driftArcsec: 0.5,
    driftAngleDeg: 65,
    aureoleShare: 0.02,
  },
  aberrationWaves: 0.2,
  samplesPerPixel: 4,
  nebulosityE: 60,
  readNoiseSpread: 0,
  noisyPixelShare: 0,
};

const all: readonly Scene[] = [
  { ...plain, name: 'sparse', about: 'a field away from the Galactic plane', camera: { psf } },
  {
    ...plain,
    name: 'crowded',
    about: 'the Galactic plane: a star every 14 pixels, FWHM 3.5 px',
    nStars: 20_000,
    brightestG: 11,
    slope: 0.28,
    skyE: 600,
    camera: { psf },
  },
  {
    ...plain,
    name: 'varying',
    about: 'a PSF that doubles its width and stretches towards the corners',
    nStars: 4000,
    camera: { psf: { ...psf, fwhmPx: 2.6, beta: 2.7, ellipticity: 0.05, fwhmGrowth: 0.9, radialEllipticity: 0.22 } },
    psfDegree: 4,
  },
  {
    ...plain,
    name: 'undersampled',
    about: 'FWHM 1.5 px',
    widthPx: 1024,
    heightPx: 1024,
    nStars: 1500,
    skyE: 900,
    camera: { psf: { ...psf, fwhmPx: 1.5, beta: 3.2 } },
  },
  {
    ...plain,
    name: 'dirty',
    about: 'raw, with 5 bias, dark and flat frames; cosmic rays, a satellite trail, hot pixels, dust, saturated stars',
    heightPx: 1536,
    nStars: 2500,
    brightestG: 10.5,
    skyE: 500,
    exposureS: 120,
    camera: {
      ...worn,
      psf: { ...psf, fwhmPx: 3.2, fwhmGrowth: 0.15, radialEllipticity: 0.05 },
      darkEPerS: 0.15,
      hotPixelShare: 8e-4,
      hotPixelEPerS: 20,
      readNoiseE: 8,
    },
    exposure: { skyGradient: 0.12, cosmicRays: 120, trailE: 900 },
    psfDegree: 2,
    nCalibration: 5,
  },
  {
    ...plain,
    name: 'cmos24',
    about: 'a 24-megapixel CMOS frame',
    widthPx: 6000,
    heightPx: 4000,
    nStars: 12_000,
    brightestG: 10.5,
    skyE: 250,
    camera: {
      psf: { ...psf, fwhmPx: 4.2, fwhmGrowth: 0.2, radialEllipticity: 0.08 },
      gainEPerAdu: 0.8,
      readNoiseE: 2,
      biasAdu: 500,
      fullWellE: 51_000,
    },
    exposure: { skyGradient: 0.06 },
    psfDegree: 2,
  },
  {
    ...plain,
    name: 'optics-sparse',
    about:
      'a 0.35 m telescope with four vanes under 2.3" seeing: spikes, aureoles, bleeding columns, nebulosity, stars below the limit',
    nStars: 9000,
    brightestG: 9.5,
    faintestG: 23,
    camera: { scaleArcsecPerPx: 0.8, blooming: true, pixelResponseSpread: 0.002 },
    exposure: { skyGradient: 0.1, cosmicRays: 20 },
    psfDegree: 2,
    optical: telescope,
  },
  {
    ...plain,
    name: 'optics-crowded',
    about: 'the same telescope in the Galactic plane: a star every 14 pixels down to G 20.3, and those below the limit',
    nStars: 115_000,
    brightestG: 11,
    faintestG: 23,
    slope: 0.28,
    skyE: 600,
    camera: { scaleArcsecPerPx: 0.8, pixelResponseSpread: 0.002 },
    exposure: { skyGradient: 0.1, cosmicRays: 20 },
    psfDegree: 2,
    optical: telescope,
  },
  {
    ...plain,
    name: 'optics-cmos',
    about: 'a 0.2 m telescope without vanes on a CMOS whose read noise differs from pixel to pixel, FWHM some 1.8 px',
    widthPx: 1536,
    heightPx: 1536,
    nStars: 24_000,
    brightestG: 10,
    faintestG: 22.5,
    skyE: 150,
    camera: {
      scaleArcsecPerPx: 1.7,
      gainEPerAdu: 0.8,
      readNoiseE: 2,
      biasAdu: 500,
      fullWellE: 51_000,
      pixelResponseSpread: 0.003,
    },
    exposure: { skyGradient: 0.1 },
    psfDegree: 2,
    optical: {
      optics: {
        ...telescope.optics,
        pupil: { apertureM: 0.2, obstruction: 0.4, vanes: 0, vaneWidthM: 0, vaneAngleDeg: 0 },
      },
      aberrationWaves: 0.25,
      samplesPerPixel: 8,
      nebulosityE: 25,
      readNoiseSpread: 0.25,
      noisyPixelShare: 0.01,
    },
  },
];

/** Scenes that are run together: Moffat profiles on a smooth sky, and what optics and seeing make. */
export const sceneGroups = {
  moffat: all.filter(({ optical }) => optical === undefined).map(({ name }) => name),
  optics: all.filter(({ optical }) => optical !== undefined).map(({ name }) => name),
};

/** A scene by name; `quick` cuts it to 600 pixels a side at the same density of stars. */
export function sceneNamed(name: string, quick: boolean): Scene {
  const scene = all.find((one) => one.name === name);
  if (!scene) throw new RangeError(`no scene ${name}; the scenes are ${all.map((one) => one.name).join(', ')}`);
  if (!quick) return scene;
  const widthPx = Math.min(600, scene.widthPx);
  const heightPx = Math.min(600, scene.heightPx);
  const share = (widthPx * heightPx) / (scene.widthPx * scene.heightPx);
  const cosmicRays = (scene.exposure.cosmicRays ?? 0) * share;
  const dustSpots = Math.round((scene.camera.dustSpots ?? 0) * share);
  const { camera, exposure } = scene;
  return {
    ...scene,
    widthPx,
    heightPx,
    nStars: Math.round(scene.nStars * share),
    camera: { ...camera, dustSpots },
    exposure: { ...exposure, cosmicRays },
  };
}
