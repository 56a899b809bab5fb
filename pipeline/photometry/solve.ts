import type { Equations, Pairs } from './normal.ts';

/**
 * Solves the normal equations of all stars together by the conjugate gradient method preconditioned with the inverse
 * 3 x 3 diagonal blocks (Saad 2003, Iterative Methods for Sparse Linear Systems, 9.2).
 * @param prior three numbers a star, added to the diagonal: the inverse variance of prior knowledge of each step.
 * @returns three steps a star: flux in electrons, x and y in pixels.
 */
export function solveSteps(
  count: number,
  equations: Equations,
  pairs: Pairs,
  prior: Float64Array,
  tolerance: number,
): Float64Array {
  const n = 3 * count;
  const x = new Float64Array(n);
  const r = equations.rhs.slice(0, n);
  const z = new Float64Array(n);
  const p = new Float64Array(n);
  const ap = new Float64Array(n);
  const inverse = invertDiagonal(count, equations.diagonal, prior);
  precondition(count, inverse, r, z);
  p.set(z);
  let rz = dot(r, z);
  const goal = rz * tolerance * tolerance;
  for (let iteration = 0; iteration < 200 && rz > goal && rz > 0; iteration++) {
    multiply(count, equations.diagonal, prior, pairs, p, ap);
    const curvature = dot(p, ap);
    if (!(curvature > 0)) break;
    const alpha = rz / curvature;
    for (let i = 0; i < n; i++) {
      x[i]! += alpha * p[i]!;
      r[i]! -= alpha * ap[i]!;
    }
    precondition(count, inverse, r, z);
    const next = dot(r, z);
    const beta = next / rz;
    rz = next;
    for (let i = 0; i < n; i++) p[i] = z[i]! + beta * p[i]!;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
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

function precondition(count: number, inverse: Float64Array, r: Float64Array, z: Float64Array): void {
  for (let s = 0, i = 0, k = 0; s < count; s++, i += 3, k += 6) {
    const a = r[i]!;
    const b = r[i + 1]!;
    const c = r[i + 2]!;
    z[i] = inverse[k]! * a + inverse[k + 1]! * b + inverse[k + 2]! * c;
    z[i + 1] = inverse[k + 1]! * a + inverse[k + 3]! * b + inverse[k + 4]! * c;
    z[i + 2] = inverse[k + 2]! * a + inverse[k + 4]! * b + inverse[k + 5]! * c;
  }
}

function multiply(
  count: number,
  diagonal: Float64Array,
  prior: Float64Array,
  pairs: Pairs,
  p: Float64Array,
  out: Float64Array,
): void {
  for (let s = 0, i = 0, k = 0; s < count; s++, i += 3, k += 6) {
    const a = p[i]!;
    const b = p[i + 1]!;
    const c = p[i + 2]!;
    out[i] = (diagonal[k]! + prior[i]!) * a + diagonal[k + 1]! * b + diagonal[k + 2]! * c;
    out[i + 1] = diagonal[k + 1]! * a + (diagonal[k + 3]! + prior[i + 1]!) * b + diagonal[k + 4]! * c;
    out[i + 2] = diagonal[k + 2]! * a + diagonal[k + 4]! * b + (diagonal[k + 5]! + prior[i + 2]!) * c;
  }
  const { start, second, blocks } = pairs;
  for (let s = 0; s < count; s++) {
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
