import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { emptySky } from '../../../../pipeline/background/map.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { psfFilter } from '../../../../pipeline/detection/filter.ts';
import { findPeaks, PEAK_STRIDE, weighPeaks } from '../../../../pipeline/detection/peaks.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { lnAlphaOfFwhm } from '../../../../pipeline/model/moffat.ts';
import { evaluatePsf } from '../../../../pipeline/model/psf-field.ts';
import { constantShape } from '../../../../pipeline/psf/shape-fit.ts';
import { buildPsf, tableGeometry } from '../../../../pipeline/psf/tables.ts';

const width = 701;
const height = 683;
const spacing = 60;
const crew = soloCrew(kernels);

/** Stars of a given S/N on a grid of all sub-pixel phases, in white noise of one electron; the grid has blanks. */
async function scene(fwhmPx: number, sigmas: number, seed: number) {
  const shape = constantShape(
    { lnAlpha: lnAlphaOfFwhm(fwhmPx, 3), e1: 0.05, e2: 0, beta: 3, pixelPx: 1 },
    width,
    height,
  );
  const psf = await buildPsf(shape, undefined, tableGeometry(fwhmPx, fwhmPx), crew);
  const random = new Random(seed);
  const residual = Float32Array.from({ length: width * height }, () => random.normal());
  const stars: { x: number; y: number; flux: number }[] = [];
  const side = 2 * Math.ceil(2 * psf.fwhmPx) + 1;
  const stamp = new Float64Array(side * side);
  for (let gy = spacing / 2; gy < height - spacing / 2; gy += spacing) {
    for (let gx = spacing / 2; gx < width - spacing / 2; gx += spacing) {
      const [x, y] = [gx + 8 * random.uniform(), gy + 8 * random.uniform()];
      const [x0, y0] = [Math.round(x) - (side >> 1), Math.round(y) - (side >> 1)];
      evaluatePsf(psf, x, y, x0, y0, side, side, stamp);
      let sumSquares = 0;
      for (const p of stamp) sumSquares += p * p;
      const flux = sigmas / Math.sqrt(sumSquares);
      for (let p = 0; p < stamp.length; p++) {
        residual[(y0 + Math.floor(p / side)) * width + x0 + (p % side)]! += flux * stamp[p]!;
      }
      stars.push({ x, y, flux });
    }
  }
  const sky = emptySky(width, height, 64);
  sky.variance.fill(1);
  const task = {
    ...{ width, height, residual, electrons: residual, sky, psf, filter: psfFilter(psf) },
    ...{ noise: { photonSlope: 1, relativeVariance: 0 }, modelled: false, localSky: false, threshold: 5 },
  };
  const found = findPeaks(task, 0, 1);
  const peaks = Array.from({ length: found.length / PEAK_STRIDE }, (_, k) => {
    const [x, y, significance, flux] = found.subarray(k * PEAK_STRIDE, (k + 1) * PEAK_STRIDE) as unknown as number[];
    return { x: x!, y: y!, significance: significance!, flux: flux! };
  });
  return { psf, stars, peaks, filter: psfFilter(psf), task, found };
}

describe('peaks of the matched filter', () => {
  for (const [fwhmPx, bin] of [
    [2.2, 1],
    [4.6, 2],
    [9.5, 4],
  ] as const) {
    it(`finds stars of FWHM ${fwhmPx} px in bins of ${bin}, nothing else, and gives their significance`, async () => {
      const { psf, stars, peaks, filter } = await scene(fwhmPx, 9, 11);
      assert.equal(filter.bin, bin);
      const near = (star: { x: number; y: number }) =>
        peaks.filter(({ x, y }) => Math.hypot(x - star.x, y - star.y) < 0.5 * psf.fwhmPx);
      const ratios: number[] = [];
      for (const star of stars) {
        const [peak, ...more] = near(star);
        // At 9 sigma, one star in 30,000 falls below 5.
        assert.ok(peak && more.length === 0, `${star.x}, ${star.y}: ${peak && 'more than one'}`);
        ratios.push(peak.significance / 9);
      }
      const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
      // Noise of a mean of some 110 values of 9 +- 1: .01; a quarter of a bin off the centre costs 2 to 3 %.
      assert.ok(mean > 0.94 && mean < 1.03, `mean ${mean}`);
      // White noise above 5 sigma: 3e-7 of at most 5e5 pixels.
      assert.ok(peaks.length <= stars.length + 1, `${peaks.length} peaks of ${stars.length} stars`);
    });
  }

  it('weighs places that are known as it does its own, and finds nothing on blank ones', async () => {
    const { stars, peaks, task, found } = await scene(4.6, 9, 11);
    const at = (places: readonly { x: number; y: number }[]) => ({
      peaks: task,
      x: Float64Array.from(places, ({ x }) => x),
      y: Float64Array.from(places, ({ y }) => y),
    });
    const parts = [0, 1, 2].map((part) => weighPeaks(at(peaks), part, 3));
    assert.deepEqual(Float64Array.from(parts.flatMap((part) => [...part])), found);
    const between = stars.map(({ x, y }) => ({ x: x + spacing / 2, y: y + spacing / 2 }));
    assert.equal(weighPeaks(at(between), 0, 1).length, 0);
  });
});
