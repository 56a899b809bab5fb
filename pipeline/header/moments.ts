import type { Card } from '../fits/card.ts';
import { builtInLeapTable, taiMinusUtc } from '../time/leap.ts';
import { addSeconds, type Mjd, mjdOfJd, normaliseMjd } from '../time/mjd.ts';
import { parseClock, parseDate, parseZone, type StatedZone } from '../time/parse-date.ts';
import type { Quantity } from './dialect.ts';
import type { Confidence } from './facts.ts';
import { type Lookup, quoteReading, type Reading } from './lookup.ts';
import { durationUnits, unitOf } from './units.ts';
import { asNumber } from './values.ts';

/**
 * The moment of an exposure that a card tells: `start or middle` where programs differ, `file` for when the file was
 * written, `unclear` where the comment speaks of something that may be start or end.
 */
export type MomentRole = 'start' | 'middle' | 'end' | 'start or middle' | 'file' | 'unclear';

/** What one card says of when the exposure was taken. */
export interface Moment {
  readonly role: MomentRole;
  /** UTC; as written where the zone is `local`; of no particular day where `isClock`. */
  readonly mjd: Mjd;
  readonly zone: 'utc' | 'unstated' | 'local';
  /** The last digit written is worth so much. */
  readonly resolutionS: number;
  /** A time of day without its date. */
  readonly isClock: boolean;
  /** A date without its time of day. */
  readonly isDate: boolean;
  /** Days until the other reading of a date whose day and month may be exchanged. */
  readonly otherReadingDays?: number;
  readonly card: string;
  readonly quote: string;
  readonly comment: string;
  readonly confidence: Confidence;
}

type Spoken = Omit<Moment, 'card' | 'quote' | 'comment' | 'confidence'>;
type Value = string | number | boolean;

const dated: readonly (readonly [Quantity, MomentRole])[] = [
  ['dateMid', 'middle'],
  ['dateStart', 'start'],
  ['dateEnd', 'end'],
  ['dateFile', 'file'],
];
const clocks: readonly (readonly [Quantity, MomentRole])[] = [
  ['timeStart', 'start'],
  ['timeMid', 'middle'],
  ['timeEnd', 'end'],
];
const julian: readonly (readonly [Quantity, MomentRole])[] = [
  ['mjdMid', 'middle'],
  ['jdMid', 'middle'],
  ['mjdStart', 'start or middle'],
  ['jdStart', 'start or middle'],
  ['mjdEnd', 'end'],
];

/** Every quantity that tells of the moment of an exposure. */
export const momentQuantities: readonly Quantity[] = [
  ...[...dated, ...clocks, ...julian].map(([quantity]) => quantity),
  'dateLocal',
  'timeLocal',
];

/** Everything that the cards of a header say of the moment of an exposure, each card once; on the scale of UTC. */
export function findMoments(lookup: Lookup): Moment[] {
  const system = timeSystem(lookup);
  const moments: Moment[] = [];
  const seen = new Set<Card>();
  const add = (reading: Reading<Spoken>) => {
    const { value, card, confidence, source } = reading;
    if (source && seen.has(source)) return;
    if (source) seen.add(source);
    moments.push({ ...value, card, confidence, quote: quoteReading(reading), comment: source?.comment ?? '' });
  };
  const read = (quantity: Quantity, role: MomentRole, parse: (value: Value, source?: Card) => Spoken | undefined) => {
    for (const reading of lookup.findAll(quantity, (value, _card, source) => parse(value, source))) {
      const comment = reading.source?.comment ?? '';
      const zone = reading.value.zone === 'unstated' ? zoneOf(reading.card, comment) : undefined;
      const settled = settleZone({ ...reading.value, role: roleOf(comment, role) }, zone, system);
      add({ ...reading, value: settled });
    }
  };
  for (const [quantity, role] of dated) read(quantity, role, (value, source) => dateMoment(value, source, role));
  for (const [quantity, role] of julian) read(quantity, role, (value, source) => julianMoment(value, source, role));
  for (const [quantity, role] of clocks) read(quantity, role, (value, source) => clockMoment(value, source, role));
  read('dateLocal', 'start', (value, source) => asLocal(dateMoment(value, source, 'start')));
  read('timeLocal', 'start', (value, source) => asLocal(clockMoment(value, source, 'start')));
  return withTimesOfDay(moments);
}

/** Dates without a time of day, put together with the time of day that another card tells. */
function withTimesOfDay(moments: readonly Moment[]): Moment[] {
  return moments.map((date) => {
    if (!date.isDate || date.role === 'file') return date;
    const clock =
      moments.find(({ isClock, role, zone }) => isClock && role === date.role && zone !== 'local') ??
      moments.find(({ isClock, role }) => isClock && role === date.role);
    if (!clock) return date;
    const { resolutionS, zone } = clock;
    const mjd = normaliseMjd(date.mjd.day + clock.mjd.day, clock.mjd.fraction);
    return { ...date, mjd, resolutionS, zone, isDate: false, quote: `${date.quote} with ${clock.quote}` };
  });
}

function dateMoment(value: Value, source: Card | undefined, role: MomentRole): Spoken | undefined {
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
function clockMoment(value: Value, source: Card | undefined, role: MomentRole): Spoken | undefined {
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

/** A Julian Date or Modified Julian Date, told apart by its size. Those of the Sun or barycentre are another moment. */
function julianMoment(
  value: Value,
  source: Card | undefined,
  role: MomentRole,
  mustSayJulian = false,
): Spoken | undefined {
  const comment = source?.comment ?? '';
  const number = asNumber(value);
  if (number === undefined || /helio|bary|\b[HB]JD/i.test(comment)) return undefined;
  if (mustSayJulian && !/julian|\bM?JD\b/i.test(comment)) return undefined;
  const mjd = number > 2_400_000 ? mjdOfJd(number) : normaliseMjd(number, 0);
  if (mjd.day < 15000 || mjd.day > 200000) return undefined;
  const resolutionS = Math.max(1e-4, 86400 * 10 ** -decimalsOf(value, source));
  const isDate = mjd.fraction === 0 && Number.isInteger(number);
  return { role, mjd, resolutionS, zone: 'unstated', isClock: false, isDate };
}

/** Decimals of a number as its card writes it, of the whole days, hours or seconds that it counts. */
function decimalsOf(value: Value, source: Card | undefined): number {
  const text = source ? source.raw.slice(source.raw.indexOf('=') + 1) : String(value);
  const match = /^[\s']*[+-]?\d*\.?(\d*)(?:[ED]([+-]?\d+))?/i.exec(text);
  return Math.max(0, (match?.[1]?.length ?? 0) - Number(match?.[2] ?? 0));
}

const roleWords: readonly (readonly [MomentRole, RegExp])[] = [
  ['start', /\b(start(ed|ing|s)?|beg(in(ning|s)?|an)?|open(ed|ing|s)?)\b/i],
  ['middle', /\b(mid|middle|mid-?(point|time|exp\w*|obs\w*|utc?)|cent(er|re)|average|mean (time|epoch|exp\w*))\b/i],
  ['end', /\b(end(ed|ing|s)?|stop(ped|s)?|finish(ed)?|clos(e|ed|es|ing)|complet(ed|ion))\b/i],
];

/** What a comment says that the card tells; what the keyword says where it speaks of none, or of several. */
function roleOf(comment: string, ofKeyword: MomentRole): MomentRole {
  if (/read ?-?out|download/i.test(comment) && !/expos/i.test(comment)) return 'unclear';
  const spoken = roleWords.filter(([, words]) => words.test(comment));
  if (spoken.length === 1) return ofKeyword === 'file' && !/expos|observ/i.test(comment) ? 'file' : spoken[0]![0];
  if (spoken.length > 1 || ofKeyword === 'file') return ofKeyword;
  if (
    /\b(file|header|fits|hdu|disk)\b/i.test(comment) &&
    /creat|writ|sav|\b(date|time)\b.*\b(file|fits)\b/i.test(comment)
  ) {
    return 'file';
  }
  return /creat|\bwrit(e|es|ten|ing)\b|\bsav(ed|ing)|grab|receiv|arriv/i.test(comment) ? 'unclear' : ofKeyword;
}

const zoneAbbreviations =
  /\b(LT|LMT|CES?T|EES?T|WET|[ECMP][SD]T|AK[SD]T|HST|BST|MSK|[JKI]ST|SGT|HKT|A[EC][SD]T|AWST|NZ[SD]T|SAST|CLS?T|BRT|ART)\b/;

/** The zone that keyword or comment state. */
function zoneOf(keyword: string, comment: string): StatedZone {
  const offset = /\b(?:UTC?|GMT)\s*([+-]\s*\d{1,2}(?::?\d{2})?)(?![\d.])/i.exec(comment);
  if (offset) return parseZone(offset[1]!) ?? undefined;
  const isUniversal = /\b(UTC?|UT1|GMT|universal|zulu)\b/i.test(comment);
  const isLocal = /\blocal\b(?! (mean |apparent )*sidereal)/i.test(comment) || zoneAbbreviations.test(comment);
  if (isLocal !== isUniversal) return isLocal ? { name: 'local time' } : { offsetMinutes: 0 };
  return /^UT|UTC?$/.test(keyword) ? { offsetMinutes: 0 } : undefined;
}

function zoneName(zone: StatedZone): Moment['zone'] {
  if (zone === undefined) return 'unstated';
  return 'name' in zone ? 'local' : 'utc';
}

/** A moment in UTC, given the zone that its card states beside the value, or else the time scale of the whole header. */
function settleZone(moment: Spoken, zone: StatedZone, system: TimeSystem): Spoken {
  if (moment.zone !== 'unstated') return moment;
  if (zone && 'offsetMinutes' in zone) {
    const isDay = moment.isDate ? 0 : zone.offsetMinutes;
    return { ...moment, mjd: addSeconds(moment.mjd, -60 * isDay), zone: 'utc' };
  }
  if (zone) return { ...moment, zone: 'local' };
  if (system === 'local') return { ...moment, zone: 'local' };
  if (moment.isClock || moment.isDate || system === 'utc') return moment;
  return { ...moment, mjd: addSeconds(moment.mjd, -secondsAheadOfUtc(system, moment.mjd)) };
}

function asLocal(moment: Spoken | undefined): Spoken | undefined {
  return moment?.zone === 'unstated' ? { ...moment, zone: 'local' } : moment;
}

type TimeSystem = 'utc' | 'local' | 'TAI' | 'TT' | 'GPS';

/**
 * The time scale of the header's dates, by TIMESYS (FITS Standard 4.0, table 30). What is none of the standard's, as the name
 * of a zone or an offset, is local time.
 */
function timeSystem(lookup: Lookup): TimeSystem {
  const text = lookup.find('timeScale', (value) => String(value).trim().toUpperCase())?.value ?? '';
  if (/^(TT|TDT|ET|TDB|TCG|TCB)\b/.test(text)) return 'TT';
  if (/^(TAI|IAT)\b/.test(text)) return 'TAI';
  if (/^GPS\b/.test(text)) return 'GPS';
  return /^((UTC?|UT1|GMT|Z)\b(?! ?[+-])|UNIVERSAL|$)/.test(text) ? 'utc' : 'local';
}

/** GPS time is TAI less 19 s, Terrestrial Time is TAI plus 32.184 s. */
function secondsAheadOfUtc(kind: 'TAI' | 'TT' | 'GPS', mjd: Mjd): number {
  const aheadOfTai = { TAI: 0, TT: 32.184, GPS: -19 }[kind];
  return taiMinusUtc(mjd, builtInLeapTable).seconds + aheadOfTai;
}
