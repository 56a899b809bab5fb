import type { Equations, Pairs } from '../model/normal.ts';
import { choleskyFactor } from '../numeric/cholesky.ts';

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
  const slot = new Int32Array(count).fill(-1);
  for (let s = 0; s < count; s++) {
    out.nNeighbours[s] = links.start[s + 1]! - links.start[s]!;
    const own = flux[s]! * diagonal[6 * s]!;
    const foreign = strongest(s, flux, diagonal, pairs, links);
    out.fracFlux[s] = own > 0 ? own / (own + Math.max(0, foreign)) : 0;
    // The star itself is eliminated last: what is left of its block then is the inverse of its covariance.
    members[nNear] = s;
    const n = 3 * (nNear + 1);
    fillMatrix(n, diagonal, pairs, links, slot);
    if (choleskyFactor(matrix, n)) cornerVariances(n, s, out);
  }
  return out;
}

/** The strongest neighbours of the star at hand, the strongest first, then the star; and how much of one it is coupled to it. */
const members = new Int32Array(STRONGEST + 1);
const couplings = new Float64Array(STRONGEST + 1);
let nNear = 0;
const matrix = new Float64Array((3 * (STRONGEST + 1)) ** 2);
/** A neighbour that is coupled less does not count. */
const LEAST_COUPLING = 0.01;

/** Puts the strongest neighbours of a star into `members`; the weighted light of all of them under its profile. */
function strongest(s: number, flux: Float64Array, diagonal: Float64Array, pairs: Pairs, links: Links): number {
  let foreign = 0;
  nNear = 0;
  for (let k = links.start[s]!; k < links.start[s + 1]!; k++) {
    const star = links.star[k]!;
    const b = links.pair[k]! * 9;
    foreign += flux[star]! * pairs.blocks[b]!;
    const coupling = Math.abs(pairs.blocks[b]!) / Math.sqrt(diagonal[6 * star]! * diagonal[6 * s]! + 1e-300);
    if (!(coupling > LEAST_COUPLING)) continue;
    // Insertion into a short sorted list; what falls off its end is forgotten.
    let at = nNear;
    while (at > 0 && (coupling > couplings[at - 1]! || (coupling === couplings[at - 1]! && star < members[at - 1]!)))
      at--;
    if (at >= STRONGEST) continue;
    if (nNear < STRONGEST) nNear++;
    for (let i = nNear - 1; i > at; i--) {
      members[i] = members[i - 1]!;
      couplings[i] = couplings[i - 1]!;
    }
    members[at] = star;
    couplings[at] = coupling;
  }
  return foreign;
}

/** The lower triangle of the common normal matrix of the members; `slot` is room for a number a star, -1 before and after. */
function fillMatrix(n: number, diagonal: Float64Array, pairs: Pairs, links: Links, slot: Int32Array): void {
  matrix.fill(0, 0, n * n);
  for (let i = 0; 3 * i < n; i++) {
    const star = members[i]!;
    const d = 6 * star;
    const at = 3 * i * (n + 1);
    // A whisper of a prior keeps pairs that have fallen together from being singular.
    matrix[at] = diagonal[d]! * (1 + 1e-9);
    matrix[at + n] = diagonal[d + 1]!;
    matrix[at + n + 1] = diagonal[d + 3]! * (1 + 1e-9);
    matrix[at + 2 * n] = diagonal[d + 2]!;
    matrix[at + 2 * n + 1] = diagonal[d + 4]!;
    matrix[at + 2 * n + 2] = diagonal[d + 5]! * (1 + 1e-9);
    for (let k = links.start[star]!; k < links.start[star + 1]!; k++) {
      const j = slot[links.star[k]!]!;
      if (j < 0) continue;
      const b = links.pair[k]! * 9;
      const alongP = links.reversed[k] === 1 ? 1 : 3;
      const alongQ = 4 - alongP;
      for (let p = 0; p < 3; p++)
        for (let q = 0; q < 3; q++) matrix[(3 * i + p) * n + 3 * j + q] = pairs.blocks[b + alongP * p + alongQ * q]!;
    }
    slot[star] = i;
  }
  for (let i = 0; 3 * i < n; i++) slot[members[i]!] = -1;
}

/** Variances of the last three unknowns, from the factor: their covariance is the inverse of the last block times its transpose. */
function cornerVariances(n: number, s: number, out: JointVariances): void {
  const at = (n - 3) * (n + 1);
  const inverse0 = 1 / matrix[at]!;
  const inverse1 = 1 / matrix[at + n + 1]!;
  const inverse2 = 1 / matrix[at + 2 * n + 2]!;
  const below01 = -matrix[at + n]! * inverse0 * inverse1;
  const below12 = -matrix[at + 2 * n + 1]! * inverse1 * inverse2;
  const below02 = -(matrix[at + 2 * n]! * inverse0 + matrix[at + 2 * n + 1]! * below01) * inverse2;
  out.flux[s] = inverse0 * inverse0 + below01 * below01 + below02 * below02;
  out.x[s] = inverse1 * inverse1 + below12 * below12;
  out.y[s] = inverse2 * inverse2;
}

/** Each pair seen from both of its stars. */
interface Links {
  readonly start: Int32Array;
  readonly star: Int32Array;
  readonly pair: Int32Array;
  /** 1 where the block must be transposed to have this star's unknowns as rows. */
  readonly reversed: Uint8Array;
}

function linksOf(count: number, pairs: Pairs): Links {
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
