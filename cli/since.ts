import { InvalidArgumentError } from 'commander';

/** A moment, Unix milliseconds: ISO 8601, UTC where it names no zone, or so many hours or days ago (`12h`, `3d`). */
export function since(text: string): number {
  const ago = /^(\d+(?:\.\d+)?)([hd])$/.exec(text);
  if (ago) return Date.now() - Number(ago[1]) * (ago[2] === 'h' ? 3_600_000 : 86_400_000);
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const namesZone = /(Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const ms = Date.parse(isDate || namesZone ? text : `${text}Z`);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('a moment is 2026-11-30, 2026-11-30T18:00 (UTC), 12h or 3d');
  return ms;
}
