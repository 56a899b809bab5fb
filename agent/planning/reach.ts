import { medianOf } from '../../pipeline/numeric/statistics.ts';
import type { FrameDepth } from '../store/observing-history.ts';

/** How deep a telescope goes through one filter, by its own frames. */
export interface Reach {
  readonly filter: string;
  readonly band: string | null;
  /** Median magnitude of S/N 5, scaled to an exposure of one minute. */
  readonly minuteLimitMag: number;
  /** Median exposure time of these frames. */
  readonly usualExposureS: number;
  readonly nFrames: number;
}

const limitSnr = 5;
/** A visit of a target for which nobody asked for exposures: S/N 50 is an error of 0.02 mag; half an hour at most. */
const wantedSnr = 50;
const longestVisitS = 1800;
const shortestExposureS = 5;

/** The reach through each filter, those with the most frames first. */
export function reachOf(depths: readonly FrameDepth[]): Reach[] {
  return [...Map.groupBy(depths, ({ filter }) => filter)]
    .map(([filter, frames]) => ({
      filter,
      band: frames[0]!.band,
      minuteLimitMag: medianOf(Float64Array.from(frames, (one) => one.limitingMag - deeperBy(one.exposureS))),
      usualExposureS: medianOf(Float64Array.from(frames, ({ exposureS }) => exposureS)),
      nFrames: frames.length,
    }))
    .sort((a, b) => b.nFrames - a.nFrames);
}

/** The magnitude of S/N 5 in so many seconds in all, where the sky is what limits: noise grows with the root of time. */
export function limitIn(reach: Reach, exposureS: number): number {
  return reach.minuteLimitMag + deeperBy(exposureS);
}

/** How much deeper than one minute, magnitudes. */
function deeperBy(exposureS: number): number {
  return 1.25 * Math.log10(exposureS / 60);
}

/** Why a target is beyond a telescope even in the longest visit; undefined when it is not. */
export function beyondReach(reach: Reach, mag: number): string | undefined {
  const limitMag = limitIn(reach, longestVisitS);
  if (mag <= limitMag) return undefined;
  const own = `this telescope reaches ${limitMag.toFixed(1)} in ${longestVisitS / 60} min${inFilter(reach)}`;
  return `at magnitude ${mag.toFixed(1)} it is too faint: ${own}, by ${reach.nFrames} of its own frames`;
}

/** Exposures that bring a target of a magnitude to S/N 50, as far as half an hour allows. */
export function exposuresFor(
  reach: Reach,
  mag: number,
  maxExposureS: number,
): { readonly exposureS: number; readonly exposureCount: number } {
  const wantedLimitMag = mag + 2.5 * Math.log10(wantedSnr / limitSnr);
  const neededS = 60 * 10 ** ((wantedLimitMag - reach.minuteLimitMag) / 1.25);
  const totalS = Math.min(longestVisitS, Math.max(shortestExposureS, neededS));
  const exposureCount = Math.ceil(totalS / maxExposureS);
  return { exposureS: Math.round(totalS / exposureCount), exposureCount };
}

/** ` through filter V (GaiaSP/V)`. */
function inFilter({ filter, band }: Reach): string {
  const through = filter === '' ? ' without a filter' : ` through the filter ${filter}`;
  return band === null ? through : `${through} (${band})`;
}
