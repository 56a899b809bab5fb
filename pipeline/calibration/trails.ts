import type { Crew, Kernel } from '../crew.ts';
import { rowsOfPart, sharedFloat32 } from '../crew.ts';
import { clippedLocation, medianInPlace } from '../numeric/robust.ts';
import { MaskBit, type Plane } from '../plane.ts';

export interface TrailOptions {
  readonly skyE: number;
  readonly skyRmsE: number;
  readonly fwhmPx: number;
  /** At most this many trails are looked for. */
  readonly most?: number;
}

/** What trails are looked for in, and masked. */
export type TrailPlane = Pick<Plane, 'width' | 'height' | 'electrons' | 'mask'>;

/** A straight trail across a plane: points (x, y) with x cos(angle) + y sin(angle) = distance. */
export interface Trail {
  readonly angleRad: number;
  readonly distancePx: number;
  /** Half the width that was masked. */
  readonly halfWidthPx: number;
}

const bin = 4;
const angleSteps = 360;
/** Angles are shared among threads in so many parts. */
const angleParts = 12;
/** Share of a trail's length inside the frame that must stand out from the strips on either side of it. */
const leastFill = 0.6;

/**
 * Finds trails of satellites and aircraft that cross a plane and sets `MaskBit.trail` along them. Bright 4 x 4 bins vote for
 * lines (Hough 1962; Duda & Hart 1972, CACM 15, 11), each with one vote however bright, so that stars weigh little; a
 * line counts as a trail only if most of its length is brighter than the strips beside it, which no row of stars is.
 */
export async function findTrails(
  plane: TrailPlane,
  options: TrailOptions,
  crew: Crew<{ binRows: typeof binRows; lineVotes: typeof lineVotes }>,
): Promise<Trail[]> {
  const width = Math.floor(plane.width / bin);
  const height = Math.floor(plane.height / bin);
  if (width < 32 || height < 32) return [];
  const binned = { width, height, values: sharedFloat32(width * height) };
  await crew.run('binRows', { plane, skyE: options.skyE, binned }, Math.ceil(height / 32));
  const threshold = (1.5 * options.skyRmsE) / bin;
  const trails: Trail[] = [];
  for (let round = 0; round < (options.most ?? 4); round++) {
    const line = await strongestLine(binned, 2 * threshold, crew);
    const trail = line && verifyLine(binned, line.angleRad, line.distance, threshold);
    if (!trail) break;
    trails.push(maskTrail(plane, trail.angleRad, trail.distance * bin, options));
    eraseLine(binned, trail.angleRad, trail.distance);
  }
  return trails;
}

interface BinnedPlane {
  readonly width: number;
  readonly height: number;
  /** Mean above the sky; NaN without a usable pixel. */
  readonly values: Float32Array;
}

/** Means the pixels of a plane in the rows of bins of one part. */
export const binRows: Kernel<{ plane: TrailPlane; skyE: number; binned: BinnedPlane }, void> = (task, part, parts) => {
  const rows = rowsOfPart(task.binned.height, part, parts);
  for (let by = rows.from; by < rows.to; by++) binRow(task.plane, task.skyE, task.binned, by);
};

function binRow(
  { electrons, mask, width: pitch }: TrailPlane,
  skyE: number,
  { width, values }: BinnedPlane,
  by: number,
): void {
  for (let bx = 0; bx < width; bx++) {
    let sum = 0;
    let n = 0;
    for (let y = by * bin; y < by * bin + bin; y++) {
      for (let x = bx * bin; x < bx * bin + bin; x++) {
        const i = y * pitch + x;
        if (mask[i] !== 0) continue;
        sum += electrons[i]!;
        n++;
      }
    }
    values[by * width + bx] = n > 0 ? sum / n - skyE : Number.NaN;
  }
}

/** The line with most votes of the bins above `threshold`; undefined when none has enough, or the field is too bright. */
async function strongestLine(
  { width, height, values }: BinnedPlane,
  threshold: number,
  crew: Crew<{ lineVotes: typeof lineVotes }>,
): Promise<{ angleRad: number; distance: number } | undefined> {
  // A field so bright or crowded that a third of it votes has no empty sky to see a trail against.
  const most = Math.floor(values.length / 3);
  const xs = new Int16Array(new SharedArrayBuffer(2 * most));
  const ys = new Int16Array(new SharedArrayBuffer(2 * most));
  let voters = 0;
  for (let y = 0; y < height && voters <= most; y++) voters = enrol(values, y, width, threshold, xs, ys, voters);
  if (voters > most) return undefined;
  const reach = Math.ceil(Math.hypot(width, height));
  const lines = await crew.run('lineVotes', { xs, ys, voters, reach }, angleParts);
  const best = lines.reduce((a, b) => (b.votes > a.votes ? b : a));
  if (best.votes < Math.min(width, height) / 4) return undefined;
  return { angleRad: (Math.PI * best.angle) / angleSteps, distance: best.distance };
}

/** Adds the bins of a row that vote to the `before` ones; gives how many are wanted now, which may be more than have room. */
function enrol(
  values: Float32Array,
  y: number,
  width: number,
  threshold: number,
  xs: Int16Array,
  ys: Int16Array,
  before: number,
): number {
  let voters = before;
  for (let x = 0; x < width; x++) {
    if (!(values[y * width + x]! > threshold)) continue;
    xs[voters] = x;
    ys[voters++] = y;
  }
  return voters;
}

export interface VoteTask {
  /** Bins that vote, the first `voters` of these. */
  readonly xs: Int16Array;
  readonly ys: Int16Array;
  readonly voters: number;
  /** Longest distance of a bin from the corner, in bins. */
  readonly reach: number;
}

/** The line with most votes among those of the angles of one part: number of the angle, and distance from the corner in bins. */
export const lineVotes: Kernel<VoteTask, { votes: number; angle: number; distance: number }> = (
  { xs, ys, voters, reach },
  part,
  parts,
) => {
  const angles = rowsOfPart(angleSteps, part, parts);
  // One angle at a time: its votes stay in the fastest memory.
  const votes = new Int32Array(2 * reach + 1);
  const best = { votes: 0, angle: 0, distance: 0 };
  for (let angle = angles.from; angle < angles.to; angle++) {
    votes.fill(0);
    castVotes(xs, ys, voters, (Math.PI * angle) / angleSteps, reach, votes);
    for (let i = 0; i < votes.length; i++) {
      if (votes[i]! <= best.votes) continue;
      best.votes = votes[i]!;
      best.angle = angle;
      best.distance = i - reach;
    }
  }
  return best;
};

function castVotes(
  xs: Int16Array,
  ys: Int16Array,
  voters: number,
  angleRad: number,
  reach: number,
  votes: Int32Array,
): void {
  const cos = Math.cos(angleRad);
  const sin = Math.sin(angleRad);
  for (let v = 0; v < voters; v++) {
    const at = Math.floor(reach + 0.5 + xs[v]! * cos + ys[v]! * sin);
    votes[at] = votes[at]! + 1;
  }
}

/** Finds the exact line near a guess, and whether it stands out along its length; undefined if it does not. */
function verifyLine(
  binned: BinnedPlane,
  angleRad: number,
  distance: number,
  threshold: number,
): { angleRad: number; distance: number } | undefined {
  let best = { fill: 0, angleRad, distance };
  const angleStep = Math.PI / angleSteps;
  for (let da = -2; da <= 2; da++) {
    for (let dd = -4; dd <= 4; dd++) {
      const angle = angleRad + (da * angleStep) / 4;
      const fill = fillOf(binned, angle, distance + dd / 2, threshold);
      if (fill > best.fill) best = { fill, angleRad: angle, distance: distance + dd / 2 };
    }
  }
  return best.fill >= leastFill ? best : undefined;
}

/** Share of the line's points that are brighter than those 5 bins to both sides by the threshold. */
function fillOf(binned: BinnedPlane, angleRad: number, distance: number, threshold: number): number {
  let inside = 0;
  let bright = 0;
  walkLine(binned, angleRad, distance, (x, y, nx, ny) => {
    const here = valueAt(binned, x, y);
    if (Number.isNaN(here)) return;
    const left = valueAt(binned, x + 5 * nx, y + 5 * ny);
    const right = valueAt(binned, x - 5 * nx, y - 5 * ny);
    inside++;
    if (here > threshold + Math.max(Number.isNaN(left) ? 0 : left, Number.isNaN(right) ? 0 : right)) bright++;
  });
  return inside < Math.min(binned.width, binned.height) / 2 ? 0 : bright / inside;
}

function valueAt(binned: BinnedPlane, x: number, y: number): number {
  const ix = Math.round(x);
  const iy = Math.round(y);
  if (ix < 0 || iy < 0 || ix >= binned.width || iy >= binned.height) return Number.NaN;
  return binned.values[iy * binned.width + ix]!;
}

function eraseLine(binned: BinnedPlane, angleRad: number, distance: number): void {
  walkLine(binned, angleRad, distance, (x, y, nx, ny) => {
    for (let offset = -4; offset <= 4; offset++) {
      const ix = Math.round(x + offset * nx);
      const iy = Math.round(y + offset * ny);
      if (ix < 0 || iy < 0 || ix >= binned.width || iy >= binned.height) continue;
      binned.values[iy * binned.width + ix] = Number.NaN;
    }
  });
}

/** Visits the points of a line inside an image, one a pixel of its length, with the line's normal. */
function walkLine(
  image: { readonly width: number; readonly height: number },
  angleRad: number,
  distance: number,
  visit: (x: number, y: number, nx: number, ny: number) => void,
): void {
  const nx = Math.cos(angleRad);
  const ny = Math.sin(angleRad);
  const reach = Math.ceil(Math.hypot(image.width, image.height));
  for (let along = -reach; along <= reach; along++) {
    const x = distance * nx - along * ny;
    const y = distance * ny + along * nx;
    if (x < 0 || y < 0 || x > image.width - 1 || y > image.height - 1) continue;
    visit(x, y, nx, ny);
  }
}

/** Masks the trail as wide as its mean profile stands above the sky by a fifth of its noise, and two PSF widths at least. */
function maskTrail(plane: TrailPlane, angleRad: number, distanceCorner: number, options: TrailOptions): Trail {
  // Bin k covers pixels 4k to 4k + 3, so its centre lies 1.5 pixels beyond its first one along both axes.
  const distancePx = distanceCorner + ((bin - 1) / 2) * (Math.cos(angleRad) + Math.sin(angleRad));
  const narrowest = Math.ceil(Math.max(2 * options.fwhmPx, bin));
  const widest = narrowest + 60;
  let halfWidthPx = narrowest;
  const profile = (offset: number): number => {
    const values: number[] = [];
    walkLine(plane, angleRad, distancePx + offset, (x, y) => {
      const i = Math.round(y) * plane.width + Math.round(x);
      if (plane.mask[i] === 0) values.push(plane.electrons[i]!);
    });
    if (values.length === 0) return options.skyE;
    const array = Float64Array.from(values);
    return medianInPlace(array, array.length);
  };
  const far = [widest + 5, widest + 10, -widest - 5, -widest - 10].map(profile);
  const local = clippedLocation(Float64Array.from(far), far.length, 3, new Float64Array(far.length)).mean;
  while (
    halfWidthPx < widest &&
    Math.max(profile(halfWidthPx), profile(-halfWidthPx)) > local + 0.2 * options.skyRmsE
  ) {
    halfWidthPx++;
  }
  const cos = Math.cos(angleRad);
  const sin = Math.sin(angleRad);
  for (let y = 0; y < plane.height; y++) {
    // The columns of this row that lie within the band, one more on each side for rounding.
    const a = (distancePx - halfWidthPx - y * sin) / cos;
    const b = (distancePx + halfWidthPx - y * sin) / cos;
    const from = Math.max(0, Math.floor(Math.min(a, b)) - 1);
    const to = Math.min(plane.width - 1, Math.ceil(Math.max(a, b)) + 1);
    for (let x = from; x <= to; x++) {
      if (Math.abs(x * cos + y * sin - distancePx) > halfWidthPx) continue;
      plane.mask[y * plane.width + x] = plane.mask[y * plane.width + x]! | MaskBit.trail;
    }
  }
  return { angleRad, distancePx, halfWidthPx };
}
