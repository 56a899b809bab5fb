import { pointGrid } from './point-grid.ts';

/**
 * The local rank of each point of a list (brightest first): how many brighter ones lie within `radius` of it, counted
 * up to `enough`. A list cut at a local rank has an even density, and since the rule looks at a star's surroundings
 * only, two lists of one sky, cut with the same radius, keep the same stars wherever their edges lie; a cluster or the
 * Milky Way's gradient cannot take all places.
 */
export function localRanks(
  x: Float64Array,
  y: Float64Array,
  count: number,
  radius: number,
  enough: number,
): Uint16Array {
  const grid = pointGrid(x, y, count, radius);
  const { cell, columns, rows, start, points, minX, minY } = grid;
  const reach = Math.ceil(radius / cell);
  const limit = radius * radius;
  const ranks = new Uint16Array(count);
  const countBrighter = (i: number, column: number, row: number): number => {
    if (column < 0 || column >= columns || row < 0 || row >= rows) return 0;
    const end = start[row * columns + column + 1]!;
    let brighter = 0;
    for (let k = start[row * columns + column]!; k < end; k++) {
      const j = points[k]!;
      if (j >= i) break;
      if ((x[j]! - x[i]!) ** 2 + (y[j]! - y[i]!) ** 2 <= limit && ++brighter >= enough) break;
    }
    return brighter;
  };
  for (let i = 0; i < count; i++) {
    const column = Math.floor((x[i]! - minX) / cell);
    const row = Math.floor((y[i]! - minY) / cell);
    // Its own cell first: there most faint stars find brighter ones enough.
    let rank = countBrighter(i, column, row);
    for (let dy = -reach; dy <= reach && rank < enough; dy++) {
      for (let dx = -reach; dx <= reach && rank < enough; dx++) {
        if (dx !== 0 || dy !== 0) rank += countBrighter(i, column + dx, row + dy);
      }
    }
    ranks[i] = Math.min(rank, enough);
  }
  return ranks;
}

/** The places whose local rank is below `rank`, in order. */
export function placesBelow(ranks: Uint16Array, rank: number): Int32Array {
  let n = 0;
  for (let i = 0; i < ranks.length; i++) if (ranks[i]! < rank) n++;
  const places = new Int32Array(n);
  for (let i = 0, k = 0; i < ranks.length; i++) if (ranks[i]! < rank) places[k++] = i;
  return places;
}
