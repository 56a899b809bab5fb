import { j2000OfDate } from '../../sky/equinox.ts';
import { type SkyPosition, separationDeg } from '../../sky/sphere.ts';
import type { Card } from '../fits/card.ts';
import { type Mjd, mjdNumber, unixMsOfMjd } from '../time/mjd.ts';
import type { Confidence, FrameFacts, FrameKind, HeaderPosition } from './facts.ts';
import { type Lookup, quoteReading, type Reading } from './lookup.ts';
import { angleUnits, unitOf } from './units.ts';
import { asAngle, asNumber } from './values.ts';

type Value = string | number | boolean;

/** A right ascension, degrees; the second reading where a bare number may be hours as well. */
interface RightAscension {
  readonly deg: number;
  readonly otherDeg?: number;
}

/** What one pair of cards says. */
interface Pair {
  readonly ra: Reading<RightAscension>;
  readonly dec: Reading<number>;
}

/** Positions of one telescope agree within this: the target asked for, the mount, the equinox, the corner of a field. */
const samePlaceDeg = 2;

/**
 * Where the header says that the frame looks, J2000, from one pair of cards that belong together. Pairs that contradict each
 * other are told, and kept as other positions, the likeliest first.
 */
export function resolvePosition(
  lookup: Lookup,
  kind: FrameKind,
  midUtc: Mjd | undefined,
  warnings: string[],
): Pick<FrameFacts, 'raDeg' | 'decDeg' | 'coordinatesOfDate' | 'otherPositions'> {
  const known = findPairs(lookup).filter((pair) => isSet(pair, warnings));
  const pairs = known.length > 0 || kind !== 'light' ? known : pairsByName(lookup);
  const [first, ...others] = settleUnits(pairs);
  if (!first) return { raDeg: undefined, decDeg: undefined, coordinatesOfDate: false, otherPositions: [] };
  const place = (pair: Pair, raDeg: number) => toJ2000(lookup, pair, raDeg, midUtc);
  const chosen = place(first, first.ra.value.deg);
  const otherPositions: HeaderPosition[] = [];
  const add = (pair: Pair, raDeg: number) => {
    const position = place(pair, raDeg);
    if ([chosen, ...otherPositions].some((other) => isSamePlace(other, position))) return false;
    const { raDeg: ra, decDeg: dec } = position;
    otherPositions.push({ raDeg: ra, decDeg: dec, cards: `${pair.ra.card} and ${pair.dec.card}` });
    return true;
  };
  for (const pair of others) {
    if (!add(pair, pair.ra.value.deg) || first.ra.card === 'configuration') continue;
    warnings.push(
      `${quoteReading(pair.ra)}, ${quoteReading(pair.dec)} contradict ${quoteReading(first.ra)}, ${quoteReading(first.dec)}: two positions`,
    );
  }
  const isContradicted = otherPositions.length > 0;
  if (first.ra.value.otherDeg !== undefined) add(first, first.ra.value.otherDeg);
  const isConfirmed = others.some((pair) => isSamePlace(asWritten(pair), asWritten(first)));
  const isCommanded = lookup.dialect.coordinatesCommanded === true || chosen.isOfDate;
  const confidence = (fact: Reading<unknown>): Confidence => {
    if (fact.card === 'configuration') return fact.confidence;
    if (isContradicted || isCommanded) return 'low';
    return first.ra.value.otherDeg !== undefined && !isConfirmed ? 'medium' : fact.confidence;
  };
  return {
    raDeg: { value: chosen.raDeg, card: first.ra.card, confidence: confidence(first.ra) },
    decDeg: { value: chosen.decDeg, card: first.dec.card, confidence: confidence(first.dec) },
    coordinatesOfDate: chosen.isOfDate,
    otherPositions,
  };
}

function asWritten({ ra, dec }: Pair): SkyPosition {
  return { raDeg: ra.value.deg, decDeg: dec.value };
}

function isSamePlace(a: SkyPosition, b: SkyPosition): boolean {
  return separationDeg(a, b) <= samePlaceDeg;
}

/** Every right ascension with the declination that belongs to it; those of a WCS last, as they are of some pixel. */
function findPairs(lookup: Lookup): Pair[] {
  const ras = [
    ...lookup.findAll('raDeg', (value, card, source) => rightAscension(value, card, source, 1)),
    ...lookup.findAll('raHours', (value, card, source) => rightAscension(value, card, source, 15)),
  ];
  const decs = lookup.findAll('decDeg', (value, _card, source) => declination(value, source));
  const pairs = ras.flatMap((ra) => {
    const partner = partnerOf(ra.card);
    // Keywords of a site that are not named RA and DEC belong together.
    const dec =
      decs.find(({ card }) => card === partner) ?? decs.find(({ card }) => partner === ra.card && !/DEC/.test(card));
    return dec && isUsed(lookup, ra.card) ? [{ ra, dec }] : [];
  });
  const isWcs = ({ ra }: Pair) => ra.card === 'CRVAL1';
  return [...pairs.filter((pair) => !isWcs(pair)), ...pairs.filter(isWcs)];
}

/** Rates, errors and other bodies have a right ascension, too. */
const otherThanPosition = /SUN|MOON|RATE|PM|ERR|OFF|SIG|STD|RMS|VEL|TR[AC]K|CORR/;

/** Cards of any name that hold RA and DEC in the same places, where none that is known tells a position. */
function pairsByName({ header }: Lookup): Pair[] {
  return header.cards.flatMap((card): Pair[] => {
    const { keyword } = card;
    const partner = header.card(partnerOf(keyword));
    const isNamed = /(^|[-_])RA|RA($|[-_\d])/.test(keyword) && !otherThanPosition.test(keyword);
    if (!isNamed || card.value === undefined || partner?.value === undefined) return [];
    const ra = rightAscension(card.value, keyword, card, 1);
    const dec = declination(partner.value, partner);
    if (ra === undefined || dec === undefined || (ra.deg === 0 && dec === 0)) return [];
    const low = { confidence: 'low' } as const;
    return [
      {
        ra: { value: ra, card: keyword, source: card, ...low },
        dec: { value: dec, card: partner.keyword, source: partner, ...low },
      },
    ];
  });
}

/** The keyword of the declination beside one of a right ascension: the same, with DEC for RA. */
function partnerOf(card: string): string {
  if (card === 'CRVAL1') return 'CRVAL2';
  if (card === 'RAJ2000') return 'DEJ2000';
  const at = card.lastIndexOf('RA');
  return at < 0 ? card : `${card.slice(0, at)}DEC${card.slice(at + 2)}`.slice(0, 8);
}

/** CRVAL is a position where CTYPE says so. */
function isUsed({ header }: Lookup, card: string): boolean {
  return card !== 'CRVAL1' || /^RA--/i.test(header.string('CTYPE1')?.trim() ?? '');
}

function isSet({ ra, dec }: Pair, warnings: string[]): boolean {
  if (Math.abs(ra.value.deg) > 1e-6 || Math.abs(dec.value) > 1e-6) return true;
  warnings.push(`${ra.card} and ${dec.card} are zero: no position was set`);
  return false;
}

/** Takes the hours for a bare number where another pair of cards, whose unit is plain, confirms them. */
function settleUnits(pairs: readonly Pair[]): Pair[] {
  const plain = pairs.filter(({ ra }) => ra.value.otherDeg === undefined);
  return pairs.map((pair) => {
    const { deg, otherDeg } = pair.ra.value;
    if (otherDeg === undefined) return pair;
    const confirms = (raDeg: number) =>
      plain.some((other) => isSamePlace(asWritten(other), { raDeg, decDeg: pair.dec.value }));
    if (confirms(deg)) return { ...pair, ra: { ...pair.ra, value: { deg } } };
    return confirms(otherDeg) ? { ...pair, ra: { ...pair.ra, value: { deg: otherDeg } } } : pair;
  });
}

/**
 * Sexagesimal text is hours unless it is beyond 24 or says degrees. A number is what its comment or keyword says; else
 * what its card holds by custom (`worth`, degrees), and where that is degrees it may be hours below 24.
 */
function rightAscension(
  value: Value,
  card: string,
  source: Card | undefined,
  worth: number,
): RightAscension | undefined {
  const angle = asAngle(value);
  if (angle === undefined) return undefined;
  const told = unitOf(source?.comment ?? '', angleUnits) ?? (/DEG|CRVAL|configuration/.test(card) ? 1 : undefined);
  if (asNumber(value) === undefined) {
    const isDegrees = angle >= 24 || /\d ?[d°]/i.test(String(value));
    return inCircle(angle * (isDegrees ? 1 : 15));
  }
  if (told !== undefined) return inCircle(angle * told);
  if (angle < 0 || angle >= 24) return inCircle(angle);
  if (worth === 15) return inCircle(angle * 15);
  return angle === 0 ? { deg: 0 } : { deg: angle, otherDeg: angle * 15 };
}

function inCircle(deg: number): RightAscension | undefined {
  return deg >= -180 && deg <= 360 ? { deg: deg < 0 ? deg + 360 : deg % 360 } : undefined;
}

function declination(value: Value, source: Card | undefined): number | undefined {
  const angle = asAngle(value);
  if (angle === undefined) return undefined;
  const isRadians = asNumber(value) !== undefined && /\brad(ians?)?\b/i.test(source?.comment ?? '');
  const deg = isRadians ? (angle * 180) / Math.PI : angle;
  return Math.abs(deg) <= 90 ? deg : undefined;
}

function toJ2000(
  lookup: Lookup,
  { ra, dec }: Pair,
  raDeg: number,
  midUtc: Mjd | undefined,
): { raDeg: number; decDeg: number; isOfDate: boolean } {
  const equinox = lookup.header.number('EQUINOX') ?? 2000;
  // Whoever writes it: an equinox in the year of the exposure is that of date.
  const isOfItsYear = midUtc !== undefined && Math.abs(2000 + (mjdNumber(midUtc) - 51544.5) / 365.25 - equinox) < 1.5;
  const isSaid = /\bJ ?now\b|\bof date\b|\bapparent\b/i.test(ra.source?.comment ?? '');
  const isOfDate = isSaid || (equinox !== 2000 && (lookup.dialect.coordinatesOfDate === true || isOfItsYear));
  const plain = { raDeg, decDeg: dec.value };
  return { ...(isOfDate && midUtc ? j2000OfDate(plain, unixMsOfMjd(midUtc)) : plain), isOfDate };
}
