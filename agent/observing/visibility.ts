import type { ObservingConfig } from '../../config/schema.ts';
import type { ObservingRequest } from '../../protocol/request.ts';
import { airmassAt } from '../../sky/airmass.ts';
import { culminationDeg, horizontalOf } from '../../sky/horizontal.ts';
import type { Site } from '../../sky/site.ts';
import { moonAt, moonDistanceDeg, sunAt } from '../../sky/sun-and-moon.ts';

/** What the owner allows and the instrument has. */
export type Limits = Pick<
  ObservingConfig,
  'minAltitudeDeg' | 'maxSunAltitudeDeg' | 'minMoonDistanceDeg' | 'maxExposureS'
> & {
  /** Filters in the wheel; empty for a camera without. */
  readonly filters: readonly string[];
};

export type Judgement =
  | { readonly ok: true }
  /** `never`: waiting does not help, the request is to be declined. */
  | { readonly ok: false; readonly reason: string; readonly never: boolean };

const readOutS = 10;
const overheadS = 60;

/** How long a request keeps the telescope, seconds: exposures, a guess for reading out, slewing and turning the wheel. */
export function durationOf(request: ObservingRequest): number {
  return request.instrumentConfigs.reduce(
    (sum, config) => sum + config.exposureCount * (config.exposureS + readOutS),
    overheadS,
  );
}

/**
 * Whether a request may be executed from `atMs` on: the owner's limits and the request's own, in its window, from the
 * first exposure to the last.
 */
export function judge(
  request: ObservingRequest,
  site: Site,
  atMs: number,
  limits: Limits,
  durationS: number = durationOf(request),
): Judgement {
  const reason = neverPossible(request, site, atMs, limits);
  if (reason !== undefined) return { ok: false, reason, never: true };
  const endMs = atMs + durationS * 1000;
  const windows = request.windows.map(({ start, end }) => ({ startMs: Date.parse(start), endMs: Date.parse(end) }));
  if (!windows.some((window) => window.startMs <= atMs && endMs <= window.endMs))
    return { ok: false, reason: 'no window of the request is open long enough now', never: false };
  const obstacle = inTheWay(request, site, atMs, limits) ?? inTheWay(request, site, endMs, limits);
  return obstacle === undefined ? { ok: true } : { ok: false, reason: obstacle, never: false };
}

export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

const stepMs = 300_000;
const edgeMs = 5_000;

/**
 * When a request could start between two moments (a night, say), earliest first: looked at every five minutes, the
 * edges found to five seconds. An opening shorter than five minutes may be missed.
 */
export function possibleStarts(request: ObservingRequest, site: Site, limits: Limits, between: Interval): Interval[] {
  const possible = (atMs: number) => judge(request, site, atMs, limits).ok;
  const intervals: Interval[] = [];
  let startMs = possible(between.startMs) ? between.startMs : undefined;
  for (let atMs = between.startMs; atMs < between.endMs; atMs += stepMs) {
    const nextMs = Math.min(atMs + stepMs, between.endMs);
    const open = possible(nextMs);
    if (open && startMs === undefined) startMs = edge(possible, nextMs, atMs);
    if (!open && startMs !== undefined) {
      intervals.push({ startMs, endMs: edge(possible, atMs, nextMs) });
      startMs = undefined;
    }
  }
  if (startMs !== undefined) intervals.push({ startMs, endMs: between.endMs });
  return intervals;
}

/** The last moment found possible on the way from a possible one to an impossible one. */
function edge(possible: (atMs: number) => boolean, possibleMs: number, impossibleMs: number): number {
  let inside = possibleMs;
  let outside = impossibleMs;
  while (Math.abs(outside - inside) > edgeMs) {
    const middle = Math.round((inside + outside) / 2);
    if (possible(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}

function neverPossible(request: ObservingRequest, site: Site, atMs: number, limits: Limits): string | undefined {
  for (const { exposureS, filter } of request.instrumentConfigs) {
    if (exposureS > limits.maxExposureS)
      return `an exposure of ${exposureS} s is longer than the ${limits.maxExposureS} s this site allows`;
    if (filter === '' ? limits.filters.length > 0 : !limits.filters.includes(filter))
      return `there is no filter "${filter}" here; the wheel holds: ${limits.filters.join(', ') || 'none'}`;
  }
  if (request.windows.every(({ end }) => Date.parse(end) <= atMs)) return 'its last window is over';
  const highestDeg = culminationDeg(request.target, site);
  // A degree of grace for precession since 2000: the answer is final, so it must not be rash.
  if (highestDeg + 1 < limits.minAltitudeDeg)
    return `from here the target never rises above ${highestDeg.toFixed(0)} deg; this site observes above ${limits.minAltitudeDeg} deg`;
  return undefined;
}

function inTheWay(request: ObservingRequest, site: Site, atMs: number, limits: Limits): string | undefined {
  // The Sun first: by day nothing else needs to be computed.
  const sunDeg = sunAt(site, atMs).altitudeDeg;
  if (sunDeg > limits.maxSunAltitudeDeg)
    return `the Sun stands at ${sunDeg.toFixed(1)} deg; this site observes below ${limits.maxSunAltitudeDeg} deg`;
  const { altitudeDeg } = horizontalOf(request.target, site, atMs);
  if (altitudeDeg < limits.minAltitudeDeg)
    return `the target stands at ${altitudeDeg.toFixed(1)} deg; this site observes above ${limits.minAltitudeDeg} deg`;
  const airmass = airmassAt(altitudeDeg);
  if (airmass > request.constraints.maxAirmass)
    return `the airmass is ${airmass.toFixed(2)}; the request allows ${request.constraints.maxAirmass}`;
  const moonLimitDeg = Math.max(limits.minMoonDistanceDeg, request.constraints.minLunarDistanceDeg);
  const moonDeg = moonDistanceDeg(request.target, site, atMs);
  if (moonDeg < moonLimitDeg && moonAt(site, atMs).altitudeDeg > 0)
    return `the Moon is ${moonDeg.toFixed(0)} deg away; at least ${moonLimitDeg} deg are asked for`;
  return undefined;
}
