const dayMs = 86_400_000;

/** From noon to noon, Unix milliseconds: a night is one of these. */
export interface SolarDay {
  /** UTC midnight of the date that the evening has at the site. */
  readonly dateMs: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** The day that begins on a date, given as its UTC midnight: at noon by the mean Sun over a meridian (east positive, degrees). */
export function solarDayOf(longitudeDeg: number, dateMs: number): SolarDay {
  const startMs = dateMs + dayMs / 2 - (longitudeDeg / 360) * dayMs;
  return { dateMs, startMs, endMs: startMs + dayMs };
}

/** The day in which a moment lies. */
export function solarDayAt(longitudeDeg: number, atMs: number): SolarDay {
  const localMs = atMs + (longitudeDeg / 360) * dayMs;
  return solarDayOf(longitudeDeg, Math.floor((localMs - dayMs / 2) / dayMs) * dayMs);
}
