import type { SkyPosition } from './sphere.ts';

/** Three parts, or two, divided by colons, blanks or their letters; the sign before the first counts for all. */
const sexagesimal =
  /^([+-]?)\s*(\d{1,3})\s*[:hd°\s]\s*(\d{1,2}(?:\.\d+)?)\s*(?:[:m'′\s]\s*(?:(\d{1,2}(?:\.\d+)?)\s*[s"″]?)?)?$/i;

/**
 * A position as people write it: decimal degrees, or hours for RA and degrees for Dec in sexagesimal (`5h34m31.9s`,
 * `05:34:31.9`, `5 34 31.9`; `+22:00:52`, `22d00m52s`). Undefined where it is none, or off the sphere.
 */
export function positionOfText(ra: string, dec: string): SkyPosition | undefined {
  const raDeg = angleOf(ra, 15);
  const decDeg = angleOf(dec, 1);
  if (raDeg === undefined || decDeg === undefined) return undefined;
  return raDeg >= 0 && raDeg < 360 && Math.abs(decDeg) <= 90 ? { raDeg, decDeg } : undefined;
}

function angleOf(text: string, degPerUnit: number): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed);
  const match = sexagesimal.exec(trimmed);
  if (!match) return undefined;
  const [, sign, whole, minutes, seconds = '0'] = match;
  if (Number(minutes) >= 60 || Number(seconds) >= 60) return undefined;
  // A letter says which it is: hours never stand for degrees, nor degrees for hours.
  if (degPerUnit === 15 ? /[d°]/i.test(trimmed) : /h/i.test(trimmed)) return undefined;
  const size = (Number(whole) + Number(minutes) / 60 + Number(seconds) / 3600) * degPerUnit;
  return sign === '-' ? -size : size;
}
