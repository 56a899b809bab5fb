import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import type { Pairs } from '../../../../pipeline/model/normal.ts';
import { choleskyFactor, choleskySolve } from '../../../../pipeline/numeric/cholesky.ts';
import { groupsOf } from '../../../../pipeline/photometry/groups.ts';
import { solveSteps } from '../../../../pipeline/photometry/solve.ts';

/** Pairs (first, second) as `findPairs` lists them: by their first stars. */
function pairsOf(count: number, links: readonly (readonly [number, number])[], blocks = new Float64Array(0)): Pairs {
  const start = new Int32Array(count + 1);
  for (const [first] of links) start[first + 1]!++;
  for (let s = 0; s < count; s++) start[s + 1]! += start[s]!;
  return { start, second: Int32Array.from(links, ([, second]) => second), blocks };
}

test('stars linked by pairs are one group, whichever of them is named first', () => {
  const { count, start, members } = groupsOf(
    8,
    pairsOf(8, [
      [1, 7],
      [3, 0],
      [6, 3],
      [7, 5],
    ]),
  );
  const groups = Array.from({ length: count }, (_, g) => [...members.subarray(start[g]!, start[g + 1]!)]);
  assert.deepEqual(groups, [[0, 3, 6], [1, 5, 7], [2], [4]]);
});

/**
 * Normal equations J^T J of a chain of stars and of some alone, each star with measurements of its own and some that it shares
 * with the next one: positive definite as those of overlapping stamps are. Also as one dense matrix.
 */
function makeSystem(count: number, links: readonly (readonly [number, number])[], seed: number) {
  const random = new Random(seed);
  const n = 3 * count;
  const dense = new Float64Array(n * n);
  const measure = (stars: readonly number[]) => {
    const row = new Float64Array(n);
    for (const s of stars) for (let k = 0; k < 3; k++) row[3 * s + k] = random.normal();
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) dense[i * n + j]! += row[i]! * row[j]!;
  };
  for (let s = 0; s < count; s++) for (let k = 0; k < 4; k++) measure([s]);
  for (const link of links) for (let k = 0; k < 3; k++) measure(link);
  const rhs = Float64Array.from({ length: n }, () => random.normal());
  const prior = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0 : 0.5));
  const at = (i: number, j: number) => dense[i * n + j]!;
  const diagonal = Float64Array.from({ length: count }, (_, s) => 3 * s).values();
  const packed = new Float64Array(6 * count);
  let k = 0;
  for (const s of diagonal) {
    packed.set([at(s, s), at(s, s + 1), at(s, s + 2), at(s + 1, s + 1), at(s + 1, s + 2), at(s + 2, s + 2)], k);
    k += 6;
  }
  const blocks = Float64Array.from(
    links.flatMap(([i, j]) => Array.from({ length: 9 }, (_, b) => at(3 * i + Math.floor(b / 3), 3 * j + (b % 3)))),
  );
  const truth = rhs.slice();
  for (let i = 0; i < n; i++) dense[i * n + i]! += prior[i]!;
  assert.ok(choleskyFactor(dense, n));
  choleskySolve(dense, n, truth);
  return { diagonal: packed, rhs, prior, pairs: pairsOf(count, links, blocks), truth };
}

// A chain of 20, too long to be factorised, a triangle, a pair named from its second star, and three stars alone.
const chain = Array.from({ length: 19 }, (_, s) => [s, s + 1] as const);
const links = [...chain, [20, 21], [20, 22], [21, 22], [24, 23]] as const;
const count = 28;

test('groups give the solution of the whole, by factors and by iteration', () => {
  const { diagonal, rhs, prior, pairs, truth } = makeSystem(count, links, 5);
  const steps = solveSteps(count, { diagonal, rhs }, pairs, prior, 1e-12);
  truth.forEach((value, i) => {
    assert.ok(Math.abs(steps[i]! - value) < 1e-9, `unknown ${i}: ${steps[i]} for ${value}`);
  });
});

test('a group without an active star stays where it is, one with a single one moves as a whole', () => {
  const { diagonal, rhs, prior, pairs, truth } = makeSystem(count, links, 6);
  const active = new Uint8Array(count);
  active[21] = 1;
  const steps = solveSteps(count, { diagonal, rhs }, pairs, prior, 1e-12, active);
  truth.forEach((value, i) => {
    const s = Math.floor(i / 3);
    const expected = s >= 20 && s <= 22 ? value : 0;
    assert.ok(Math.abs(steps[i]! - expected) < 1e-9, `star ${s}`);
  });
});

test('a star of which no pixel is seen does not move, nor does it keep its neighbour', () => {
  const { diagonal, rhs, prior, pairs } = makeSystem(2, [[0, 1]], 7);
  for (const i of [0, 1, 2]) rhs[i] = 0;
  diagonal.fill(0, 0, 6);
  prior[0] = 0;
  pairs.blocks.fill(0);
  const steps = solveSteps(2, { diagonal, rhs }, pairs, prior, 1e-12);
  assert.deepEqual([...steps.subarray(0, 3)], [0, 0, 0]);
  assert.ok(steps.subarray(3).every((step) => step !== 0 && Number.isFinite(step)));
});
