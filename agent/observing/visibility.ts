import type { ObservingRequest } from '../../protocol/request.ts';
import type { Site } from '../../sky/site.ts';
import { SiteSky, TargetSky } from '../../sky/site-sky.ts';
import { type Limits, meridianObstacle, unmetConstraint } from '../planning/constraints.ts';
import { durationOf } from '../planning/duration.ts';
import { instrumentObstacle, neverRises } from '../planning/obstacles.ts';

export type Visibility =
  | { readonly ok: true }
  /** `never`: waiting does not help, the request is to be declined. */
  | { readonly ok: false; readonly reason: string; readonly never: boolean };

/**
 * Whether a request may be executed from `atMs` on: the owner's limits and the request's own, in its window, from the
 * first exposure to the last.
 */
export function checkVisibility(
  request: ObservingRequest,
  site: Site,
  atMs: number,
  limits: Limits,
  durationS: number = durationOf(request.instrumentConfigs),
): Visibility {
  const reason = neverPossible(request, site, atMs, limits);
  if (reason !== undefined) return { ok: false, reason, never: true };
  const endMs = atMs + durationS * 1000;
  const windows = request.windows.map(({ start, end }) => ({ startMs: Date.parse(start), endMs: Date.parse(end) }));
  if (!windows.some((window) => window.startMs <= atMs && endMs <= window.endMs))
    return { ok: false, reason: 'no window of the request is open long enough now', never: false };
  const obstacle = inTheWay(request, site, atMs, endMs, limits);
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
  const possible = (atMs: number) => checkVisibility(request, site, atMs, limits).ok;
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
  const obstacle = instrumentObstacle(request.instrumentConfigs, limits);
  if (obstacle !== undefined) return obstacle;
  if (request.windows.every(({ end }) => Date.parse(end) <= atMs)) return 'its last window is over';
  return neverRises(request.target, site, limits);
}

function inTheWay(
  { target, constraints }: ObservingRequest,
  site: Site,
  startMs: number,
  endMs: number,
  limits: Limits,
): string | undefined {
  const start = new TargetSky(new SiteSky(site, startMs), target);
  const end = new TargetSky(new SiteSky(site, endMs), target);
  for (const moment of [start, end]) {
    const unmet = unmetConstraint(moment, constraints, limits);
    if (unmet) return unmet.words(moment, constraints, limits);
  }
  return meridianObstacle(start, end, limits);
}
