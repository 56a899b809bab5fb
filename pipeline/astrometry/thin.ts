import { type PointGrid, pointGrid } from './point-grid.ts';

/**
 * Cuts a list (brightest first) to an even density: a star stays when fewer than `rank` brighter ones lie within
 * `radius` of it. The rule looks at a star's surroundings only, so that two lists of one sky, cut with the same radius,
 * keep the same stars wherever their edges lie, and a cluster or the Milky Way's gradient cannot take all places.
 * Gives the places of the stars that stay, brightest first.
 */
export function thinByLocalRank(
  x: Float64Array,
  y: Float64Array,
  count: number,
  radius: number,
  rank: number,
): Int32Array {
  const grid = pointGrid(x, y, count, radius);
  const kept = new Int32Array(count);
  let n = 0;
  for (let i = 0; i < count; i++) {
    if (brighterWithin(grid, i, radius, rank) < rank) kept[n++] = i;
  }
  return kept.slice(0, n);
}

/** Points with a smaller index than `i` within `radius`, counted up to `enough`. */
function brighterWithin(grid: PointGrid, i: number, radius: number, enough: number): number {
  const { x, y, cell, columns, rows, start, points, minX, minY } = grid;
  const px = x[i]!;
  const py = y[i]!;
  const limit = radius * radius;
  const fromColumn = Math.max(0, Math.floor((px - radius - minX) / cell));
  const toColumn = Math.min(columns - 1, Math.floor((px + radius - minX) / cell));
  const fromRow = Math.max(0, Math.floor((py - radius - minY) / cell));
  const toRow = Math.min(rows - 1, Math.floor((py + radius - minY) / cell));
  let count = 0;
  for (let row = fromRow; row <= toRow; row++) {
    for (let column = fromColumn; column <= toColumn; column++) {
      const end = start[row * columns + column + 1]!;
      for (let k = start[row * columns + column]!; k < end; k++) {
        const j = points[k]!;
        if (j >= i) break;
        if ((x[j]! - px) ** 2 + (y[j]! - py) ** 2 <= limit && ++count >= enough) return count;
      }
    }
  }
  return count;
}
