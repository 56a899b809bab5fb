/** The same angle from 0 to 360 deg. */
export function positiveDeg(angleDeg: number): number {
  return ((angleDeg % 360) + 360) % 360;
}

/** The shorter way from one angle to another, deg; NaN when one is not known. */
export function turnDeg(from: number, to: number): number {
  const apart = positiveDeg(from - to);
  return Math.min(apart, 360 - apart);
}
