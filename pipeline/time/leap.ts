import type { Mjd } from './mjd.ts';

/** TAI - UTC as a list of steps, and until when it is known to hold. */
export interface LeapTable {
  /** First MJD (UTC) of each step and TAI - UTC from then on, seconds; ascending. */
  readonly steps: readonly (readonly [mjd: number, taiMinusUtcS: number])[];
  /** The IERS has announced every leap second before this MJD. */
  readonly validUntilMjd: number;
}

/** IERS leap second list of July 2026 (Bulletin C 72), the whole UTC of integral leap seconds since 1972. */
export const builtInLeapTable: LeapTable = {
  // biome-ignore format: one row for each run of years reads best as a table
  steps: [
    [41317, 10], [41499, 11], [41683, 12], [42048, 13], [42413, 14], [42778, 15], [43144, 16], [43509, 17], [43874, 18],
    [44239, 19], [44786, 20], [45151, 21], [45516, 22], [46247, 23], [47161, 24], [47892, 25], [48257, 26], [48804, 27],
    [49169, 28], [49534, 29], [50083, 30], [50630, 31], [51179, 32], [53736, 33], [54832, 34], [56109, 35], [57204, 36],
    [57754, 37],
  ],
  validUntilMjd: 61584,
};

/** TAI - UTC in seconds; `expired` when the table does not reach that far and the last known value is given. */
export function taiMinusUtc(mjdUtc: Mjd, table: LeapTable = builtInLeapTable): { seconds: number; expired: boolean } {
  let seconds = table.steps[0]![1];
  for (const [fromMjd, value] of table.steps) if (mjdUtc.day >= fromMjd) seconds = value;
  return { seconds, expired: mjdUtc.day >= table.validUntilMjd };
}

/**
 * Reads a leap second list in the form the IERS publishes and systems install (`leap-seconds.list`: NTP seconds and TAI - UTC,
 * `#@` the expiry). Undefined when the text is no such list.
 */
export function parseLeapList(text: string): LeapTable | undefined {
  const mjdOfNtp = (seconds: number) => seconds / 86400 + 15020;
  const steps: [number, number][] = [];
  let validUntilMjd = Number.NaN;
  for (const line of text.split('\n')) {
    const expiry = /^#@\s*(\d+)/.exec(line);
    if (expiry) validUntilMjd = mjdOfNtp(Number(expiry[1]));
    const step = /^\s*(\d+)\s+(\d+)/.exec(line);
    if (step) steps.push([mjdOfNtp(Number(step[1])), Number(step[2])]);
  }
  const ascending = steps.every((step, i) => i === 0 || step[0] > steps[i - 1]![0]);
  return steps.length > 0 && ascending && validUntilMjd > 0 ? { steps, validUntilMjd } : undefined;
}
