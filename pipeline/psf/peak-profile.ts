import type { Workspace } from '../model/workspace.ts';
import type { FirstStar } from './first-look.ts';

/** How the light of a peak lies about its middle, in terms of its own width. */
export interface PeakProfile {
  /** Light in the middle over the highest of any ring about it: 1 for a star, less for the ring of a telescope out of focus. */
  readonly middle: number;
  /**
   * Light at two thirds of the radius of half maximum less that at one and a half of it, over the highest: 0.5 for a star of any
   * profile, 0.7 and more for what has an edge.
   */
  readonly edge: number;
}

/** Directions in which light is looked for beside a peak, how far in its own widths, and how high it must be to count. */
const directions = 12;
const besideFwhm = 2.2;
const besideShare = 0.4;

/** Light beside a peak, where a star of its width has none left. */
export interface LightBeside {
  /** In how many of twelve directions. */
  readonly count: number;
  /** Mean of cos 2a and sin 2a over these directions: long where they lie on one line. */
  readonly axis: readonly [number, number];
}

/** The peak is a bump on something larger (a ring, a trail, a nebula, the wing of a bright star) where it is in two directions or more. */
export function lightBeside({ plane, residual }: Workspace, { centre, fwhmPx }: FirstStar): LightBeside {
  const spot = Math.max(0.8, 0.35 * fwhmPx);
  const { x, y } = centre;
  const least = besideShare * meanWithin(residual, plane, x, y, spot);
  let [count, cos, sin] = [0, 0, 0];
  for (let k = 0; k < directions; k++) {
    const angle = (2 * Math.PI * k) / directions;
    const away = besideFwhm * fwhmPx;
    const light = meanWithin(residual, plane, x + away * Math.cos(angle), y + away * Math.sin(angle), spot);
    if (!(light > least)) continue;
    count++;
    cos += Math.cos(2 * angle);
    sin += Math.sin(2 * angle);
  }
  return { count, axis: count > 0 ? [cos / count, sin / count] : [0, 0] };
}

/** Rings of a profile for each radius of half maximum as the area of the peak tells it, and how far out it goes. */
const ringsPerRadius = 5;
const reachRadii = 3.2;

/** The profile of a peak, from means over rings about its middle; undefined where the edge of the plane cuts it. */
export function peakProfile({ plane, residual }: Workspace, { centre, fwhmPx }: FirstStar): PeakProfile | undefined {
  const ringPx = fwhmPx / 2 / ringsPerRadius;
  const n = Math.ceil(ringsPerRadius * reachRadii);
  const reach = n * ringPx;
  const { width, height } = plane;
  const inside = Math.min(centre.x, centre.y, width - 1 - centre.x, height - 1 - centre.y);
  if (inside < fwhmPx / 2) return undefined;
  const [x0, x1] = [Math.max(0, centre.x - reach), Math.min(width - 1, centre.x + reach)];
  const [y0, y1] = [Math.max(0, centre.y - reach), Math.min(height - 1, centre.y + reach)];
  const sums = new Float64Array(n);
  const counts = new Float64Array(n);
  for (let j = Math.ceil(y0); j <= y1; j++) {
    for (let i = Math.ceil(x0); i <= x1; i++) {
      const k = Math.floor(Math.hypot(i - centre.x, j - centre.y) / ringPx);
      const value = residual[j * width + i]!;
      if (k >= n || Number.isNaN(value)) continue;
      sums[k]! += value;
      counts[k]!++;
    }
  }
  const between = (from: number, to: number): number => {
    let [sum, count] = [0, 0];
    for (let k = Math.max(0, from); k < Math.min(n, to); k++) {
      sum += sums[k]!;
      count += counts[k]!;
    }
    return sum / count;
  };
  // Two rings at a time are enough pixels to tell the highest by.
  let top = between(0, 2);
  let at = 0;
  for (let k = 1; k < n; k++) {
    const level = between(k, k + 2);
    if (level > top && counts[k]! + counts[k + 1]! > 8) [top, at] = [level, k];
  }
  let half = at + 1;
  while (half < n && between(half, half + 1) > top / 2) half++;
  const radius = half;
  const near = (share: number): number => between(Math.floor(share * radius - 0.5), Math.ceil(share * radius + 0.5));
  return { middle: between(0, Math.max(1, Math.round(0.3 * radius))) / top, edge: (near(0.66) - near(1.5)) / top };
}

function meanWithin(
  image: Float32Array,
  { width, height }: { readonly width: number; readonly height: number },
  x: number,
  y: number,
  radius: number,
): number {
  let sum = 0;
  let n = 0;
  for (let j = Math.max(0, Math.ceil(y - radius)); j <= Math.min(height - 1, y + radius); j++) {
    for (let i = Math.max(0, Math.ceil(x - radius)); i <= Math.min(width - 1, x + radius); i++) {
      const value = image[j * width + i]!;
      if (Number.isNaN(value) || (i - x) ** 2 + (j - y) ** 2 > radius * radius) continue;
      sum += value;
      n++;
    }
  }
  return n > 0 ? sum / n : Number.NaN;
}
