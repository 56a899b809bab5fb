import assert from 'node:assert/strict';
import test from 'node:test';
import { type BoundStar, fluxBounds } from '../../../bench/photometry/cramer-rao.ts';
import { moffat, pixelShare } from '../../../drivers/simulator/sky/psf.ts';

const size = 60;
const shape = moffat(3, 3, 0, 0);
const image = { fwhmPx: 3, share: (dx: number, dy: number) => pixelShare(shape, dx, dy) };
const skyE = 1000;

function frameOf(stars: readonly BoundStar[]) {
  const variance = new Float32Array(size * size).fill(skyE);
  for (let p = 0; p < variance.length; p++) {
    for (const { x, y, electrons } of stars)
      variance[p]! += electrons * pixelShare(shape, (p % size) - x, Math.floor(p / size) - y);
  }
  return { width: size, height: size, variance, response: new Float32Array(size * size).fill(1) };
}

const star = (x: number, y: number, electrons: number): BoundStar => ({ x, y, electrons, image });

test('a faint star on a bright sky: sigma of a pixel times the root of the noise area', () => {
  const stars = [star(30, 30, 500)];
  const [bound] = fluxBounds(frameOf(stars), stars);
  // Noise area of a Moffat profile of exponent b and core radius a: 1 / integral of I^2 = pi a^2 (2b - 1) / (b - 1)^2;
  // pixels of a third of the FWHM blur it by some per cent.
  const core = 3 / (2 * Math.sqrt(2 ** (1 / 3) - 1));
  const expected = Math.sqrt(skyE * ((Math.PI * core ** 2 * 5) / 4));
  assert.ok(Math.abs(bound! / expected - 1) < 0.08, `${bound} against ${expected}`);
});

test('a bright star: the noise of its own photons', () => {
  const stars = [star(30.3, 29.8, 1e8)];
  const [bound] = fluxBounds(frameOf(stars), stars);
  // The stamp misses the outermost per cent of the light.
  assert.ok(bound! > 1e4 && bound! < 1.02e4, String(bound));
});

test('neighbours cost more the nearer they are, and only if anybody could see them', () => {
  const boundAt = (distance: number, electrons: number) => {
    const stars = [star(30, 30, 5000), star(30 + distance, 30, electrons)];
    return fluxBounds(frameOf(stars), stars)[0]!;
  };
  const alone = boundAt(25, 5000);
  assert.ok(boundAt(4, 5000) > 1.02 * alone);
  assert.ok(boundAt(2, 5000) > 1.3 * boundAt(4, 5000));
  assert.ok(boundAt(1, 5000) > 2 * boundAt(2, 5000));
  assert.ok(Math.abs(boundAt(1, 50) / alone - 1) < 0.02, 'a neighbour below the noise');
});
