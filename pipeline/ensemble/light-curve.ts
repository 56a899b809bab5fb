import type { SkyPosition } from '../../sky/sphere.ts';
import { SourceFlag } from '../flags.ts';
import { MAG_PER_RELATIVE_FLUX } from '../magnitude.ts';
import { medianOf } from '../numeric/statistics.ts';
import { chooseComparison } from './comparison.ts';
import type { EnsembleFrame, ForcedTarget } from './frame.ts';
import { type BlendSummary, holdBlend, neverHeld } from './hold-blend.ts';
import { type IdentifiedStars, identifyStars } from './identify-stars.ts';
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

/** What gave the magnitudes: the fit of the PSF, a corrected aperture, or a plain one, such as `aperture of 3.5 px`. */
export type Photometry = 'psf' | 'aperture' | `aperture of ${number} px`;

export interface LightCurve {
  readonly filter: string;
  readonly band: string;
  readonly photometry: Photometry;
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

/** A target at its place, or one that moves: it stands where each frame's record says. */
export type CurveTarget = { readonly name: string } & (SkyPosition | { readonly isMoving: true });

export interface LightCurveOptions {
  readonly target: CurveTarget;
  /** Relative scatter by scintillation in a frame; 0 where conditions are unknown. */
  readonly scintillation: (frame: EnsembleFrame) => number;
}

/** A source measured better than this needs no forced position. */
const CLEAR_ERROR_MAG = 0.1;
/** Below this signal to noise a measurement becomes a limit. */
const MIN_SNR = 3;
/** So many comparison stars tell how well stars like the target repeat. */
const LEAST_ALIKE = 3;
/** Apertures must repeat to less than this share of the fit's scatter: the median of a dozen ratios is known to some 3 %. */
const CLEARLY_STEADIER = 0.95;
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
  const { stars, leftOut } = starsAbout(frames, options.target);
  const { blend, held } =
    'isMoving' in options.target ? neverHeld(frames) : holdBlend(frames, stars, options.target.name);
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
    const zero = ensemble.zeroAtTarget(at) - (tie?.shift ?? 0);
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

/** The stars of the frames, named, and the frames that have no part in the curve, with the reasons. */
function starsAbout(
  frames: readonly EnsembleFrame[],
  target: CurveTarget,
): { readonly stars: IdentifiedStars; readonly leftOut: { file: string; reason: string }[] } {
  const path = 'isMoving' in target ? frames.map((frame) => placeIn(frame, target.name)) : undefined;
  const centre = 'isMoving' in target ? path!.find((place) => place !== undefined) : target;
  const stars = identifyStars(frames, centre ?? { raDeg: 0, decDeg: 0 }, path);
  const lost = `its record does not tell where ${target.name} stood`;
  const leftOut = stars.reasons.flatMap((laid, at) => {
    const reason = laid ?? (path && !path[at] ? lost : undefined);
    return reason ? [{ file: frames[at]!.file, reason }] : [];
  });
  return { stars, leftOut };
}

function placeIn({ targets }: EnsembleFrame, name: string): SkyPosition | undefined {
  return targets.find((one) => one.name === name && Number.isFinite(one.raDeg) && Number.isFinite(one.decDeg));
}

function zeroPointAt(
  { zeroPoint, gradientU, gradientV }: EnsembleSolution,
  at: number,
  { targetEastArcsec, targetNorthArcsec }: IdentifiedStars,
  unitArcsec: number,
): number {
  const slope = gradientU[at]! * targetEastArcsec[at]! + gradientV[at]! * targetNorthArcsec[at]!;
  return zeroPoint[at]! + slope / unitArcsec;
}

/** The frames by one kind of photometry, solved. */
interface Ensemble {
  readonly photometry: Photometry;
  readonly frames: readonly EnsembleFrame[];
  readonly solution: EnsembleSolution;
  /** The zero point of a frame where the target stands in it. */
  readonly zeroAtTarget: (at: number) => number;
  /** The target in each frame; undefined for frames that could not be laid on the others. */
  readonly measured: readonly (TargetMeasurement | undefined)[];
  /** Comparison stars about as bright as the target, and their median own scatter. */
  readonly alike: readonly number[];
  readonly floorMag: number;
}

/** By PSF fit and, unless a blend was parted by it, by every aperture that all frames have. */
function ensemblesOf(
  frames: readonly EnsembleFrame[],
  stars: IdentifiedStars,
  held: readonly (ForcedTarget | undefined)[],
  { target, scintillation }: LightCurveOptions,
): Ensemble[] {
  const kinds = photometryOf(frames);
  // What was parted are totals of the PSF.
  const fitting = held.some((one) => one !== undefined) ? kinds.slice(0, 1) : kinds;
  return fitting.flatMap(([photometry, measuredFrames]) => {
    const observations = chooseComparison(measuredFrames, stars, scintillation);
    if (!observations) return [];
    const solution = solveEnsemble(observations);
    const zeroAtTarget = (at: number) => zeroPointAt(solution, at, stars, observations.unitArcsec);
    const measured = measuredFrames.map((frame, at) => {
      const rows = stars.starOfRow[at];
      const isKnown = Number.isFinite(stars.targetEastArcsec[at]!);
      if (!rows || !isKnown) return undefined;
      const parted = held[at];
      return parted ? fromForced(parted) : measurementOf(frame, rows, target.name);
    });
    const mags = measured.flatMap((one, at) => (one?.mag === undefined ? [] : [one.mag - zeroAtTarget(at)]));
    const alike = comparisonLike(observations, solution, medianOf(Float64Array.from(mags).filter(Number.isFinite)));
    const floorMag = medianAmong(alike, solution.starScatter);
    return [{ photometry, frames: measuredFrames, solution, zeroAtTarget, measured, alike, floorMag }];
  });
}

function photometryOf(frames: readonly EnsembleFrame[]): [Photometry, readonly EnsembleFrame[]][] {
  const kinds: [Photometry, readonly EnsembleFrame[]][] = [['psf', frames]];
  for (const { radiusPx } of frames[0]!.apertures) {
    const by = frames.flatMap((frame) => {
      const aperture = frame.apertures.find((one) => one.radiusPx === radiusPx);
      return aperture ? [{ ...frame, mag: aperture.mag, magErr: aperture.magErr }] : [];
    });
    if (by.length < frames.length) continue;
    if (radiusPx === 'corrected') kinds.push(['aperture', by]);
    // Forced fluxes are totals: they have no place beside what is not.
    else kinds.push([`aperture of ${radiusPx} px`, by.map(withoutForced)]);
  }
  return kinds;
}

function withoutForced(frame: EnsembleFrame): EnsembleFrame {
  const targets = frame.targets.map((one) => ({ ...one, mag: undefined, magErr: undefined, snr: undefined }));
  return { ...frame, targets };
}

/**
 * The PSF fit unless an aperture repeats clearly better on the comparison stars about as bright as the target that both
 * have (e.g. Everett & Howell 2001, PASP 113, 1428). The target has no say, but has to be measured wherever it is by the fit.
 */
function steadiest([psf, ...others]: readonly Ensemble[]): Ensemble | undefined {
  if (psf?.photometry !== 'psf') return psf;
  let best = psf;
  let least = CLEARLY_STEADIER;
  for (const other of others) {
    if (other.measured.some((one, at) => one?.mag === undefined && psf.measured[at]?.mag !== undefined)) continue;
    const both = psf.alike.filter((star) => other.alike.includes(star));
    // Star by star: how well each repeats differs more than how well the kinds do.
    const ratios = both.map((star) => other.solution.starRms[star]! / psf.solution.starRms[star]!);
    const ratio = medianOf(Float64Array.from(ratios));
    if (both.length < LEAST_ALIKE || !(ratio < least)) continue;
    least = ratio;
    best = other;
  }
  return best;
}

function medianAmong(stars: readonly number[], values: Float64Array): number {
  return medianOf(Float64Array.from(stars, (star) => values[star]!));
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
  return alike.length >= LEAST_ALIKE ? alike : compared;
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
