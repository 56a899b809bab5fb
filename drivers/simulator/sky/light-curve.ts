/** Brightness of a star against its magnitude in the catalogue: a factor of its flux as a function of time. */
export type LightCurve = (atMs: number) => number;

export const constant: LightCurve = () => 1;

export interface Microlensing {
  /** Time of closest approach, Unix milliseconds. */
  readonly peakMs: number;
  /** Einstein time, days. */
  readonly einsteinDays: number;
  /** Smallest separation of lens and source, in Einstein radii. */
  readonly impact: number;
  /** Share of the light at rest that is lensed: 1 without a blend. */
  readonly sourceShare: number;
}

/** A point lens before a point source: A(u) = (u^2 + 2) / (u sqrt(u^2 + 4)) (Paczynski 1986, ApJ 304, 1). */
export function microlensing(event: Microlensing): LightCurve {
  return (atMs) => {
    const u = Math.hypot(event.impact, (atMs - event.peakMs) / (event.einsteinDays * 86_400_000));
    const magnification = (u * u + 2) / (u * Math.sqrt(u * u + 4));
    return 1 + event.sourceShare * (magnification - 1);
  };
}
