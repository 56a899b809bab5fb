import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../base/random.ts';

/** Mean and variance of n deviates. */
function moments(n: number, draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: n }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1) };
}

/** Whether a sample's mean and variance are within five standard errors of what they should be. */
function near(n: number, draw: () => number, mean: number, variance: number, kurtosis: number, what: string): void {
  const found = moments(n, draw);
  assert.ok(Math.abs(found.mean - mean) < 5 * Math.sqrt(variance / n), `${what}: the mean is ${found.mean}`);
  const error = variance * Math.sqrt((kurtosis - 1) / n);
  assert.ok(Math.abs(found.variance - variance) < 5 * error, `${what}: the variance is ${found.variance}`);
}

describe('the random numbers', () => {
  it('are those of xoshiro128** 1.1 after splitmix32, step by step in whole numbers', () => {
    const mask = 0xffffffffn;
    const rotated = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
    for (const seed of [0, 1, 20261120, 0xffffffff]) {
      let x = BigInt(seed);
      const state = Array.from({ length: 4 }, () => {
        x = (x + 0x9e3779b9n) & mask;
        let z = ((x ^ (x >> 16n)) * 0x21f0aaadn) & mask;
        z = ((z ^ (z >> 15n)) * 0x735a2d97n) & mask;
        return z ^ (z >> 15n);
      }) as [bigint, bigint, bigint, bigint];
      const random = new Random(seed);
      for (let k = 0; k < 50; k++) {
        const expected = (rotated((state[1] * 5n) & mask, 7n) * 9n) & mask;
        const t = (state[1] << 9n) & mask;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= t;
        state[3] = rotated(state[3], 11n);
        assert.equal(random.uint32(), Number(expected), `number ${k} of seed ${seed}`);
      }
    }
  });

  it('fill [0, 1) evenly, down to the last of 53 bits', () => {
    const random = new Random(1);
    near(100_000, () => random.uniform(), 1 / 2, 1 / 12, 1.8, 'uniform');
    const [high, low, both] = [new Random(5), new Random(5), new Random(5)];
    low.uint32();
    const [upper, lower] = [high.uint32() >>> 5, low.uint32() >>> 6];
    assert.equal(both.uniform(), (upper + lower / 2 ** 26) / 2 ** 27);
  });

  it('are whole ones from 0 to below n', () => {
    const random = new Random(2);
    const seen = new Set(Array.from({ length: 1000 }, () => random.below(6)));
    assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5]);
  });

  it('are normal: mean, variance, share within one sigma, and pairs that do not depend on each other', () => {
    const random = new Random(3);
    const n = 100_000;
    near(n, () => random.normal(), 0, 1, 3, 'normal');
    near(n, () => random.normal() * random.normal(), 0, 1, 9, 'product of two');
    const within = moments(n, () => Number(Math.abs(random.normal()) < 1)).mean;
    assert.ok(Math.abs(within - 0.682689) < 5 * Math.sqrt((0.682689 * 0.317311) / n), `${within}`);
  });

  for (const mean of [0.3, 5, 29.9, 30, 50, 1000, 1e6]) {
    it(`are Poisson's with a mean of ${mean}`, () => {
      const random = new Random(4);
      const draw = () => random.poisson(mean);
      near(30_000, draw, mean, mean, 3 + 1 / mean, `Poisson ${mean}`);
    });
  }

  it("have Poisson's frequencies on both sides of 30, number by number", () => {
    for (const mean of [29, 31, 45, 200, 3000]) {
      const random = new Random(6);
      const n = 400_000;
      const counts = new Map<number, number>();
      for (let k = 0; k < n; k++) {
        const value = random.poisson(mean);
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      let chi2 = 0;
      let cells = 0;
      let logExpected = Math.log(n) - mean;
      for (let k = 0; k < 3 * mean; k++) {
        if (k > 0) logExpected += Math.log(mean / k);
        const expected = Math.exp(logExpected);
        if (expected < 20) continue;
        chi2 += ((counts.get(k) ?? 0) - expected) ** 2 / expected;
        cells++;
      }
      assert.ok(chi2 < cells + 5 * Math.sqrt(2 * cells), `chi2 ${chi2} of ${cells} cells at ${mean}`);
    }
  });

  it('are none of a mean that is none', () => {
    for (const mean of [0, -1, Number.NaN]) assert.equal(new Random(1).poisson(mean), 0);
  });
});
