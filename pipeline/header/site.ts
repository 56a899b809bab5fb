import type { Card } from '../fits/card.ts';
import type { Fact, FrameFacts } from './facts.ts';
import { type Lookup, quoteReading, type Reading } from './lookup.ts';
import { angleUnits, lengthUnits, unitOf } from './units.ts';
import { asAngle, asDecDeg, asNumberOf } from './values.ts';

type Value = string | number | boolean;

/** A longitude, and whether anything says that east is positive or west. */
interface Longitude {
  readonly eastDeg: number;
  readonly isSignTold: boolean;
}

/** Places that differ by less are one: headers round them, and name the town for the dome. */
const samePlaceDeg = 0.3;

/** Where the telescope stands: degrees, east positive, and metres. Cards that contradict each other are told. */
export function resolveSite(
  lookup: Lookup,
  warnings: string[],
): Pick<FrameFacts, 'siteLatDeg' | 'siteLonDeg' | 'siteHeightM'> {
  const latitudes = lookup.findAll('siteLatDeg', (value, _card, source) => latitudeOf(value, source));
  const longitudes = lookup.findAll('siteLonDeg', (value, card, source) => longitudeOf(lookup, value, card, source));
  const geocentric = fromGeocentric(lookup);
  if (geocentric && latitudes[0]?.card !== 'configuration') latitudes.push(geocentric.lat);
  if (geocentric && longitudes[0]?.card !== 'configuration') longitudes.push(geocentric.lon);
  const lonDeg = chooseLongitude(longitudes, warnings);
  const latDeg = agreed(latitudes, warnings);
  if (latDeg?.value === 0 && lonDeg?.value === 0) {
    return { siteLatDeg: undefined, siteLonDeg: undefined, siteHeightM: undefined };
  }
  const siteHeightM = lookup.find('siteHeightM', (value, _card, source) => {
    const height = asNumberOf(value, source, lengthUnits, 1);
    return height !== undefined && height > -500 && height < 9000 ? height : undefined;
  });
  return { siteLatDeg: latDeg, siteLonDeg: lonDeg, siteHeightM };
}

function latitudeOf(value: Value, source: Card | undefined): number | undefined {
  const latitude = asDecDeg(value);
  const isSouth = /\bsouth(ern)?\b|\bdeg(ree)?s?\.? S\b|[[(]S[\])]/.test(source?.comment ?? '');
  const isNorthToo = /north|\bN\b/.test(source?.comment ?? '');
  return latitude !== undefined && isSouth && !isNorthToo ? -Math.abs(latitude) : latitude;
}

function longitudeOf(lookup: Lookup, value: Value, card: string, source: Card | undefined): Longitude | undefined {
  const angle = asAngle(value);
  if (angle === undefined) return undefined;
  const comment = source?.comment ?? '';
  const degrees = angle * (unitOf(comment, angleUnits) ?? 1);
  if (Math.abs(degrees) > 360) return undefined;
  if (card === 'configuration') return { eastDeg: wrap(degrees), isSignTold: true };
  if (typeof value === 'string' && /^\s*[EW]|[EW]\s*$/i.test(value))
    return { eastDeg: wrap(degrees), isSignTold: true };
  const told = signOf(comment);
  if (told === 'west') return { eastDeg: wrap(-Math.abs(degrees)), isSignTold: true };
  if (told !== undefined) return { eastDeg: wrap(told === 'west positive' ? -degrees : degrees), isSignTold: true };
  const isStandard = card.startsWith('OBSGEO');
  const isWest = lookup.dialect.westPositive === true && !isStandard;
  return { eastDeg: wrap(isWest ? -degrees : degrees), isSignTold: isWest || isStandard };
}

/** To (-180, 180]. */
function wrap(degrees: number): number {
  return degrees - 360 * Math.ceil((degrees - 180) / 360);
}

/** What a comment says of the sign of a longitude; `west` where it only says that the value is one of the west. */
function signOf(comment: string): 'east positive' | 'west positive' | 'west' | undefined {
  if (counts(comment, 'E', 'W')) return 'east positive';
  if (counts(comment, 'W', 'E')) return 'west positive';
  const [isWest, isEast] = [names(comment, 'W'), names(comment, 'E')];
  if (isWest === isEast) return undefined;
  return isWest ? 'west' : 'east positive';
}

const words = { E: 'east(?:ern|ward)?', W: 'west(?:ern|ward)?' };

/** Whether a comment says that one direction counts as positive, or the other as negative. */
function counts(comment: string, positive: 'E' | 'W', negative: 'E' | 'W'): boolean {
  const says = (direction: 'E' | 'W', sign: string, word: string) => {
    const side = `(?:${direction}\\b|${words[direction]}\\b)`;
    const signed = `(?:${sign}|${word}(?:itive|ative|us)?)`;
    const before = new RegExp(`${signed} ?(?:is |are |for |= ?|to the |in the )?${side}`, 'i');
    const after = new RegExp(`\\b${side} ?(?:longitudes? )?(?:is |are |= ?|: ?)?${signed}(?![a-z])`, 'i');
    return before.test(comment) || after.test(comment);
  };
  return says(positive, '\\+', '\\bpos') || says(negative, '(?<![a-z])-', '\\b(?:neg|min)');
}

/** Whether a comment names a direction, as a word or as a letter where a unit stands. */
function names(comment: string, direction: 'E' | 'W'): boolean {
  const letter = new RegExp(
    `(?:deg(?:ree)?s?\\.?|°|longitude),? ?${direction}\\b|[[(] ?${direction} ?[\\])]|^${direction}$|^${direction} longitude`,
  );
  return new RegExp(`\\b${words[direction]}\\b`, 'i').test(comment) || letter.test(comment);
}

/** The longitude whose sign is told, before those whose sign is not. */
function chooseLongitude(readings: readonly Reading<Longitude>[], warnings: string[]): Fact<number> | undefined {
  const chosen = readings.find(({ value }) => value.isSignTold) ?? readings[0];
  if (!chosen) return undefined;
  const offBy = ({ value }: Reading<Longitude>) => Math.abs(wrap(value.eastDeg - chosen.value.eastDeg));
  const other = readings.find((reading) => offBy(reading) > samePlaceDeg);
  const { card, value } = chosen;
  if (!other) return { value: value.eastDeg, card, confidence: chosen.confidence };
  const isMirrored = Math.abs(wrap(other.value.eastDeg + value.eastDeg)) < samePlaceDeg;
  const why = isMirrored
    ? 'one of them counts longitudes to the west'
    : `they differ by ${offBy(other).toFixed(1)} deg`;
  warnings.push(`${quoteReading(other)} contradicts ${quoteReading(chosen)}: ${why}; ${card} is taken`);
  const isSure = isMirrored && value.isSignTold && !other.value.isSignTold;
  return { value: value.eastDeg, card, confidence: isSure ? chosen.confidence : 'low' };
}

function agreed(readings: readonly Reading<number>[], warnings: string[]): Fact<number> | undefined {
  const [first, ...others] = readings;
  if (!first) return undefined;
  const other = others.find(({ value }) => Math.abs(value - first.value) > samePlaceDeg);
  if (other) warnings.push(`${quoteReading(other)} contradicts ${quoteReading(first)}; ${first.card} is taken`);
  return { value: first.value, card: first.card, confidence: other ? 'low' : first.confidence };
}

/** Latitude and longitude of OBSGEO-X, -Y, -Z (FITS Standard 4.0, section 8.4.1), on the ellipsoid of WGS84. */
function fromGeocentric({ header }: Lookup): { lat: Reading<number>; lon: Reading<Longitude> } | undefined {
  const [x, y, z] = ['OBSGEO-X', 'OBSGEO-Y', 'OBSGEO-Z'].map((keyword) => header.number(keyword));
  if (x === undefined || y === undefined || z === undefined) return undefined;
  const radiusM = Math.hypot(x, y, z);
  if (!(radiusM > 6.33e6 && radiusM < 6.4e6)) return undefined;
  const squaredEccentricity = 0.00669437999;
  const latDeg = (Math.atan2(z, Math.hypot(x, y) * (1 - squaredEccentricity)) * 180) / Math.PI;
  const eastDeg = (Math.atan2(y, x) * 180) / Math.PI;
  const common = { confidence: 'high', source: header.card('OBSGEO-X') } as const;
  return {
    lat: { value: latDeg, card: 'OBSGEO-X, OBSGEO-Y, OBSGEO-Z', ...common },
    lon: { value: { eastDeg, isSignTold: true }, card: 'OBSGEO-X, OBSGEO-Y', ...common },
  };
}
