import { gaussianFilter } from '../detection/filter.ts';
import { PEAK_STRIDE } from '../detection/peaks.ts';
import { bandsOf } from '../model/render.ts';
import type { Workspace } from '../model/workspace.ts';
import { pixelOf } from '../plane.ts';

/** A star of the first look: a peak that stands out, and the width of its image. */
export interface FirstStar extends FirstPeak {
  /** Electrons above the sky in the brightest pixel. */
  readonly peakE: number;
  /** Diameter of the circle with the area above half maximum, pixels. */
  readonly fwhmPx: number;
  /** The middle of that area. */
  readonly centre: { readonly x: number; readonly y: number };
  /** Whether that area holds pixels much higher than the peak: the shoulder of something brighter. */
  readonly isShoulder: boolean;
  /** How long that area is, and which way: (1 - q^2)/(1 + q^2) for an axis ratio q, times cos 2a and sin 2a of its direction. */
  readonly elongation: readonly [number, number];
}

/** What the first look tells of a plane. */
export interface FirstLook {
  /** Brightest first. */
  readonly stars: readonly FirstStar[];
  /** All that stands out by `LOOK_SIGMA` or more, most significant first: stars, and what may be none. */
  readonly peaks: readonly FirstPeak[];
}

export interface FirstPeak {
  readonly x: number;
  readonly y: number;
  readonly significance: number;
}

const LOOK_FWHM = 2.5;
/** Least significance of a peak of the first look. */
const LOOK_SIGMA = 8;
const WIDEST = 40;
const LEAST_BESIDE = 0.3;
/** A pixel so many times as high as a peak is no noise on its star. */
const SHOULDER = 1.5;
/** A large image is looked at in bins of so many pixels: it has bright stars enough, however narrow they are. */
const LARGE_PX = 8e6;
const LARGE_BIN = 2;

/** Finds bright peaks without a PSF and measures their widths, brightest first, at most `limit`. */
export async function firstLook(work: Workspace, limit: number): Promise<FirstLook> {
  const { plane, residual, sky, noise, crew } = work;
  const found = await crew.run(
    'findPeaks',
    {
      width: plane.width,
      height: plane.height,
      residual,
      electrons: plane.electrons,
      sky,
      noise,
      modelled: false,
      filter: gaussianFilter(LOOK_FWHM, plane.width * plane.height > LARGE_PX ? LARGE_BIN : 1),
      psf: undefined,
      localSky: false,
      threshold: LOOK_SIGMA,
    },
    bandsOf(plane.height),
  );
  const peaks: FirstPeak[] = [];
  for (const part of found) {
    for (let i = 0; i < part.length; i += PEAK_STRIDE) {
      peaks.push({ x: part[i]!, y: part[i + 1]!, significance: part[i + 2]! });
    }
  }
  peaks.sort((a, b) => b.significance - a.significance || a.y - b.y || a.x - b.x);
  const taken = new Set<number>();
  const stars: FirstStar[] = [];
  for (const peak of peaks) {
    if (stars.length >= limit) break;
    const star = halfMaximum(work, peak, taken);
    if (star !== undefined) stars.push(star);
  }
  return { stars, peaks };
}

/** Measures the patch above half maximum around a peak; undefined for what cannot be a star's image. */
function halfMaximum(
  work: Workspace,
  { x: px, y: py, significance }: FirstPeak,
  taken: Set<number>,
): FirstStar | undefined {
  const { width, height } = work.plane;
  const { residual } = work;
  let at = pixelOf(py) * width + pixelOf(px);
  if (taken.has(at)) return undefined;
  // Climb to the brightest pixel nearby.
  for (let step = 0; step < 8; step++) {
    let best = at;
    const x = at % width;
    const y = Math.floor(at / width);
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
        const q = at + dy * width + dx;
        const v = residual[q]!;
        if (Number.isNaN(v)) return undefined;
        if (v > residual[best]!) best = q;
      }
    }
    if (best === at) break;
    at = best;
  }
  if (taken.has(at)) return undefined;
  const peak = residual[at]!;
  const x = at % width;
  const y = Math.floor(at / width);
  if (x < 2 || y < 2 || x >= width - 2 || y >= height - 2) return undefined;
  // Optics spread light along both axes: of a star as narrow as 1.3 pixels the two neighbours along either axis hold
  // 0.46 of the peak or more, wherever in the pixel it stands. Hot pixels, and cosmic rays across, hold less.
  if (residual[at - 1]! + residual[at + 1]! < LEAST_BESIDE * peak) return undefined;
  if (residual[at - width]! + residual[at + width]! < LEAST_BESIDE * peak) return undefined;
  const area = patchAbove(residual, width, height, x, y, peak / 2);
  if (area === 0) return undefined;
  let [sumX, sumY, highest] = [0, 0, peak];
  for (let k = 0; k < area; k++) {
    taken.add(patch[k]!);
    sumX += patch[k]! % width;
    sumY += Math.floor(patch[k]! / width);
    highest = Math.max(highest, residual[patch[k]!]!);
  }
  const centre = { x: sumX / area, y: sumY / area };
  const fwhmPx = 2 * Math.sqrt(area / Math.PI);
  const isShoulder = highest > SHOULDER * peak;
  return {
    x: px,
    y: py,
    significance,
    peakE: peak,
    fwhmPx,
    centre,
    isShoulder,
    elongation: elongationOf(area, width, centre),
  };
}

/** By the second moments of the first `area` pixels of `patch`. */
function elongationOf(area: number, width: number, { x, y }: FirstStar['centre']): readonly [number, number] {
  // The extent of a pixel itself.
  let [xx, yy, xy] = [area / 12, area / 12, 0];
  for (let k = 0; k < area; k++) {
    const column = patch[k]! % width;
    const [dx, dy] = [column - x, (patch[k]! - column) / width - y];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return [(xx - yy) / (xx + yy), (2 * xy) / (xx + yy)];
}

const SIDE = 2 * WIDEST + 1;
/** The pixels of the last patch, and who has been visited for it: the number of its search. */
const patch = new Int32Array(SIDE * SIDE);
const visited = new Int32Array(SIDE * SIDE);
let searches = 0;

/**
 * Puts into `patch` the connected pixels that are at least `level`, (x, y) being one of them; how many there are, 0 when they
 * reach farther than a star's image can, or touch a pixel without weight.
 */
function patchAbove(
  residual: Float32Array,
  width: number,
  height: number,
  x: number,
  y: number,
  level: number,
): number {
  searches++;
  let n = 0;
  patch[n++] = y * width + x;
  visited[WIDEST * SIDE + WIDEST] = searches;
  for (let k = 0; k < n; k++) {
    const cx = patch[k]! % width;
    const cy = (patch[k]! - cx) / width;
    for (let side = 0; side < 4; side++) {
      const nx = cx + (side === 0 ? 1 : side === 1 ? -1 : 0);
      const ny = cy + (side === 2 ? 1 : side === 3 ? -1 : 0);
      if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
      const v = residual[ny * width + nx]!;
      if (Number.isNaN(v)) return 0;
      if (v < level) continue;
      if (Math.abs(nx - x) > WIDEST || Math.abs(ny - y) > WIDEST) return 0;
      const cell = (ny - y + WIDEST) * SIDE + nx - x + WIDEST;
      if (visited[cell] === searches) continue;
      visited[cell] = searches;
      patch[n++] = ny * width + nx;
    }
  }
  return n;
}

/**
 * The width that most stars share: the middle of the shortest interval that holds half of the sorted widths (the
 * half-sample mode, Bickel & Frühwirth 2006, Comp. Stat. & Data Analysis 50, 3500), repeated until few are left.
 */
export function commonWidth(stars: readonly FirstStar[]): number {
  let sorted = stars.map((star) => star.fwhmPx).sort((a, b) => a - b);
  while (sorted.length > 8) {
    const n = Math.ceil(sorted.length / 2);
    let best = 0;
    for (let i = 1; i + n <= sorted.length; i++) {
      if (sorted[i + n - 1]! - sorted[i]! < sorted[best + n - 1]! - sorted[best]!) best = i;
    }
    sorted = sorted.slice(best, best + n);
  }
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
