import assert from 'node:assert/strict';
import test from 'node:test';
import { checkMosaic, settlePattern } from '../../../../pipeline/calibration/bayer-check.ts';

const size = 128;
/** Sixteen stars of 3 px sigma over an even sky, each phase of the 2 x 2 cell with its own response to starlight. */
const field = (response: readonly number[]) =>
  Float32Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [i % size, Math.floor(i / size)];
    const r2 = ((x % 32) - 15.3) ** 2 + ((y % 32) - 16.2) ** 2;
    return 1000 + ((i * 7919) % 13) + 20_000 * response[(y & 1) * 2 + (x & 1)]! * Math.exp(-r2 / 18);
  });

test('a Bayer card over equal phases of sky and stars is one plane, with a warning', () => {
  for (const pattern of ['RGGB', 'BGGR', 'GRBG', 'GBRG'] as const) {
    const mono = settlePattern(pattern, checkMosaic(size, size, field([1, 1, 1, 1]), pattern));
    assert.equal(mono.pattern, undefined);
    assert.match(mono.warning ?? '', /measured as mono/);
  }
});

test('stars in colour keep the pattern, though a dark sky is even', () => {
  for (const response of [
    [0.8, 1, 1, 0.7],
    [0.5, 1, 1, 0.9],
  ]) {
    assert.equal(settlePattern('RGGB', checkMosaic(size, size, field(response), 'RGGB')).pattern, 'RGGB');
  }
});
