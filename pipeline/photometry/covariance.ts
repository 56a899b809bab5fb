import { choleskyFactor, choleskySolve } from '../psf/cholesky.ts';
import type { Equations, Pairs } from './normal.ts';

/** Neighbours of a star that enter its covariance at most. */
const STRONGEST = 8;

/** Variances of a star's flux, x and y after its neighbours have had their say. */
export interface JointVariances {
  readonly flux: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Share of the weighted light under the star's profile that is its own. */
  readonly fracFlux: Float32Array;
  readonly nNeighbours: Int32Array;
}

/**
 * The joint covariance of each star with its strongest neighbours: the (flux, x, y) corner of the inverse of their
 * common normal matrix, all positions and fluxes free.
 * @param flux electrons of each star.
 */
export function jointVariances(count: number, flux: Float64Array, equations: Equations, pairs: Pairs): JointVariances {
  const { diagonal } = equations;
  const links = linksOf(count, pairs);
  const out = {
    flux: new Float64Array(count).fill(Number.NaN),
    x: new Float64Array(count).fill(Number.NaN),
    y: new Float64Array(count).fill(Number.NaN),
    fracFlux: new Float32Array(count),
    nNeighbours: new Int32Array(count),
  };
  const order = new Map<number, number>();
  for (let s = 0; s < count; s++) {
    const from = links.start[s]!;
    const to = links.start[s + 1]!;
    out.nNeighbours[s] = to - from;
    let foreign = 0;
    const near: { star: number; coupling: number }[] = [];
    for (let k = from; k < to; k++) {
      const star = links.star[k]!;
      const b = links.pair[k]! * 9;
      foreign += flux[star]! * pairs.blocks[b]!;
      const coupling = Math.abs(pairs.blocks[b]!) / Math.sqrt(diagonal[6 * star]! * diagonal[6 * s]! + 1e-300);
      if (coupling > 0.01) near.push({ star, coupling });
    }
    const own = flux[s]! * diagonal[6 * s]!;
    out.fracFlux[s] = own > 0 ? own / (own + Math.max(0, foreign)) : 0;
    near.sort((a, b) => b.coupling - a.coupling || a.star - b.star);
    const members = [s, ...near.slice(0, STRONGEST).map((n) => n.star)];
    order.clear();
    for (let i = 0; i < members.length; i++) order.set(members[i]!, i);
    const n = 3 * members.length;
    const a = new Float64Array(n * n);
    for (let i = 0; i < members.length; i++) {
      const star = members[i]!;
      const d = 6 * star;
      const at = 3 * i * n + 3 * i;
      a[at] = diagonal[d]!;
      a[at + n] = diagonal[d + 1]!;
      a[at + 2 * n] = diagonal[d + 2]!;
      a[at + n + 1] = diagonal[d + 3]!;
      a[at + 2 * n + 1] = diagonal[d + 4]!;
      a[at + 2 * n + 2] = diagonal[d + 5]!;
      for (let k = links.start[star]!; k < links.start[star + 1]!; k++) {
        const j = order.get(links.star[k]!);
        if (j === undefined || j >= i) continue;
        const b = links.pair[k]! * 9;
        const transposed = links.reversed[k] === 1;
        for (let p = 0; p < 3; p++)
          for (let q = 0; q < 3; q++)
            a[(3 * i + p) * n + 3 * j + q] = pairs.blocks[b + (transposed ? 3 * q + p : 3 * p + q)]!;
      }
    }
    // A whisper of a prior keeps pairs that have fallen together from being singular.
    for (let i = 0; i < n; i++) a[i * n + i]! *= 1 + 1e-9;
    if (!choleskyFactor(a, n)) continue;
    for (let p = 0; p < 3; p++) {
      const unit = new Float64Array(n);
      unit[p] = 1;
      choleskySolve(a, n, unit);
      (p === 0 ? out.flux : p === 1 ? out.x : out.y)[s] = unit[p]!;
    }
  }
  return out;
}

/** Each pair seen from both of its stars. */
interface Links {
  readonly start: Int32Array;
  readonly star: Int32Array;
  readonly pair: Int32Array;
  /** 1 where the block must be transposed to have this star's unknowns as rows. */
  readonly reversed: Uint8Array;
}

export function linksOf(count: number, pairs: Pairs): Links {
  const start = new Int32Array(count + 1);
  const total = pairs.start[count]!;
  for (let s = 0; s < count; s++) {
    for (let p = pairs.start[s]!; p < pairs.start[s + 1]!; p++) {
      start[s + 1]!++;
      start[pairs.second[p]! + 1]!++;
    }
  }
  for (let s = 0; s < count; s++) start[s + 1]! += start[s]!;
  const next = start.slice();
  const star = new Int32Array(2 * total);
  const pair = new Int32Array(2 * total);
  const reversed = new Uint8Array(2 * total);
  for (let s = 0; s < count; s++) {
    for (let p = pairs.start[s]!; p < pairs.start[s + 1]!; p++) {
      const j = pairs.second[p]!;
      const a = next[s]!++;
      star[a] = j;
      pair[a] = p;
      const b = next[j]!++;
      star[b] = s;
      pair[b] = p;
      reversed[b] = 1;
    }
  }
  return { start, star, pair, reversed };
}
