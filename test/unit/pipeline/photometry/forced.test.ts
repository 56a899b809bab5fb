import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { SourceFlag } from '../../../../pipeline/flags.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane } from '../../../../pipeline/measure.ts';
import { lnAlphaOfFwhm, moffatConstants, moffatPixel } from '../../../../pipeline/model/moffat.ts';
import { paint } from './paint.ts';

const fwhmPx = 3.2;
const skyE = 2000;
const bright = { x: 80.2, y: 80.4, flux: 80_000 };
const beside = { x: bright.x + 7, y: bright.y, flux: 1500 };
const alone = { x: 150.3, y: 60.1, flux: 1500 };
// Far from each other, to teach the PSF.
const others = Array.from({ length: 25 }, (_, k) => ({
  x: 20.3 + 45 * (k % 5),
  y: 130.6 + 25 * Math.floor(k / 5),
  flux: 20_000,
}));
const [inWing, inOpen] = [
  { x: bright.x - 5, y: bright.y + 5 },
  { x: 200, y: 60 },
];
const stars = [bright, beside, alone, ...others];
const plane = paint({ width: 240, height: 260, fwhmPx, skyE, stars, seed: 7 });
const measurement = await measurePlane(plane, {}, soloCrew(kernels));

describe('the share of the light that is the target’s', () => {
  const of = (place: { x: number; y: number }) => measurement.force([place])[0]!;
  const isBlend = ({ flags }: { flags: number }) => (flags & SourceFlag.blended) !== 0;

  it('counts the wings of a star seven pixels away', () => {
    const k = moffatConstants({ lnAlpha: lnAlphaOfFwhm(fwhmPx, 3), e1: 0.05, e2: -0.03, beta: 3, pixelPx: 1 });
    let [own, foreign] = [0, 0];
    for (let y = 60; y < 100; y++) {
      for (let x = 60; x < 110; x++) {
        const profile = moffatPixel(k, x - beside.x, y - beside.y);
        const wing = bright.flux * moffatPixel(k, x - bright.x, y - bright.y);
        const weight = 1 / (skyE + 25 + wing);
        own += weight * beside.flux * profile ** 2;
        foreign += weight * wing * profile;
      }
    }
    const share = own / (own + foreign);
    assert.ok(share > 0.3 && share < 0.7, `${share}`);
    const { flux, fluxErr, fracFlux } = of(beside);
    // The flux is known to a fifth, which is 0.05 of the share.
    assert.ok(fluxErr < 0.25 * beside.flux && Math.abs(flux - beside.flux) < 3 * fluxErr, `${flux} +- ${fluxErr}`);
    const measured = (flux / beside.flux) * own;
    assert.ok(Math.abs(fracFlux - measured / (measured + foreign)) < 0.02, `${fracFlux}, of truth ${share}`);
  });

  it('is all of it for a lonely star, and nothing of a blend', () => {
    const m = of(alone);
    assert.ok(m.fracFlux > 0.97 && !isBlend(m), `${m.fracFlux}`);
  });

  it('is small, and a blend, where only the wing of a star is', () => {
    const m = of(inWing);
    assert.ok(m.fracFlux < 0.5 && isBlend(m), `${m.fracFlux}`);
  });

  it('makes no blend of a place where nothing is', () => {
    assert.ok(!isBlend(of(inOpen)));
  });
});
