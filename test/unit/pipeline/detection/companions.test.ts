import assert from 'node:assert/strict';
import test from 'node:test';
import { companionThreshold } from '../../../../pipeline/detection/companions.ts';

test('a companion must be the more significant the rarer companions are', () => {
  const shares = [0.3, 0.06, 0.01, 0.002];
  const thresholds = shares.map(companionThreshold);
  // The odds after the fit: prior share over 35 trials, times exp(half the fall of chi square), must be even.
  thresholds.forEach((t, k) => {
    assert.ok(Math.abs((shares[k]! / 35) * Math.exp(t * t * 0.5) - 1) < 1e-9);
  });
  assert.ok(thresholds.every((t, k) => k === 0 || t > thresholds[k - 1]!));
  assert.equal(companionThreshold(0), companionThreshold(1e-3), 'binaries remain where no two stars meet by chance');
});
