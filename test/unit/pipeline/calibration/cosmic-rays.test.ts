import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { findCosmicRays } from '../../../../pipeline/calibration/cosmic-rays.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { MaskBit } from '../../../../pipeline/plane.ts';
import { paintStarField } from '../../../support/star-field.ts';

const crew = soloCrew(kernels);
const width = 300;
const height = 300;
const skyE = 300;
const readNoiseE = 5;
const skyRmsE = Math.sqrt(skyE + readNoiseE ** 2);

for (const fwhmPx of [1.8, 2.5, 4, 6]) {
  for (const beta of [2.5, Number.POSITIVE_INFINITY]) {
    test(`FWHM ${fwhmPx} px, ${beta === 2.5 ? 'Moffat' : 'Gauss'}: over 90 % of cosmic rays found, no core of a star touched`, async () => {
      const random = new Random(fwhmPx * 100 + (beta === 2.5 ? 1 : 2));
      const options = { width, height, nStars: 150, fwhmPx, beta, skyE, readNoiseE, logFlux: [3, 6.2] as const };
      const clean = paintStarField(options, random);
      const hit = { ...clean.plane, electrons: clean.plane.electrons.slice(), mask: new Uint8Array(width * height) };
      const search = { fwhmPx, skyE, skyRmsE };
      await findCosmicRays(clean.plane, search, crew);
      for (const { x, y } of clean.stars) {
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) {
            const [px, py] = [Math.round(x) + dx, Math.round(y) + dy];
            if (px < 0 || py < 0 || px >= width || py >= height) continue;
            assert.equal(clean.plane.mask[py * width + px], 0, `a star at ${x.toFixed(1)}, ${y.toFixed(1)}`);
          }
        }
      }
      // Hits of one to eight pixels, 15 sigma of the sky and brighter; those that drown in a star's own noise do not count.
      const rays = new Set<number>();
      for (let k = 0; k < 120; k++) {
        const [x, y, angle] = [5 + 290 * random.uniform(), 5 + 290 * random.uniform(), 6.28 * random.uniform()];
        const length = random.uniform() < 0.5 ? 1 : 1 + 7 * random.uniform();
        const energy = 15 * skyRmsE * 10 ** (1.7 * random.uniform());
        for (let t = 0; t < length; t++) {
          const px = Math.min(width - 3, Math.max(2, Math.round(x + t * Math.cos(angle))));
          const py = Math.min(height - 3, Math.max(2, Math.round(y + t * Math.sin(angle))));
          hit.electrons[py * width + px]! += energy;
          if (energy > 5 * Math.sqrt(clean.truth[py * width + px]! + readNoiseE ** 2)) rays.add(py * width + px);
        }
      }
      const before = hit.electrons.slice();
      const found = await findCosmicRays(hit, search, crew);
      const share = [...rays].filter((i) => hit.mask[i]! & MaskBit.cosmicRay).length / rays.size;
      assert.ok(share > 0.9, `${(100 * share).toFixed(1)} % of ${rays.size} pixels`);
      assert.ok(found < 1.3 * rays.size, `${found} pixels marked for ${rays.size} hit`);
      assert.deepEqual(hit.electrons, before, 'electrons stay as they are');
    });
  }
}

test('a frame too sharp to tell, and a masked pixel, are left alone', async () => {
  const field = paintStarField(
    { width, height, nStars: 5, fwhmPx: 3, beta: 3, skyE, readNoiseE, logFlux: [4, 5] },
    new Random(1),
  );
  field.plane.electrons[150 * width + 150]! += 5000;
  assert.equal(await findCosmicRays(field.plane, { fwhmPx: 1.4, skyE, skyRmsE }, crew), 0);
  field.plane.mask[150 * width + 150] = MaskBit.saturated;
  await findCosmicRays(field.plane, { fwhmPx: 3, skyE, skyRmsE }, crew);
  assert.equal(field.plane.mask[150 * width + 150], MaskBit.saturated);
});
