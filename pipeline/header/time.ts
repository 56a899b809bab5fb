import { addSeconds, type Mjd, midpoint, mjdNumber, mjdOfJd, normaliseMjd, secondsBetween } from '../time/mjd.ts';
import { parseClock, parseDate } from '../time/parse-date.ts';
import type { Fact, TimeVerdict } from './facts.ts';
import type { Lookup } from './lookup.ts';
import { asNumber } from './values.ts';

export interface ResolvedTime {
  readonly startUtc: Fact<Mjd> | undefined;
  readonly midUtc: Fact<Mjd> | undefined;
  readonly time: TimeVerdict;
}

interface Moment {
  readonly mjd: Mjd;
  readonly decimals: number;
  readonly problem?: string;
}

/** Two statements of the same moment may differ by this before the time is doubtful: whole seconds plus shutter and readout. */
const toleranceS = 2.5;

/** 1 January 1980: no electronic camera is older, and clocks that were never set say so. */
const earliestMjd = 44239;

/**
 * The start and middle of an exposure in UTC, and how far the header alone lets us trust them. The middle is taken from
 * a card that states it, else from start and end, else from start and exposure time; what else the header says of
 * the same moment must agree.
 */
export function resolveTime(lookup: Lookup, exposureS: number | undefined): ResolvedTime {
  const reasons: string[] = [];
  const scale = scaleOffset(lookup, reasons);
  const start = findStart(lookup, scale);
  const mid = findMid(lookup, scale);
  const end = findDate(lookup, 'dateEnd', scale);
  let best: Fact<Mjd> | undefined;
  if (mid) best = { value: mid.value.mjd, card: mid.card, confidence: mid.confidence };
  else if (start && exposureS !== undefined) {
    const value = addSeconds(start.value.mjd, exposureS / 2);
    best = { value, card: start.card, confidence: start.confidence };
  } else if (start && end && secondsBetween(end.value.mjd, start.value.mjd) >= 0) {
    best = {
      value: midpoint(start.value.mjd, end.value.mjd),
      card: `${start.card}, ${end.card}`,
      confidence: 'medium',
    };
  }
  if (start && end && exposureS !== undefined) {
    const spanS = secondsBetween(end.value.mjd, start.value.mjd);
    if (spanS < -0.5) reasons.push(`${end.card} is before ${start.card}`);
    else if (spanS > 1.5 * exposureS + 60) {
      reasons.push(`${start.card} to ${end.card} is ${spanS.toFixed(0)} s for an exposure of ${exposureS} s`);
    }
  }
  if (start && mid && exposureS !== undefined) {
    const offS = secondsBetween(mid.value.mjd, start.value.mjd) - exposureS / 2;
    if (Math.abs(offS) > toleranceS + 0.1 * exposureS) {
      reasons.push(`${mid.card} is ${offS.toFixed(1)} s away from ${start.card} plus half the exposure`);
    }
  }
  for (const moment of [start, mid]) if (moment?.value.problem) reasons.push(moment.value.problem);
  const startUtc = start ? { value: start.value.mjd, card: start.card, confidence: start.confidence } : undefined;
  const dateOnly = reasons.some((reason) => reason.startsWith('no time of day'));
  if (!best) {
    reasons.push(start ? 'no exposure time: the middle is unknown' : 'no card tells when the exposure was taken');
    return { startUtc, midUtc: undefined, time: { verdict: 'unusable', reasons } };
  }
  if (mjdNumber(best.value) < earliestMjd) reasons.push('the date is before 1980: the clock was not set');
  if (start && start.value.decimals === 0 && exposureS !== undefined && exposureS < 10) {
    reasons.push('the start is told in whole seconds only, which matters for an exposure this short');
  }
  const unusable = dateOnly || mjdNumber(best.value) < earliestMjd;
  const verdict = unusable ? 'unusable' : reasons.length > 0 ? 'doubtful' : 'good';
  return { startUtc, midUtc: best, time: { verdict, reasons } };
}

/** What must be added to header times, in seconds, to get UTC; states other than UTC are checked, not guessed. */
function scaleOffset(lookup: Lookup, reasons: string[]): number {
  const scale = lookup.find('timeScale', (value) => String(value).trim().toUpperCase())?.value;
  if (scale === undefined || scale === '' || /^(UTC|UT|UT1|GMT|Z)/.test(scale)) return 0;
  reasons.push(`TIMESYS says ${scale}, only UTC is understood: taken as UTC`);
  return 0;
}

function findStart(lookup: Lookup, scaleS: number): Fact<Moment> | undefined {
  const date = findDate(lookup, 'dateStart', scaleS);
  if (date && !date.value.problem) return date;
  const mjd = lookup.find('mjdStart', (value) => mjdMoment(asNumber(value), 0, scaleS));
  const jd = lookup.find('jdStart', (value) => mjdMoment(asNumber(value), 1, scaleS));
  return mjd ?? jd ?? date;
}

function findMid(lookup: Lookup, scaleS: number): Fact<Moment> | undefined {
  return (
    findDate(lookup, 'dateMid', scaleS) ??
    lookup.find('mjdMid', (value) => mjdMoment(asNumber(value), 0, scaleS)) ??
    lookup.find('jdMid', (value) => mjdMoment(asNumber(value), 1, scaleS))
  );
}

function mjdMoment(value: number | undefined, isJd: 0 | 1, scaleS: number): Moment | undefined {
  if (value === undefined || value <= 0) return undefined;
  const mjd = isJd ? mjdOfJd(value) : normaliseMjd(value, 0);
  if (mjd.day < 15000 || mjd.day > 200000) return undefined;
  return { mjd: addSeconds(mjd, scaleS), decimals: 3 };
}

/** A date card; where it holds no time of day, the time comes from its companion card. */
function findDate(
  lookup: Lookup,
  quantity: 'dateStart' | 'dateMid' | 'dateEnd',
  scaleS: number,
): Fact<Moment> | undefined {
  return lookup.find(quantity, (value, card): Moment | undefined => {
    if (typeof value !== 'string') return undefined;
    const parsed = parseDate(value);
    if (!parsed) return undefined;
    let { mjd, decimals } = parsed;
    if (!parsed.hasTime) {
      const clock = quantity === 'dateStart' ? lookup.find('timeStart', clockOf) : undefined;
      if (!clock) return { mjd, decimals: 0, problem: `no time of day beside ${card} = '${value}'` };
      mjd = normaliseMjd(mjd.day, clock.value.fraction);
      decimals = clock.value.decimals;
    }
    const comment = lookup.header.card(card)?.comment ?? '';
    const local = parsed.offsetMinutes === undefined && /\blocal\b|\bLT\b/i.test(comment) && !/\bUTC?\b/i.test(comment);
    const moment = { mjd: addSeconds(mjd, scaleS), decimals };
    return local ? { ...moment, problem: `${card} is local time by its comment, without an offset` } : moment;
  });
}

function clockOf(value: string | number | boolean): { fraction: number; decimals: number } | undefined {
  if (typeof value === 'boolean') return undefined;
  const text = String(value).trim();
  const clock = text.includes('T') ? text.slice(text.indexOf('T') + 1) : typeof value === 'number' ? value : text;
  const fraction = parseClock(clock);
  return fraction === undefined ? undefined : { fraction, decimals: text.split('.')[1]?.length ?? 0 };
}
