import {
  AngleBetween,
  Body,
  Equator,
  Horizon,
  Illumination,
  MakeTime,
  Observer,
  Spherical,
  VectorFromSphere,
} from 'astronomy-engine';
import type { ObservingConfig } from '../../config/schema.ts';
import { type Horizontal, horizontalOf, type Place } from '../../drivers/horizontal.ts';
import type { ObservingRequest } from '../../protocol/request.ts';
import type { SkyPosition } from '../../sky/sphere.ts';

/** What the sky over a place is like for one position at one moment. Degrees; altitudes without refraction. */
export interface Circumstances extends Horizontal {
  /** Relative to the zenith; Infinity below the horizon. */
  readonly airmass: number;
  readonly sunAltitudeDeg: number;
  readonly moonAltitudeDeg: number;
  readonly moonDistanceDeg: number;
  /** Illuminated share of the Moon's disc. */
  readonly moonLit: number;
}

/** By astronomy-engine: Sun and Moon as seen from the place, good to an arc minute. */
export function circumstances(position: SkyPosition, place: Place, atMs: number): Circumstances {
  const horizontal = horizontalOf(position, place, atMs);
  return {
    ...horizontal,
    airmass: airmassAt(horizontal.altitudeDeg),
    sunAltitudeDeg: sunAltitudeDeg(place, atMs),
    moonAltitudeDeg: altitudeOf(Body.Moon, place, atMs),
    moonDistanceDeg: moonDistanceDeg(position, place, atMs),
    moonLit: Illumination(Body.Moon, new Date(atMs)).phase_fraction,
  };
}

export function sunAltitudeDeg(place: Place, atMs: number): number {
  return altitudeOf(Body.Sun, place, atMs);
}

/** Airmass at an altitude in degrees: Pickering (2002, DIO 12, 3), good to the horizon. Infinity below it. */
export function airmassAt(altitudeDeg: number): number {
  if (altitudeDeg <= 0) return Number.POSITIVE_INFINITY;
  return 1 / Math.sin(((altitudeDeg + 244 / (165 + 47 * altitudeDeg ** 1.1)) * Math.PI) / 180);
}

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
  place: Place,
  atMs: number,
  limits: Limits,
  durationS: number = durationOf(request),
): Judgement {
  const reason = neverPossible(request, place, atMs, limits);
  if (reason !== undefined) return { ok: false, reason, never: true };
  const endMs = atMs + durationS * 1000;
  const windows = request.windows.map(({ start, end }) => ({ startMs: Date.parse(start), endMs: Date.parse(end) }));
  if (!windows.some((window) => window.startMs <= atMs && endMs <= window.endMs))
    return { ok: false, reason: 'no window of the request is open long enough now', never: false };
  const obstacle = inTheWay(request, place, atMs, limits) ?? inTheWay(request, place, endMs, limits);
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
export function possibleStarts(request: ObservingRequest, place: Place, limits: Limits, between: Interval): Interval[] {
  const possible = (atMs: number) => judge(request, place, atMs, limits).ok;
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

function neverPossible(request: ObservingRequest, place: Place, atMs: number, limits: Limits): string | undefined {
  for (const { exposureS, filter } of request.instrumentConfigs) {
    if (exposureS > limits.maxExposureS)
      return `an exposure of ${exposureS} s is longer than the ${limits.maxExposureS} s this site allows`;
    if (filter === '' ? limits.filters.length > 0 : !limits.filters.includes(filter))
      return `there is no filter "${filter}" here; the wheel holds: ${limits.filters.join(', ') || 'none'}`;
  }
  if (request.windows.every(({ end }) => Date.parse(end) <= atMs)) return 'its last window is over';
  const highestDeg = 90 - Math.abs(place.latitudeDeg - request.target.decDeg);
  // A degree of grace for precession since 2000: the answer is final, so it must not be rash.
  if (highestDeg + 1 < limits.minAltitudeDeg)
    return `from here the target never rises above ${highestDeg.toFixed(0)} deg; this site observes above ${limits.minAltitudeDeg} deg`;
  return undefined;
}

function inTheWay(request: ObservingRequest, place: Place, atMs: number, limits: Limits): string | undefined {
  // The Sun first: by day nothing else needs to be computed.
  const sunDeg = sunAltitudeDeg(place, atMs);
  if (sunDeg > limits.maxSunAltitudeDeg)
    return `the Sun stands at ${sunDeg.toFixed(1)} deg; this site observes below ${limits.maxSunAltitudeDeg} deg`;
  const { altitudeDeg } = horizontalOf(request.target, place, atMs);
  if (altitudeDeg < limits.minAltitudeDeg)
    return `the target stands at ${altitudeDeg.toFixed(1)} deg; this site observes above ${limits.minAltitudeDeg} deg`;
  const airmass = airmassAt(altitudeDeg);
  if (airmass > request.constraints.maxAirmass)
    return `the airmass is ${airmass.toFixed(2)}; the request allows ${request.constraints.maxAirmass}`;
  const moonLimitDeg = Math.max(limits.minMoonDistanceDeg, request.constraints.minLunarDistanceDeg);
  const moonDeg = moonDistanceDeg(request.target, place, atMs);
  if (moonDeg < moonLimitDeg && altitudeOf(Body.Moon, place, atMs) > 0)
    return `the Moon is ${moonDeg.toFixed(0)} deg away; at least ${moonLimitDeg} deg are asked for`;
  return undefined;
}

function moonDistanceDeg(position: SkyPosition, place: Place, atMs: number): number {
  const time = MakeTime(new Date(atMs));
  const { vec } = Equator(
    Body.Moon,
    time,
    new Observer(place.latitudeDeg, place.longitudeDeg, place.heightM),
    false,
    true,
  );
  return AngleBetween(vec, VectorFromSphere(new Spherical(position.decDeg, position.raDeg, 1), time));
}

function altitudeOf(body: Body, place: Place, atMs: number): number {
  const time = MakeTime(new Date(atMs));
  const observer = new Observer(place.latitudeDeg, place.longitudeDeg, place.heightM);
  const { ra, dec } = Equator(body, time, observer, true, true);
  return Horizon(time, observer, ra, dec).altitude;
}
