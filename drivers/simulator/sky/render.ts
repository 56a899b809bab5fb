import type { Random } from '../../../base/random.ts';
import { addCosmicRays, addTrail, type Trail } from './artefacts.ts';
import { type Band, magnitudeIn } from './bands.ts';
import { bayerBand, bayerWhite, colourAt, type SimulatedCamera } from './camera.ts';
import { relativeFlux } from './light-curve.ts';
import { type Projection, skyToPixel } from './projection.ts';
import { addStar, pixelShare, psfAt, stampRadius } from './psf.ts';
import { collectCharge, readOut } from './readout.ts';
import { type Sky, type Star, starsAround } from './stars.ts';

/** What differs from one exposure of the sky to the next. */
export interface Exposure {
  /** ICRS position in the middle of the chip, degrees. */
  readonly raDeg: number;
  readonly decDeg: number;
  readonly exposureS: number;
  /** Band of the filter; a colour camera has its own and ignores it. */
  readonly band: Band;
  /** Middle of the exposure, Unix milliseconds: variable stars need it. */
  readonly midMs: number;
  /** Sky in the middle of the field, electrons per pixel and second. */
  readonly skyEPerS: number;
  /** Relative change of the sky from the middle to the edge, towards `skyGradientAngleDeg` from +x to +y. */
  readonly skyGradient: number;
  readonly skyGradientAngleDeg: number;
  /** Factor on the FWHM: seeing and focus of the moment. */
  readonly seeing: number;
  /** Clouds and air, magnitudes lost. */
  readonly extinctionMag: number;
  /** Expected number of cosmic rays. */
  readonly cosmicRays: number;
  /** Electrons per pixel on the line of a satellite's trail; 0 for none. */
  readonly trailE: number;
}

export function lightExposure(changes: Partial<Exposure> = {}): Exposure {
  return {
    raDeg: 270.9,
    decDeg: 40,
    exposureS: 60,
    band: 'V',
    midMs: Date.UTC(2026, 10, 22, 22),
    skyEPerS: 6,
    skyGradient: 0,
    skyGradientAngleDeg: 30,
    seeing: 1,
    extinctionMag: 0,
    cosmicRays: 0,
    trailE: 0,
    ...changes,
  };
}

/** The truth of one star in one frame. */
export interface TrueStar {
  readonly id: string;
  /** 0-based pixels of the full mosaic. */
  readonly x: number;
  readonly y: number;
  readonly raDeg: number;
  readonly decDeg: number;
  /**
   * Expected electrons of the whole star at mean response. Of a colour camera those under the green filter if it
   * covered every pixel: a Bayer plane, which has each fourth pixel, holds a quarter.
   */
  readonly electrons: number;
  /** The same under the red and the blue filter; equal to `electrons` of a mono camera. */
  readonly redElectrons: number;
  readonly blueElectrons: number;
  /** Magnitude in the band of the exposure (colour camera: V) at this moment. */
  readonly mag: number;
  readonly gMag: number;
  readonly bpRp: number;
  readonly fwhmPx: number;
  /** Expected electrons of its brightest pixel, its own light only. */
  readonly peakE: number;
  /** A pixel of its core reached saturation in this frame. */
  readonly saturated: boolean;
}

export interface RenderedExposure {
  readonly width: number;
  readonly height: number;
  /** Row-major, pixel (x, y) at y * width + x. */
  readonly adu: Uint16Array;
  /** Stars whose centre lies on the chip, brightest first. */
  readonly truth: readonly TrueStar[];
  readonly projection: Projection;
  /** Indices of pixels hit by cosmic rays. */
  readonly cosmicRayPixels: Int32Array;
  readonly trail: Trail | undefined;
}

/** The geometry of a camera that points at a position. */
export function projectionOf(camera: SimulatedCamera, raDeg: number, decDeg: number): Projection {
  const { widthPx, heightPx, scaleArcsecPerPx, rotationDeg, parity } = camera.spec;
  return { raDeg, decDeg, xRef: (widthPx - 1) / 2, yRef: (heightPx - 1) / 2, scaleArcsecPerPx, rotationDeg, parity };
}

/** Exposes the sky: the frame as the camera would save it, and the truth behind it. */
export function renderExposure(
  sky: Sky,
  camera: SimulatedCamera,
  exposure: Exposure,
  random: Random,
): RenderedExposure {
  const { widthPx: width, heightPx: height } = camera.spec;
  const projection = projectionOf(camera, exposure.raDeg, exposure.decDeg);
  const light = skyLight(camera, exposure);
  const stars = addStars(light, sky, camera, exposure, projection);
  const fwhmPx = camera.spec.psf.fwhmPx * exposure.seeing;
  const trail = exposure.trailE > 0 ? addTrail(light, width, height, fwhmPx, exposure.trailE, random) : undefined;
  collectCharge(camera, light, exposure.exposureS, random);
  const cosmicRayPixels = addCosmicRays(light, width, height, exposure.cosmicRays, random);
  const adu = readOut(camera, light, random);
  const truth = stars
    .map((star) => ({ ...star, saturated: coreSaturated(adu, width, height, star, camera.saturationAdu) }))
    .sort((a, b) => b.electrons - a.electrons);
  return { width, height, adu, truth, projection, cosmicRayPixels, trail };
}

export type CalibrationExposure =
  | { readonly kind: 'bias' }
  | { readonly kind: 'dark'; readonly exposureS: number; readonly cosmicRays?: number }
  | { readonly kind: 'flat'; readonly exposureS: number /** mean level */; readonly electrons: number };

/** Exposes the same camera with the shutter closed, or to an even light. */
export function renderCalibration(camera: SimulatedCamera, exposure: CalibrationExposure, random: Random): Uint16Array {
  const { widthPx: width, heightPx: height, bayer } = camera.spec;
  const light = new Float32Array(width * height);
  if (exposure.kind === 'flat') {
    const white = whiteResponse(bayer);
    for (let i = 0, y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) light[i++] = exposure.electrons * white[2 * (y & 1) + (x & 1)]!;
    }
  }
  collectCharge(camera, light, exposure.kind === 'bias' ? 0 : exposure.exposureS, random);
  if (exposure.kind === 'dark') addCosmicRays(light, width, height, exposure.cosmicRays ?? 0, random);
  return readOut(camera, light, random);
}

type Four = [number, number, number, number];

/** A value for each pixel of the 2 x 2 cell: what `of` says for its colour. */
function perPixelOfCell(bayer: CameraBayer, of: (colour: ReturnType<typeof colourAt>) => number): Four {
  return [of(colourAt(bayer, 0, 0)), of(colourAt(bayer, 1, 0)), of(colourAt(bayer, 0, 1)), of(colourAt(bayer, 1, 1))];
}
type CameraBayer = SimulatedCamera['spec']['bayer'];

function whiteResponse(bayer: CameraBayer): Four {
  return perPixelOfCell(bayer, (colour) => (colour ? bayerWhite[colour] : 1));
}

/** Expected electrons of the sky alone, at mean response. */
export function skyLight(camera: SimulatedCamera, exposure: Exposure): Float32Array {
  const { widthPx: width, heightPx: height, bayer } = camera.spec;
  const light = new Float32Array(width * height);
  const level = exposure.skyEPerS * exposure.exposureS;
  const angle = (exposure.skyGradientAngleDeg * Math.PI) / 180;
  const alongX = exposure.skyGradient * Math.cos(angle);
  const alongY = exposure.skyGradient * Math.sin(angle);
  const white = whiteResponse(bayer);
  for (let i = 0, y = 0; y < height; y++) {
    const v = (2 * (y + 0.5)) / height - 1;
    for (let x = 0; x < width; x++) {
      const u = (2 * (x + 0.5)) / width - 1;
      light[i++] = Math.max(0, level * (1 + alongX * u + alongY * v)) * white[2 * (y & 1) + (x & 1)]!;
    }
  }
  return light;
}

/** Light of all stars that reaches the chip, also of those just beside it. */
function addStars(
  light: Float32Array,
  sky: Sky,
  camera: SimulatedCamera,
  exposure: Exposure,
  projection: Projection,
): Omit<TrueStar, 'saturated'>[] {
  const { spec } = camera;
  const { widthPx: width, heightPx: height } = spec;
  const toPixel = skyToPixel(projection);
  const marginPx = 40 + 10 * spec.psf.fwhmPx * exposure.seeing;
  const radiusDeg = ((Math.hypot(width, height) / 2 + 2 * marginPx) * spec.scaleArcsecPerPx) / 3600;
  // What is left out of all the wings together must drown in the noise of a pixel.
  const noiseE = Math.sqrt(exposure.skyEPerS * exposure.exposureS + spec.readNoiseE ** 2 + 1);
  const onChip: Omit<TrueStar, 'saturated'>[] = [];
  for (const star of starsAround(sky, exposure.raDeg, exposure.decDeg, radiusDeg)) {
    const { x, y } = toPixel(star.raDeg, star.decDeg);
    if (!(x > -marginPx && y > -marginPx && x < width + marginPx && y < height + marginPx)) continue;
    const shape = psfAt(
      { ...spec.psf, fwhmPx: spec.psf.fwhmPx * exposure.seeing },
      (2 * (x + 0.5)) / width - 1,
      (2 * (y + 0.5)) / height - 1,
    );
    const at = brightness(star, camera, exposure);
    addStar(light, width, height, shape, x, y, at.cell, stampRadius(shape, Math.max(...at.cell), 0.003 * noiseE, 5e-4));
    if (x < -0.5 || y < -0.5 || x >= width - 0.5 || y >= height - 0.5) continue;
    const { id, raDeg, decDeg, gMag, bpRp } = star;
    const peakE = at.electrons * pixelShare(shape, Math.round(x) - x, Math.round(y) - y);
    onChip.push({ id, x, y, raDeg, decDeg, gMag, bpRp, ...at.named, fwhmPx: shape.fwhmPx, peakE });
  }
  return onChip;
}

/** Expected electrons of a star in this exposure: of the whole star, by pixel of the colour filter's cell, and by name. */
export function brightness(star: Star, camera: SimulatedCamera, exposure: Exposure) {
  const { spec } = camera;
  const factor = star.special ? relativeFlux(star.special.lightCurve, exposure.midMs) : 1;
  const lossMag = exposure.extinctionMag + spec.colourTerm * (star.bpRp - 1);
  const electronsIn = (band: Band) => {
    const mag = magnitudeIn(band, star.gMag, star.bpRp) + lossMag;
    return factor * exposure.exposureS * 10 ** (-0.4 * (mag - spec.zeroPointMag[band]));
  };
  const band = spec.bayer ? bayerBand.G : exposure.band;
  const electrons = electronsIn(band);
  const cell = perPixelOfCell(spec.bayer, (colour) => (colour ? electronsIn(bayerBand[colour]) : electrons));
  const named = {
    mag: magnitudeIn(band, star.gMag, star.bpRp) - 2.5 * Math.log10(factor),
    electrons,
    redElectrons: spec.bayer ? electronsIn(bayerBand.R) : electrons,
    blueElectrons: spec.bayer ? electronsIn(bayerBand.B) : electrons,
  };
  return { electrons, cell, named };
}

/** Whether a pixel in the core of a star reads at saturation. */
export function coreSaturated(
  adu: Uint16Array,
  width: number,
  height: number,
  star: { x: number; y: number; fwhmPx: number },
  saturationAdu: number,
): boolean {
  const reach = Math.max(1, Math.round(star.fwhmPx / 2));
  const y1 = Math.min(height - 1, Math.round(star.y) + reach);
  const x1 = Math.min(width - 1, Math.round(star.x) + reach);
  for (let y = Math.max(0, Math.round(star.y) - reach); y <= y1; y++) {
    for (let x = Math.max(0, Math.round(star.x) - reach); x <= x1; x++) {
      if (adu[y * width + x]! >= saturationAdu) return true;
    }
  }
  return false;
}
