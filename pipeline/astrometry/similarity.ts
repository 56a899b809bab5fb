import type { PlaneMap } from './plane-map.ts';

/**
 * A map of the plane made of shift, turn, scale and perhaps mirroring: (x, y) -> (a x - b y + c, b x + a y + d), with y
 * reversed first when `mirrored`.
 */
export interface Similarity {
  a: number;
  b: number;
  c: number;
  d: number;
  mirrored: boolean;
}

/** The same as a map of first order in pixels over `normPx`. */
export function mapOfSimilarity({ a, b, c, d, mirrored }: Similarity, normPx: number): PlaneMap {
  const sign = mirrored ? -1 : 1;
  return {
    order: 1,
    normPx,
    toX: Float64Array.of(c, a * normPx, -sign * b * normPx),
    toY: Float64Array.of(d, b * normPx, sign * a * normPx),
  };
}

/**
 * The least-squares similarity from the points (x, y) to (X, Y), given as places in columns (Umeyama 1991, IEEE PAMI 13,
 * 376, in two dimensions). Undefined when the points coincide.
 */
export function fitSimilarity(
  from: { readonly x: Float64Array; readonly y: Float64Array },
  to: { readonly x: Float64Array; readonly y: Float64Array },
  fromPlaces: ArrayLike<number>,
  toPlaces: ArrayLike<number>,
  count: number,
  mirrored: boolean,
): Similarity | undefined {
  const sign = mirrored ? -1 : 1;
  let meanX = 0;
  let meanY = 0;
  let meanToX = 0;
  let meanToY = 0;
  for (let k = 0; k < count; k++) {
    meanX += from.x[fromPlaces[k]!]!;
    meanY += sign * from.y[fromPlaces[k]!]!;
    meanToX += to.x[toPlaces[k]!]!;
    meanToY += to.y[toPlaces[k]!]!;
  }
  meanX /= count;
  meanY /= count;
  meanToX /= count;
  meanToY /= count;
  let spread = 0;
  let along = 0;
  let across = 0;
  for (let k = 0; k < count; k++) {
    const x = from.x[fromPlaces[k]!]! - meanX;
    const y = sign * from.y[fromPlaces[k]!]! - meanY;
    const toX = to.x[toPlaces[k]!]! - meanToX;
    const toY = to.y[toPlaces[k]!]! - meanToY;
    spread += x * x + y * y;
    along += x * toX + y * toY;
    across += x * toY - y * toX;
  }
  if (!(spread > 0)) return undefined;
  const a = along / spread;
  const b = across / spread;
  return { a, b, c: meanToX - a * meanX + b * meanY, d: meanToY - b * meanX - a * meanY, mirrored };
}
