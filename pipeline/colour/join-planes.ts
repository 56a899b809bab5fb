import { SourceFlag } from '../flags.ts';
import type { PlaneMeasurement } from '../measure.ts';
import { Grid } from '../model/neighbours.ts';
import type { HeldStar, HeldStars } from '../photometry/hold.ts';
import type { Plane } from '../plane.ts';
import type { ForcedMeasurement, SourceTable } from '../sources.ts';
import { chiExcess, confusionFactor } from './confusion.ts';
import { groupStars, SAME_FWHM, type StarGroup } from './group.ts';
import { fitShift, noShift, positionFloor, type Shift } from './shift.ts';
import { type StarList, starList } from './star-list.ts';

interface PlaneResult {
  readonly plane: Plane;
  readonly measurement: PlaneMeasurement;
}

/** Positions are kept in so many parts of a pixel: they go into any plane and come out of it the same to the last bit. */
const GRAIN = 2 ** 24;

/**
 * One position for each star over the planes of a Bayer mosaic. Stars found on single planes are matched; a star's position is the
 * weighted mean of the planes', in the coordinates of the reference plane (the one with most clean stars), from which the other
 * colours may be shifted smoothly. Then the fluxes of each plane are fitted again with the positions held, also those of stars
 * that only other planes show. What planes disagree on is measured apart, and flagged. Planes that could not be measured, and a
 * single plane, come back as they are.
 */
export async function joinPlanes<Result extends PlaneResult>(results: readonly Result[]): Promise<readonly Result[]> {
  const usable = results.filter(({ measurement }) => measurement.hold !== undefined);
  if (usable.length < 2) return results;
  const lists = usable.map(({ plane, measurement }) => starList(plane, measurement.sources, measurement.psf!.fwhmPx));
  const cleanOf = ({ isClean }: StarList) => isClean.filter((clean) => clean).length;
  const reference = lists.reduce((a, b) => (cleanOf(b) > cleanOf(a) ? b : a));
  const { shifts, floorPx } = shiftsOf(lists, reference);
  const groups = groupStars(lists, shifts, floorPx);
  for (const group of groups) {
    group.x = Math.round(group.x * GRAIN) / GRAIN;
    group.y = Math.round(group.y * GRAIN) / GRAIN;
  }
  const joined = new Map<Result, Result>();
  const rowsOfGroups = new Map<StarGroup, JoinedRow[]>();
  for (const [p, result] of usable.entries()) {
    const list = lists[p]!;
    const shift = shifts[p]!;
    const { stars, places } = heldOn(list, shift, groups, p, floorPx);
    const again = await result.measurement.hold!(stars);
    const named = nameRows(again.sources, places, list, groups, p);
    collectRows(rowsOfGroups, again.sources, named);
    const force: PlaneMeasurement['force'] = (positions) => forceShifted(again, shift, list, positions);
    joined.set(result, { ...result, measurement: { ...again, force } });
  }
  widenErrors(rowsOfGroups.values(), reference.fwhmPx);
  return results.map((result) => joined.get(result) ?? result);
}

/** A star in one plane's table, and what the fit there left over. */
interface JoinedRow {
  readonly sources: SourceTable;
  readonly row: number;
  readonly excess: number;
  readonly noise: number;
}

function collectRows(
  rowsOfGroups: Map<StarGroup, JoinedRow[]>,
  sources: SourceTable,
  named: ReadonlyMap<number, StarGroup>,
): void {
  const { excess, noise } = chiExcess(sources);
  for (const [row, group] of named) {
    const rows = rowsOfGroups.get(group) ?? [];
    rows.push({ sources, row, excess: excess[row]!, noise: noise[row]! });
    rowsOfGroups.set(group, rows);
  }
}

function widenErrors(groups: Iterable<readonly JoinedRow[]>, fwhmPx: number): void {
  for (const rows of groups) {
    const factor = confusionFactor(rows, fwhmPx);
    for (const { sources, row } of rows) {
      sources.xErr[row]! *= factor;
      sources.yErr[row]! *= factor;
    }
  }
}

function shiftsOf(lists: readonly StarList[], reference: StarList): { shifts: Shift[]; floorPx: number } {
  const fitAll = (floorPx: number) =>
    lists.map((list) => (list === reference ? noShift : fitShift(list, reference, floorPx)));
  const floorOf = (shifts: readonly Shift[]) =>
    Math.max(...lists.map((list, p) => (list === reference ? 0 : positionFloor(list, reference, shifts[p]!))));
  const floorPx = floorOf(fitAll(0));
  return { shifts: fitAll(floorPx), floorPx };
}

/** Whose a place on a plane is. */
interface PixelPosition {
  readonly group: StarGroup;
  /** The plane itself did not find the star. */
  readonly isForced: boolean;
}

const placeKey = (x: number, y: number) => `${x} ${y}`;

/** Where the stars are to be held on one plane, and whose each place is. */
function heldOn(
  list: StarList,
  shift: Shift,
  groups: readonly StarGroup[],
  p: number,
  floorPx: number,
): { stars: HeldStars; places: Map<string, PixelPosition> } {
  const { sources, plane, originX, originY } = list;
  const grid = new Grid(sources.x, sources.y, sources.count, plane.width, plane.height, 32);
  const moved: HeldStar[] = [];
  const added: Omit<HeldStar, 'fromX' | 'fromY'>[] = [];
  const places = new Map<string, PixelPosition>();
  const beside = (all: number, own: number) => Math.max(0, all - 1 / (own ** 2 + floorPx ** 2));
  for (const group of groups) {
    const row = group.rows[p]!;
    const { dx, dy } = shift.at(group.x, group.y);
    const x = group.x + dx - originX;
    const y = group.y + dy - originY;
    if (row !== -1) {
      const weightX = beside(group.weightX, sources.xErr[row]!);
      const weightY = beside(group.weightY, sources.yErr[row]!);
      moved.push({ fromX: sources.x[row]!, fromY: sources.y[row]!, x, y, weightX, weightY });
    } else if (!group.isApart && isInside(plane, x, y) && isFree(list, grid, x, y)) {
      added.push({ x, y, weightX: group.weightX, weightY: group.weightY });
    } else continue;
    places.set(placeKey(x, y), { group, isForced: row === -1 });
  }
  return { stars: { moved, added }, places };
}

function isInside({ width, height }: Plane, x: number, y: number): boolean {
  return x > -0.5 && y > -0.5 && x < width - 0.5 && y < height - 0.5;
}

/** Whether no star of the plane stands where another could not be told from it. */
function isFree({ sources, fwhmPx }: StarList, grid: Grid, x: number, y: number): boolean {
  let free = true;
  const reach = 2 * fwhmPx;
  grid.near(x, y, reach, (i) => {
    const d = Math.hypot(sources.x[i]! - x, sources.y[i]! - y);
    const isSaturated = (sources.flags[i]! & SourceFlag.saturated) !== 0;
    if (d < (isSaturated ? reach : SAME_FWHM * fwhmPx)) free = false;
  });
  return free;
}

/**
 * Puts the common positions into a plane's table, and the flags. A star saturated here takes the place that other planes know. Gives
 * the star of each row that has one.
 */
function nameRows(
  sources: SourceTable,
  places: ReadonlyMap<string, PixelPosition>,
  { plane, originX, originY, fwhmPx }: StarList,
  groups: readonly StarGroup[],
  p: number,
): Map<number, StarGroup> {
  const named = new Map<number, StarGroup>();
  const elsewhere = groups.filter(({ rows, isApart }) => rows[p] === -1 && !isApart);
  const xs = Float64Array.from(elsewhere, ({ x }) => x);
  const ys = Float64Array.from(elsewhere, ({ y }) => y);
  const grid = new Grid(xs, ys, elsewhere.length, plane.width, plane.height, 32);
  for (let i = 0; i < sources.count; i++) {
    let place = places.get(placeKey(sources.x[i]!, sources.y[i]!));
    if (!place && (sources.flags[i]! & SourceFlag.saturated) !== 0) {
      let least = fwhmPx;
      const [x, y] = [sources.x[i]! + originX, sources.y[i]! + originY];
      grid.near(x, y, fwhmPx, (g) => {
        const d = Math.hypot(xs[g]! - x, ys[g]! - y);
        if (d >= least) return;
        least = d;
        place = { group: elsewhere[g]!, isForced: false };
      });
    }
    if (!place) continue;
    named.set(i, place.group);
    sources.x[i] = place.group.x - originX;
    sources.y[i] = place.group.y - originY;
    if (place.group.isApart) sources.flags[i]! |= SourceFlag.apart;
    if (place.isForced) sources.flags[i]! |= SourceFlag.forced;
  }
  return named;
}

/** Forced measurements at places of the reference plane, for this plane shifted as its stars are. */
function forceShifted(
  measurement: PlaneMeasurement,
  shift: Shift,
  { originX, originY }: StarList,
  positions: readonly { readonly x: number; readonly y: number }[],
): ForcedMeasurement[] {
  const shifted = positions.map(({ x, y }) => {
    const { dx, dy } = shift.at(x + originX, y + originY);
    return { x: x + dx, y: y + dy };
  });
  return measurement.force(shifted).map((one, i) => ({ ...one, x: positions[i]!.x, y: positions[i]!.y }));
}
