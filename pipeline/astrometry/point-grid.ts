/** Points of a plane, one array a coordinate. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Points of a plane sorted into square cells, for neighbour searches. Points keep their order within a cell. */
export interface PointGrid {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly minX: number;
  readonly minY: number;
  readonly cell: number;
  readonly columns: number;
  readonly rows: number;
  /** Points of cell c are points[start[c]] .. points[start[c + 1] - 1]. */
  readonly start: Int32Array;
  readonly points: Int32Array;
}

/** A grid over the first `count` points; cells are widened when they would be many more than the points. */
export function pointGrid(x: Float64Array, y: Float64Array, count: number, wantedCell: number): PointGrid {
  let minX = Infinity;
  let minY = Infinity;
  let maxX = -Infinity;
  let maxY = -Infinity;
  for (let i = 0; i < count; i++) {
    minX = Math.min(minX, x[i]!);
    maxX = Math.max(maxX, x[i]!);
    minY = Math.min(minY, y[i]!);
    maxY = Math.max(maxY, y[i]!);
  }
  if (count === 0) minX = minY = maxX = maxY = 0;
  const extent = Math.max(maxX - minX, maxY - minY);
  const cell = Math.max(wantedCell, extent / Math.sqrt(4 * count + 64), extent * 1e-6, Number.MIN_VALUE);
  const columns = Math.floor((maxX - minX) / cell) + 1;
  const rows = Math.floor((maxY - minY) / cell) + 1;
  const start = new Int32Array(columns * rows + 1);
  const cellOf = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const c = Math.floor((y[i]! - minY) / cell) * columns + Math.floor((x[i]! - minX) / cell);
    cellOf[i] = c;
    start[c + 1]!++;
  }
  for (let c = 0; c < columns * rows; c++) start[c + 1]! += start[c]!;
  const next = start.slice();
  const points = new Int32Array(count);
  for (let i = 0; i < count; i++) points[next[cellOf[i]!]!++] = i;
  return { x, y, minX, minY, cell, columns, rows, start, points };
}

/** The nearest point to (px, py) not farther than `radius`, or -1. */
export function nearestPoint(grid: PointGrid, px: number, py: number, radius: number): number {
  const { x, y, cell, columns, rows, start, points, minX, minY } = grid;
  const fromColumn = Math.max(0, Math.floor((px - radius - minX) / cell));
  const toColumn = Math.min(columns - 1, Math.floor((px + radius - minX) / cell));
  const fromRow = Math.max(0, Math.floor((py - radius - minY) / cell));
  const toRow = Math.min(rows - 1, Math.floor((py + radius - minY) / cell));
  let nearest = -1;
  let best = radius * radius;
  for (let row = fromRow; row <= toRow; row++) {
    const end = start[row * columns + toColumn + 1]!;
    for (let k = start[row * columns + fromColumn]!; k < end; k++) {
      const i = points[k]!;
      const distance = (x[i]! - px) ** 2 + (y[i]! - py) ** 2;
      if (distance <= best) {
        best = distance;
        nearest = i;
      }
    }
  }
  return nearest;
}

/** How many points lie within `radius` of (px, py), counting no further than `enough`. */
export function countWithin(grid: PointGrid, px: number, py: number, radius: number, enough = Infinity): number {
  const { x, y, cell, columns, rows, start, points, minX, minY } = grid;
  const fromColumn = Math.max(0, Math.floor((px - radius - minX) / cell));
  const toColumn = Math.min(columns - 1, Math.floor((px + radius - minX) / cell));
  const fromRow = Math.max(0, Math.floor((py - radius - minY) / cell));
  const toRow = Math.min(rows - 1, Math.floor((py + radius - minY) / cell));
  const limit = radius * radius;
  let count = 0;
  for (let row = fromRow; row <= toRow; row++) {
    const end = start[row * columns + toColumn + 1]!;
    for (let k = start[row * columns + fromColumn]!; k < end; k++) {
      const i = points[k]!;
      if ((x[i]! - px) ** 2 + (y[i]! - py) ** 2 <= limit && ++count >= enough) return count;
    }
  }
  return count;
}

/**
 * The nearest `wanted` other points of each of the first `count` points, nearest first, `wanted` places a point, -1
 * where the plane holds fewer.
 */
export function nearestNeighbours(grid: PointGrid, count: number, wanted: number): Int32Array {
  const { x, y, cell, columns, rows, start, points, minX, minY } = grid;
  const neighbours = new Int32Array(count * wanted).fill(-1);
  const distances = new Float64Array(wanted);
  for (let i = 0; i < count; i++) {
    const px = x[i]!;
    const py = y[i]!;
    const column = Math.floor((px - minX) / cell);
    const row = Math.floor((py - minY) / cell);
    const base = i * wanted;
    let found = 0;
    for (let ring = 0; ring <= Math.max(columns, rows); ring++) {
      if (found === wanted && (ring - 1) * cell > Math.sqrt(distances[wanted - 1]!)) break;
      for (let r = Math.max(0, row - ring); r <= Math.min(rows - 1, row + ring); r++) {
        const edgeRow = r === row - ring || r === row + ring;
        const step = edgeRow ? 1 : Math.max(1, 2 * ring);
        for (let c = column - ring; c <= column + ring; c += step) {
          if (c < 0 || c >= columns) continue;
          for (let k = start[r * columns + c]!; k < start[r * columns + c + 1]!; k++) {
            const j = points[k]!;
            if (j === i) continue;
            const distance = (x[j]! - px) ** 2 + (y[j]! - py) ** 2;
            if (found === wanted && distance >= distances[wanted - 1]!) continue;
            let place = found < wanted ? found++ : wanted - 1;
            for (; place > 0 && distances[place - 1]! > distance; place--) {
              distances[place] = distances[place - 1]!;
              neighbours[base + place] = neighbours[base + place - 1]!;
            }
            distances[place] = distance;
            neighbours[base + place] = j;
          }
        }
      }
    }
  }
  return neighbours;
}
