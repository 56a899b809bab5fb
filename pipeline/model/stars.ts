import { pixelOf } from '../plane.ts';

/**
 * The stars of a plane while they are being fitted: one typed array a column, on shared memory, the first `count`
 * entries in use, ordered by tiles of the plane so that neighbours on the sky are neighbours in memory.
 */
export interface Stars {
  count: number;
  readonly capacity: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Electrons. */
  readonly flux: Float64Array;
  /** Half width of the square of pixels that the star is fitted on. */
  readonly half: Int32Array;
  /** Half width of the square of pixels on which the star's light is subtracted. */
  readonly reach: Int32Array;
  /** `StarKind`. */
  readonly kind: Uint8Array;
}

export const StarKind = {
  star: 0,
  /** Core saturated: wings fitted and subtracted, no flux reported. */
  saturated: 1,
  /** Injected by ourselves, to learn what crowding does to a measurement. */
  artificial: 2,
} as const;

export function newStars(capacity: number): Stars {
  return {
    count: 0,
    capacity,
    x: new Float64Array(new SharedArrayBuffer(8 * capacity)),
    y: new Float64Array(new SharedArrayBuffer(8 * capacity)),
    flux: new Float64Array(new SharedArrayBuffer(8 * capacity)),
    half: new Int32Array(new SharedArrayBuffer(4 * capacity)),
    reach: new Int32Array(new SharedArrayBuffer(4 * capacity)),
    kind: new Uint8Array(new SharedArrayBuffer(capacity)),
  };
}

/**
 * What must be subtracted from a residual image to go from one list to the next: the old light of the changed stars
 * put back (negative flux), their new light taken away. `after` may be longer: its further stars are new. Stars that
 * are `gone` lose their light only.
 */
export function difference(before: Stars, after: Stars, changed: Uint8Array, gone?: Uint8Array): Stars {
  let n = 0;
  for (let s = 0; s < after.count; s++) n += changed[s] === 0 ? 0 : 2;
  const change = newStars(n);
  for (let s = 0; s < after.count; s++) {
    if (changed[s] === 0) continue;
    if (s < before.count) append(change, before, s, -before.flux[s]!);
    if (gone?.[s] !== 1) append(change, after, s, after.flux[s]!);
  }
  return change;
}

function append(to: Stars, from: Stars, s: number, flux: number): void {
  const i = to.count++;
  to.x[i] = from.x[s]!;
  to.y[i] = from.y[s]!;
  to.flux[i] = flux;
  to.reach[i] = from.reach[s]!;
}

const TILE = 64;

/** The same stars, in a list with room for `extra` more. */
export function copyStars(from: Stars, extra: number): Stars {
  const n = from.count;
  const to = newStars(n + extra);
  to.count = n;
  to.x.set(from.x.subarray(0, n));
  to.y.set(from.y.subarray(0, n));
  to.flux.set(from.flux.subarray(0, n));
  to.half.set(from.half.subarray(0, n));
  to.reach.set(from.reach.subarray(0, n));
  to.kind.set(from.kind.subarray(0, n));
  return to;
}

/** The stars of `order` (indices into `from`), in that order, in a list with room for `extra` more. */
export function takeStars(from: Stars, order: ArrayLike<number>, extra: number): Stars {
  const to = newStars(order.length + extra);
  to.count = order.length;
  for (let i = 0; i < order.length; i++) {
    const k = order[i]!;
    to.x[i] = from.x[k]!;
    to.y[i] = from.y[k]!;
    to.flux[i] = from.flux[k]!;
    to.half[i] = from.half[k]!;
    to.reach[i] = from.reach[k]!;
    to.kind[i] = from.kind[k]!;
  }
  return to;
}

/** Indices of the stars for which `keep` is true, by tile, then y, then x: an order that depends on positions alone. */
export function tileOrder(stars: Stars, keep: (i: number) => boolean): Int32Array {
  const chosen = [];
  for (let i = 0; i < stars.count; i++) if (keep(i)) chosen.push(i);
  const tile = (i: number) => Math.floor(stars.y[i]! / TILE) * 65536 + Math.floor(stars.x[i]! / TILE);
  const key = Float64Array.from({ length: stars.count }, (_, i) => tile(i));
  return Int32Array.from(
    chosen.sort((a, b) => key[a]! - key[b]! || stars.y[a]! - stars.y[b]! || stars.x[a]! - stars.x[b]! || a - b),
  );
}

/** For each band of rows, the stars whose reach touches it: ids of band b are ids[start[b]] .. ids[start[b+1]-1]. */
export interface Bands {
  readonly start: Int32Array;
  readonly ids: Int32Array;
}

export function starsByBand(stars: Stars, height: number, bands: number): Bands {
  const count = new Int32Array(bands + 1);
  const first = new Int32Array(stars.count);
  const last = new Int32Array(stars.count);
  for (let i = 0; i < stars.count; i++) {
    const row = pixelOf(stars.y[i]!);
    const reach = stars.reach[i]!;
    first[i] = bandOfRow(row - reach, height, bands);
    last[i] = bandOfRow(row + reach, height, bands);
    for (let b = first[i]!; b <= last[i]!; b++) count[b + 1]!++;
  }
  for (let b = 0; b < bands; b++) count[b + 1]! += count[b]!;
  const ids = new Int32Array(new SharedArrayBuffer(4 * Math.max(1, count[bands]!)));
  const next = count.slice();
  for (let i = 0; i < stars.count; i++) for (let b = first[i]!; b <= last[i]!; b++) ids[next[b]!++] = i;
  const start = new Int32Array(new SharedArrayBuffer(4 * (bands + 1)));
  start.set(count);
  return { start, ids };
}

/** The band that `rowsOfPart` gives a row to; rows outside the plane go to the outer bands. */
function bandOfRow(y: number, height: number, bands: number): number {
  const row = Math.min(height - 1, Math.max(0, y));
  let b = Math.floor(((row + 1) * bands - 1) / height);
  while (Math.floor((height * b) / bands) > row) b--;
  while (Math.floor((height * (b + 1)) / bands) <= row) b++;
  return b;
}
