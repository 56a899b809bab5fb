import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { findTrails } from '../../../../pipeline/calibration/trails.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { MaskBit } from '../../../../pipeline/plane.ts';
import { paintStarField } from '../../../support/star-field.ts';

const crew = soloCrew(kernels);
const width = 600;
const height = 400;
const field = (nStars: number, seed: number) =>
  paintStarField(
    { width, height, nStars, fwhmPx: 3, beta: 3, skyE: 300, readNoiseE: 5, logFlux: [2.5, 5] },
    new Random(seed),
  );
const search = { fwhmPx: 3, skyE: 300, skyRmsE: 18 };

function crossWith(electrons: Float32Array, angle: number, distance: number, peakE: number): number[] {
  const core: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const off = x * Math.cos(angle) + y * Math.sin(angle) - distance;
      electrons[y * width + x]! += peakE * Math.exp(-(off * off) / 4);
      if (Math.abs(off) < 2) core.push(y * width + x);
    }
  }
  return core;
}

test('satellites are found and covered at any angle, two of them too', async () => {
  for (const angle of [0, 0.4, 1.3, 2.2, 2.9]) {
    const { plane } = field(100, 3);
    const first = crossWith(plane.electrons, angle, 300 * Math.cos(angle) + 200 * Math.sin(angle), 40);
    const second = crossWith(
      plane.electrons,
      angle + 0.5,
      250 * Math.cos(angle + 0.5) + 150 * Math.sin(angle + 0.5),
      120,
    );
    assert.equal((await findTrails(plane, search, crew)).length, 2, `angle ${angle}`);
    for (const core of [first, second]) {
      const covered = core.filter((i) => plane.mask[i]! & MaskBit.trail).length / core.length;
      assert.ok(covered > 0.97, `${covered} at angle ${angle}`);
    }
    const masked = plane.mask.reduce((n, mask) => n + (mask ? 1 : 0), 0);
    assert.ok(masked < 0.1 * plane.mask.length, `${masked} pixels`);
  }
});

test('no trail is seen where there is none: few stars, many stars, a bright row of stars', async () => {
  for (const nStars of [0, 50, 1500])
    assert.deepEqual(await findTrails(field(nStars, nStars + 7).plane, search, crew), [], `${nStars}`);
  const { plane } = field(50, 9);
  for (let k = 0; k < 12; k++) {
    for (let dy = -2; dy <= 2; dy++)
      for (let dx = -2; dx <= 2; dx++) plane.electrons[(200 + dy) * width + 25 + 48 * k + dx]! += 4000;
  }
  assert.deepEqual(await findTrails(plane, search, crew), []);
});
