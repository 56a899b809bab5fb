/** Azimuth (degrees, north through east) and altitude of the upper edge of what stands there. */
export type HorizonPoint = readonly [azimuthDeg: number, altitudeDeg: number];

/**
 * The altitude below which the sky is hidden in a direction: straight between the points of the mask, around north as
 * well. 0 where there is no mask. The points come in any order; of two at one azimuth the later begins the way on.
 */
export function horizonAt(mask: readonly HorizonPoint[], azimuthDeg: number): number {
  const points = [...mask].sort(([a], [b]) => a - b);
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return 0;
  const nextAt = points.findIndex(([azimuth]) => azimuth > azimuthDeg);
  const before =
    nextAt === 0 ? ([last[0] - 360, last[1]] as const) : points[nextAt < 0 ? points.length - 1 : nextAt - 1]!;
  const after = nextAt < 0 ? ([first[0] + 360, first[1]] as const) : points[nextAt]!;
  const span = after[0] - before[0];
  const share = span > 0 ? (azimuthDeg - before[0]) / span : 0;
  return before[1] + share * (after[1] - before[1]);
}
