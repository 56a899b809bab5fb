import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { chiExcess, confusionFactor } from '../../../../pipeline/colour/confusion.ts';

test('chi square is held against that of stars as bright, its spread is told by those below the median', () => {
  const random = new Random(3);
  const count = 400;
  // Bright stars, whose model error counts among the variances, have less chi square than faint ones.
  const chi2 = Float32Array.from({ length: count }, (_, i) => 0.3 + (0.7 * i) / count + 0.05 * random.normal());
  for (let i = 5; i < count; i += 10) chi2[i]! += 4;
  const { excess, noise } = chiExcess({ count, chi2 });
  for (let i = 0; i < count; i++) {
    const expected = i % 10 === 5 ? 4 : 0;
    assert.ok(Math.abs(excess[i]! - expected) < 0.35, `row ${i}: ${excess[i]}`);
    assert.ok(noise[i]! > 0.02 && noise[i]! < 0.12, `row ${i}: ${noise[i]}`);
  }
});

test('few rows, and rows without a fit, tell nothing', () => {
  assert.deepEqual(chiExcess({ count: 2, chi2: Float32Array.of(1, 50) }).excess, new Float64Array(2));
  const chi2 = new Float32Array(40).fill(1);
  chi2[0] = Number.NaN;
  assert.equal(chiExcess({ count: 40, chi2 }).excess[0], 0);
});

test('an error grows with the light left over on all planes together, never shrinks, and chance does not move it', () => {
  const rows = (excess: number) => Array.from({ length: 4 }, () => ({ excess, noise: 0.1 }));
  assert.equal(confusionFactor(rows(-0.3), 3), 1);
  assert.equal(confusionFactor(rows(0.05), 3), 1, 'the sum of four is as far as chance takes it');
  const one = confusionFactor(rows(0.5).slice(0, 1), 3);
  assert.ok(confusionFactor(rows(0.5), 3) > 1.8 * one && one > 1.5);
  assert.ok(confusionFactor(rows(0.5), 6) > 1.9 * confusionFactor(rows(0.5), 3), 'wider stars hold more light');
  assert.equal(confusionFactor([], 3), 1);
});
