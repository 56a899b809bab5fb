import { SourceFlag } from '../flags.ts';
import { Grid } from '../model/neighbours.ts';
import type { Shift } from './shift.ts';
import type { StarList } from './star-list.ts';

/** One star as the planes see it. */
export interface StarGroup {
  /** Common coordinates of the reference plane: the inverse-variance weighted mean of the members that agree. */
  x: number;
  y: number;
  /** 1 / variance of each axis, of all members together. */
  weightX: number;
  weightY: number;
  /** Row of the star in each plane's table; -1 where the plane did not find it. */
  readonly rows: Int32Array;
  /** A plane's position contradicts the others: its members are measured apart. */
  isApart: boolean;
}

/** Members are looked for within this many FWHM. */
const REACH_FWHM = 0.6;
/** Chi square of two axes that chance exceeds once in ten thousand, by the number of members less one. */
const LIMITS = [Number.POSITIVE_INFINITY, 18.4, 23.5, 27.9] as const;
/** Two stars nearer than this, in FWHM, cannot be told from one in a single plane. */
export const SAME_FWHM = 0.3;

/** Position of row i of a list with its shift taken out, and its weights. */
interface Placed {
  readonly x: number;
  readonly y: number;
  readonly weightX: number;
  readonly weightY: number;
}

/**
 * Finds the rows of all planes that are the same star. The plane with the most stars begins; each further plane joins its
 * nearest stars, the closest pairs first. Where the positions of one star contradict each other by more than chance and
 * `floorPx` allow, the member that contradicts most leaves, and what left and what stays are marked as apart. Saturated stars,
 * whose positions are rough, take no part. The same input gives the same groups in the same order.
 */
export function groupStars(lists: readonly StarList[], shifts: readonly Shift[], floorPx: number): StarGroup[] {
  const order = lists.map((_, p) => p).sort((a, b) => lists[b]!.sources.count - lists[a]!.sources.count || a - b);
  const places = lists.map((list, p) => placesOf(list, shifts[p]!, floorPx));
  const groups: StarGroup[] = [];
  for (const p of order) joinPlane(groups, lists[p]!, places, p);
  return groups.flatMap((group) => settle(group, places));
}

function placesOf({ sources, x, y }: StarList, shift: Shift, floorPx: number): (Placed | undefined)[] {
  return Array.from(x, (_, i) => {
    if ((sources.flags[i]! & SourceFlag.saturated) !== 0) return undefined;
    const { dx, dy } = shift.at(x[i]!, y[i]!);
    const weightX = 1 / (sources.xErr[i]! ** 2 + floorPx ** 2);
    const weightY = 1 / (sources.yErr[i]! ** 2 + floorPx ** 2);
    if (!(weightX > 0 && weightY > 0 && weightX + weightY < Number.POSITIVE_INFINITY)) return undefined;
    return { x: x[i]! - dx, y: y[i]! - dy, weightX, weightY };
  });
}

function joinPlane(groups: StarGroup[], list: StarList, places: readonly (Placed | undefined)[][], p: number): void {
  const { width, height } = list.plane;
  const xs = Float64Array.from(groups, ({ x }) => x);
  const ys = Float64Array.from(groups, ({ y }) => y);
  const grid = new Grid(xs, ys, groups.length, width, height, 32);
  const reach = REACH_FWHM * list.fwhmPx;
  const candidates: { row: number; group: number; d: number }[] = [];
  const own = places[p]!;
  own.forEach((place, row) => {
    if (!place) return;
    grid.near(place.x, place.y, reach, (group) => {
      const d = Math.hypot(xs[group]! - place.x, ys[group]! - place.y);
      const isSame = d < SAME_FWHM * list.fwhmPx || distance2(place, groups[group]!) < LIMITS[1];
      if (d <= reach && isSame) candidates.push({ row, group, d });
    });
  });
  candidates.sort((a, b) => a.d - b.d || a.row - b.row || a.group - b.group);
  const taken = new Uint8Array(own.length);
  for (const { row, group } of candidates) {
    if (taken[row] === 1 || groups[group]!.rows[p] !== -1) continue;
    taken[row] = 1;
    groups[group]!.rows[p] = row;
    meanOf(groups[group]!, places);
  }
  own.forEach((place, row) => {
    if (!place || taken[row] === 1) return;
    const rows = new Int32Array(places.length).fill(-1);
    rows[p] = row;
    groups.push({ ...place, rows, isApart: false });
  });
}

/** Chi square of two positions being the same. */
function distance2(a: Placed, b: Placed): number {
  return (a.x - b.x) ** 2 / (1 / a.weightX + 1 / b.weightX) + (a.y - b.y) ** 2 / (1 / a.weightY + 1 / b.weightY);
}

function meanOf(group: StarGroup, places: readonly (Placed | undefined)[][]): void {
  let [sumX, sumY, weightX, weightY] = [0, 0, 0, 0];
  group.rows.forEach((row, p) => {
    if (row === -1) return;
    const place = places[p]![row]!;
    sumX += place.weightX * place.x;
    sumY += place.weightY * place.y;
    weightX += place.weightX;
    weightY += place.weightY;
  });
  group.x = sumX / weightX;
  group.y = sumY / weightY;
  group.weightX = weightX;
  group.weightY = weightY;
}

/** Lets members go until the others agree; gives what stays and what went. */
function settle(group: StarGroup, places: readonly (Placed | undefined)[][]): StarGroup[] {
  const gone: StarGroup[] = [];
  for (;;) {
    const members = [...group.rows.keys()].filter((p) => group.rows[p] !== -1);
    let chi2 = 0;
    let worst = { plane: -1, chi2: 0 };
    for (const p of members) {
      const { x, y, weightX, weightY } = places[p]![group.rows[p]!]!;
      const own = weightX * (x - group.x) ** 2 + weightY * (y - group.y) ** 2;
      chi2 += own;
      if (own > worst.chi2) worst = { plane: p, chi2: own };
    }
    if (chi2 <= LIMITS[members.length - 1]!) break;
    const row = group.rows[worst.plane]!;
    const rows = new Int32Array(places.length).fill(-1);
    rows[worst.plane] = row;
    gone.push({ ...places[worst.plane]![row]!, rows, isApart: true });
    group.rows[worst.plane] = -1;
    meanOf(group, places);
    group.isApart = true;
  }
  return [group, ...gone];
}
