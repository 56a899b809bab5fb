import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptySky, skyRow, varianceAt, varianceRow } from '../../../../pipeline/background/map.ts';
import { smoothLevel } from '../../../../pipeline/background/structure.ts';

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

describe('a row of the sky', () => {
  it('is exact where the sky is a plane, also beyond the outer centres and with few cells', () => {
    for (const [nx, ny] of [
      [2, 2],
      [3, 5],
      [7, 3],
      [9, 8],
    ] as const) {
      const map = emptySky(64 * nx, 64 * ny, 64);
      const plane = (x: number, y: number) => 100 + 0.5 * x - 0.25 * y;
      for (let c = 0; c < nx * ny; c++) map.level[c] = plane(64 * (c % nx) + 31.5, 64 * Math.floor(c / nx) + 31.5);
      const row = new Float32Array(map.width);
      for (let y = 0; y < map.height; y += 5) {
        skyRow(map, map.level, y, row);
        // Single precision of numbers of some 400.
        for (let x = 0; x < map.width; x++)
          assert.ok(Math.abs(row[x]! - plane(x, y)) < 1e-4, `${nx}, ${ny}: ${x}, ${y}`);
      }
    }
  });
});

describe('levels that are smoothed', () => {
  it('keep a plane as it is, also with one or two cells, and spread a single cell by 1 2 1 along both axes', () => {
    for (const [nx, ny] of [
      [6, 5],
      [1, 4],
      [2, 2],
    ] as const) {
      const map = emptySky(32 * nx, 32 * ny, 32);
      for (let c = 0; c < nx * ny; c++) map.level[c] = 3 * (c % nx) - 2 * Math.floor(c / nx);
      const before = [...map.level];
      smoothLevel(map);
      assert.deepEqual([...map.level], before);
    }
    const map = emptySky(160, 160, 32);
    map.level[12] = 16;
    smoothLevel(map);
    assert.deepEqual([...map.level.subarray(5, 20)], [0, 1, 2, 1, 0, 0, 2, 4, 2, 0, 0, 1, 2, 1, 0]);
  });
});
