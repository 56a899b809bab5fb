import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addStar, moffat, pixelShare, psfAt, roundPsf, stampRadius } from '../../../../../drivers/simulator/sky/psf.ts';

const degree = Math.PI / 180;

/** The mean of the profile over a pixel by brute force: midpoints of a 200 x 200 grid. */
function bruteForce(m: ReturnType<typeof moffat>, dx: number, dy: number): number {
  const n = 200;
  let sum = 0;
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const x = dx + (i + 0.5) / n - 0.5;
      const y = dy + (j + 0.5) / n - 0.5;
      sum += m.peak * (1 + m.axx * x * x + 2 * m.axy * x * y + m.ayy * y * y) ** -m.beta;
    }
  }
  return sum / (n * n);
}

for (const [fwhmPx, ellipticity] of [
  [1.3, 0],
  [1.3, 0.2],
  [2.5, 0.3],
  [8, 0.1],
] as const) {
  test(`pixels are integrated to 1e-4 of the flux at FWHM ${fwhmPx} px, ellipticity ${ellipticity}`, () => {
    const m = moffat(fwhmPx, 2.7, ellipticity, 25 * degree);
    let wrong = 0;
    for (let dy = -10; dy <= 10; dy++) {
      for (let dx = -10; dx <= 10; dx++) {
        wrong += Math.abs(pixelShare(m, dx + 0.31, dy - 0.17) - bruteForce(m, dx + 0.31, dy - 0.17));
      }
    }
    assert.ok(wrong < 1e-4, `sum of absolute errors ${wrong}`);
  });
}

test('a stamp holds the light of its star, wherever the star lies in its pixel', () => {
  for (const [x, y] of [
    [150, 150],
    [150.5, 149.5],
    [149.77, 150.4],
  ] as const) {
    for (const fwhmPx of [1.3, 3.2, 10]) {
      const m = moffat(fwhmPx, 3, 0.15, 1);
      const image = new Float32Array(301 * 301);
      const radius = stampRadius(m, 1e5, 0.02, 5e-4);
      addStar(image, 301, 301, m, x, y, [1e5, 1e5, 1e5, 1e5], radius);
      const total = image.reduce((sum, value) => sum + value, 0);
      assert.ok(Math.abs(total / 1e5 - 1) < 1e-3, `FWHM ${fwhmPx}: ${total}`);
    }
  }
});

test('the profile has the width, the shape and the angle it was asked for', () => {
  const m = moffat(6, 3, 0.36, 30 * degree);
  const level = (r: number, angleDeg: number) => {
    const x = r * Math.cos(angleDeg * degree);
    const y = r * Math.sin(angleDeg * degree);
    return (1 + m.axx * x * x + 2 * m.axy * x * y + m.ayy * y * y) ** -m.beta;
  };
  // Axes a and b with b = 0.64 a and a b = 36: half maximum at a / 2 = 3.75 px and b / 2 = 2.4 px.
  assert.ok(Math.abs(level(3.75, 30) - 0.5) < 1e-12);
  assert.ok(Math.abs(level(2.4, 120) - 0.5) < 1e-12);
});

test('the field bends the PSF: wider in the corners, stretched away from the middle', () => {
  const model = { ...roundPsf, fwhmPx: 3, fwhmGrowth: 0.2, radialEllipticity: 0.2 };
  assert.equal(psfAt(model, 0, 0).fwhmPx, 3);
  const corner = psfAt(model, 1, 1);
  assert.ok(Math.abs(corner.fwhmPx - 3.6) < 1e-12);
  assert.ok(Math.abs(corner.axx - corner.ayy) < 1e-12 && corner.axy < 0, 'long along the diagonal');
});
