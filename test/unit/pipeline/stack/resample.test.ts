import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import type { PlaneMap } from '../../../../pipeline/astrometry/plane-map.ts';
import { resampledNoise } from '../../../../pipeline/stack/correlation.ts';
import { matchSky } from '../../../../pipeline/stack/match-sky.ts';
import { resampleRows } from '../../../../pipeline/stack/resample.ts';
import { exposeField } from '../../../support/host-field.ts';

const size = 96;
const middle = (size - 1) / 2;
/** The pixel of the source at each pixel of the target: moved by (dx, dy). */
const moved = (dx: number, dy: number): PlaneMap => ({
  order: 1,
  normPx: 1,
  toX: Float64Array.of(middle + dx, 1, 0),
  toY: Float64Array.of(middle + dy, 0, 1),
});

function resampled(source: Float32Array, dx: number, dy: number): Float32Array {
  const target = new Float32Array(size * size);
  const map = moved(dx, dy);
  const task = { source, sourceWidth: size, sourceHeight: size, map, factor: 1, target, width: size, height: size };
  for (let part = 0; part < 3; part++) resampleRows(task, part, 3);
  return target;
}

describe('resampling', () => {
  it('leaves pixels as they are where nothing moves', () => {
    const source = Float32Array.from({ length: size * size }, (_, p) => Math.sin(p));
    assert.deepEqual(resampled(source, 0, 0), source);
  });
  it('keeps flux and place of a star', () => {
    const star = [{ x: 0.3, y: -0.2, flux: 1e5 }];
    const scene = { width: size, height: size, fwhmPx: 2.6, skyE: 0, readNoiseE: 0, seed: 1 };
    const source = exposeField(star, [], scene).electrons;
    const before = moments(source);
    for (const [dx, dy] of [
      [0.5, 0.5],
      [-3.25, 7.4],
      [0.1, -0.9],
    ] as const) {
      const after = moments(resampled(source, dx, dy));
      assert.ok(Math.abs(after.flux / before.flux - 1) < 2e-3, `${after.flux / before.flux}`);
      assert.ok(Math.abs(after.x - (before.x - dx)) < 0.02, `${after.x} ${before.x - dx}`);
      assert.ok(Math.abs(after.y - (before.y - dy)) < 0.02);
    }
  });
  it('has no value where pixels without weight would count, nor outside', () => {
    const source = new Float32Array(size * size).fill(1);
    source[40 * size + 40] = Number.NaN;
    const target = resampled(source, 0.5, 0);
    assert.ok(Number.isNaN(target[40 * size + 39]!) && Number.isNaN(target[40 * size + 40]!));
    assert.ok(Math.abs(target[40 * size + 50]! - 1) < 1e-6);
    assert.ok(Number.isNaN(target[40 * size]!));
  });
  it('makes noise as alike as is foretold', () => {
    const random = new Random(5);
    const source = Float32Array.from({ length: size * size }, () => random.normal());
    const target = resampled(source, 0.5, 0.3);
    const noise = resampledNoise(moved(0.5, 0.3), size, size, 3);
    let n = 0;
    let squares = 0;
    for (const value of target) if (!Number.isNaN(value)) [n, squares] = [n + 1, squares + value * value];
    // 8,300 neighbours that are alike: 2.5 % per sigma at most.
    assert.ok(Math.abs(squares / n / noise.pixel - 1) < 0.08, `${squares / n} ${noise.pixel}`);
    // A star's fit hardly notices that noise was moved: it keeps nearly its power where stars have theirs.
    assert.ok(noise.effective > 0.9 && noise.effective < 1.05, `${noise.effective}`);
  });
});

describe('matching skies', () => {
  it('takes off a smooth difference and leaves what is on the sky', () => {
    const reference = new Float32Array(300 * 200);
    const image = reference.map((_, p) => 3 + 0.01 * (p % 300) - 0.02 * Math.floor(p / 300));
    for (let p = 30_000; p < 30_040; p++) image[p]! += 500;
    assert.ok(matchSky(image, reference, 300, 200));
    assert.ok(Math.abs(image[10_000]!) < 1e-2, `${image[10_000]}`);
    assert.ok(Math.abs(image[30_020]! - 500) < 1e-2);
  });
  it('says so where there is nothing in common', () => {
    assert.equal(matchSky(new Float32Array(100).fill(Number.NaN), new Float32Array(100), 10, 10), false);
  });
});

function moments(image: Float32Array): { flux: number; x: number; y: number } {
  let [flux, x, y] = [0, 0, 0];
  image.forEach((value, p) => {
    if (Number.isNaN(value)) return;
    flux += value;
    x += value * (p % size);
    y += value * Math.floor(p / size);
  });
  return { flux, x: x / flux, y: y / flux };
}
