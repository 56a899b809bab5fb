import { addSeconds, type Mjd, mjdNumber, secondsBetween } from '../time/mjd.ts';
import type { ResolvedExposure } from './exposure.ts';
import type { Confidence, Fact, TimeVerdict } from './facts.ts';
import { type Lookup, quoteCard } from './lookup.ts';
import type { Moment } from './moment.ts';
import { compareMoments, isStart, sinceMiddle } from './moment-agreement.ts';
import { findMoments, momentQuantities } from './moments.ts';
import { earliestMjd, elapsedDoubts, localDoubts, ownDoubts, siderealDoubts } from './time-doubts.ts';

export interface ResolvedTime {
  readonly exposureS: Fact<number> | undefined;
  readonly startUtc: Fact<Mjd> | undefined;
  readonly midUtc: Fact<Mjd> | undefined;
  readonly time: TimeVerdict;
}

/**
 * The start and middle of an exposure in UTC, and how far the header alone lets us trust them. The middle is taken from
 * a card that states it, else from start, end or exposure time; everything else that the header says of the same moment
 * is compared with it, and what contradicts is a reason that quotes both cards.
 */
export function resolveTime(lookup: Lookup, exposure: ResolvedExposure, lonDeg: number | undefined): ResolvedTime {
  const moments = settleReadings(findMoments(lookup));
  const best = chooseBest(moments);
  const exposureS = exposure.exposureS ?? spanOf(moments);
  if (!best) return { exposureS, startUtc: undefined, midUtc: undefined, time: unknown(lookup) };
  const isUtcStart = ({ role, zone, isClock }: Moment) => isStart(role) && zone !== 'local' && !isClock;
  const startUtc = moments.find(isUtcStart) ?? (isStart(best.role) ? best : undefined);
  const known = { exposureS, startUtc: startUtc && factOf(startUtc, startUtc.mjd, startUtc.confidence) };
  const middle = middleOf(best, exposureS?.value);
  if (!middle) {
    const reasons = ['no exposure time: the middle is unknown', ...ownDoubts(best, undefined)];
    return { ...known, midUtc: undefined, time: { verdict: 'unusable', reasons } };
  }
  const told = { best, middle, moments, exposureS: exposureS?.value ?? 0 };
  const compared = compareMoments(told);
  const reasons = [
    ...exposure.contradictions,
    ...ownDoubts(best, exposureS?.value),
    ...compared.reasons,
    ...elapsedDoubts(exposure),
    ...localDoubts(lookup, told, lonDeg),
    ...siderealDoubts(lookup, told, lonDeg),
  ];
  const isImpossible = best.isDate || best.otherReadingDays !== undefined || mjdNumber(middle) < earliestMjd;
  const verdict = isImpossible ? 'unusable' : reasons.length > 0 ? 'doubtful' : 'good';
  const confidence = reasons.length > 0 ? 'low' : compared.nConfirming > 0 ? 'high' : best.confidence;
  return { ...known, midUtc: factOf(best, middle, confidence), time: { verdict, reasons } };
}

function factOf({ card }: Moment, value: Mjd, confidence: Confidence): Fact<Mjd> {
  return { value, card, confidence };
}

function unknown(lookup: Lookup): TimeVerdict {
  const unread = lookup.unread(momentQuantities).map(quoteCard);
  const found = unread.length > 0 ? `: ${unread.join(', ')} cannot be read` : '';
  return { verdict: 'unusable', reasons: [`no card tells when the exposure was taken${found}`] };
}

/** The reading of dates whose day and month may be exchanged, where another card tells which it is. */
function settleReadings(moments: readonly Moment[]): Moment[] {
  const sure = moments.filter(
    ({ isClock, role, otherReadingDays }) => !isClock && role !== 'file' && !otherReadingDays,
  );
  return moments.map((moment) => {
    const { otherReadingDays, ...plain } = moment;
    if (otherReadingDays === undefined) return moment;
    const isNear = (days: number) => sure.some(({ mjd }) => Math.abs(mjd.day - moment.mjd.day - days) <= 1);
    if (isNear(0)) return plain;
    return isNear(otherReadingDays)
      ? { ...plain, mjd: { ...plain.mjd, day: plain.mjd.day + otherReadingDays } }
      : moment;
  });
}

/** The moment that the time rests on: UTC before local, a stated middle before start, end and file, exact before coarse. */
function chooseBest(moments: readonly Moment[]): Moment | undefined {
  const order = ['middle', 'start', 'start or middle', 'end', 'unclear', 'file'];
  const rank = ({ zone, isDate, resolutionS, role, otherReadingDays }: Moment) => [
    isDate ? 1 : 0,
    zone === 'local' ? 1 : 0,
    otherReadingDays === undefined ? 0 : 1,
    resolutionS > 1 ? resolutionS : 0,
    order.indexOf(role),
  ];
  const isBefore = (a: Moment, b: Moment): boolean => {
    const [ranksA, ranksB] = [rank(a), rank(b)];
    const at = ranksA.findIndex((value, i) => value !== ranksB[i]);
    return at >= 0 && ranksA[at]! < ranksB[at]!;
  };
  return moments
    .filter(({ isClock, role, card }) => !isClock && (role !== 'file' || card !== 'DATE'))
    .reduce<Moment | undefined>((best, next) => (best === undefined || isBefore(next, best) ? next : best), undefined);
}

/** The exposure time where only the two ends are told. */
function spanOf(moments: readonly Moment[]): Fact<number> | undefined {
  const start = moments.find(({ role, isClock, isDate }) => role === 'start' && !isClock && !isDate);
  const end = moments.find(({ role, isClock, isDate }) => role === 'end' && !isClock && !isDate);
  if (!start || !end || (start.zone === 'local') !== (end.zone === 'local')) return undefined;
  const spanS = Number(secondsBetween(end.mjd, start.mjd).toFixed(6));
  return spanS > 0 && spanS < 86400
    ? { value: spanS, card: `${start.card}, ${end.card}`, confidence: 'low' }
    : undefined;
}

function middleOf({ role, mjd }: Moment, exposureS: number | undefined): Mjd | undefined {
  if (role === 'middle') return mjd;
  return exposureS === undefined ? undefined : addSeconds(mjd, sinceMiddle(role, exposureS) * -1);
}
