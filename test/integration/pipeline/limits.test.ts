import assert from 'node:assert/strict';
import { it } from 'node:test';
import { crowded, figuresOf, scoreBlanks, sparse } from '../../../bench/photometry/blank-places.ts';
import { limitFluxE } from '../../../pipeline/targets/limit-flux.ts';

it('forced fluxes of blank places scatter as their errors say, and half of the stars at the limit exceed it', async () => {
  const scene = { ...sparse, sidePx: 768, nStars: 220 };
  const judgements = [];
  for (const seed of [1, 2, 3, 4]) judgements.push(await scoreBlanks(scene, seed, 600));
  const { nBlank, pullWidth, pullMean, beyond3, nInjected, exceededShare } = figuresOf(judgements);
  assert.ok(nBlank === 2400 && nInjected > 220);
  // 2,400 pulls tell their width to 0.014, a share of 0.135 % comes out as up to 0.4 %; 240 stars a half to 3.2 %.
  assert.ok(pullWidth > 0.95 && pullWidth < 1.06 && Math.abs(pullMean) < 0.1, `${pullMean} +- ${pullWidth}`);
  assert.ok(beyond3 < 0.005, `${beyond3}`);
  assert.ok(exceededShare > 0.4 && exceededShare < 0.6, `${exceededShare}`);
});

it('they do in a crowded field too', async () => {
  // One star in 210 pixels: the light of stars is nearly everywhere, and what is not found is a part of them.
  const scene = { ...crowded, sidePx: 640, nStars: 1950 };
  const judgements = [];
  for (const seed of [1, 2, 3]) judgements.push(await scoreBlanks(scene, seed, 500));
  const { nBlank, pullWidth, pullMean, beyond3, nInjected, exceededShare } = figuresOf(judgements);
  assert.ok(nBlank === 1500 && nInjected > 110);
  // 1,500 pulls tell their width to 0.018; 120 stars a half to 4.6 %.
  assert.ok(pullWidth > 0.94 && pullWidth < 1.06 && Math.abs(pullMean) < 0.15, `${pullMean} +- ${pullWidth}`);
  assert.ok(beyond3 < 0.006, `${beyond3}`);
  assert.ok(exceededShare > 0.36 && exceededShare < 0.64, `${exceededShare}`);
});

it('the limit counts the photons of the star itself', () => {
  // Where the sky is dark they are all there is: f = sigma^2 kappa; where it is bright they do not matter.
  assert.ok(Math.abs(limitFluxE(0, 5, 3) - 25 * 1.5625) < 1e-9);
  assert.ok(Math.abs(limitFluxE(0, 5, Number.NaN) - 25 * (4 / 3)) < 1e-9);
  assert.ok(Math.abs(limitFluxE(1e6, 5, 3) / 5e6 - 1) < 1e-5);
  const f = limitFluxE(100, 5, 3);
  assert.ok(Math.abs(f / Math.sqrt(100 ** 2 + 1.5625 * f) - 5) < 1e-9);
});
