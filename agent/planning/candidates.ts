import type { Config, InstrumentConfig } from '../../config/schema.ts';
import { normaliseMjd, unixMsOfMjd } from '../../pipeline/time/mjd.ts';
import { culminationDeg } from '../../sky/horizontal.ts';
import { type SkyPosition, separationDeg } from '../../sky/sphere.ts';
import type { Store } from '../store/open.ts';
import type { StoredRequest } from '../store/requests.ts';
import type { Candidate } from './candidate.ts';
import type { Limits } from './constraints.ts';
import type { Exposures } from './duration.ts';
import { instrumentObstacle, neverRises } from './obstacles.ts';
import { beyondReach, exposuresFor, limitIn, type Reach, reachOf } from './reach.ts';

export interface CandidateSources {
  readonly config: Pick<Config, 'site' | 'targets' | 'destinations'>;
  readonly instrument: Pick<InstrumentConfig, 'id'>;
  readonly limits: Limits;
  readonly store: Pick<Store, 'requests' | 'networkTargets' | 'history'>;
  readonly nowMs: number;
}

const dayMs = 86_400_000;
/** Frames of so many days tell what the telescope reaches. */
const reachDays = 60;
/** Of long lists the most wanted are planned. */
const maxTargets = 500;
/** Positions nearer than this are the same target. */
const sameArcsec = 3;
/** For a target of which nothing is known: what a person would try first. */
const firstTry = { exposureS: 120, exposureCount: 1 };
const targetsAllow = { maxAirmass: 2.5, minLunarDistanceDeg: 0 };

/**
 * What could be observed with one instrument: requests that wait for a visit or an answer, and the targets of the site
 * and of its centres, each once. Reads the database, changes nothing.
 */
export function candidatesFor(sources: CandidateSources): Candidate[] {
  const { store, instrument, limits, nowMs } = sources;
  const reaches = reachOf(store.history.depths(instrument.id, nowMs - reachDays * dayMs));
  const requests = [...store.requests.executable(), ...store.requests.unanswered()].flatMap((stored) =>
    requestCandidate(stored, sources, reaches),
  );
  const lastMeasured = store.history.lastMeasured();
  const targets = wantedTargets(sources)
    .filter((target) => !requests.some((request) => isSame(request, target)))
    .filter(({ position }) => culminationDeg(position, sources.config.site) >= limits.minAltitudeDeg)
    .slice(0, maxTargets)
    .map((target) => targetCandidate(target, sources, reaches, lastMeasured));
  return [...requests, ...targets];
}

function requestCandidate(
  { destination, id, request }: StoredRequest,
  { config, instrument, limits }: CandidateSources,
  reaches: readonly Reach[],
): Candidate[] {
  if (!request || request.test) return [];
  const { target, observationType, instrumentConfigs, constraints, windows, priority } = request;
  if ((request.instrument ?? instrument.id) !== instrument.id) return [];
  const candidate: Candidate = {
    ...{ kind: 'request', source: destination, id, name: target.name, priority: priority / 100 },
    position: { raDeg: target.raDeg, decDeg: target.decDeg },
    urgency: urgencyOf(observationType),
    exposures: instrumentConfigs.map(({ filter, exposureS, exposureCount }) => ({ filter, exposureS, exposureCount })),
    windows: windows.map(({ start, end }) => ({ startMs: Date.parse(start), endMs: Date.parse(end) })),
    allowed: constraints,
    ...{ cadenceDays: null, lastObservedMs: null },
    obstacle: instrumentObstacle(instrumentConfigs, limits) ?? neverRises(target, config.site, limits) ?? null,
    notes: instrumentConfigs.flatMap((exposures) => reachInWords(exposures, reaches)),
  };
  return [candidate];
}

/** A type of observation that this version does not know counts as NORMAL. */
function urgencyOf(observationType: string): Candidate['urgency'] {
  return observationType === 'RAPID_RESPONSE' || observationType === 'TIME_CRITICAL' ? observationType : 'NORMAL';
}

function reachInWords({ filter, exposureS, exposureCount }: Exposures, reaches: readonly Reach[]): string[] {
  const reach = reaches.find((one) => one.filter.toLowerCase() === filter.toLowerCase());
  if (!reach) return [];
  const limitMag = limitIn(reach, exposureS * exposureCount);
  return [`reaches magnitude ${limitMag.toFixed(1)} in ${filter || 'no filter'}, by ${reach.nFrames} own frames`];
}

interface WantedTarget {
  readonly source: string;
  readonly name: string;
  readonly position: SkyPosition;
  readonly priority: number;
  readonly cadenceDays: number | null;
}

/** The targets of the site first, then those of the centres, the most wanted first; one that is in several lists once. */
function wantedTargets({ config, store }: CandidateSources): WantedTarget[] {
  const own = config.targets.map(({ name, raDeg, decDeg }) => ({
    ...{ source: 'site', name, position: { raDeg, decDeg }, priority: 0.5, cadenceDays: null },
  }));
  const listed = store.networkTargets.interests(config.destinations.map(({ id }) => id));
  const greatest = Math.max(1, ...listed.map(({ priority }) => priority ?? 0));
  const others = listed.map(({ destination, name, raDeg, decDeg, importance, priority, cadenceDays }) => ({
    ...{ source: destination, name, position: { raDeg, decDeg } },
    // 0 stands for none.
    cadenceDays: cadenceDays || null,
    // A centre's importance (0 to 10) and its own order count half each; what it does not say counts as the middle.
    priority: (importance ?? 5) / 20 + (priority === null ? 0.25 : Math.max(0, priority) / greatest / 2),
  }));
  const kept: WantedTarget[] = [];
  for (const target of [...own, ...others.sort((a, b) => b.priority - a.priority)])
    if (!kept.some((one) => isSame(one, target))) kept.push(target);
  return kept;
}

function targetCandidate(
  target: WantedTarget,
  { config, limits, store }: CandidateSources,
  reaches: readonly Reach[],
  lastMeasured: ReadonlyMap<string, number>,
): Candidate {
  const { source, name, position, priority, cadenceDays } = target;
  const points = config.destinations.flatMap(({ id }) => store.networkTargets.archive(id, name)?.points ?? []);
  const mag = points.findLast(({ magErr }) => !Number.isNaN(magErr))?.mag;
  const reach = reaches.find(
    ({ filter }) => filter === '' || limits.filters.includes(filter) || limits.filters.length === 0,
  );
  const lastMjd = Math.max(
    lastMeasured.get(name) ?? Number.NEGATIVE_INFINITY,
    points.at(-1)?.mjd ?? Number.NEGATIVE_INFINITY,
  );
  const filter = reach?.filter ?? limits.filters[0] ?? '';
  const { exposureS, exposureCount, note } = proposedExposures(reach, mag, limits.maxExposureS);
  return {
    ...{ kind: 'target', source, id: name, name, position, urgency: 'NORMAL', priority, windows: [], cadenceDays },
    exposures: [{ filter, exposureS, exposureCount }],
    allowed: targetsAllow,
    lastObservedMs: Number.isFinite(lastMjd) ? unixMsOfMjd(normaliseMjd(lastMjd, 0)) : null,
    obstacle: reach && mag !== undefined ? (beyondReach(reach, mag) ?? null) : null,
    notes: [note],
  };
}

function proposedExposures(reach: Reach | undefined, mag: number | undefined, maxExposureS: number) {
  if (!reach)
    return { ...firstTry, note: 'exposure is a first try: there are no standardised frames of this instrument yet' };
  if (mag === undefined) {
    const exposureS = Math.min(maxExposureS, Math.round(reach.usualExposureS));
    return { exposureS, exposureCount: 1, note: 'exposure as usual here: its magnitude is not known' };
  }
  return { ...exposuresFor(reach, mag, maxExposureS), note: `exposure for magnitude ${mag.toFixed(1)}, by own frames` };
}

function isSame(a: { readonly name: string; readonly position: SkyPosition }, b: typeof a): boolean {
  if (a.name === b.name) return true;
  const [p, q] = [a.position, b.position];
  return Math.abs(p.decDeg - q.decDeg) < sameArcsec / 3600 && separationDeg(p, q) * 3600 < sameArcsec;
}
