/** How the brightness of a star runs: plain data, so that it can stand in a configuration and cross to a thread. */
export type LightCurve = { readonly kind: 'constant' } | ({ readonly kind: 'microlensing' } & Microlensing);

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

export const constant: LightCurve = { kind: 'constant' };

/**
 * Flux at a time over the flux at rest. Microlensing: a point lens before a point source,
 * A(u) = (u^2 + 2) / (u sqrt(u^2 + 4)) (Paczynski 1986, ApJ 304, 1).
 */
export function relativeFlux(curve: LightCurve, atMs: number): number {
  if (curve.kind === 'constant') return 1;
  const u = Math.hypot(curve.impact, (atMs - curve.peakMs) / (curve.einsteinDays * 86_400_000));
  const magnification = (u * u + 2) / (u * Math.sqrt(u * u + 4));
  return 1 + curve.sourceShare * (magnification - 1);
}
