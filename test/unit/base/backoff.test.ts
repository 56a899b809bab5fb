import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backoffMs } from '../../../base/backoff.ts';
import { Random } from '../../../base/random.ts';

const policy = { firstMs: 1000, capMs: 60_000 };
const sites = 2000;

/** What as many sites wait that lost the same server. */
function waits(failures: number): number[] {
  return Array.from({ length: sites }, (_, seed) => backoffMs(failures, new Random(seed), policy));
}

describe('the wait before the next try', () => {
  for (const [failures, longestMs] of [
    [0, 1000],
    [1, 1000],
    [2, 2000],
    [5, 16_000],
    [7, 60_000],
    [5000, 60_000],
  ] as const) {
    it(`after ${failures} failures spreads a crowd of sites evenly from nothing to ${longestMs} ms`, () => {
      const sorted = waits(failures).sort((a, b) => a - b);
      assert.ok(sorted[0]! >= 0 && sorted.at(-1)! < longestMs);
      // Kolmogorov's test of evenness: 1.95 / sqrt(n) is passed by one even sample in a thousand; these seeds are fixed.
      const departures = sorted.map((ms, k) => Math.abs(ms / longestMs - (k + 0.5) / sites));
      assert.ok(Math.max(...departures) < 1.95 / Math.sqrt(sites), `${Math.max(...departures)}`);
    });
  }
});
