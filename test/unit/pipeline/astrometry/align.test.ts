import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { align, alignmentBase, applyLinear } from '../../../../pipeline/astrometry/align.ts';

function stars(seed: number, count: number) {
  const random = new Random(seed);
  const x = Float64Array.from({ length: count }, () => 1000 * random.uniform());
  const y = Float64Array.from({ length: count }, () => 1000 * random.uniform());
  return { x, y };
}

describe('laying one frame on another by its stars', () => {
  const base = stars(1, 150);
  const prepared = alignmentBase(base)!;

  for (const [name, angleDeg, scale, mirrored, shift] of [
    ['shifted by a third of the field', 0, 1, false, [310, -40]],
    ['turned by a meridian flip', 180, 1, false, [1000, 1000]],
    ['turned, mirrored and of another scale', 73, 1.7, true, [200, 900]],
  ] as const) {
    it(`finds a frame ${name}`, () => {
      const random = new Random(5);
      const angle = (angleDeg * Math.PI) / 180;
      const seen = { x: [] as number[], y: [] as number[], at: [] as number[] };
      for (let k = 0; k < base.x.length; k++) {
        const v = mirrored ? -base.y[k]! : base.y[k]!;
        const px = (Math.cos(angle) * base.x[k]! - Math.sin(angle) * v) * scale + shift[0];
        const py = (Math.sin(angle) * base.x[k]! + Math.cos(angle) * v) * scale + shift[1];
        // A third of the field is outside, a tenth of the stars is lost and stars are out of order.
        if (base.x[k]! > 690 || random.uniform() < 0.1) continue;
        seen.x.push(px + 0.1 * random.normal());
        seen.y.push(py + 0.1 * random.normal());
        seen.at.push(k);
      }
      const found = align({ x: Float64Array.from(seen.x), y: Float64Array.from(seen.y) }, prepared);
      assert.ok(found, 'not found');
      for (const [n, k] of seen.at.entries()) {
        const place = applyLinear(found.map, seen.x[n]!, seen.y[n]!);
        assert.ok(Math.hypot(place.x - base.x[k]!, place.y - base.y[k]!) < 0.8);
      }
    });
  }

  it('finds nothing between fields that have no star in common', () => {
    for (let seed = 10; seed < 110; seed++) assert.equal(align(stars(seed, 150), prepared), undefined, `seed ${seed}`);
  });

  it('says no to frames with hardly a star', () => {
    assert.equal(align(stars(2, 3), prepared), undefined);
    assert.equal(alignmentBase(stars(2, 3)), undefined);
  });
});
