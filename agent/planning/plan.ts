import { type Night, nightAfter } from '../../sky/night.ts';
import type { Site } from '../../sky/site.ts';
import { SiteSky } from '../../sky/site-sky.ts';
import { type SkyPosition, separationDeg } from '../../sky/sphere.ts';
import type { Candidate, Interval } from './candidate.ts';
import type { Limits } from './constraints.ts';
import type { Exposures } from './duration.ts';
import { crowdedOut, impossible, notDue, utcMinute } from './explain.ts';
import { dueAtMs, meritOf, meritsInWords, type Situation } from './merits.ts';
import { Outlook, stepMs } from './outlook.ts';

/** All that a plan is made from: plain data, so that it can be sent to a thread. */
export interface PlanInput {
  readonly site: Site;
  readonly limits: Limits;
  readonly candidates: readonly Candidate[];
  /** The span to fill: a night, or what is left of it. */
  readonly span: Interval;
}

/** Which candidate a line of the plan is about. */
export type CandidateName = Pick<Candidate, 'kind' | 'source' | 'id' | 'name'>;

export interface PlannedVisit extends CandidateName {
  readonly position: SkyPosition;
  readonly startMs: number;
  readonly endMs: number;
  readonly exposures: readonly Exposures[];
  /** At its start; altitude without refraction. */
  readonly altitudeDeg: number;
  readonly azimuthDeg: number;
  readonly airmass: number;
  readonly moonDistanceDeg: number;
  /** Product of the merits, 0 to 1. */
  readonly merit: number;
  /** Why this one at this time, in plain words. */
  readonly why: string;
}

/** A candidate without a visit, and why. */
export interface LeftOut extends CandidateName {
  readonly why: string;
}

/** What would be observed if the sky stayed clear and nothing new came: a prediction. */
export interface Plan {
  readonly span: Interval;
  readonly visits: readonly PlannedVisit[];
  readonly leftOut: readonly LeftOut[];
}

/** A candidate in the course of planning. */
interface Entry {
  readonly outlook: Outlook;
  /** Counts the visits that were planned before. */
  lastObservedMs: number | null;
  nVisits: number;
  /** By whom it was passed over last. */
  passedOver: { readonly by: string; readonly atMs: number } | undefined;
}

/**
 * Plans a span of time: at each moment the most urgent of those that can be observed, of equal urgency the one of the
 * greatest merit, until its visit ends; in a night with time to spare a target waits until it stands well. Rapid response goes first, then what is critical in time in the order in which its
 * windows close. Candidates with a cadence come again when they are due.
 */
export function planSpan({ site, limits, candidates, span }: PlanInput): Plan {
  const night: SiteSky[] = [];
  for (let atMs = span.startMs; atMs <= span.endMs; atMs += stepMs) night.push(new SiteSky(site, atMs));
  const entries = candidates
    .filter(({ obstacle }) => obstacle === null)
    .map(
      (candidate): Entry => ({
        outlook: new Outlook(candidate, night, limits),
        lastObservedMs: candidate.lastObservedMs,
        nVisits: 0,
        passedOver: undefined,
      }),
    );
  const visits: PlannedVisit[] = [];
  for (let atMs = span.startMs; atMs < span.endMs; ) {
    const visit = nextVisit(
      entries,
      new SiteSky(site, atMs),
      Math.floor((atMs - span.startMs) / stepMs),
      visits.at(-1),
    );
    if (visit) visits.push(visit);
    atMs = visit ? visit.endMs : atMs + stepMs;
  }
  const leftOut = [
    ...candidates.flatMap((one) => (one.obstacle === null ? [] : [{ ...nameOf(one), why: one.obstacle }])),
    ...entries
      .filter(({ nVisits }) => nVisits === 0)
      .map((entry) => ({
        ...nameOf(entry.outlook.candidate),
        why: whyLeftOut(entry, span, limits),
      })),
  ];
  return { span, visits, leftOut };
}

function nextVisit(
  entries: readonly Entry[],
  sky: SiteSky,
  step: number,
  before: PlannedVisit | undefined,
): PlannedVisit | undefined {
  const isFull = isFullNight(entries, sky.atMs);
  const ranked = entries
    .filter((entry) => isWanted(entry, sky.atMs) && (isFull || isRipe(entry, step)))
    .filter(({ outlook }) => outlook.startable[step] || outlook.startable[step + 1])
    .map((entry) => {
      const situation = situationOf(entry, sky, before);
      return { entry, situation, merit: meritOf(situation) };
    })
    .sort(
      (a, b) =>
        classOf(a.entry.outlook.candidate) - classOf(b.entry.outlook.candidate) ||
        closingMs(a.entry.outlook.candidate, sky.atMs) - closingMs(b.entry.outlook.candidate, sky.atMs) ||
        b.merit - a.merit,
    );
  const first = ranked.findIndex(({ entry }) => entry.outlook.allows(sky));
  const chosen = ranked[first];
  if (!chosen) return undefined;
  const { entry, situation, merit } = chosen;
  const { candidate, durationMs } = entry.outlook;
  const endMs = sky.atMs + durationMs;
  entry.nVisits += 1;
  entry.lastObservedMs = endMs;
  for (const other of ranked.slice(first + 1)) other.entry.passedOver = { by: candidate.name, atMs: sky.atMs };
  const { altitudeDeg, azimuthDeg, airmass, moonDistanceDeg } = situation.target;
  return {
    ...nameOf(candidate),
    ...{ position: candidate.position, startMs: sky.atMs, endMs, exposures: candidate.exposures },
    ...{ altitudeDeg, azimuthDeg, airmass, moonDistanceDeg, merit },
    why: [
      urgencyInWords(candidate),
      `${firstOf(ranked.length - first)}: ${meritsInWords(situation)}`,
      ...candidate.notes,
    ]
      .filter((words) => words !== undefined)
      .join('; '),
  };
}

/** Once a night, or as often as its cadence says. */
function isWanted({ outlook: { candidate }, nVisits, lastObservedMs }: Entry, atMs: number): boolean {
  if (nVisits > 0 && candidate.cadenceDays === null) return false;
  return dueAtMs(candidate, lastObservedMs) <= atMs;
}

/** What would be seen through more air than this, against its best later on, waits while the night is long enough. */
const ripeAirmass = 1.15;
/** Of the time left, the visits that wait may need so much before they are taken as they come. */
const fullShare = 0.7;

/** Whether those that wait need most of the time in which a visit can still begin. */
function isFullNight(entries: readonly Entry[], atMs: number): boolean {
  const waiting = entries.filter((entry) => isWanted(entry, atMs) && (entry.outlook.lastStartMs ?? 0) >= atMs);
  const neededMs = waiting.reduce((sum, { outlook }) => sum + outlook.durationMs, 0);
  const leftMs = waiting.reduce((last, { outlook }) => Math.max(last, outlook.lastStartMs! - atMs), 0);
  return neededMs > fullShare * leftMs;
}

/** Whether it gains little by waiting; what is urgent, or comes again in the same night, does not wait. */
function isRipe({ outlook }: Entry, step: number): boolean {
  const { candidate, targets, bestAirmassFrom } = outlook;
  if (candidate.urgency !== 'NORMAL' || (candidate.cadenceDays ?? 1) < 1) return true;
  return targets[step]!.airmass <= ripeAirmass * bestAirmassFrom[step]!;
}

function situationOf({ outlook, lastObservedMs }: Entry, sky: SiteSky, before: PlannedVisit | undefined): Situation {
  const { candidate, bestAirmassFrom, lastStartMs } = outlook;
  return {
    ...{ candidate, bestAirmass: bestAirmassFrom[0]!, lastObservedMs, target: outlook.at(sky) },
    hoursLeft: Math.max(0, (lastStartMs ?? sky.atMs) - sky.atMs) / 3_600_000,
    slewDeg: before ? separationDeg(before.position, candidate.position) : 0,
  };
}

function classOf({ urgency }: Candidate): number {
  return { RAPID_RESPONSE: 0, TIME_CRITICAL: 1, NORMAL: 2 }[urgency];
}

/** When the open window of what is critical in time closes; the same for all others. */
function closingMs({ urgency, windows }: Candidate, atMs: number): number {
  if (urgency !== 'TIME_CRITICAL') return Number.MAX_SAFE_INTEGER;
  const ends = windows.map(({ endMs }) => endMs).filter((endMs) => endMs > atMs);
  return Math.min(...ends, Number.MAX_SAFE_INTEGER);
}

function urgencyInWords({ urgency }: Candidate): string | undefined {
  if (urgency === 'RAPID_RESPONSE') return 'a rapid response goes before all others';
  return urgency === 'TIME_CRITICAL' ? 'critical in time goes before what can wait' : undefined;
}

function firstOf(count: number): string {
  return count === 1 ? 'the only one whose time it is' : `first of ${count} whose time it is`;
}

function whyLeftOut({ outlook, lastObservedMs, passedOver }: Entry, span: Interval, limits: Limits): string {
  const dueMs = dueAtMs(outlook.candidate, lastObservedMs);
  if (dueMs > span.endMs) return notDue(outlook.candidate, lastObservedMs!, dueMs);
  const spells = outlook.spells();
  if (spells.length === 0) return impossible(outlook, limits);
  if (spells.at(-1)!.endMs < dueMs) return notDue(outlook.candidate, lastObservedMs!, dueMs);
  return passedOver
    ? `${crowdedOut(spells)}; at ${utcMinute(passedOver.atMs)} ${passedOver.by} went before it`
    : crowdedOut(spells);
}

function nameOf({ kind, source, id, name }: Candidate): CandidateName {
  return { kind, source, id, name };
}

/** The night under way at a moment, or the next one, and what is left of it. */
export function nightAt(site: Site, atMs: number): { readonly night: Night; readonly span: Interval } {
  const halfDayMs = 43_200_000;
  const current = nightAfter(site, atMs - halfDayMs);
  const night = spanOf(current, atMs - halfDayMs).endMs > atMs ? current : nightAfter(site, atMs);
  const { startMs, endMs } = spanOf(night, atMs);
  return { night, span: { startMs: Math.max(startMs, atMs), endMs } };
}

/** The night that begins in the evening of a date, given as its UTC midnight, at the longitude of a site. */
export function nightOfDate(site: Site, dateMs: number): { readonly night: Night; readonly span: Interval } {
  const noonMs = dateMs + 43_200_000 - (site.longitudeDeg / 360) * 86_400_000;
  const night = nightAfter(site, noonMs);
  return { night, span: spanOf(night, noonMs) };
}

/** From sunset to sunrise; a whole day where the Sun does not set, or does not rise: its altitude then decides. */
function spanOf({ sunsetMs, sunriseMs }: Night, atMs: number): Interval {
  if (sunsetMs !== undefined && sunriseMs !== undefined) return { startMs: sunsetMs, endMs: sunriseMs };
  return { startMs: atMs, endMs: atMs + 86_400_000 };
}
