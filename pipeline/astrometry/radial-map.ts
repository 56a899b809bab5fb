import { fitMap, type MapFit, type Pairs, type PlaneMap } from './plane-map.ts';
import type { Points } from './point-grid.ts';
import { sipIndex, sipLength } from './sip.ts';

/** Strength of the distortion, at the corner, by which the search for it steps first. */
const FIRST_STEP = 1e-3;
/** A lens distorts a corner by less than this part of its distance. */
const MAX_STRENGTH = 0.1;

/**
 * The linear map with a radial distortion about the image's centre, r' = r (1 + k r^2): what a plain lens does (Conrady
 * 1919, MNRAS 79, 384), for one parameter more than the linear map, where stars are too few for a free cubic. `k` makes
 * the leave-one-out residual smallest, found by parabolas through three values of it. Given as a map of third order.
 */
export function fitRadialMap(
  detections: Points,
  stars: Points,
  pairs: Pairs,
  corner: { readonly u: number; readonly v: number },
): MapFit | undefined {
  const normPx = Math.hypot(corner.u, corner.v);
  const bent = { x: detections.x.slice(), y: detections.y.slice() };
  const fitWith = (k: number): MapFit | undefined => {
    for (let n = 0; n < pairs.count; n++) {
      const i = pairs.detected[n]!;
      const [u, v] = [detections.x[i]!, detections.y[i]!];
      const stretch = 1 + (k * (u * u + v * v)) / normPx ** 2;
      bent.x[i] = u * stretch;
      bent.y[i] = v * stretch;
    }
    return fitMap(bent, stars, pairs, 1, corner);
  };
  let k = 0;
  for (let step = FIRST_STEP; step > FIRST_STEP / 50; step /= 4) {
    const [below, at, above] = [fitWith(k - step), fitWith(k), fitWith(k + step)];
    if (!below || !at || !above) return undefined;
    const [low, middle, high] = [below.leaveOneOut ** 2, at.leaveOneOut ** 2, above.leaveOneOut ** 2];
    const curvature = low - 2 * middle + high;
    if (!(curvature > 0)) return undefined;
    k += (step * (low - high)) / (2 * curvature);
    if (!(Math.abs(k) < MAX_STRENGTH)) return undefined;
  }
  const fit = fitWith(k);
  return fit && { ...fit, map: withRadial(fit.map, k) };
}

function withRadial({ normPx, toX, toY }: PlaneMap, k: number): PlaneMap {
  const bend = (linear: Float64Array): Float64Array => {
    const cubic = new Float64Array(sipLength(3));
    cubic.set(linear);
    cubic[sipIndex(3, 0)] = k * linear[1]!;
    cubic[sipIndex(1, 2)] = k * linear[1]!;
    cubic[sipIndex(2, 1)] = k * linear[2]!;
    cubic[sipIndex(0, 3)] = k * linear[2]!;
    return cubic;
  };
  return { order: 3, normPx, toX: bend(toX), toY: bend(toY) };
}
