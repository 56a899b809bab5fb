import assert from 'node:assert/strict';
import test from 'node:test';
import { filters } from '../../../../config/filters.ts';
import { standardise } from '../../../../pipeline/standardisation/standardise.ts';
import { simulateFrame } from '../../../support/simulated-frame.ts';

/** Verdicts on frames of so many stars in g, r and V: how many there are, how many name one band alone, how many of these wrongly. */
function verdicts(nStars: number) {
  const count = { all: 0, sure: 0, wrong: 0 };
  for (let seed = 1; seed <= 25; seed++) {
    for (const band of ['g', 'r', 'V'] as const) {
      const choices = { nStars, band, referenceBands: ['g', 'r', 'i', 'V', 'B', 'R'], outliers: 0.02 };
      const { list, reference } = simulateFrame(seed, choices);
      const result = standardise(list, reference, { filters, epochYear: 2016 });
      if (result.outcome !== 'standardised') continue;
      count.all++;
      if (result.verdict.ambiguousWith.length > 0) continue;
      count.sure++;
      if (result.verdict.band !== band) count.wrong++;
    }
  }
  return count;
}

test('six stars name a band alone where they clearly support it, and never a wrong one', () => {
  const { all, sure, wrong } = verdicts(6);
  assert.ok(all > 70 && sure < all / 2, `${sure} of ${all}`);
  assert.equal(wrong, 0);
});

test('five stars list the candidates', () => assert.equal(verdicts(5).sure, 0));

test('fifteen stars tell most filters', () => {
  const { all, sure } = verdicts(15);
  assert.ok(sure > 0.9 * all, `${sure} of ${all}`);
});
