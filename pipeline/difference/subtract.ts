import { applyMap } from '../astrometry/plane-map.ts';
import { medianOf, skyAt } from '../background/map.ts';
import type { Crew } from '../crew.ts';
import { sharedFloat32 } from '../crew.ts';
import { UNCLEAN } from '../flags.ts';
import type { Kernels } from '../kernels.ts';
import { measureSky, newWorkspace, type Workspace } from '../model/workspace.ts';
import { measureForced } from '../photometry/forced.ts';
import { type BlankSites, measureBlankSites } from '../photometry/limit.ts';
import type { Plane } from '../plane.ts';
import type { SourceTable } from '../sources.ts';
import type { ResampledNoise } from '../stack/correlation.ts';
import { weighedPixels } from '../stack/member.ts';
import { gridOf, pixelArea, type Registration, register } from '../stack/register.ts';
import { resamplePlane } from '../stack/resample-plane.ts';
import type { MeasuredPlane } from '../stages/state.ts';
import { kernelBasis } from './basis.ts';
import { convolvePsf } from './convolve-psf.ts';
import { chi2Of, fitKernel, type KernelFit } from './fit-kernel.ts';
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
  /** Relative error of the light that was subtracted, beyond noise, as the stars show it that the kernel rests on. */
  readonly misfit: number;
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
/** Relative misfits of a kernel over a star that are allowed for one after the other, until bright stars fit. */
const MISFITS = [0.003, 0.01, 0.03, 0.1] as const;
/** Chi square per pixel of the brighter stars that counts as a fit. */
const FITS = 1.3;

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
  // The reference on the frame's pixels, at about its fluxes and with its sky taken off.
  const laid = await resamplePlane(reference.plane, reference.measurement.skyE, registration, width, height, crew);
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
  // What no kernel can fit is spread as the light is, so that the fit of a bright star is near the sum of its pixels.
  const stampsWith = (misfit: number): Stamp[] => {
    const relative = noise.flatVariance + misfit ** 2;
    const variance = (p: number, light: number, peak: number) =>
      noise.skyAt(p) + (noise.photonSlope + relative * peak) * light;
    const match: Match = { width, height, source, target, variance };
    return stars.flatMap(({ x, y }) => formStamp(match, basis, x, y, half) ?? []);
  };
  let fit: KernelFit | undefined;
  for (const misfit of MISFITS) {
    fit = fitKernel(stampsWith(misfit), basis, width, height);
    if (!fit || brightChi2(fit) < FITS) break;
  }
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
  const expected = expectedVariance(fit, frame, reference, registration, area, convolveFrame, psf.fwhmPx);
  const noisy = { ...plane.noise, correlation: expected.effective / expected.pixel };
  const work = await workspaceOf({ ...plane, electrons: minuend, noise: noisy }, image, psf, crew);
  work.noise = { photonSlope: noise.photonSlope, relativeVariance: noise.flatVariance };
  const misfit = misfitOf(work, fit, stars);
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
    misfit,
    skyRmsE: Math.sqrt(medianOf(work.sky.variance) / noisy.correlation),
    expectedRmsE: Math.sqrt(expected.pixel),
    fwhmPx: psf.fwhmPx,
    errorFactor: blank.errorFactor,
    limitFluxE: blank.limitFluxE * frame.measurement.model.growth.mean,
    force: forcing(frame, reference, registration, work, blank, fluxScale, misfit),
  };
}

const failed = (reason: string): DifferenceOutcome => ({ kind: 'not differenced', reason });

interface DifferenceNoise {
  readonly skyAt: (p: number) => number;
  readonly photonSlope: number;
  readonly flatVariance: number;
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
    flatVariance: flat,
  };
}

interface MatchingStar {
  readonly x: number;
  readonly y: number;
  readonly flux: number;
}

/** Bright, clean stars in common, the brightest of each region of the plane first; 0-based pixels of the frame. */
function matchingStars(sources: SourceTable, { pairs }: Registration, width: number, height: number): MatchingStar[] {
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
  return [...first, ...rest]
    .slice(0, MOST_STAMPS)
    .map((row) => ({ x: sources.x[row]!, y: sources.y[row]!, flux: sources.flux[row]! }));
}

/** Mean chi square per pixel of the brighter half of the stars that a fit rests on. */
function brightChi2({ kernel, used }: KernelFit): number {
  const bright = [...used]
    .sort((a, b) => b.squares / b.nPixels - a.squares / a.nPixels)
    .slice(0, (used.length + 1) >> 1);
  return bright.reduce((sum, stamp) => sum + chi2Of(stamp, kernel), 0) / bright.length;
}

/** What the fluxes of the kernel's stars on the difference scatter about zero beyond their errors, over their fluxes. */
function misfitOf(work: Workspace, { used }: KernelFit, stars: readonly MatchingStar[]): number {
  const fluxAt = new Map(stars.map(({ x, y, flux }) => [`${x} ${y}`, flux]));
  const excess = measureForced(work, used, { together: false }).flatMap((m) => {
    const flux = fluxAt.get(`${m.x} ${m.y}`);
    const value = (m.flux ** 2 / UNIT_SQUARE - m.fluxErr ** 2) / (flux ?? Number.NaN) ** 2;
    return Number.isFinite(value) ? [value] : [];
  });
  excess.sort((a, b) => a - b);
  return Math.sqrt(Math.max(0, excess[excess.length >> 1] ?? 0));
}

/** The median of the square of a unit normal. */
const UNIT_SQUARE = 0.4549;

/** A workspace whose residual is the difference: what is left of its sky is measured and taken off. */
async function workspaceOf(
  plane: Plane,
  image: Float32Array,
  psf: NonNullable<Workspace['psf']>,
  crew: Crew<Kernels>,
): Promise<Workspace> {
  const cell = Math.min(256, Math.max(48, 20 * psf.fwhmPx));
  const work: Workspace = { ...newWorkspace(plane, crew, cell), residual: image, psf };
  await measureSky(work, cell);
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
  blank: BlankSites,
  fluxScale: number,
  misfit: number,
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
    return measureForced(work, positions, blank).map((m, k) => {
      const factor = growth.at(m.x, m.y);
      const referenceFlux = before[k]!.flux * fluxScale;
      const own = m.fluxErr * factor * blank.errorFactor;
      return {
        x: m.x,
        y: m.y,
        flux: m.flux * factor,
        fluxErr: Number.isFinite(referenceFlux) ? Math.hypot(own, misfit * referenceFlux) : own,
        referenceFlux,
        referenceFluxErr: before[k]!.fluxErr * fluxScale,
        flags: m.flags,
        chi2: m.chi2,
      };
    });
  };
}
