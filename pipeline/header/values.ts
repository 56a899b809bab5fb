import type { Card, CardValue } from '../fits/card.ts';
import type { Section } from './facts.ts';
import { type Unit, unitOf } from './units.ts';

type Value = Exclude<CardValue, undefined>;

/** A finite number, or a string that holds one, with a point or a comma; undefined otherwise. */
export function asNumber(value: Value): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/^\s*[+-]?(\d|\.\d)/.test(value)) return undefined;
  const number = Number(value.trim().replace(/^([+-]?\d+),(\d+)$/, '$1.$2'));
  return Number.isFinite(number) ? number : undefined;
}

/**
 * A number in the unit that the program computes in: `30`, `30 mm`, `1,2 m`, its unit told by the text itself, else by the
 * comment of its card, else `worth`.
 */
export function asNumberOf(
  value: Value,
  source: Card | undefined,
  units: readonly Unit[],
  worth: number,
): number | undefined {
  const ofCard = unitOf(source?.comment ?? '', units) ?? worth;
  const number = asNumber(value);
  if (number !== undefined) return number * ofCard;
  const match = /^\s*([+-]?(?:\d+(?:[.,]\d*)?|\.\d+))\s*(\S.*)$/.exec(String(value));
  const own = match ? unitOf(match[2]!, units) : undefined;
  return own === undefined ? undefined : Number(match![1]!.replace(',', '.')) * own;
}

export function asPositive(value: Value): number | undefined {
  const number = asNumber(value);
  return number !== undefined && number > 0 ? number : undefined;
}

/** A positive number, or the mean of a list of them, one for each amplifier, as `[2.1, 2.2]` or `2.1 2.2`. */
export function asPositiveMean(value: Value): number | undefined {
  const single = asPositive(value);
  if (single !== undefined || typeof value !== 'string') return single;
  const parts = value
    .replace(/^\s*[[(]|[\])]\s*$/g, '')
    .trim()
    .split(/[\s,;]+/);
  const numbers = parts.map((part) => asPositive(part));
  if (numbers.length < 2 || numbers.some((number) => number === undefined)) return undefined;
  return numbers.reduce((sum: number, number) => sum + number!, 0) / numbers.length;
}

/** Text that says something: not blank, and not one of the words programs write when they know nothing. */
export function asText(value: Value): string | undefined {
  if (typeof value === 'boolean') return undefined;
  const text = String(value).trim();
  return text === '' || /^(none|n\/a|unknown|default|null|undefined|-+)$/i.test(text) ? undefined : text;
}

/**
 * An angle in the unit it is written in (degrees or hours): a number, or sexagesimal text with blanks, colons or the letters
 * and signs people use, as `-31 16 24`, `+46:26:29.3`, `20h13m12s`, `35° 43' 10" N`.
 */
export function asAngle(value: Value): number | undefined {
  const number = asNumber(value);
  if (number !== undefined) return number;
  if (typeof value !== 'string') return undefined;
  const match =
    /^([NSEW])?\s*([+-])?\s*(\d{1,3}(?:\.\d*)?)[\s:hd°]+(\d{1,2}(?:\.\d*)?)(?:[\s:m'′]+(\d{1,2}(?:\.\d*)?)?)?[\s:s"″]*([NSEW])?$/i.exec(
      value.trim(),
    );
  if (!match) return undefined;
  const minutes = Number(match[4]);
  const seconds = Number(match[5] ?? 0);
  if (minutes >= 60 || seconds >= 60.0001) return undefined;
  const magnitude = Number(match[3]) + minutes / 60 + seconds / 3600;
  const hemisphere = (match[1] ?? match[6] ?? '').toUpperCase();
  const negative = match[2] === '-' || hemisphere === 'S' || hemisphere === 'W';
  return negative ? -magnitude : magnitude;
}

export function asDecDeg(value: Value): number | undefined {
  const angle = asAngle(value);
  return angle !== undefined && Math.abs(angle) <= 90 ? angle : undefined;
}

/** `[x0:x1,y0:y1]`, 1-based and inclusive as in FITS, to 0-based with the end left out. */
export function asSection(value: Value): Section | undefined {
  const match = /^\s*\[\s*(\d+)\s*:\s*(\d+)\s*,\s*(\d+)\s*:\s*(\d+)\s*\]\s*$/.exec(String(value));
  if (!match) return undefined;
  const [a, b, c, d] = match.slice(1).map(Number) as [number, number, number, number];
  const section = { x0: Math.min(a, b) - 1, x1: Math.max(a, b), y0: Math.min(c, d) - 1, y1: Math.max(c, d) };
  return section.x0 < 0 || section.y0 < 0 ? undefined : section;
}

/** `2 2`, `2x2`, `2*2`, `(2, 2)`, `Bin2x2`, `2` or 2. */
export function asBinning(value: Value): { x: number; y: number } | undefined {
  const text = String(value).replace(/bin(ning|ned)?|^\s*b(?=\d)|[()[\]]/gi, ' ');
  const match = /^\s*(\d{1,2})(?:\.0*)?(?:\s*(?:[x×*,;:/]|by|\s)\s*(\d{1,2})(?:\.0*)?)?\s*$/i.exec(text);
  if (!match) return undefined;
  const x = Number(match[1]);
  const y = Number(match[2] ?? match[1]);
  return x > 0 && y > 0 ? { x, y } : undefined;
}
