const missing = '–';

/** A time of day, UTC, with the date where it is not today's. */
export function utc(ms: number | null | undefined, nowMs = Date.now()): string {
  if (ms == null) return missing;
  const text = new Date(ms).toISOString();
  return text.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10)
    ? `${text.slice(11, 16)} UTC`
    : `${text.slice(0, 10)} ${text.slice(11, 16)}`;
}

/** A time of day, UTC, where the day is plain: 21:05. */
export function timeOfDay(ms: number | null): string {
  return ms === null ? missing : new Date(ms).toISOString().slice(11, 16);
}

/** How long something lasts, in its largest unit. */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function fixed(value: number | null | undefined, digits: number, unit = ''): string {
  return value == null ? missing : `${value.toFixed(digits)}${unit}`;
}

/** A share from 0 to 1, in per cent. */
export function share(value: number | null): string {
  return value === null ? missing : `${Math.round(100 * value)} %`;
}

/** A magnitude with its error, in the last two digits of the error. */
export function magnitude(mag: number | null, magErr: number | null): string {
  if (mag === null) return missing;
  if (magErr === null || !(magErr > 0)) return mag.toFixed(2);
  const digits = Math.max(1, Math.min(3, 1 - Math.floor(Math.log10(magErr))));
  return `${mag.toFixed(digits)} ± ${magErr.toFixed(digits)}`;
}

export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

const mjdOfUnixEpoch = 40_587;

/** A UT date of a modified Julian date. */
export function dateOfMjd(mjd: number, withTime = false): string {
  const text = new Date(Math.round((mjd - mjdOfUnixEpoch) * 86_400) * 1000).toISOString();
  return withTime ? `${text.slice(0, 10)} ${text.slice(11, 19)}` : text.slice(0, 10);
}
