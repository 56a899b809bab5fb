import type { Card } from '../fits/card.ts';
import { mjdOfJd, mjdOfUnixMs, normaliseMjd } from '../time/mjd.ts';
import { parseClock, parseDate, type StatedZone } from '../time/parse-date.ts';
import type { Moment, MomentRole, Spoken } from './moment.ts';
import { durationUnits, unitOf } from './units.ts';
import { asNumber } from './values.ts';

type Value = string | number | boolean;

/** A date with or without its time of day, in any form that a person reads; or a Julian Date that says so. */
export function dateMoment(value: Value, source: Card | undefined, role: MomentRole): Spoken | undefined {
  if (typeof value !== 'string') return julianMoment(value, source, role, true);
  const parsed = parseDate(value);
  if (!parsed) return undefined;
  const { mjd, hasTime, resolutionS, zone, otherReadingDays } = parsed;
  const other = otherReadingDays === undefined ? {} : { otherReadingDays };
  return { role, mjd, resolutionS, zone: zoneName(zone), isClock: false, isDate: !hasTime, ...other };
}

/**
 * A time of day: text, or a number of the unit that its comment states; without one seconds since midnight, or hours where
 * it is below 24.
 */
export function clockMoment(value: Value, source: Card | undefined, role: MomentRole): Spoken | undefined {
  if (typeof value === 'string' && parseDate(value)?.hasTime) return dateMoment(value, source, role);
  const comment = source?.comment ?? '';
  if (/julian/i.test(comment)) return julianMoment(value, source, role);
  const clock = typeof value === 'string' ? parseClock(value) : undefined;
  if (clock) {
    const offsetMinutes = clock.zone && 'offsetMinutes' in clock.zone ? clock.zone.offsetMinutes : 0;
    const mjd = normaliseMjd(0, (clock.secondsOfDay - offsetMinutes * 60) / 86400);
    return { role, mjd, resolutionS: clock.resolutionS, zone: zoneName(clock.zone), isClock: true, isDate: false };
  }
  const number = asNumber(value);
  if (number === undefined || number < 0) return undefined;
  const isSeconds = source?.keyword.startsWith('TM-') === true || number >= 24;
  const worth = unitOf(comment, durationUnits) ?? (isSeconds ? 1 : 3600);
  if (number * worth >= 86400) {
    const compact = parseClock(String(number).padStart(6, '0'));
    return compact && clockMoment(String(number).padStart(6, '0'), undefined, role);
  }
  const resolutionS = worth * 10 ** -decimalsOf(value, source);
  const mjd = normaliseMjd(0, (number * worth) / 86400);
  return { role, mjd, resolutionS, zone: 'unstated', isClock: true, isDate: false };
}

/** Light takes so long from the Earth to the barycentre at most, and TDB is a minute ahead of UTC. */
const lightWayS = 600;

/**
 * A Julian Date, a Modified Julian Date or Unix seconds, told apart by their size. Those at the Sun or the barycentre are
 * of the same moment within the way of the light.
 */
export function julianMoment(
  value: Value,
  source: Card | undefined,
  role: MomentRole,
  mustSayJulian = false,
): Spoken | undefined {
  const comment = source?.comment ?? '';
  const number = asNumber(value);
  if (number === undefined) return undefined;
  if (mustSayJulian && !/julian|\bM?JD\b/i.test(comment)) return undefined;
  if (number > 5e8 && number < 5e9) {
    const unix = { role, mjd: mjdOfUnixMs(number * 1000), zone: 'utc', isClock: false, isDate: false } as const;
    return { ...unix, resolutionS: 10 ** -decimalsOf(value, source) };
  }
  const mjd = number > 2_400_000 ? mjdOfJd(number) : normaliseMjd(number, 0);
  if (mjd.day < 15000 || mjd.day > 200000) return undefined;
  const isElsewhere = /helio|bary|\b[HB]JD/i.test(comment) || /^[HB]JD|HELIO|BARY/.test(source?.keyword ?? '');
  const leastS = isElsewhere ? lightWayS : 1e-4;
  const resolutionS = Math.max(leastS, 86400 * 10 ** -decimalsOf(value, source));
  const isDate = mjd.fraction === 0 && Number.isInteger(number);
  return { role, mjd, resolutionS, zone: 'unstated', isClock: false, isDate };
}

/** Decimals of a number as its card writes it, of the whole days, hours or seconds that it counts. */
function decimalsOf(value: Value, source: Card | undefined): number {
  const text = source ? source.raw.slice(source.raw.indexOf('=') + 1) : String(value);
  const match = /^[\s']*[+-]?\d*\.?(\d*)(?:[ED]([+-]?\d+))?/i.exec(text);
  return Math.max(0, (match?.[1]?.length ?? 0) - Number(match?.[2] ?? 0));
}

function zoneName(zone: StatedZone): Moment['zone'] {
  if (zone === undefined) return 'unstated';
  return 'name' in zone ? 'local' : 'utc';
}
