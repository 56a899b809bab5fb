import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane } from '../../../../pipeline/measure.ts';
import { newStars, StarKind } from '../../../../pipeline/model/stars.ts';
import { doubleImagesWarning, findDoubleImages } from '../../../../pipeline/photometry/double-images.ts';
import { paint, randomStars, type Scene } from './paint.ts';

type Drawn = Scene['stars'];
const moved = (stars: Drawn, dx: number, dy: number, share: number): Drawn =>
  stars.map(({ x, y, flux }) => ({ x: x + dx, y: y + dy, flux: flux * share }));

function listOf(stars: Drawn, changes: { kind?: number } = {}) {
  const list = newStars(stars.length);
  list.count = stars.length;
  stars.forEach(({ x, y, flux }, s) => {
    list.x[s] = x;
    list.y[s] = y;
    list.flux[s] = flux;
    list.kind[s] = changes.kind ?? StarKind.star;
  });
  return list;
}
const found = (stars: Drawn, size = 800) => findDoubleImages(listOf(stars), size, size, 3);

describe('stars that are seen twice', () => {
  for (const [what, dx, dy, share] of [
    ['along a row', 9, 0, 1],
    ['aslant, a third as bright', -14, 21, 0.33],
    ['hardly apart', 3, 2.5, 0.7],
    ['far apart', 45, -50, 0.6],
  ] as const) {
    it(`are found ${what}, few or many`, () => {
      for (const n of [12, 40, 300]) {
        const stars = randomStars(n, 800, 500, 1e5, 0.7, n);
        const double = found([...stars, ...moved(stars, dx, dy, share)]);
        assert.ok(double, `${n} stars`);
        // With equal images either may be the first.
        const sign = share === 1 && double.dxPx * dx < 0 ? -1 : 1;
        assert.ok(Math.hypot(sign * double.dxPx - dx, sign * double.dyPx - dy) < 1.5, JSON.stringify(double));
        assert.match(doubleImagesWarning(double), /seen twice, .* pixels apart/);
      }
    });
  }

  it('are found where there are three images', () => {
    const stars = randomStars(30, 800, 500, 1e5, 0.7, 3);
    assert.ok(found([...stars, ...moved(stars, 12, 5, 0.8), ...moved(stars, 24, 10, 0.6)]));
  });

  it('are in no field of stars, however crowded, nor where too few could tell', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const n = [10, 60, 400, 4000][seed % 4]!;
      assert.equal(found(randomStars(n, 800, 500, 1e5, 0.7, 100 + seed)), undefined, `${n} stars, seed ${seed}`);
    }
    const three = randomStars(3, 800, 500, 1e5, 0.7, 9);
    assert.equal(found([...three, ...moved(three, 9, 0, 1)].slice(0, 5)), undefined);
    assert.equal(findDoubleImages(listOf(three, { kind: StarKind.saturated }), 800, 800, 3), undefined);
  });

  it('are found with some noise of place and flux, and with stars that have no second image', () => {
    const random = new Random(4);
    const stars = randomStars(60, 800, 500, 1e5, 0.7, 5);
    const second = moved(stars, 10, -7, 0.5)
      .filter(() => random.uniform() < 0.85)
      .map(({ x, y, flux }) => ({
        ...{
          x: x + 0.2 * random.normal(),
          y: y + 0.2 * random.normal(),
          flux: flux * Math.exp(0.08 * random.normal()),
        },
      }));
    assert.ok(found([...stars, ...second]));
  });

  it('are told of the frame that shows them', async () => {
    const stars = randomStars(40, 400, 8000, 2e5, 0.6, 6);
    const scene: Scene = { width: 400, height: 400, stars, fwhmPx: 3, skyE: 200, seed: 7 };
    const measure = (drawn: Drawn) => measurePlane(paint({ ...scene, stars: drawn }), {}, soloCrew(kernels));
    const double = await measure([...moved(stars, 0, 0, 0.6), ...moved(stars, 11, 4, 0.4)]);
    assert.match(double.warnings.join(), /seen twice/);
    assert.doesNotMatch((await measure(stars)).warnings.join(), /seen twice/);
  });
});
