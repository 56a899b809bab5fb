import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptySky, skyRow, varianceAt, varianceRow } from '../../../../pipeline/sky/map.ts';

describe('the variance of the sky', () => {
  // One noisy cell, as beside a saturated star: a cubic through it swings below zero on both sides.
  const map = emptySky(320, 256, 64);
  map.variance.fill(1);
  map.variance[1 * map.nx + 2] = 500;
  const row = new Float32Array(map.width);

  it('is never less than that of the quietest cell, where a cubic would be negative', () => {
    let cubic = Number.POSITIVE_INFINITY;
    for (let y = 0; y < map.height; y++) {
      skyRow(map, map.variance, y, row);
      cubic = Math.min(cubic, ...row);
      varianceRow(map, y, row);
      for (let x = 0; x < map.width; x++) assert.ok(row[x]! >= 0.999 && row[x]! <= 500.5, `${x}, ${y}: ${row[x]}`);
    }
    assert.ok(cubic < 0, 'the scene is one that needs it');
  });

  it('is the same by rows and by points, also beyond the outer centres', () => {
    for (const y of [0, 10, 95, 96, 131, 255]) {
      varianceRow(map, y, row);
      for (let x = 0; x < map.width; x += 7) {
        const point = varianceAt(map, x, y);
        assert.ok(Math.abs(row[x]! - point) < 1e-3 * point, `${x}, ${y}: ${row[x]} and ${point}`);
      }
    }
  });

  it('is that of the only cell of a small plane', () => {
    const small = emptySky(20, 16, 64);
    small.variance[0] = 7;
    varianceRow(small, 3, row);
    assert.deepEqual(
      [...row.subarray(0, 20)],
      Array.from({ length: 20 }, () => 7),
    );
    assert.equal(varianceAt(small, 19, 0), 7);
  });
});
