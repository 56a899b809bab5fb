/**
 * A moment as Modified Julian Date in two doubles, whole days and the rest, so that nothing is lost to rounding (one
 * double resolves half a microsecond of a day's fraction, but sums of many do not). The time scale is told by whoever holds it.
 */
export interface Mjd {
  readonly day: number;
  /** Fraction of a day, in [0, 1). */
  readonly fraction: number;
}

export const secondsPerDay = 86400;
export const mjdOfUnixEpoch = 40587;
/** Julian Date = MJD + this. */
export const jdMinusMjd = 2400000.5;

/** Carries whole days from the fraction into the day. */
export function normaliseMjd(day: number, fraction: number): Mjd {
  const wholeDay = Math.floor(day);
  const rest = day - wholeDay + fraction;
  const carry = Math.floor(rest);
  return { day: wholeDay + carry, fraction: rest - carry };
}

export function addSeconds(mjd: Mjd, seconds: number): Mjd {
  return normaliseMjd(mjd.day, mjd.fraction + seconds / secondsPerDay);
}

/** a - b in seconds (days of 86400 s; a leap second between them is not counted). */
export function secondsBetween(a: Mjd, b: Mjd): number {
  return (a.day - b.day) * secondsPerDay + (a.fraction - b.fraction) * secondsPerDay;
}

/** The moment in the middle of two. */
export function midpoint(a: Mjd, b: Mjd): Mjd {
  return addSeconds(a, secondsBetween(b, a) / 2);
}

export function mjdNumber(mjd: Mjd): number {
  return mjd.day + mjd.fraction;
}

export function mjdOfUnixMs(unixMs: number): Mjd {
  return normaliseMjd(mjdOfUnixEpoch, unixMs / 86_400_000);
}

export function unixMsOfMjd(mjd: Mjd): number {
  return (mjd.day - mjdOfUnixEpoch) * 86_400_000 + mjd.fraction * 86_400_000;
}

/** The MJD of a Julian Date given as one number. */
export function mjdOfJd(jd: number): Mjd {
  return normaliseMjd(Math.floor(jd) - 2400001, jd - Math.floor(jd) + 0.5);
}

/** ISO 8601 to the millisecond, with a Z: for UTC. */
export function isoOfMjd(mjd: Mjd): string {
  return new Date(Math.round(unixMsOfMjd(mjd))).toISOString();
}
