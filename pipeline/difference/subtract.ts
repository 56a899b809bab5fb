import { applyMap } from '../astrometry/plane-map.ts';
import type { Crew } from '../crew.ts';
import { sharedFloat32 } from '../crew.ts';
import { UNCLEAN } from '../flags.ts';
import type { Kernels } from '../kernels.ts';
import { measureForced } from '../photometry/forced.ts';
import { type BlankSites, measureBlankSites } from '../photometry/limit.ts';
import { measureSky, newWorkspace, type Workspace } from '../photometry/workspace.ts';
import type { Plane } from '../plane.ts';
import { medianOf, skyAt } from '../sky/map.ts';
import type { SourceTable } from '../sources.ts';
import type { ResampledNoise } from '../stack/correlation.ts';
import { weighedPixels } from '../stack/member.ts';
import { gridOf, pixelArea, type Registration, register } from '../stack/register.ts';
import type { MeasuredPlane } from '../stages/state.ts';
import { kernelBasis } from './basis.ts';
import { convolvePsf } from './convolve-psf.ts';
import { fitKernel, type KernelFit } from './fit-kernel.ts';
import { kernelNoise } from './kernel-noise.ts';
import { kernelSum } from './matching-kernel.ts';
import { formStamp, type Match, type Stamp } from './stamps.ts';

/** What the difference holds at a place. Fluxes are electrons of the frame, normalised as its catalogue is. */
export interface DifferenceMeasurement {
  readonly x: number;
  readonly y: number;
  /** Light of the frame beyond that of the reference; signed. */
  readonly flux: number;
  readonly fluxErr: number;
  /** PSF flux at the place on the reference, in electrons of the frame: a star's own, with whatever lies under it. */
  readonly referenceFlux: number;
  readonly referenceFluxErr: number;
  readonly flags: number;
  readonly chi2: number;
}

export interface Difference {
  /** Electrons of the frame, sky 0; NaN without weight. On the frame's pixels. */
  readonly image: Float32Array;
  readonly convolved: 'reference' | 'frame';
  /** Electrons of the frame for one electron of the reference. */
  readonly fluxScale: number;
  readonly registration: Registration;
  /** Degree of the polynomial by which the kernel changes over the plane. */
  readonly degree: number;
  /** Elements that the kernel is a sum of. */
  readonly nElements: number;
  readonly nStars: number;
  readonly nRejected: number;
  readonly heldOutChi2: number;
  /** Median noise of a pixel of the difference, and what noise of frame and reference add up to there. */
  readonly skyRmsE: number;
  readonly expectedRmsE: number;
  readonly fwhmPx: number;
  /** What formal errors were multiplied by so that they hold at blank places. */
  readonly errorFactor: number;
  /** Flux of a change that is seen at 5 sigma at the median blank place. */
  readonly limitFluxE: number;
  /** Measures places of the frame (0-based plane pixels). */
  readonly force: (positions: readonly { readonly x: number; readonly y: number }[]) => DifferenceMeasurement[];
}

export type DifferenceOutcome =
  | ({ readonly kind: 'differenced' } & Difference)
  | { readonly kind: 'not differenced'; readonly reason: string };

/** The reference is convolved unless it is broader than the frame by this factor. */
const BROADER = 1.03;
const MOST_STAMPS = 150;
const LEAST_SNR = 30;
/** Half width of a star's stamp in FWHM of the broader image. */
const STAMP_FWHM = 3;
const REGIONS = 6;
/** Relative misfit of a kernel over the light of a star that the first fit allows for. */
const FIRST_MISFIT = 0.005;

/**
 * Subtracts the reference from a frame of the same field and filter (Alard & Lupton 1998): the reference is resampled
 * onto the frame's pixels; a kernel, fitted on bright clean stars, brings the sharper of the two to the width, flux and sky
 * of the other. What does not change vanishes, hosts too; what does has a PSF that is known: the frame's own where the
 * reference was convolved. Both planes must have been measured. See docs/difference.md.
 */
export async function differencePlanes(
  frame: MeasuredPlane,
  reference: MeasuredPlane,
  crew: Crew<Kernels>,
): Promise<DifferenceOutcome> {
  const outcomes = { frame: frame.measurement.outcome, reference: reference.measurement.outcome };
  for (const [name, outcome] of Object.entries(outcomes)) {
    if (outcome.kind !== 'measured') return failed(`the ${name} could not be measured: ${outcome.reason}`);
  }
  const { plane } = frame;
  const { width, height } = plane;
  const grid = gridOf({ width, height, sources: frame.measurement.sources });
  if (!grid) return failed('the frame has too few stars to lay the reference upon');
  const registration = register({ ...reference.plane, sources: reference.measurement.sources }, grid);
  if ('reason' in registration) return failed(`the reference does not fit: ${registration.reason}`);

  const science = weighedPixels(plane, frame.measurement.skyE);
  const laid = await layReference(reference, registration, width, height, crew);
  const area = pixelArea(registration);
  const scienceFwhm = frame.measurement.psf!.fwhmPx;
  const referenceFwhm = reference.measurement.psf!.fwhmPx / Math.sqrt(area);
  const convolveFrame = referenceFwhm > BROADER * scienceFwhm;
  const [source, target] = convolveFrame ? [science, laid] : [laid, science];
  const [from, to] = convolveFrame ? [scienceFwhm, referenceFwhm] : [referenceFwhm, scienceFwhm];
  const basis = kernelBasis(from, to);
  const noise = noiseOf(frame, reference, registration, area);
  const stars = matchingStars(grid.sources, registration, width, height);
  const half = Math.max(6, Math.ceil(STAMP_FWHM * to));
  const stampsWith = (misfit: number): Stamp[] => {
    const variance = (p: number, light: number) =>
      noise.skyAt(p) + noise.photonSlope * light + (noise.relativeVariance + misfit ** 2) * light * light;
    const match: Match = { width, height, source, target, variance };
    return stars.flatMap(({ x, y }) => formStamp(match, basis, x, y, half) ?? []);
  };
  const fit = fitKernel(stampsWith(FIRST_MISFIT), basis, width, height);
  if (!fit) return failed('too few bright, clean stars are in common with the reference to match them');

  const image = sharedFloat32(width * height);
  await crew.run('convolveRows', { kernel: fit.kernel, source, target: image }, Math.max(1, Math.ceil(height / 32)));
  const sum = kernelSum(fit.kernel);
  /** The frame's side of the difference, in its electrons; what remains when the other side is taken away. */
  const minuend = convolveFrame ? sharedFloat32(width * height) : science;
  for (let p = 0; p < image.length; p++) {
    if (convolveFrame) {
      minuend[p] = image[p]! / sum;
      image[p] = (image[p]! - laid[p]!) / sum;
    } else image[p] = science[p]! - image[p]!;
  }
  const fluxScale = (convolveFrame ? 1 / sum : sum) / registration.fluxScale;
  const { psf: framePsf } = frame.measurement.model.work;
  const psf = convolveFrame ? convolvePsf(framePsf!, fit.kernel) : framePsf!;
  const misfit = misfitOf(fit, image, minuend, noise, width, height);
  const expected = expectedVariance(fit, frame, reference, registration, area, convolveFrame, psf.fwhmPx);
  const noisy = { ...plane.noise, correlation: expected.effective / expected.pixel };
  const work = await workspaceOf({ ...plane, electrons: minuend, noise: noisy }, image, psf, crew);
  work.noise = {
    photonSlope: noise.photonSlope,
    relativeVariance: noise.relativeVariance + misfit ** 2,
  };
  const blank = measureBlankSites(work, 1, frame.measurement.model.work.stars);
  return {
    kind: 'differenced',
    image,
    convolved: convolveFrame ? 'frame' : 'reference',
    fluxScale,
    registration,
    degree: fit.kernel.degree,
    nElements: fit.kernel.basis.elements.length,
    nStars: fit.used.length,
    nRejected: fit.nRejected,
    heldOutChi2: fit.heldOutChi2,
    skyRmsE: Math.sqrt(medianOf(work.sky.variance) / noisy.correlation),
    expectedRmsE: Math.sqrt(expected.pixel),
    fwhmPx: psf.fwhmPx,
    errorFactor: blank.errorFactor,
    limitFluxE: blank.limitFluxE * frame.measurement.model.growth.mean,
    force: forcing(frame, reference, registration, work, blank, fluxScale),
  };
}

const failed = (reason: string): DifferenceOutcome => ({ kind: 'not differenced', reason });

/** The reference on the frame's pixels, at about its fluxes and with its sky taken off. */
async function layReference(
  { plane, measurement }: MeasuredPlane,
  registration: Registration,
  width: number,
  height: number,
  crew: Crew<Kernels>,
): Promise<Float32Array> {
  const target = sharedFloat32(width * height);
  const task = {
    source: weighedPixels(plane, measurement.skyE),
    sourceWidth: plane.width,
    sourceHeight: plane.height,
    map: registration.map,
    factor: pixelArea(registration) / registration.fluxScale,
    target,
    width,
    height,
  };
  await crew.run('resampleRows', task, Math.max(1, Math.ceil(height / 64)));
  return target;
}

interface DifferenceNoise {
  readonly skyAt: (p: number) => number;
  readonly photonSlope: number;
  readonly relativeVariance: number;
}

/** Noise of frame and reference together, in electrons of the frame, as independent pixels would have it. */
function noiseOf(
  frame: MeasuredPlane,
  reference: MeasuredPlane,
  { fluxScale }: Registration,
  area: number,
): DifferenceNoise {
  const { width } = frame.plane;
  const { sky, noise } = frame.measurement.model.work;
  const other = reference.measurement.model.work.noise;
  const added = ((reference.measurement.skyRmsE * area) / fluxScale) ** 2;
  const flat = frame.plane.noise.flatError ** 2 + reference.plane.noise.flatError ** 2;
  return {
    skyAt: (p) => skyAt(sky, sky.variance, p % width, Math.floor(p / width)) + added,
    photonSlope: noise.photonSlope + other.photonSlope / fluxScale,
    relativeVariance: flat,
  };
}

/** Bright, clean stars in common, the brightest of each region of the plane first; 0-based pixels of the frame. */
function matchingStars(
  sources: SourceTable,
  { pairs }: Registration,
  width: number,
  height: number,
): { x: number; y: number }[] {
  const rows = [...pairs.grid]
    .filter((row) => {
      const bright = sources.flux[row]! > LEAST_SNR * sources.fluxErr[row]!;
      return bright && (sources.flags[row]! & UNCLEAN) === 0;
    })
    .sort((a, b) => sources.flux[b]! - sources.flux[a]! || a - b);
  const quota = Math.ceil(MOST_STAMPS / REGIONS ** 2);
  const taken = new Int32Array(REGIONS ** 2);
  const first: number[] = [];
  const rest: number[] = [];
  for (const row of rows) {
    const column = Math.floor((REGIONS * sources.x[row]!) / width);
    const line = Math.floor((REGIONS * sources.y[row]!) / height);
    (taken[line * REGIONS + column]!++ < quota ? first : rest).push(row);
  }
  return [...first, ...rest].slice(0, MOST_STAMPS).map((row) => ({ x: sources.x[row]!, y: sources.y[row]! }));
}

/**
 * Relative misfit of the kernel over the light of the stars it was fitted on: what their cores scatter beyond noise.
 */
function misfitOf(
  { used }: KernelFit,
  image: Float32Array,
  minuend: Float32Array,
  noise: DifferenceNoise,
  width: number,
  height: number,
): number {
  const ratios: number[] = [];
  for (const { x, y } of used) {
    for (let j = -1; j <= 1; j++) {
      for (let i = -1; i <= 1; i++) {
        const [px, py] = [Math.round(x) + i, Math.round(y) + j];
        if (px < 0 || py < 0 || px >= width || py >= height) continue;
        const p = py * width + px;
        const light = minuend[p]! - image[p]!;
        const excess = image[p]! ** 2 - 0.4549 * (noise.skyAt(p) + noise.photonSlope * Math.max(0, light));
        if (excess - excess === 0 && light > 0) ratios.push(excess / (0.4549 * light * light));
      }
    }
  }
  ratios.sort((a, b) => a - b);
  // 0.4549 is the median of the square of a unit normal.
  return Math.sqrt(Math.max(0, ratios[ratios.length >> 1] ?? 0));
}

/** A workspace whose residual is the difference: what is left of its sky is measured and taken off. */
async function workspaceOf(
  plane: Plane,
  image: Float32Array,
  psf: NonNullable<Workspace['psf']>,
  crew: Crew<Kernels>,
): Promise<Workspace> {
  const cell = Math.min(256, Math.max(48, 20 * psf.fwhmPx));
  const work: Workspace = { ...newWorkspace(plane, crew, cell), residual: image, psf };
  await measureSky(work, cell, false, false);
  return work;
}

/**
 * The variance that a pixel of the difference should have where there is only sky, and that which independent pixels would
 * need to scatter the flux of a star of `fwhmPx` pixels alike.
 */
function expectedVariance(
  { kernel }: KernelFit,
  frame: MeasuredPlane,
  reference: MeasuredPlane,
  { fluxScale }: Registration,
  area: number,
  convolveFrame: boolean,
  fwhmPx: number,
): ResampledNoise {
  const noise = kernelNoise(kernel, fwhmPx);
  const of = ({ plane, measurement }: MeasuredPlane, factor: number): ResampledNoise => {
    const effective = (factor * measurement.skyRmsE) ** 2;
    return { effective, pixel: effective / (plane.noise.correlation ?? 1) };
  };
  const own = of(frame, 1);
  const other = of(reference, area / fluxScale);
  const [smoothed, plain] = convolveFrame ? [own, other] : [other, own];
  const unit = convolveFrame ? kernelSum(kernel) ** 2 : 1;
  return {
    pixel: (smoothed.pixel * noise.pixel + plain.pixel) / unit,
    effective: (smoothed.effective * noise.effective + plain.effective) / unit,
  };
}

function forcing(
  frame: MeasuredPlane,
  reference: MeasuredPlane,
  { map }: Registration,
  work: Workspace,
  { errorFactor }: BlankSites,
  fluxScale: number,
): Difference['force'] {
  const { width, height } = frame.plane;
  const { growth } = frame.measurement.model;
  return (positions) => {
    const place = new Float64Array(2);
    const there = positions.map(({ x, y }) => {
      applyMap(map, x - (width - 1) / 2, y - (height - 1) / 2, place);
      return { x: place[0]!, y: place[1]! };
    });
    const before = reference.measurement.force(there);
    return measureForced(work, positions).map((m, k) => {
      const factor = growth.at(m.x, m.y);
      return {
        x: m.x,
        y: m.y,
        flux: m.flux * factor,
        fluxErr: m.fluxErr * factor * errorFactor,
        referenceFlux: before[k]!.flux * fluxScale,
        referenceFluxErr: before[k]!.fluxErr * fluxScale,
        flags: m.flags,
        chi2: m.chi2,
      };
    });
  };
}
