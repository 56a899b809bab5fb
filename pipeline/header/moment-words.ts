import { builtInLeapTable, taiMinusUtc } from '../time/leap.ts';
import type { Mjd } from '../time/mjd.ts';
import { parseZone, type StatedZone } from '../time/parse-date.ts';
import type { Lookup } from './lookup.ts';
import type { MomentRole } from './moment.ts';

const roleWords: readonly (readonly [MomentRole, RegExp])[] = [
  ['start', /\b(start(ed|ing|s)?|beg(in(ning|s)?|an)?|open(ed|ing|s)?)\b/i],
  ['middle', /\b(mid|middle|mid-?(point|time|exp\w*|obs\w*|utc?)|cent(er|re)|average|mean (time|epoch|exp\w*))\b/i],
  ['end', /\b(end(ed|ing|s)?|stop(ped|s)?|finish(ed)?|clos(e|ed|es|ing)|complet(ed|ion))\b/i],
];

/** What a comment says that the card tells; what the keyword says where it speaks of none, or of several. */
export function roleOf(comment: string, ofKeyword: MomentRole): MomentRole {
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
export function zoneOf(keyword: string, comment: string): StatedZone {
  const offset = /\b(?:UTC?|GMT)\s*([+-]\s*\d{1,2}(?::?\d{2})?)(?![\d.])/i.exec(comment);
  if (offset) return parseZone(offset[1]!) ?? undefined;
  const isUniversal = /\b(UTC?|UT1|GMT|universal|zulu)\b/i.test(comment);
  const isLocal = /\blocal\b(?! (mean |apparent )*sidereal)/i.test(comment) || zoneAbbreviations.test(comment);
  if (isLocal !== isUniversal) return isLocal ? { name: 'local time' } : { offsetMinutes: 0 };
  return /^UT|UTC?$/.test(keyword) ? { offsetMinutes: 0 } : undefined;
}

/** The time scale of a header's dates. */
export type TimeSystem = 'utc' | 'local' | 'TAI' | 'TT' | 'GPS';

/**
 * The time scale of the header's dates, by TIMESYS (FITS Standard 4.0, table 30). What is none of the standard's, as the name
 * of a zone or an offset, is local time.
 */
export function timeSystem(lookup: Lookup): TimeSystem {
  const text = lookup.find('timeScale', (value) => String(value).trim().toUpperCase())?.value ?? '';
  if (/^(TT|TDT|ET|TDB|TCG|TCB)\b/.test(text)) return 'TT';
  if (/^(TAI|IAT)\b/.test(text)) return 'TAI';
  if (/^GPS\b/.test(text)) return 'GPS';
  return /^((UTC?|UT1|GMT|Z)\b(?! ?[+-])|UNIVERSAL|$)/.test(text) ? 'utc' : 'local';
}

/** GPS time is TAI less 19 s, Terrestrial Time is TAI plus 32.184 s. */
export function secondsAheadOfUtc(kind: 'TAI' | 'TT' | 'GPS', mjd: Mjd): number {
  const aheadOfTai = { TAI: 0, TT: 32.184, GPS: -19 }[kind];
  return taiMinusUtc(mjd, builtInLeapTable).seconds + aheadOfTai;
}
