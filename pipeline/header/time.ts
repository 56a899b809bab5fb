import { localSiderealHours } from '../../sky/sidereal.ts';
import { addSeconds, isoOfMjd, type Mjd, mjdNumber, normaliseMjd, secondsBetween, unixMsOfMjd } from '../time/mjd.ts';
import type { ResolvedExposure } from './exposure.ts';
import type { Confidence, Fact, TimeVerdict } from './facts.ts';
import { type Lookup, quoteCard, quoteReading } from './lookup.ts';
import { findMoments, type Moment, type MomentRole, momentQuantities } from './moments.ts';
import { durationUnits, unitOf } from './units.ts';
import { asAngle, asNumber } from './values.ts';

export interface ResolvedTime {
  readonly exposureS: Fact<number> | undefined;
  readonly startUtc: Fact<Mjd> | undefined;
  readonly midUtc: Fact<Mjd> | undefined;
  readonly time: TimeVerdict;
}

/** Cards of one moment agree within this: less than the second that a good time promises. */
const agreementS = 0.95;
/** Cards of one clock reading agree within this, and so confirm each other. */
const confirmationS = 0.1;
/** An end may come this much later than start and exposure, for the shutter and the readout, where the start is confirmed. */
const longestReadoutS = 2;
/** Sidereal times computed by programs, and sites as people enter them, are off by no more. */
const siderealToleranceS = 300;
/** 1 January 1980: no electronic camera is older, and clocks that were never set say so. */
const earliestMjd = 44239;
/** Whole time zones lie within this of the longitude's own time, hours. */
const farthestZoneH = 3.6;

/**
 * The start and middle of an exposure in UTC, and how far the header alone lets us trust them. The middle is taken from
 * a card that states it, else from start, end or exposure time; everything else that the header says of the same moment
 * is held against it, and what contradicts is a reason that quotes both cards.
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
  const held = holdAgainst(best, middle, moments, exposureS?.value ?? 0);
  const reasons = [
    ...exposure.contradictions,
    ...ownDoubts(best, exposureS?.value),
    ...held.reasons,
    ...elapsedDoubts(exposure),
    ...localDoubts(lookup, best, offsetsOfLocal(best, middle, moments, exposureS?.value ?? 0), lonDeg),
    ...siderealDoubts(lookup, middle, exposureS?.value ?? 0, lonDeg),
  ];
  const isImpossible = best.isDate || best.otherReadingDays !== undefined || mjdNumber(middle) < earliestMjd;
  const verdict = isImpossible ? 'unusable' : reasons.length > 0 ? 'doubtful' : 'good';
  const confidence = reasons.length > 0 ? 'low' : held.nConfirming > 0 ? 'high' : best.confidence;
  return { ...known, midUtc: factOf(best, middle, confidence), time: { verdict, reasons } };
}

function factOf({ card }: Moment, value: Mjd, confidence: Confidence): Fact<Mjd> {
  return { value, card, confidence };
}

function isStart(role: MomentRole): boolean {
  return role === 'start' || role === 'start or middle' || role === 'unclear';
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

/** How long after the middle of the exposure a role's moment is, s. */
function sinceMiddle(role: MomentRole, exposureS: number): number {
  if (role === 'middle') return 0;
  return role === 'end' || role === 'file' ? exposureS / 2 : -exposureS / 2;
}

/** What speaks against a moment by itself. */
function ownDoubts(best: Moment, exposureS: number | undefined): string[] {
  const doubts: string[] = [];
  const { quote, comment, role, zone, resolutionS, isDate } = best;
  if (isDate) doubts.push(`no time of day beside ${quote}`);
  if (best.otherReadingDays !== undefined) {
    const [first, second] = [0, best.otherReadingDays].map((days) =>
      isoOfMjd({ ...best.mjd, day: best.mjd.day + days }).slice(0, 10),
    );
    doubts.push(`${quote} is ambiguous, ${first} or ${second}, and no other card tells which`);
  }
  if (zone === 'local') doubts.push(`${quote} is local time${comment && ` (${comment})`}, without an offset from UTC`);
  if (role === 'file')
    doubts.push(`${quote} / ${comment} tells when the file was written, not when the exposure began`);
  if (role === 'unclear') doubts.push(`${quote} / ${comment} does not say whether the exposure began or ended then`);
  if (resolutionS > 1 && !isDate) doubts.push(`${quote} is told to ${Number(resolutionS.toPrecision(2))} s only`);
  if (mjdNumber(best.mjd) < earliestMjd) doubts.push(`${quote} is before 1980: the clock was not set`);
  if (isStart(role) && resolutionS === 1 && exposureS !== undefined && exposureS < 10) {
    doubts.push('the start is told in whole seconds only, which matters for an exposure this short');
  }
  return doubts;
}

/**
 * Holds every other moment against the best: the reasons to doubt, and how many cards confirm it. What has a harmless
 * explanation (an end after the readout, a Julian Date of the middle) is a reason only where no other card confirms the best.
 */
function holdAgainst(
  best: Moment,
  middle: Mjd,
  moments: readonly Moment[],
  exposureS: number,
): { reasons: string[]; nConfirming: number } {
  const reasons: string[] = [];
  const explicable: string[] = [];
  let nConfirming = 0;
  for (const moment of moments) {
    const { role, zone, isDate, resolutionS, quote } = moment;
    if (moment === best || best.quote.includes(quote) || zone === 'local' || best.zone === 'local') continue;
    if (isDate && role === 'file') continue;
    const toleranceS = Math.max(
      agreementS,
      ...[moment, best].map((one) => (one.resolutionS > 1 ? one.resolutionS : 0)),
    );
    const offS = offsetS(moment, moment.role, middle, exposureS);
    const mayBeLate = role === 'file' || role === 'unclear';
    if (Math.abs(offS) <= toleranceS || (mayBeLate && offS > 0)) {
      if (!mayBeLate && resolutionS <= 1 && Math.abs(offS) <= confirmationS) nConfirming++;
      continue;
    }
    const isReadout = role === 'end' && offS > 0 && offS <= longestReadoutS;
    const isMiddle = role === 'start or middle' && Math.abs(offsetS(moment, 'middle', middle, exposureS)) <= toleranceS;
    (isReadout || isMiddle ? explicable : reasons).push(contradiction(best, moment, offS, exposureS));
  }
  return { reasons: nConfirming > 0 ? reasons : [...reasons, ...explicable], nConfirming };
}

/** Seconds by which a moment, of its role, is later than the middle of the exposure has it. */
function offsetS({ mjd, isClock, isDate }: Moment, role: MomentRole, middle: Mjd, exposureS: number): number {
  // A date covers its day.
  if (isDate) return (mjd.day - middle.day) * 86400;
  const expected = addSeconds(middle, sinceMiddle(role, exposureS));
  if (!isClock) return secondsBetween(mjd, expected);
  return 86400 * (normaliseMjd(0, mjd.fraction - expected.fraction + 0.5).fraction - 0.5);
}

function contradiction(best: Moment, moment: Moment, offS: number, exposureS: number): string {
  const quotes = `(${moment.quote}, ${best.quote})`;
  if (moment.role === 'file')
    return `${moment.card} says that the file was written before the exposure ended ${quotes}`;
  if (moment.role === 'end' && isStart(best.role)) {
    if (exposureS + offS < 0) return `${moment.card} is before ${best.card} ${quotes}`;
    const spanS = Number((exposureS + offS).toFixed(3));
    return `${best.card} to ${moment.card} is ${spanS} s for an exposure of ${exposureS} s ${quotes}`;
  }
  const [subject, other] = best.role === 'middle' ? [best, moment] : [moment, best];
  const isQuarters = Math.abs(offS) > 890 && Math.abs(offS - 900 * Math.round(offS / 900)) < 3;
  const guess = isQuarters ? ': one of them may be local time' : '';
  const than = subject.role === 'middle' && isStart(other.role) ? ' plus half the exposure' : '';
  return `${subject.card} is ${Math.abs(offS).toFixed(1)} s away from ${other.card}${than} ${quotes}${guess}`;
}

function elapsedDoubts({ exposureS, elapsedS }: ResolvedExposure): string[] {
  if (!elapsedS || !exposureS || elapsedS.card === exposureS.card) return [];
  const restS = elapsedS.value - exposureS.value;
  if (restS <= longestReadoutS) return [];
  return [`${quoteReading(elapsedS)} is ${restS.toFixed(1)} s more than the exposure of ${exposureS.value} s`];
}

/** Local times and how far they are ahead of UTC, s. */
function offsetsOfLocal(best: Moment, middle: Mjd, moments: readonly Moment[], exposureS: number) {
  const local = best.zone === 'local' ? [] : moments.filter(({ zone, isDate }) => zone === 'local' && !isDate);
  return local.map((moment) => ({ moment, offS: offsetS(moment, moment.role, middle, exposureS) }));
}

/** Local time must lie whole quarters of an hour from UTC, as the longitude wants it. */
function localDoubts(
  lookup: Lookup,
  best: Moment,
  offsets: ReturnType<typeof offsetsOfLocal>,
  lonDeg: number | undefined,
): string[] {
  const reasons: string[] = [];
  const isToldUtc = lookup.find('timeScale', String)?.card === 'configuration';
  for (const { moment, offS } of offsets) {
    const quotes = `${moment.quote} is local time, ${best.quote}`;
    const restS = offS - 900 * Math.round(offS / 900);
    const hours = offS / 3600;
    if (Math.abs(restS) > Math.max(agreementS, moment.resolutionS, best.resolutionS) || Math.abs(hours) > 14.1) {
      reasons.push(`${quotes} is UTC: ${offS.toFixed(1)} s apart, which is no time zone`);
    } else if (lonDeg !== undefined) {
      const fromSun = hours - lonDeg / 15;
      const wrapped = moment.isClock ? fromSun - 24 * Math.round(fromSun / 24) : fromSun;
      if (Math.abs(wrapped) > farthestZoneH) {
        reasons.push(
          `${quotes} is UTC: ${hours.toFixed(2)} h apart, not the time zone of longitude ${lonDeg.toFixed(1)}`,
        );
      }
    } else if (Math.round(offS / 900) === 0 && !isToldUtc) {
      reasons.push(`${quotes} is the same: one of them is not what it says, unless the site keeps UTC`);
    }
  }
  return reasons;
}

/** Sidereal time with the longitude tells the time of day by another clock; one card that agrees is enough. */
function siderealDoubts(lookup: Lookup, middle: Mjd, exposureS: number, lonDeg: number | undefined): string[] {
  if (lonDeg === undefined) return [];
  const expectedH = localSiderealHours(lonDeg, unixMsOfMjd(middle));
  const readings = lookup.findAll('siderealTime', (value, _card, source) => {
    const number = asNumber(value);
    const worth = unitOf(source?.comment ?? '', durationUnits) ?? (number !== undefined && number >= 24 ? 1 : 3600);
    const hours = number === undefined ? asAngle(value) : (number * worth) / 3600;
    return hours !== undefined && hours >= 0 && hours <= 24 ? hours : undefined;
  });
  const offs = readings.map(({ value }) => {
    const off = value - expectedH;
    return (off - 24 * Math.round(off / 24)) * 3600;
  });
  const toleranceS = siderealToleranceS + exposureS;
  if (readings.length === 0 || offs.some((off) => Math.abs(off) <= toleranceS)) return [];
  const hours = (offs[0]! / 3600).toFixed(2);
  const at = `at longitude ${lonDeg.toFixed(2)} by the header's time`;
  return [`${quoteReading(readings[0]!)} is ${hours} h from the sidereal time ${at}: time or longitude is wrong`];
}
