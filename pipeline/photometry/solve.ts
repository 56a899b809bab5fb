import type { Equations, Pairs } from '../model/normal.ts';
import { choleskyFactor, choleskySolve } from '../numeric/cholesky.ts';
import { groupsOf } from './groups.ts';

/** A group of more stars is solved by iteration: the work of factorising grows with the cube. */
const LARGEST_FACTORISED = 12;

/** What is to be solved, and the room that it takes; vectors hold three numbers a star. */
interface System {
  readonly diagonal: Float64Array;
  readonly rhs: Float64Array;
  readonly prior: Float64Array;
  readonly pairs: Pairs;
  readonly steps: Float64Array;
  /** Inverses of the diagonal blocks, see `invertDiagonal`. */
  readonly inverse: Float64Array;
  readonly tolerance: number;
}

/**
 * Solves the normal equations of all stars together. Groups of stars that share no pixels with others do not depend on
 * them: each is solved by itself, a small one by Cholesky factorisation, a large one by conjugate gradients preconditioned
 * with the inverse 3 x 3 diagonal blocks (Saad 2003, Iterative Methods for Sparse Linear Systems, 9.2).
 * @param prior three numbers a star, added to the diagonal: the inverse variance of prior knowledge of each step.
 * @param tolerance relative residual at which iterations end.
 * @param active zero for stars whose equations are what they were; groups of such stars alone stay where they are.
 * @returns three steps a star: flux in electrons, x and y in pixels.
 */
export function solveSteps(
  count: number,
  { diagonal, rhs }: Pick<Equations, 'diagonal' | 'rhs'>,
  pairs: Pairs,
  prior: Float64Array,
  tolerance: number,
  active?: Uint8Array,
): Float64Array {
  const steps = new Float64Array(3 * count);
  const inverse = invertDiagonal(count, diagonal, prior);
  const system = { diagonal, rhs, prior, pairs, steps, inverse, tolerance };
  const groups = groupsOf(count, pairs);
  const slot = new Int32Array(count);
  let iteration: Iteration | undefined;
  for (let g = 0; g < groups.count; g++) {
    const members = groups.members.subarray(groups.start[g]!, groups.start[g + 1]!);
    if (active !== undefined && !hasActive(members, active)) continue;
    if (members.length === 1) precondition(members, inverse, rhs, steps);
    else if (members.length > LARGEST_FACTORISED || !factorise(system, members, slot)) {
      iteration ??= newIteration(count);
      iterate(system, members, iteration);
    }
  }
  return steps;
}

function hasActive(members: Int32Array, active: Uint8Array): boolean {
  for (let k = 0; k < members.length; k++) if (active[members[k]!] !== 0) return true;
  return false;
}

const matrix = new Float64Array((3 * LARGEST_FACTORISED) ** 2);
const solution = new Float64Array(3 * LARGEST_FACTORISED);

/** The steps of a small group; false when its matrix is singular. `slot` is room for a number a star. */
function factorise({ diagonal, rhs, prior, pairs, steps }: System, members: Int32Array, slot: Int32Array): boolean {
  const n = 3 * members.length;
  matrix.fill(0, 0, n * n);
  for (let k = 0; k < members.length; k++) slot[members[k]!] = k;
  for (let k = 0; k < members.length; k++) {
    const s = members[k]!;
    const d = 6 * s;
    const at = 3 * k * (n + 1);
    matrix[at] = diagonal[d]! + prior[3 * s]!;
    matrix[at + n] = diagonal[d + 1]!;
    matrix[at + n + 1] = diagonal[d + 3]! + prior[3 * s + 1]!;
    matrix[at + 2 * n] = diagonal[d + 2]!;
    matrix[at + 2 * n + 1] = diagonal[d + 4]!;
    matrix[at + 2 * n + 2] = diagonal[d + 5]! + prior[3 * s + 2]!;
    solution[3 * k] = rhs[3 * s]!;
    solution[3 * k + 1] = rhs[3 * s + 1]!;
    solution[3 * k + 2] = rhs[3 * s + 2]!;
    for (let p = pairs.start[s]!; p < pairs.start[s + 1]!; p++)
      putBlock(pairs.blocks, 9 * p, k, slot[pairs.second[p]!]!, n);
  }
  if (!choleskyFactor(matrix, n)) return false;
  choleskySolve(matrix, n, solution);
  for (let k = 0; k < members.length; k++) {
    const s = members[k]!;
    steps[3 * s] = solution[3 * k]!;
    steps[3 * s + 1] = solution[3 * k + 1]!;
    steps[3 * s + 2] = solution[3 * k + 2]!;
  }
  return true;
}

/** Puts the block of the pair (i, j), slots of a group, into the lower triangle of the `n` x `n` matrix. */
function putBlock(blocks: Float64Array, from: number, i: number, j: number, n: number): void {
  for (let a = 0; a < 3; a++) {
    for (let b = 0; b < 3; b++) {
      const row = Math.max(3 * i + a, 3 * j + b);
      const column = Math.min(3 * i + a, 3 * j + b);
      matrix[row * n + column] = blocks[from + 3 * a + b]!;
    }
  }
}

/** Vectors of the conjugate gradients, three numbers for every star of the plane. */
interface Iteration {
  readonly r: Float64Array;
  readonly z: Float64Array;
  readonly p: Float64Array;
  readonly ap: Float64Array;
}

function newIteration(count: number): Iteration {
  const vector = () => new Float64Array(3 * count);
  return { r: vector(), z: vector(), p: vector(), ap: vector() };
}

const MOST_ITERATIONS = 200;

/** The steps of a large group, or of one that cannot be factorised. */
function iterate(system: System, members: Int32Array, { r, z, p, ap }: Iteration): void {
  const { rhs, steps, inverse, tolerance } = system;
  assign(members, rhs, r);
  precondition(members, inverse, r, z);
  assign(members, z, p);
  let rz = dot(members, r, z);
  const goal = rz * tolerance * tolerance;
  for (let iteration = 0; iteration < MOST_ITERATIONS && rz > goal && rz > 0; iteration++) {
    multiply(system, members, p, ap);
    const curvature = dot(members, p, ap);
    if (!(curvature > 0)) break;
    const alpha = rz / curvature;
    add(members, alpha, p, steps);
    add(members, -alpha, ap, r);
    precondition(members, inverse, r, z);
    const next = dot(members, r, z);
    const beta = next / rz;
    rz = next;
    for (let k = 0; k < members.length; k++) {
      const i = 3 * members[k]!;
      p[i] = z[i]! + beta * p[i]!;
      p[i + 1] = z[i + 1]! + beta * p[i + 1]!;
      p[i + 2] = z[i + 2]! + beta * p[i + 2]!;
    }
  }
}

function assign(members: Int32Array, from: Float64Array, to: Float64Array): void {
  for (let k = 0; k < members.length; k++) {
    const i = 3 * members[k]!;
    to[i] = from[i]!;
    to[i + 1] = from[i + 1]!;
    to[i + 2] = from[i + 2]!;
  }
}

/** to += factor * from. */
function add(members: Int32Array, factor: number, from: Float64Array, to: Float64Array): void {
  for (let k = 0; k < members.length; k++) {
    const i = 3 * members[k]!;
    to[i]! += factor * from[i]!;
    to[i + 1]! += factor * from[i + 1]!;
    to[i + 2]! += factor * from[i + 2]!;
  }
}

function dot(members: Int32Array, a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < members.length; k++) {
    const i = 3 * members[k]!;
    sum += a[i]! * b[i]! + a[i + 1]! * b[i + 1]! + a[i + 2]! * b[i + 2]!;
  }
  return sum;
}

/** Inverses of the diagonal blocks, six numbers each: ff, fx, fy, xx, xy, yy; zero where a block is singular. */
export function invertDiagonal(count: number, diagonal: Float64Array, prior: Float64Array): Float64Array {
  const inverse = new Float64Array(6 * count);
  for (let s = 0; s < count; s++) {
    const k = 6 * s;
    const a = diagonal[k]! + prior[3 * s]!;
    const b = diagonal[k + 1]!;
    const c = diagonal[k + 2]!;
    const d = diagonal[k + 3]! + prior[3 * s + 1]!;
    const e = diagonal[k + 4]!;
    const f = diagonal[k + 5]! + prior[3 * s + 2]!;
    const aa = d * f - e * e;
    const bb = c * e - b * f;
    const cc = b * e - c * d;
    const determinant = a * aa + b * bb + c * cc;
    if (!(determinant > 1e-12 * a * d * f)) continue;
    const scale = 1 / determinant;
    inverse[k] = aa * scale;
    inverse[k + 1] = bb * scale;
    inverse[k + 2] = cc * scale;
    inverse[k + 3] = (a * f - c * c) * scale;
    inverse[k + 4] = (b * c - a * e) * scale;
    inverse[k + 5] = (a * d - b * b) * scale;
  }
  return inverse;
}

/** z = inverse blocks times r. */
function precondition(members: Int32Array, inverse: Float64Array, r: Float64Array, z: Float64Array): void {
  for (let m = 0; m < members.length; m++) {
    const i = 3 * members[m]!;
    const k = 2 * i;
    const a = r[i]!;
    const b = r[i + 1]!;
    const c = r[i + 2]!;
    z[i] = inverse[k]! * a + inverse[k + 1]! * b + inverse[k + 2]! * c;
    z[i + 1] = inverse[k + 1]! * a + inverse[k + 3]! * b + inverse[k + 4]! * c;
    z[i + 2] = inverse[k + 2]! * a + inverse[k + 4]! * b + inverse[k + 5]! * c;
  }
}

/** out = (matrix + prior) times p. */
function multiply({ diagonal, prior, pairs }: System, members: Int32Array, p: Float64Array, out: Float64Array): void {
  for (let m = 0; m < members.length; m++) {
    const i = 3 * members[m]!;
    const k = 2 * i;
    const a = p[i]!;
    const b = p[i + 1]!;
    const c = p[i + 2]!;
    out[i] = (diagonal[k]! + prior[i]!) * a + diagonal[k + 1]! * b + diagonal[k + 2]! * c;
    out[i + 1] = diagonal[k + 1]! * a + (diagonal[k + 3]! + prior[i + 1]!) * b + diagonal[k + 4]! * c;
    out[i + 2] = diagonal[k + 2]! * a + diagonal[k + 4]! * b + (diagonal[k + 5]! + prior[i + 2]!) * c;
  }
  const { start, second, blocks } = pairs;
  for (let m = 0; m < members.length; m++) {
    const s = members[m]!;
    const i = 3 * s;
    const pa = p[i]!;
    const pb = p[i + 1]!;
    const pc = p[i + 2]!;
    let oa = 0;
    let ob = 0;
    let oc = 0;
    for (let q = start[s]!; q < start[s + 1]!; q++) {
      const k = 9 * q;
      const j = 3 * second[q]!;
      const b0 = blocks[k]!;
      const b1 = blocks[k + 1]!;
      const b2 = blocks[k + 2]!;
      const b3 = blocks[k + 3]!;
      const b4 = blocks[k + 4]!;
      const b5 = blocks[k + 5]!;
      const b6 = blocks[k + 6]!;
      const b7 = blocks[k + 7]!;
      const b8 = blocks[k + 8]!;
      const qa = p[j]!;
      const qb = p[j + 1]!;
      const qc = p[j + 2]!;
      oa += b0 * qa + b1 * qb + b2 * qc;
      ob += b3 * qa + b4 * qb + b5 * qc;
      oc += b6 * qa + b7 * qb + b8 * qc;
      out[j]! += b0 * pa + b3 * pb + b6 * pc;
      out[j + 1]! += b1 * pa + b4 * pb + b7 * pc;
      out[j + 2]! += b2 * pa + b5 * pb + b8 * pc;
    }
    out[i]! += oa;
    out[i + 1]! += ob;
    out[i + 2]! += oc;
  }
}
