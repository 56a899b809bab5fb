import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { STATS } from '../../../../pipeline/model/normal.ts';
import { jointVariances } from '../../../../pipeline/photometry/covariance.ts';

/** Equations of `count` stars that all share pixels: a normal matrix of columns alike in their means, in diagonal blocks and pairs. */
function blend(count: number, seed: number) {
  const random = new Random(seed);
  const n = 3 * count;
  const rows = 60;
  const columns = Array.from({ length: n }, () => Array.from({ length: rows }, () => 1 + random.normal()));
  const at = (i: number, j: number) => columns[i]!.reduce((sum, v, row) => sum + v * columns[j]![row]!, 0);
  const diagonal = new Float64Array(6 * count);
  const start = new Int32Array(count + 1);
  const second: number[] = [];
  const blocks: number[] = [];
  for (let s = 0; s < count; s++) {
    const k = 3 * s;
    diagonal.set([at(k, k), at(k, k + 1), at(k, k + 2), at(k + 1, k + 1), at(k + 1, k + 2), at(k + 2, k + 2)], 6 * s);
    // A pair is listed once, with either star first.
    for (let j = 0; j < count; j++) {
      if (j === s || (s + j) % 2 === (s < j ? 0 : 1)) continue;
      second.push(j);
      for (let p = 0; p < 3; p++) for (let q = 0; q < 3; q++) blocks.push(at(k + p, 3 * j + q));
    }
    start[s + 1] = second.length;
  }
  const equations = {
    ...{ offset: new Float64Array(count + 1), stamps: new Float32Array(0), diagonal },
    ...{ rhs: new Float64Array(n), stats: new Float64Array(STATS * count) },
  };
  const pairs = { start, second: Int32Array.from(second), blocks: Float64Array.from(blocks) };
  return { equations, pairs, at, n };
}

/** Element (k, k) of the inverse of the normal matrix, by Gauss-Jordan elimination. */
function inverseAt(at: (i: number, j: number) => number, n: number, k: number): number {
  const a = Array.from({ length: n }, (_, i) => [...Array.from({ length: n }, (_, j) => at(i, j)), i === k ? 1 : 0]);
  for (let i = 0; i < n; i++) {
    const pivot = a[i]![i]!;
    a[i] = a[i]!.map((v) => v / pivot);
    for (let r = 0; r < n; r++) if (r !== i) a[r] = a[r]!.map((v, c) => v - a[r]![i]! * a[i]![c]!);
  }
  return a[k]![n]!;
}

describe('the covariance of a star with its neighbours', () => {
  it('is the corner of the inverse of their normal matrix', () => {
    for (const count of [1, 2, 5, 9]) {
      const { equations, pairs, at, n } = blend(count, 40 + count);
      const found = jointVariances(count, new Float64Array(count).fill(100), equations, pairs);
      for (let s = 0; s < count; s++) {
        assert.equal(found.nNeighbours[s], count - 1);
        for (const [k, variance] of [found.flux[s]!, found.x[s]!, found.y[s]!].entries()) {
          const truth = inverseAt(at, n, 3 * s + k);
          // The prior against singular blocks is 1e-9 of the diagonal.
          assert.ok(Math.abs(variance / truth - 1) < 1e-6, `${count} stars, ${s}: ${variance} for ${truth}`);
        }
      }
    }
  });

  it('is that with the eight strongest where there are more, and so never smaller than alone', () => {
    const count = 12;
    const { equations, pairs } = blend(count, 3);
    const all = jointVariances(count, new Float64Array(count).fill(100), equations, pairs);
    const none = { start: new Int32Array(count + 1), second: new Int32Array(0), blocks: new Float64Array(0) };
    const alone = jointVariances(count, new Float64Array(count).fill(100), equations, none);
    for (let s = 0; s < count; s++) {
      assert.ok(all.flux[s]! > alone.flux[s]!);
      assert.equal(alone.fracFlux[s], 1);
      assert.ok(all.fracFlux[s]! < 1);
    }
  });

  it('is not a number where the equations do not determine the star', () => {
    const { equations, pairs } = blend(1, 5);
    equations.diagonal.fill(0);
    assert.ok(Number.isNaN(jointVariances(1, Float64Array.of(100), equations, pairs).flux[0]));
  });
});
