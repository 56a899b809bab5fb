import assert from 'node:assert/strict';
import { it } from 'node:test';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane } from '../../../../pipeline/measure.ts';
import { lnAlphaOfFwhm, moffatConstants, moffatPixel } from '../../../../pipeline/model/moffat.ts';
import { MaskBit } from '../../../../pipeline/plane.ts';
import { paint } from './paint.ts';

const fwhmPx = 3.2;
const star = { x: 60.3, y: 60.6, flux: 200_000 };
const neighbour = { x: 67.4, y: 60.2, flux: 60_000 };
const onEdge = { x: 113.6, y: 30.2, flux: 150_000 };
const spoiled = { x: 30.2, y: 150.3, flux: 150_000 };
const others = Array.from({ length: 9 }, (_, k) => ({
  x: 15.4 + 30 * (k % 3),
  y: 15.2 + 85 * Math.floor(k / 3),
  flux: 50_000 + 1000 * k,
}));
const stars = [star, neighbour, onEdge, spoiled, ...others];
const plane = paint({ width: 120, height: 200, fwhmPx, skyE: 300, stars, seed: 5 });
// A bad pixel beside the peak.
plane.mask[151 * 120 + 31] = MaskBit.bad;
const { sources, apertures } = await measurePlane(plane, {}, soloCrew(kernels));
const rowOf = ({ x, y }: { x: number; y: number }) =>
  Array.from(sources.x).findIndex((sx, k) => Math.hypot(sx - x, sources.y[k]! - y) < 0.5);

it("plain apertures hold all light within their radius, unless much of it is the neighbours'", () => {
  const k = moffatConstants({ lnAlpha: lnAlphaOfFwhm(fwhmPx, 3), e1: 0.05, e2: -0.03, beta: 3, pixelPx: 1 });
  assert.deepEqual(
    apertures.map(({ radiusPx }) => radiusPx),
    [4, 5, 6.5, 8],
  );
  for (const { radiusPx, fluxE, fluxErrE } of apertures) {
    let own = 0;
    let foreign = 0;
    for (let y = 50; y <= 71; y++) {
      for (let x = 50; x <= 71; x++) {
        // Of pixels on the rim a share counts: 10 x 10 sub-pixels tell it.
        let cover = 0;
        for (let q = 0; q < 100; q++) {
          const u = x + ((q % 10) - 4.5) / 10 - star.x;
          const v = y + (Math.floor(q / 10) - 4.5) / 10 - star.y;
          if (Math.hypot(u, v) <= radiusPx) cover += 0.01;
        }
        own += cover * star.flux * moffatPixel(k, x - star.x, y - star.y);
        foreign += cover * neighbour.flux * moffatPixel(k, x - neighbour.x, y - neighbour.y);
      }
    }
    const row = rowOf(star);
    const within = own + foreign;
    if (foreign > 0.1 * within) {
      assert.ok(Number.isNaN(fluxE[row]!), `${radiusPx} px`);
      continue;
    }
    // Its own noise, and 0.2 % for the sky that the fit of two bright stars leaves.
    const error = Math.hypot(fluxErrE[row]!, 0.002 * star.flux);
    assert.ok(fluxErrE[row]! > Math.sqrt(within) && fluxErrE[row]! < 1.5 * Math.sqrt(within), `${fluxErrE[row]}`);
    assert.ok(Math.abs(fluxE[row]! - within) < 3 * error, `${radiusPx} px: ${fluxE[row]} for ${within}`);
  }
});

it('pixels missing in the rim of a circle cost nothing, one near the star costs the sum', () => {
  const known = (star: { x: number; y: number }) => apertures.map(({ fluxE }) => Number.isFinite(fluxE[rowOf(star)]!));
  // The plane ends 5.9 pixels away, where a pixel holds 0.1 % of the light.
  assert.deepEqual(known(onEdge), [true, true, true, true]);
  const row = rowOf(onEdge);
  const alone = others[4]!;
  const [small, large] = [apertures[0]!, apertures[3]!].map(({ fluxE }) => fluxE[row]! / onEdge.flux);
  const [smallAlone, largeAlone] = [apertures[0]!, apertures[3]!].map(({ fluxE }) => fluxE[rowOf(alone)]! / alone.flux);
  assert.ok(Math.abs(large! - small! - (largeAlone! - smallAlone!)) < 0.01, `${small} ${large}`);
  assert.deepEqual(known(spoiled), [false, false, false, false]);
});
