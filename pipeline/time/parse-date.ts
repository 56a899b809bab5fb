import { type Mjd, mjdOfUnixEpoch, normaliseMjd } from './mjd.ts';

/** The zone that a date or a time of day itself states: an offset from UTC in minutes, the name of a zone, or nothing. */
export type StatedZone = { readonly offsetMinutes: number } | { readonly name: string } | undefined;

/** A time of day as a header writes it. */
export interface ParsedClock {
  /** Seconds since midnight, as written. */
  readonly secondsOfDay: number;
  /** The last digit written is worth so much. */
  readonly resolutionS: number;
  readonly zone: StatedZone;
}

/** A date as a header writes it. */
export interface ParsedDate {
  /** The moment; at 0 h where the text holds a date only. With an offset in the text, already reduced to UTC. */
  readonly mjd: Mjd;
  readonly hasTime: boolean;
  readonly zone: StatedZone;
  /** The last digit written is worth so much. */
  readonly resolutionS: number;
  /** Days until the other reading where day and month may be exchanged, as in 05/03/2024. */
  readonly otherReadingDays?: number;
}

interface ParsedDay {
  readonly day: number;
  readonly otherReadingDays?: number;
  readonly rest: string;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const monthName = '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?';
const yearFirst = /^(\d{4})([-/:. ])(\d{1,2})\2(\d{1,2})(?!\d)/;
const dayOfYear = /^(\d{4})[-/. ]?(\d{3})(?!\d)/;
const compactDay = /^(\d{4})(\d{2})(\d{2})(?=$|\D|\d{6})/;
const yearLast = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)/;
const dayMonthName = new RegExp(`^(\\d{1,2})[-/. ]*${monthName}[-/., ]*(\\d{4})(?!\\d)`, 'i');
const monthNameDay = new RegExp(`^${monthName}[-/ ]*(\\d{1,2})(?:st|nd|rd|th)?[-/, ]+(\\d{4})(?!\\d)`, 'i');
const yearMonthName = new RegExp(`^(\\d{4})[-/. ]*${monthName}[-/. ]*(\\d{1,2})(?!\\d)`, 'i');
/** As the C library prints it: the year comes last. */
const timeInside = new RegExp(`^(${monthName} +\\d{1,2}) +(\\d{1,2}:[\\d:.]+) +(?:([a-z]{2,4}) +)?(\\d{4})$`, 'i');
const weekday = /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +/i;

const separated =
  /^(\d{1,2})(?:[:h]| (?=\d)|-(?=\d{1,2}-))(\d{1,2})(?:(?:[:m]| (?=\d)|-)(\d{1,2})(?:[.,](\d*))?)?[ ms]*(am|pm)?(?![\d:.,])/i;
const dotted = /^(\d{1,2})\.(\d{2})\.(\d{2})(?:,(\d*))?()(?![\d.])/;
const compactClock = /^(\d{2})(\d{2})(\d{2})(?:[.,](\d*))?()(?!\d)/;
const zonePattern =
  /^\(?(?:(Z|UTC?|UT1|GMT)|([a-z]{2,5}(?: +time)?))?\)? *(?:([+-]) *(\d{1,2})(?::?(\d{2}))? *h?\)?)?$/i;

/**
 * Reads the dates that headers hold: ISO 8601 with or without time and zone; with `/`, `:` or `.` for `-`, a comma in the
 * seconds, without separators; a day of the year; months by name; a day in front, where the order of day and month may be open. Two digits
 * for the year are 1980 to 2079. Undefined for anything else, impossible days included.
 */
export function parseDate(text: string): ParsedDate | undefined {
  const trimmed = text.trim().replace(weekday, '');
  const inside = timeInside.exec(trimmed);
  const plain = inside ? `${inside[1]} ${inside[5]} ${inside[3]} ${inside[4] ?? ''}`.trim() : trimmed;
  const date = parseDay(plain);
  if (!date) return undefined;
  const other = date.otherReadingDays === undefined ? {} : { otherReadingDays: date.otherReadingDays };
  const dayPart = /^\.(\d+)$/.exec(date.rest);
  if (dayPart) {
    const resolutionS = 86400 / 10 ** dayPart[1]!.length;
    return {
      mjd: normaliseMjd(date.day, Number(`0.${dayPart[1]}`)),
      hasTime: true,
      zone: undefined,
      resolutionS,
      ...other,
    };
  }
  const rest = date.rest.replace(/^(?:[T_,]|-(?=\d{6}|\d{1,2}[-:]))? */i, '').trim();
  if (rest === '' || /^Z$/i.test(rest)) {
    return { mjd: normaliseMjd(date.day, 0), hasTime: false, zone: undefined, resolutionS: 86400, ...other };
  }
  const clock = parseClock(rest);
  if (!clock) return undefined;
  const { secondsOfDay, resolutionS, zone } = clock;
  const offsetMinutes = zone && 'offsetMinutes' in zone ? zone.offsetMinutes : 0;
  const mjd = normaliseMjd(date.day, (secondsOfDay - offsetMinutes * 60) / 86400);
  return { mjd, hasTime: true, zone, resolutionS, ...other };
}

/** Reads a time of day with or without zone: `21:30:00.5`, `21 30 00`, `21h30m00s`, `213000`, `9:30:00 PM`, `21:30 GMT`. */
export function parseClock(text: string): ParsedClock | undefined {
  const trimmed = text.trim();
  const match = separated.exec(trimmed) ?? dotted.exec(trimmed) ?? compactClock.exec(trimmed);
  if (!match) return undefined;
  const zone = parseZone(trimmed.slice(match[0].length).trim());
  if (zone === null) return undefined;
  const [, hourText, minute, second, decimals = '', half] = match;
  let hour = Number(hourText);
  if (half) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (/pm/i.test(half) ? 12 : 0);
  }
  const seconds = Number(`${second ?? 0}.${decimals || 0}`);
  // 24:00:00 and second 60 are moments too: midnight and a leap second.
  if (hour > 24 || Number(minute) > 59 || seconds >= 61) return undefined;
  const resolutionS = second === undefined ? 60 : 10 ** -decimals.length;
  return { secondsOfDay: hour * 3600 + Number(minute) * 60 + seconds, resolutionS, zone };
}

/** The zone that a few words state, as `UTC`, `+02:00`, `UTC+2`, `CET`; null where they are something else. */
export function parseZone(text: string): StatedZone | null {
  if (text === '') return undefined;
  const match = zonePattern.exec(text);
  if (!match) return null;
  const [, utc, name, sign, hours, minutes = '0'] = match;
  if (sign !== undefined && name === undefined) {
    const offset = Number(hours) * 60 + Number(minutes);
    return { offsetMinutes: sign === '-' ? -offset : offset };
  }
  if (utc !== undefined) return { offsetMinutes: 0 };
  return name === undefined || sign !== undefined ? null : { name };
}

function parseDay(text: string): ParsedDay | undefined {
  const read = (match: RegExpExecArray, year: string, month: number, day: string): ParsedDay | undefined => {
    const number = dayNumber(Number(year), month, Number(day));
    return number === undefined ? undefined : { day: number, rest: text.slice(match[0].length) };
  };
  const monthOf = (name: string) => months.indexOf(name.toLowerCase()) + 1;
  const numeric = yearFirst.exec(text);
  if (numeric) return read(numeric, numeric[1]!, Number(numeric[3]), numeric[4]!);
  const ordinal = dayOfYear.exec(text);
  if (ordinal) return parseDayOfYear(ordinal);
  const compact = compactDay.exec(text);
  if (compact) return read(compact, compact[1]!, Number(compact[2]), compact[3]!);
  const named = dayMonthName.exec(text);
  if (named) return read(named, named[3]!, monthOf(named[2]!), named[1]!);
  const american = monthNameDay.exec(text);
  if (american) return read(american, american[3]!, monthOf(american[1]!), american[2]!);
  const yearNamed = yearMonthName.exec(text);
  if (yearNamed) return read(yearNamed, yearNamed[1]!, monthOf(yearNamed[2]!), yearNamed[3]!);
  return parseDayFirst(text);
}

function parseDayOfYear(match: RegExpExecArray): ParsedDay | undefined {
  const [whole, year, ordinal] = match;
  const first = dayNumber(Number(year), 1, 1);
  const next = dayNumber(Number(year) + 1, 1, 1);
  const day = Number(ordinal);
  if (first === undefined || next === undefined || day < 1 || day > next - first) return undefined;
  return { day: first + day - 1, rest: match.input.slice(whole.length) };
}

/**
 * Day, month, year: so wrote FITS before 2000 (DD/MM/YY), and so it is with dots. With `/` and `-` the Americans' order is
 * as likely in years since; where both readings are days, both are told.
 */
function parseDayFirst(text: string): ParsedDay | undefined {
  const match = yearLast.exec(text);
  if (!match) return undefined;
  const [whole, first, separator, second, yearText] = match;
  const year = yearText!.length === 4 ? Number(yearText) : Number(yearText) + (Number(yearText) < 80 ? 2000 : 1900);
  const rest = text.slice(whole.length);
  const dayFirst = dayNumber(year, Number(second), Number(first));
  const isOldStandard = yearText!.length === 2 && year < 2000;
  const monthFirst = separator === '.' || isOldStandard ? undefined : dayNumber(year, Number(first), Number(second));
  const day = dayFirst ?? monthFirst;
  if (day === undefined) return undefined;
  const isOpen = dayFirst !== undefined && monthFirst !== undefined && dayFirst !== monthFirst;
  return isOpen ? { day, rest, otherReadingDays: monthFirst - dayFirst } : { day, rest };
}

function dayNumber(year: number, month: number, day: number): number | undefined {
  const unixMs = Date.UTC(year, month - 1, day);
  const date = new Date(unixMs);
  if (year < 1000 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return mjdOfUnixEpoch + unixMs / 86_400_000;
}
