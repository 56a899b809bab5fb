/**
 * A number as INDI writes it: decimal, or sexagesimal with two or three parts divided by blanks, colons or semicolons,
 * the sign before the first one. NaN for anything else.
 */
export function indiNumber(text: string): number {
  const trimmed = text.trim();
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  const parts = /^([+-]?)\s*(\d+)[\s:;]+(\d+(?:\.\d*)?)(?:[\s:;]+(\d+(?:\.\d*)?))?$/.exec(trimmed);
  if (!parts) return Number.NaN;
  const [, sign, whole, minutes, seconds = '0'] = parts;
  const size = Number(whole) + Number(minutes) / 60 + Number(seconds) / 3600;
  return sign === '-' ? -size : size;
}
