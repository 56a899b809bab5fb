import { type Mjd, mjdOfUnixEpoch, normaliseMjd } from './mjd.ts';

/** A date as a header writes it. */
export interface ParsedDate {
  /** The moment; at 0 h where the text holds a date only. With an offset in the text, already reduced to UTC. */
  readonly mjd: Mjd;
  readonly hasTime: boolean;
  /** The offset from UTC that the text itself states, minutes; 0 for Z; undefined when it states none. */
  readonly offsetMinutes: number | undefined;
  /** Decimals of the seconds. */
  readonly decimals: number;
}

const isoPattern =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;
const oldPattern = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4})$/;
const clockPattern = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?\s*(?:Z|UTC|UT)?$/i;

/**
 * Reads the dates that FITS headers hold: ISO 8601 with or without time, offset or Z, with `/` for `-`, and the old
 * DD/MM/YY (years 1900-1999) and DD/MM/YYYY. Undefined for anything else, impossible days included.
 */
export function parseDate(text: string): ParsedDate | undefined {
  const trimmed = text.trim();
  const iso = isoPattern.exec(trimmed);
  if (iso) {
    const [, year, month, day, hour, minute, second, zone] = iso;
    const midnight = dayNumber(Number(year), Number(month), Number(day));
    const fraction = hour === undefined ? 0 : dayFraction(Number(hour), Number(minute), Number(second ?? 0));
    if (midnight === undefined || fraction === undefined) return undefined;
    const offsetMinutes = offsetOf(zone);
    return {
      mjd: normaliseMjd(midnight, fraction - (offsetMinutes ?? 0) / 1440),
      hasTime: hour !== undefined,
      offsetMinutes,
      decimals: second?.split('.')[1]?.length ?? 0,
    };
  }
  const old = oldPattern.exec(trimmed);
  if (!old) return undefined;
  const year = Number(old[3]) < 100 ? 1900 + Number(old[3]) : Number(old[3]);
  const midnight = dayNumber(year, Number(old[2]), Number(old[1]));
  if (midnight === undefined) return undefined;
  return { mjd: normaliseMjd(midnight, 0), hasTime: false, offsetMinutes: undefined, decimals: 0 };
}

/** Reads a time of day, `hh:mm:ss.s` or seconds since midnight, as a fraction of a day. */
export function parseClock(value: string | number): number | undefined {
  if (typeof value === 'number') return value >= 0 && value < 86400 ? value / 86400 : undefined;
  const match = clockPattern.exec(value.trim());
  return match ? dayFraction(Number(match[1]), Number(match[2]), Number(match[3] ?? 0)) : undefined;
}

function dayNumber(year: number, month: number, day: number): number | undefined {
  const unixMs = Date.UTC(year, month - 1, day);
  const date = new Date(unixMs);
  if (year < 1000 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return mjdOfUnixEpoch + unixMs / 86_400_000;
}

/** 24:00:00 and second 60 are moments too: midnight and a leap second. */
function dayFraction(hour: number, minute: number, second: number): number | undefined {
  if (hour > 24 || minute > 59 || second >= 61) return undefined;
  return (hour * 3600 + minute * 60 + second) / 86400;
}

function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (/^(Z|UTC)$/i.test(zone)) return 0;
  const digits = zone.replace(/\D/g, '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith('-') ? -minutes : minutes;
}
