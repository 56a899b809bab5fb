import { localSiderealHours } from '../../sky/sidereal.ts';
import { isoOfMjd, mjdNumber, unixMsOfMjd } from '../time/mjd.ts';
import type { ResolvedExposure } from './exposure.ts';
import { type Lookup, quoteReading } from './lookup.ts';
import type { Moment } from './moment.ts';
import { agreementS, type ComparedMoments, isStart, longestReadoutS, offsetS } from './moment-agreement.ts';
import { durationUnits, unitOf } from './units.ts';
import { asAngle, asNumber } from './values.ts';

/** Sidereal times computed by programs, and sites as people enter them, are off by no more. */
const siderealToleranceS = 300;
/** 1 January 1980: no electronic camera is older, and clocks that were never set say so. */
export const earliestMjd = 44239;
/** Whole time zones lie within this of the longitude's own time, hours. */
const farthestZoneH = 3.6;

/** What speaks against a moment by itself. */
export function ownDoubts(best: Moment, exposureS: number | undefined): string[] {
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

/** What an elapsed time says against the exposure time. */
export function elapsedDoubts({ exposureS, elapsedS }: ResolvedExposure): string[] {
  if (!elapsedS || !exposureS || elapsedS.card === exposureS.card) return [];
  const restS = elapsedS.value - exposureS.value;
  if (restS <= longestReadoutS) return [];
  return [`${quoteReading(elapsedS)} is ${restS.toFixed(1)} s more than the exposure of ${exposureS.value} s`];
}

/** Whether clocks at a longitude (degrees east) show UTC the year round or in winter: from Iceland to England. */
function keepsUtc(lonDeg: number | undefined): boolean {
  return lonDeg !== undefined && lonDeg > -24 && lonDeg < 2;
}

/** Local time must lie whole quarters of an hour from UTC, as the longitude wants it. */
export function localDoubts(
  lookup: Lookup,
  { best, middle, moments, exposureS }: ComparedMoments,
  lonDeg: number | undefined,
): string[] {
  if (best.zone === 'local') return [];
  const reasons: string[] = [];
  const isToldUtc = lookup.find('timeScale', String)?.card === 'configuration';
  for (const moment of moments) {
    if (moment.zone !== 'local' || moment.isDate) continue;
    const offS = offsetS(moment, moment.role, middle, exposureS);
    const isSame = Math.round(offS / 900) === 0;
    if (isSame && isToldUtc) continue;
    const quotes = `${moment.quote} is local time, ${best.quote}`;
    const restS = offS - 900 * Math.round(offS / 900);
    const hours = offS / 3600;
    if (Math.abs(restS) > Math.max(agreementS, moment.resolutionS, best.resolutionS) || Math.abs(hours) > 14.1) {
      reasons.push(`${quotes} is UTC: ${offS.toFixed(1)} s apart, which is no time zone`);
    } else if (isSame && !keepsUtc(lonDeg)) {
      reasons.push(`${quotes} is the same: one of them is not what it says, unless the site keeps UTC`);
    } else if (lonDeg !== undefined) {
      const fromSun = hours - lonDeg / 15;
      const wrapped = moment.isClock ? fromSun - 24 * Math.round(fromSun / 24) : fromSun;
      if (Math.abs(wrapped) > farthestZoneH) {
        reasons.push(
          `${quotes} is UTC: ${hours.toFixed(2)} h apart, not the time zone of longitude ${lonDeg.toFixed(1)}`,
        );
      }
    }
  }
  return reasons;
}

/** Sidereal time with the longitude tells the time of day by another clock; one card that agrees is enough. */
export function siderealDoubts(
  lookup: Lookup,
  { middle, exposureS }: ComparedMoments,
  lonDeg: number | undefined,
): string[] {
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
