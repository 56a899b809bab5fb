import { randomBytes } from 'node:crypto';

/** An id that sorts by the time it was given: the Unix time in milliseconds, base 36, then 40 random bits. */
export function timeId(nowMs: number): string {
  return `${nowMs.toString(36).padStart(9, '0')}-${randomBytes(5).toString('hex')}`;
}
