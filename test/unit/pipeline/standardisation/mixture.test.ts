import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { solveAndInvert } from '../../../../pipeline/numeric/linear.ts';
import { halfSampleMode, medianOf } from '../../../../pipeline/numeric/statistics.ts';
import { fitMixture } from '../../../../pipeline/standardisation/mixture.ts';

const free = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];

function line(seed: number, count: number, choices: { slope: number; scatter: number; outliers: number }) {
  const random = new Random(seed);
  const design = new Float64Array(2 * count);
  const y = new Float64Array(count);
  const variance = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const x = random.normal() * 0.4;
    const error = 0.01 + 0.03 * random.uniform();
    design.set([1, x], 2 * k);
    variance[k] = error ** 2;
    const wrong = random.uniform() < choices.outliers ? 1.5 * random.normal() : 0;
    y[k] = 22 + choices.slope * x + wrong + Math.hypot(error, choices.scatter) * random.normal();
  }
  return { design, y, variance, count, terms: 2 };
}

describe('robust regression', () => {
  it('finds coefficients, scatter and outlier fraction with true errors', () => {
    const pulls: number[] = [];
    let scatter = 0;
    let outliers = 0;
    const seeds = 150;
    for (let seed = 0; seed < seeds; seed++) {
      const fit = fitMixture(line(seed, 120, { slope: 0.08, scatter: 0.02, outliers: 0.15 }), free)!;
      pulls.push((fit.coefficients[0]! - 22) / Math.sqrt(fit.covariance[0]!));
      pulls.push((fit.coefficients[1]! - 0.08) / Math.sqrt(fit.covariance[3]!));
      scatter += fit.intrinsicScatter / seeds;
      outliers += fit.outlierFraction / seeds;
    }
    const width = Math.sqrt(pulls.reduce((sum, pull) => sum + pull * pull, 0) / pulls.length);
    // 300 pulls: the standard error of their width is 0.04; outliers that hide in the core widen it a little.
    assert.ok(width > 0.88 && width < 1.15, `pull width ${width}`);
    assert.ok(Math.abs(scatter - 0.02) < 0.002, `scatter ${scatter}`);
    assert.ok(Math.abs(outliers - 0.15) < 0.02, `outliers ${outliers}`);
  });

  it('stands when four in ten points are wrong by a magnitude to one side', () => {
    const problem = line(5, 60, { slope: 0, scatter: 0.01, outliers: 0 });
    for (let k = 0; k < 24; k++) problem.y[k]! += 0.8 + 0.02 * k;
    const fit = fitMixture(problem, free)!;
    assert.ok(Math.abs(fit.coefficients[0]! - 22) < 0.02, `${fit.coefficients[0]}`);
    assert.ok(Math.abs(fit.outlierFraction - 0.4) < 0.1, `${fit.outlierFraction}`);
  });

  it('obeys a narrow prior and refuses degenerate problems', () => {
    const tied = fitMixture(line(1, 40, { slope: 0.2, scatter: 0.01, outliers: 0 }), [Number.POSITIVE_INFINITY, 1e-8])!;
    assert.ok(Math.abs(tied.coefficients[1]!) < 0.01);
    assert.equal(fitMixture(line(1, 2, { slope: 0, scatter: 0, outliers: 0 }), free), undefined);
    const flat = line(1, 20, { slope: 0, scatter: 0.01, outliers: 0 });
    for (let k = 0; k < 20; k++) flat.design[2 * k + 1] = 0;
    assert.equal(fitMixture(flat, free), undefined);
  });

  it('stays finite when all points agree to the last bit', () => {
    const count = 12;
    const design = new Float64Array(count).fill(1);
    const y = new Float64Array(count).fill(20.5);
    const fit = fitMixture({ design, y, variance: new Float64Array(count).fill(1e-6), count, terms: 1 }, free)!;
    assert.ok(Math.abs(fit.coefficients[0]! - 20.5) < 1e-12);
    assert.ok(fit.intrinsicScatter > 0 && fit.intrinsicScatter < 0.01);
  });
});

describe('small statistics', () => {
  it('gives medians and densest places', () => {
    assert.equal(medianOf(Float64Array.of(3, 1, 2)), 2);
    assert.equal(medianOf(Float64Array.of(4, 1, 2, 3)), 2.5);
    assert.ok(Number.isNaN(medianOf(new Float64Array(0))));
    assert.ok(Math.abs(halfSampleMode(Float64Array.of(9, 1, 5.01, 5.0, 5.02, 7, 12, 5.015)) - 5.0125) < 0.01);
    assert.ok(Number.isNaN(halfSampleMode(new Float64Array(0))));
  });

  it('inverts a positive definite matrix and knows one that is not', () => {
    const a = Float64Array.of(4, 2, 0.6, 2, 5, 1, 0.6, 1, 3);
    const copy = a.slice();
    const b = Float64Array.of(1, 2, 3);
    assert.ok(solveAndInvert(a, b, 3));
    for (let i = 0; i < 3; i++) {
      let product = 0;
      for (let j = 0; j < 3; j++) {
        product += copy[3 * i + j]! * b[j]!;
        let identity = 0;
        for (let k = 0; k < 3; k++) identity += copy[3 * i + k]! * a[3 * k + j]!;
        assert.ok(Math.abs(identity - (i === j ? 1 : 0)) < 1e-12);
      }
      assert.ok(Math.abs(product - (i + 1)) < 1e-12);
    }
    assert.equal(solveAndInvert(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), 2), false);
  });
});
