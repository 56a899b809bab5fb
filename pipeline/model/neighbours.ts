import { pixelOf } from '../plane.ts';
import type { Pairs } from './normal.ts';
import type { Stars } from './stars.ts';

/** A hash of positions into square cells, for "who is near (x, y)". */
export class Grid {
  readonly #cell: number;
  readonly #nx: number;
  readonly #ny: number;
  readonly #start: Int32Array;
  readonly #ids: Int32Array;

  constructor(x: Float64Array, y: Float64Array, count: number, width: number, height: number, cellPx: number) {
    this.#cell = cellPx;
    this.#nx = Math.max(1, Math.ceil(width / cellPx));
    this.#ny = Math.max(1, Math.ceil(height / cellPx));
    const cells = this.#nx * this.#ny;
    this.#start = new Int32Array(cells + 1);
    const cell = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      cell[i] = this.#row(y[i]!) * this.#nx + this.#column(x[i]!);
      this.#start[cell[i]! + 1]!++;
    }
    for (let c = 0; c < cells; c++) this.#start[c + 1]! += this.#start[c]!;
    const next = this.#start.slice();
    this.#ids = new Int32Array(count);
    for (let i = 0; i < count; i++) this.#ids[next[cell[i]!]!++] = i;
  }

  #column(x: number): number {
    return Math.min(this.#nx - 1, Math.max(0, Math.floor(x / this.#cell)));
  }

  #row(y: number): number {
    return Math.min(this.#ny - 1, Math.max(0, Math.floor(y / this.#cell)));
  }

  /** Calls `visit` with every index whose cell touches the square of half width r about (x, y), in a fixed order. */
  near(x: number, y: number, r: number, visit: (index: number) => void): void {
    const i0 = this.#column(x - r);
    const i1 = this.#column(x + r);
    const j1 = this.#row(y + r);
    for (let j = this.#row(y - r); j <= j1; j++) {
      const from = this.#start[j * this.#nx + i0]!;
      const to = this.#start[j * this.#nx + i1 + 1]!;
      for (let k = from; k < to; k++) visit(this.#ids[k]!);
    }
  }
}

/** The pairs of stars whose fitted squares overlap, with room for their blocks. */
export function findPairs(stars: Stars, width: number, height: number): Pairs {
  const n = stars.count;
  let largest = 1;
  for (let i = 0; i < n; i++) largest = Math.max(largest, stars.half[i]!);
  const grid = new Grid(stars.x, stars.y, n, width, height, 32);
  const start = new Int32Array(new SharedArrayBuffer(4 * (n + 1)));
  const second: number[] = [];
  for (let i = 0; i < n; i++) {
    const xi = pixelOf(stars.x[i]!);
    const yi = pixelOf(stars.y[i]!);
    const hi = stars.half[i]!;
    grid.near(stars.x[i]!, stars.y[i]!, hi + largest + 1, (j) => {
      // A pair is listed once, with the star of the larger square first; ties go by index.
      const hj = stars.half[j]!;
      if (hj > hi || (hj === hi && j <= i)) return;
      if (Math.abs(pixelOf(stars.x[j]!) - xi) > hi + hj || Math.abs(pixelOf(stars.y[j]!) - yi) > hi + hj) return;
      second.push(j);
    });
    start[i + 1] = second.length;
  }
  const shared = new Int32Array(new SharedArrayBuffer(4 * Math.max(1, second.length)));
  shared.set(second);
  const blocks = new Float64Array(new SharedArrayBuffer(72 * Math.max(1, second.length)));
  return { start, second: shared, blocks };
}
