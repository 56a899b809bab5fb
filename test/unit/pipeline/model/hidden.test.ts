import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { hiddenFactor } from '../../../../pipeline/model/hidden.ts';
import { newStars } from '../../../../pipeline/model/stars.ts';
import { robustScatter } from '../../../../pipeline/photometry/limit.ts';

const plane = { width: 1000, height: 1000 };
const fwhmPx = 3.5;

/** Stars above 100 electrons, numbers falling as flux^-0.7, as in the Galactic plane. */
function population(count: number, random: Random) {
  const stars = newStars(count);
  for (let s = 0; s < count; s++) stars.flux[s] = 100 * (1 - random.uniform()) ** (-1 / 0.7);
  stars.count = count;
  return stars;
}

describe('the factor for hidden companions', () => {
  for (const count of [100, 1500, 4000, 8000]) {
    it(`is the robust scatter of stars of which some hide companions, ${count} stars a megapixel`, () => {
      const random = new Random(count);
      const stars = population(count, random);
      const sigma = 100;
      const radius = 0.7 * fwhmPx;
      const expected = (count * Math.PI * radius ** 2) / (plane.width * plane.height);
      const pulls = Array.from({ length: 40_000 }, () => {
        let light = 0;
        for (let k = random.poisson(expected); k > 0; k--) light += stars.flux[Math.floor(random.uniform() * count)]!;
        return random.normal() + light / sigma;
      });
      const factor = hiddenFactor(stars, plane, fwhmPx)(sigma);
      // Companions of one to three sigma displace less than the formula takes, and it is of first order: 4 % at a tenth.
      assert.ok(Math.abs(factor / robustScatter(pulls) - 1) < 0.04, `${factor} for ${robustScatter(pulls)}`);
    });
  }

  it('is less for bright stars, whose errors are larger than the light of most companions', () => {
    const factor = hiddenFactor(population(4000, new Random(1)), plane, fwhmPx);
    assert.ok(factor(1e4) < factor(100) && factor(1e9) === 1);
  });
});
