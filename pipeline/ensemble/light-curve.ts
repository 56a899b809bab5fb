import type { SkyPosition } from '../astrometry/sphere.ts';
import { epochOf } from '../blend/epoch.ts';
import { type BlendOutcome, measureBlend } from '../blend/measure-blend.ts';
import { SourceFlag } from '../flags.ts';
import { instrumentalMag, magError } from '../products/catalogue.ts';
import { medianOf } from '../standardisation/statistics.ts';
import { chooseComparison } from './comparison.ts';
import type { EnsembleFrame, ForcedTarget } from './frame.ts';
import { type IdentifiedStars, identifyStars } from './identify-stars.ts';
import { localMap } from './local-map.ts';
import { type EnsembleSolution, type Observations, solveEnsemble } from './solve-ensemble.ts';

export interface LightCurvePoint {
  readonly file: string;
  readonly mjdMid: number;
  readonly bjdTdb: number | undefined;
  /** NaN where the target was not detected; then `limit` holds the faintest magnitude it could have had. */
  readonly mag: number;
  readonly magErr: number;
  readonly limit: number;
  /** Survey and band, or `differential <filter>`. */
  readonly band: string;
  readonly flags: number;
}

export interface LightCurve {
  readonly filter: string;
  readonly band: string;
  /** Whether the fit of the PSF or an aperture gave the magnitudes: whichever repeats better on comparison stars. */
  readonly photometry: 'psf' | 'aperture';
  /** Common to all points and not part of their errors: how well the system is known. Undefined when differential. */
  readonly zeroPointErr: number | undefined;
  readonly points: readonly LightCurvePoint[];
  /** Whether target and neighbours were parted over all frames at once. */
  readonly blend: BlendSummary;
  readonly nComparison: number;
  /** Scatter from point to point, magnitudes: see `pointToPointScatter`. */
  readonly scatterMag: number;
  /** Frames that gave no point, and why. */
  readonly leftOut: readonly { readonly file: string; readonly reason: string }[];
}

export type BlendSummary =
  | Omit<Extract<BlendOutcome, { kind: 'held' }>, 'fluxes'>
  | Exclude<BlendOutcome, { kind: 'held' }>;

export interface LightCurveOptions {
  readonly target: SkyPosition & { readonly name: string };
  /** Relative scatter by scintillation in a frame; 0 where conditions are unknown. */
  readonly scintillation: (frame: EnsembleFrame) => number;
}

const MAG_PER_RELATIVE_FLUX = 2.5 / Math.LN10;
/** A source measured better than this needs no forced position. */
const CLEAR_ERROR_MAG = 0.1;
/** Below this signal to noise a measurement becomes a limit. */
const MIN_SNR = 3;
/** The limit in a frame without forced photometry: its stars of this rank in brightness are still safe. */
const LIMIT_QUANTILE = 0.9;

/**
 * The target's light curve, one for each filter: an ensemble solution over all frames of a filter (see
 * `solveEnsemble`), on the frames' own photometric system where they have zero points, else relative to the light of
 * all comparison stars together. Errors hold photon noise, scintillation, the frame's zero point and the scatter that
 * comparison stars as bright as the target show beyond their known errors.
 */
export function lightCurves(frames: readonly EnsembleFrame[], options: LightCurveOptions): LightCurve[] {
  const groups = new Map<string, EnsembleFrame[]>();
  for (const frame of frames) groups.set(frame.filter, [...(groups.get(frame.filter) ?? []), frame]);
  return [...groups].map(([filter, group]) => curveOf(filter, group, options));
}

function curveOf(filter: string, frames: readonly EnsembleFrame[], options: LightCurveOptions): LightCurve {
  const stars = identifyStars(frames, options.target);
  const leftOut = stars.reasons.flatMap((reason, at) => (reason ? [{ file: frames[at]!.file, reason }] : []));
  const { blend, held } = holdBlend(frames, stars, options.target.name);
  const ensemble = steadiest(ensemblesOf(frames, stars, held, options));
  if (!ensemble) {
    const reason = 'fewer than two stars are good enough in enough frames to compare with';
    return {
      filter,
      band: `differential ${filter}`,
      photometry: 'psf',
      zeroPointErr: undefined,
      points: [],
      blend,
      nComparison: 0,
      scatterMag: Number.NaN,
      leftOut: [...leftOut, ...frames.map(({ file }) => ({ file, reason }))],
    };
  }
  const { photometry, solution, floorMag } = ensemble;
  const tie = tieToSystem(frames, solution);
  const band = tie?.band ?? `differential ${filter}`;
  const points: LightCurvePoint[] = [];
  ensemble.frames.forEach((frame, at) => {
    const { file, mjdMid } = frame;
    const measured = ensemble.measured[at];
    if (!measured) return;
    if (!Number.isFinite(solution.zeroPoint[at]!)) {
      leftOut.push({ file, reason: 'no comparison star was measured in it' });
      return;
    }
    const { bjdTdb, flags } = measured;
    const zero = solution.zeroPoint[at]! - (tie?.shift ?? 0);
    if (measured.mag !== undefined) {
      const scintillation = MAG_PER_RELATIVE_FLUX * options.scintillation(frame);
      const own = solution.errorScale * Math.hypot(measured.magErr, scintillation);
      const magErr = Math.hypot(own, solution.zeroPointErr[at]!, floorMag);
      points.push({ file, mjdMid, bjdTdb, mag: measured.mag - zero, magErr, limit: Number.NaN, band, flags });
    } else {
      const limit = (frame.limitMag ?? faintest(frame)) - zero;
      points.push({ file, mjdMid, bjdTdb, mag: Number.NaN, magErr: Number.NaN, limit, band, flags });
    }
  });
  points.sort((a, b) => a.mjdMid - b.mjdMid);
  const { nComparison } = solution;
  const scatterMag = pointToPointScatter(points);
  return { filter, band, photometry, zeroPointErr: tie?.error, points, blend, nComparison, scatterMag, leftOut };
}

/** The frames by one kind of photometry, solved. */
interface Ensemble {
  readonly photometry: 'psf' | 'aperture';
  readonly frames: readonly EnsembleFrame[];
  readonly solution: EnsembleSolution;
  /** The target in each frame; undefined for frames that could not be laid on the others. */
  readonly measured: readonly (TargetMeasurement | undefined)[];
  /** Median own scatter, and median repeatability, of comparison stars about as bright as the target. */
  readonly floorMag: number;
  readonly repeatabilityMag: number;
}

/** The target parted from its neighbours over all frames at once, where the frames have pixels and it has such neighbours. */
function holdBlend(
  frames: readonly EnsembleFrame[],
  stars: IdentifiedStars,
  name: string,
): { blend: BlendSummary; held: readonly (ForcedTarget | undefined)[] } {
  const seen = frames.flatMap((frame, at) => {
    const patch = frame.patches?.get(name);
    const rows = stars.starOfRow[at];
    const map = patch && rows && localMap(frame, rows, stars);
    return map ? [{ at, epoch: epochOf(patch, map.toPixel, map.sigmaPx) }] : [];
  });
  const outcome = measureBlend(seen.map(({ epoch }) => epoch));
  const held = frames.map((): ForcedTarget | undefined => undefined);
  if (outcome.kind !== 'held') return { blend: outcome, held };
  const { fluxes, ...blend } = outcome;
  seen.forEach(({ at }, k) => {
    const { targets, exposureS } = frames[at]!;
    const own = targets.find((one) => one.name === name);
    const one = fluxes[k];
    if (!own || !one) return;
    const { flux, fluxErr } = one;
    const mag = flux > 0 ? instrumentalMag(flux, exposureS) : undefined;
    const magErr = flux > 0 ? magError(flux, fluxErr) : undefined;
    held[at] = { ...own, mag, magErr, snr: flux / fluxErr };
  });
  return { blend, held };
}

/** By PSF fit and, where all frames have it, by aperture. */
function ensemblesOf(
  frames: readonly EnsembleFrame[],
  stars: IdentifiedStars,
  held: readonly (ForcedTarget | undefined)[],
  { target, scintillation }: LightCurveOptions,
): Ensemble[] {
  const kinds: [Ensemble['photometry'], readonly EnsembleFrame[]][] = [['psf', frames]];
  if (frames.every(({ aperture }) => aperture))
    kinds.push(['aperture', frames.map((frame) => ({ ...frame, ...frame.aperture! }))]);
  return kinds.flatMap(([photometry, measuredFrames]) => {
    const observations = chooseComparison(measuredFrames, stars, scintillation);
    if (!observations) return [];
    const solution = solveEnsemble(observations);
    const measured = measuredFrames.map((frame, at) => {
      const rows = stars.starOfRow[at];
      if (!rows) return undefined;
      const parted = held[at];
      return parted ? fromForced(parted) : measurementOf(frame, rows, target.name);
    });
    const mags = measured.flatMap((one, at) => (one?.mag === undefined ? [] : [one.mag - solution.zeroPoint[at]!]));
    const alike = comparisonLike(observations, solution, medianOf(Float64Array.from(mags).filter(Number.isFinite)));
    const median = (values: Float64Array): number => medianOf(Float64Array.from(alike, (j) => values[j]!));
    const floorMag = median(solution.starScatter);
    const repeatabilityMag = median(solution.starRms);
    return [{ photometry, frames: measuredFrames, solution, measured, floorMag, repeatabilityMag }];
  });
}

/** The PSF fit unless apertures repeat better by a tenth on the comparison stars: the target has no say. */
function steadiest(ensembles: readonly Ensemble[]): Ensemble | undefined {
  const [psf, aperture] = ensembles;
  return psf && aperture && aperture.repeatabilityMag < 0.9 * psf.repeatabilityMag ? aperture : psf;
}

interface TargetMeasurement {
  /** Undefined: not detected. */
  readonly mag: number | undefined;
  readonly magErr: number;
  readonly bjdTdb: number | undefined;
  readonly flags: number;
}

/**
 * A clear source at the target's position, whose fit found its own centre; else the forced measurement, which a faint
 * target needs and which would lose light of a bright one by the error of the position it was forced at.
 */
function measurementOf(frame: EnsembleFrame, starOfRow: Int32Array, name: string): TargetMeasurement {
  const forced = frame.targets.find((one) => one.name === name);
  const row = starOfRow.indexOf(0);
  const bjdTdb = forced?.bjdTdb;
  const flags = row < 0 ? (forced?.flags ?? 0) : frame.flags[row]!;
  const usable = row >= 0 && Number.isFinite(frame.magErr[row]!) && (flags & SourceFlag.saturated) === 0;
  const found = usable ? { mag: frame.mag[row]!, magErr: frame.magErr[row]!, bjdTdb, flags } : undefined;
  if (found && found.magErr < CLEAR_ERROR_MAG) return found;
  if (forced?.snr !== undefined) return fromForced(forced);
  return found ?? { mag: undefined, magErr: Number.NaN, bjdTdb, flags };
}

function fromForced({ mag, magErr, snr, bjdTdb, flags }: ForcedTarget): TargetMeasurement {
  const detected = snr! >= MIN_SNR && mag !== undefined && magErr !== undefined;
  return { mag: detected ? mag : undefined, magErr: magErr ?? Number.NaN, bjdTdb, flags };
}

/** Brings ensemble magnitudes to the system that most frames with a zero point are on. */
function tieToSystem(
  frames: readonly EnsembleFrame[],
  { zeroPoint }: EnsembleSolution,
): { band: string; shift: number; error: number } | undefined {
  const counts = new Map<string, number>();
  for (const frame of frames)
    if (frame.zeroPoint) counts.set(frame.zeroPoint.band, (counts.get(frame.zeroPoint.band) ?? 0) + 1);
  const band = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
  if (band === undefined) return undefined;
  const shifts: number[] = [];
  let error = Number.POSITIVE_INFINITY;
  frames.forEach((frame, at) => {
    if (frame.zeroPoint?.band !== band || !Number.isFinite(zeroPoint[at]!)) return;
    shifts.push(zeroPoint[at]! + frame.zeroPoint.value);
    error = Math.min(error, frame.zeroPoint.error);
  });
  // Zero points of one field share their reference stars: the mean is no better than the best of them.
  return shifts.length > 0 ? { band, shift: medianOf(Float64Array.from(shifts)), error } : undefined;
}

/** Comparison stars within 1.5 magnitudes of `mag`, or all where hardly any is. */
function comparisonLike({ star, count }: Observations, { starMag }: EnsembleSolution, mag: number): number[] {
  const compared = [...new Set(star.subarray(0, count))];
  const alike = compared.filter((j) => Math.abs(starMag[j]! - mag) < 1.5);
  return alike.length >= 3 ? alike : compared;
}

/** The magnitude that nine tenths of the frame's stars are brighter than; NaN without stars. */
function faintest({ mag }: EnsembleFrame): number {
  const sorted = mag.filter(Number.isFinite).sort();
  return sorted.length > 0 ? sorted[Math.floor(LIMIT_QUANTILE * (sorted.length - 1))]! : Number.NaN;
}

/**
 * Robust scatter of neighbouring points (the median absolute successive difference, scaled to the sigma of Gaussian
 * noise), blind to changes slower than the sampling. NaN with fewer than three points.
 */
export function pointToPointScatter(points: readonly { readonly mag: number }[]): number {
  const mags = points.map(({ mag }) => mag).filter(Number.isFinite);
  if (mags.length < 3) return Number.NaN;
  const steps = Float64Array.from(mags.slice(1), (mag, k) => Math.abs(mag - mags[k]!));
  return (1.4826 * medianOf(steps)) / Math.SQRT2;
}
