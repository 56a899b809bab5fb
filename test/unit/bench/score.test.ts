import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../base/random.ts';
import { scoreList, summarise } from '../../../bench/photometry/score.ts';
import type { ScoredStar, Truth } from '../../../bench/photometry/simulate.ts';

const boundE = 100;
const stars: ScoredStar[] = Array.from({ length: 400 }, (_, k) => ({
  id: String(k),
  x: 30 + 30 * (k % 20),
  y: 30 + 30 * Math.floor(k / 20),
  raDeg: 0,
  decDeg: 0,
  electrons: 30_000 - 70 * k,
  redElectrons: 0,
  blueElectrons: 0,
  mag: 0,
  gMag: 0,
  bpRp: 1,
  fwhmPx: 3,
  peakE: 0,
  saturated: false,
  boundE,
  usable: true,
}));
const truth: Truth = { widthPx: 660, heightPx: 660, fwhmPx: 3, stars };

/** A list with errors of `spread` bounds, reported as `reported` bounds, every flux `scale` times the true one. */
function listOf(chosen: readonly ScoredStar[], scale: number, spread: number, reported: number) {
  const random = new Random(3);
  return {
    x: Float64Array.from(chosen, ({ x }) => x + 0.1),
    y: Float64Array.from(chosen, ({ y }) => y),
    flux: Float64Array.from(chosen, ({ electrons }) => scale * (electrons + spread * boundE * random.normal())),
    fluxErr: Float64Array.from(chosen, () => scale * reported * boundE),
  };
}

test('scatter and pulls come out as they were put in, whatever the unit of flux', () => {
  const score = scoreList(listOf(stars, 0.7, 2, 1.6), truth)!;
  const { completeness, scatterOverBound, pullWidth, bias } = summarise(score.stars);
  assert.equal(completeness, 1);
  assert.equal(score.nFalse, 0);
  assert.ok(Math.abs(score.zeroPoint - 0.7) < 0.005, String(score.zeroPoint));
  assert.ok(Math.abs(scatterOverBound - 2) < 0.25, String(scatterOverBound));
  assert.ok(Math.abs(pullWidth - 1.25) < 0.15, String(pullWidth));
  assert.ok(Math.abs(bias) < 0.005, String(bias));
});

test('missing stars and wild ones fail, detections of nothing are false', () => {
  const list = listOf(stars.slice(0, 300), 1, 0.5, 1);
  for (let i = 0; i < 30; i++) list.flux[i]! *= 1.2;
  const score = scoreList({ ...list, x: list.x.map((x, i) => (i >= 290 ? x + 12 : x)) }, truth)!;
  const { completeness, within3 } = summarise(score.stars);
  assert.equal(score.nFalse, 10);
  assert.equal(completeness, 290 / 400);
  assert.equal(within3, 260 / 400);
});

test('of two stars in one place each keeps the candidate of its own brightness', () => {
  const pair = stars.map((star, k) =>
    k === 399 ? { ...star, x: stars[0]!.x + 1, y: stars[0]!.y, electrons: 2000 } : star,
  );
  const score = scoreList(listOf(pair, 1, 0, 1), { ...truth, stars: pair })!;
  assert.equal(summarise(score.stars).within3, 1);
});
