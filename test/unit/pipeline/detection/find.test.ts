import assert from 'node:assert/strict';
import { it } from 'node:test';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { findStarsAt } from '../../../../pipeline/detection/find.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { lnAlphaOfFwhm } from '../../../../pipeline/model/moffat.ts';
import { measureFirstSky, newWorkspace } from '../../../../pipeline/model/workspace.ts';
import { constantShape } from '../../../../pipeline/psf/shape-fit.ts';
import { buildPsf, tableGeometry } from '../../../../pipeline/psf/tables.ts';
import { paint } from '../photometry/paint.ts';

it('finds stars at known places: each once, the brightest peaks first, and none where there is none', async () => {
  const [size, fwhmPx] = [256, 4];
  const stars = [
    { x: 60.3, y: 70.4, flux: 40_000 },
    { x: 180.2, y: 90.8, flux: 25_000 },
  ];
  const crew = soloCrew(kernels);
  const work = newWorkspace(paint({ width: size, height: size, fwhmPx, skyE: 100, stars, seed: 6 }), crew, 64);
  await measureFirstSky(work, 64);
  const shape = { lnAlpha: lnAlphaOfFwhm(fwhmPx, 3), e1: 0.05, e2: -0.03, beta: 3, pixelPx: 1 };
  const geometry = tableGeometry(fwhmPx, fwhmPx);
  work.psf = await buildPsf(constantShape(shape, size, size), undefined, geometry, crew);
  const bright = Math.max(...work.residual);
  const places = [
    { x: 60.4, y: 70.3 },
    { x: 61.9, y: 72.1 },
    { x: 180.1, y: 90.9 },
    { x: 120, y: 200 },
  ];
  const n = await findStarsAt(work, places, { threshold: 20, nearestFwhm: 0.4, shareNear: 0.01, localSky: true });
  assert.equal(n, 2);
  for (const star of stars) {
    const s = work.stars.x.findIndex((x, k) => Math.hypot(x - star.x, work.stars.y[k]! - star.y) < 0.5);
    // Noise of a flux on this sky is .5 % of the fainter star; a place .15 px off costs about as much.
    assert.ok(Math.abs(work.stars.flux[s]! / star.flux - 1) < 0.02, `${work.stars.flux[s]}`);
  }
  assert.ok(Math.max(...work.residual) < 0.2 * bright, 'they are subtracted');
});
