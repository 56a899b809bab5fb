import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane } from '../../../../pipeline/measure.ts';
import { type OuterPsf, strayShare, subtractLight } from '../../../../pipeline/model/outer-light.ts';
import { paint, randomStars, type Scene } from '../photometry/paint.ts';

const crew = soloCrew(kernels);

/** A stack whose only light is one pixel `dx`, `dy` from the star. */
function onePixel(dx: number, dy: number, share: number): OuterPsf {
  const half = 10;
  const stack = new Float32Array(21 * 21);
  stack[(dy + half) * 21 + dx + half] = share;
  return { half, share: stack, envelope: new Float32Array(11), spread: new Float32Array(11).fill(0.001), nStars: 9 };
}

describe('outer light', () => {
  it('is taken where the star has it, shared among pixels by where the star lies, and put back', () => {
    const image = new Float32Array(40 * 30);
    const stars = [{ x: 12.25, y: 9.5, flux: 1000, reach: 9 }];
    const light = { psf: onePixel(4, -3, 0.01), stars };
    subtractLight(image, 40, 30, light);
    const at = (x: number, y: number) => image[y * 40 + x]!;
    // 16.25, 6.5: a quarter and three quarters in x, halves in y.
    assert.deepEqual([at(16, 6), at(17, 6), at(16, 7), at(17, 7)], [-3.75, -1.25, -3.75, -1.25]);
    assert.ok(Math.abs(image.reduce((sum, v) => sum + v, 0) + 10) < 1e-5);
    subtractLight(image, 40, 30, light, -1);
    assert.ok(image.every((v) => Math.abs(v) < 1e-6));
  });

  it('ends at the edges of the image and at the reach of its star', () => {
    const image = new Float32Array(40 * 30);
    const stack = onePixel(0, 0, 0);
    stack.share.fill(1);
    subtractLight(image, 40, 30, { psf: stack, stars: [{ x: 1, y: 28, flux: 1, reach: 3 }] });
    let changed = 0;
    for (let p = 0; p < image.length; p++) {
      if (image[p] === 0) continue;
      changed++;
      assert.ok(p % 40 <= 4 && Math.floor(p / 40) >= 25);
    }
    assert.equal(changed, 5 * 5);
  });

  it('differs from star to star by the sum over the pixels of a profile', () => {
    assert.ok(Math.abs(strayShare(onePixel(0, 0, 0), 3)[5]! - 0.001 * 2.27 * 9) < 1e-6);
  });
});

describe('a field whose bright stars have spikes', async () => {
  const size = 700;
  const faint = randomStars(250, size, 1500, 2e4, 0.6, 21);
  const bright = randomStars(24, size, 2e5, 8e5, 0.6, 22);
  const scene: Scene = {
    ...{ width: size, height: size, stars: [...faint, ...bright], fwhmPx: 3, skyE: 200, seed: 23 },
    saturationE: 3e5,
  };
  const plane = paint(scene);
  const random = new Random(24);
  // Four vanes: along both diagonals, a profile wide, falling as the square of the distance beyond 6 pixels.
  for (const { x, y, flux } of bright) {
    for (let j = -60; j <= 60; j++) {
      for (let i = -60; i <= 60; i++) {
        const [px, py] = [Math.round(x) + i, Math.round(y) + j];
        if (px < 0 || py < 0 || px >= size || py >= size) continue;
        const [u, v] = [(px - x + (py - y)) / Math.SQRT2, (px - x - (py - y)) / Math.SQRT2];
        const r2 = u * u + v * v;
        if (r2 < 36) continue;
        const across = Math.exp(-(u * u) / 4) + Math.exp(-(v * v) / 4);
        plane.electrons[py * size + px]! += random.poisson((0.02 * flux * across) / r2);
      }
    }
  }
  const result = await measurePlane(plane, {}, crew);
  const { sources } = result;

  it('has few stars on them', () => {
    let onSpikes = 0;
    for (let row = 0; row < sources.count; row++) {
      const [x, y] = [sources.x[row]!, sources.y[row]!];
      const isTrue = scene.stars.some((star) => Math.hypot(star.x - x, star.y - y) < 2);
      const isNear = bright.some((star) => Math.hypot(star.x - x, star.y - y) < 60);
      if (!isTrue && isNear) onSpikes++;
    }
    // Without the stack there are over two hundred.
    assert.ok(onSpikes <= 12, `${onSpikes} on spikes`);
  });

  it('keeps the faint stars that it has', () => {
    const clear = faint.filter(
      ({ x, y }) =>
        ![...bright, ...faint].some((s) => s.x !== x && Math.hypot(s.x - x, s.y - y) < 12) &&
        Math.min(x, y, size - x, size - y) > 10,
    );
    const found = clear.filter(({ x, y }) => {
      for (let row = 0; row < sources.count; row++)
        if (Math.hypot(sources.x[row]! - x, sources.y[row]! - y) < 1) return true;
      return false;
    });
    assert.ok(clear.length > 100 && found.length >= 0.97 * clear.length, `${found.length} of ${clear.length}`);
  });
});
