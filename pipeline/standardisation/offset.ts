import type { PointGrid } from '../astrometry/point-grid.ts';

/** The common shift between two lists of positions. */
export interface Offset {
  readonly eastArcsec: number;
  readonly northArcsec: number;
  /** Scatter of one pair about it, one axis. */
  readonly sigmaArcsec: number;
  /** Share of the list's stars without a partner there. */
  readonly outlierFraction: number;
  /** Number of pairs it rests on. */
  readonly nPairs: number;
}

/** Side of the cells in which differences are counted, as a share of the search radius. */
const CELLS_PER_RADIUS = 10;
const MAX_PAIRS_PER_STAR = 50;

/**
 * The shift that brings most of the first `count` stars of `here` (arcsec) onto stars of `known`: the densest cell of
 * all differences within `radius`, refined as a Gaussian over the uniform background of chance pairs by EM. Undefined
 * when the peak could be chance: fewer than three pairs, or less than five sigma above the background.
 */
export function findOffset(
  here: { readonly x: Float64Array; readonly y: Float64Array },
  count: number,
  known: PointGrid,
  radius: number,
): Offset | undefined {
  const { dx, dy, pairs } = differences(here, count, known, radius);
  const side = radius / CELLS_PER_RADIUS;
  const across = 2 * CELLS_PER_RADIUS + 1;
  const cells = new Int32Array(across * across);
  const cellOf = (d: number): number => Math.min(across - 1, Math.max(0, Math.round(d / side) + CELLS_PER_RADIUS));
  for (let p = 0; p < pairs; p++) cells[cellOf(dy[p]!) * across + cellOf(dx[p]!)]!++;
  const peak = densest(cells, across);
  // Nine cells hold the peak; the rest of the disc tells what chance puts into nine cells.
  const background =
    (pairs - peak.count) * ((9 * side * side) / Math.max(Math.PI * radius * radius - 9 * side * side, 1e-9));
  if (peak.count < 3 || peak.count - background < 5 * Math.sqrt(background)) return undefined;
  let east = (peak.column - CELLS_PER_RADIUS) * side;
  let north = (peak.row - CELLS_PER_RADIUS) * side;
  let sigma = side;
  let share = 0.5;
  const density = 1 / (Math.PI * radius * radius);
  let members = 0;
  for (let iteration = 0; iteration < 60; iteration++) {
    members = 0;
    let sumX = 0;
    let sumY = 0;
    let sumSquares = 0;
    for (let p = 0; p < pairs; p++) {
      const square = (dx[p]! - east) ** 2 + (dy[p]! - north) ** 2;
      const core = (share * Math.exp((-0.5 * square) / (sigma * sigma))) / (2 * Math.PI * sigma * sigma);
      const weight = core / (core + (1 - share) * density);
      members += weight;
      sumX += weight * dx[p]!;
      sumY += weight * dy[p]!;
      sumSquares += weight * square;
    }
    if (!(members > 0)) return undefined;
    const [nextEast, nextNorth] = [sumX / members, sumY / members];
    const moved = Math.hypot(nextEast - east, nextNorth - north);
    [east, north] = [nextEast, nextNorth];
    sigma = Math.max(0.01, Math.sqrt(sumSquares / (2 * members)));
    share = Math.min(0.999, members / pairs);
    if (moved < 1e-5 * radius && iteration > 10) break;
  }
  return {
    eastArcsec: east,
    northArcsec: north,
    sigmaArcsec: sigma,
    outlierFraction: Math.max(0, 1 - members / count),
    nPairs: Math.round(members),
  };
}

/** Of every star with each known star within `radius`: known minus here. */
function differences(
  here: { readonly x: Float64Array; readonly y: Float64Array },
  count: number,
  { x, y, cell, columns, rows, start, points, minX, minY }: PointGrid,
  radius: number,
): { dx: Float64Array; dy: Float64Array; pairs: number } {
  const dx = new Float64Array(count * MAX_PAIRS_PER_STAR);
  const dy = new Float64Array(count * MAX_PAIRS_PER_STAR);
  let pairs = 0;
  for (let k = 0; k < count; k++) {
    const limit = (k + 1) * MAX_PAIRS_PER_STAR;
    const column = Math.floor((here.x[k]! - minX) / cell);
    const row = Math.floor((here.y[k]! - minY) / cell);
    const reach = Math.ceil(radius / cell);
    for (let r = Math.max(0, row - reach); r <= Math.min(rows - 1, row + reach); r++) {
      const from = Math.max(0, column - reach);
      const to = Math.min(columns - 1, column + reach);
      if (from > to) continue;
      for (let p = start[r * columns + from]!; p < start[r * columns + to + 1]! && pairs < limit; p++) {
        const ex = x[points[p]!]! - here.x[k]!;
        const ey = y[points[p]!]! - here.y[k]!;
        if (ex * ex + ey * ey > radius * radius) continue;
        dx[pairs] = ex;
        dy[pairs++] = ey;
      }
    }
  }
  return { dx, dy, pairs };
}

/** The 3 x 3 block of cells with most in it. */
function densest(cells: Int32Array, across: number): { row: number; column: number; count: number } {
  let best = { row: 1, column: 1, count: -1 };
  for (let row = 1; row < across - 1; row++) {
    for (let column = 1; column < across - 1; column++) {
      let count = 0;
      for (let r = row - 1; r <= row + 1; r++)
        for (let c = column - 1; c <= column + 1; c++) count += cells[r * across + c]!;
      if (count > best.count) best = { row, column, count };
    }
  }
  return best;
}
