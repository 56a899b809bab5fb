import assert from 'node:assert/strict';
import test from 'node:test';
import { saturatedCores } from '../../../../pipeline/photometry/saturated.ts';
import { MaskBit, type Plane } from '../../../../pipeline/plane.ts';

function plane(width: number, height: number, isSaturated: (x: number, y: number) => boolean): Plane {
  const electrons = new Float32Array(width * height);
  const mask = new Uint8Array(electrons.length);
  for (let p = 0; p < mask.length; p++) {
    if (isSaturated(p % width, Math.floor(p / width))) mask[p] = MaskBit.saturated;
  }
  const noise = { gainEPerAdu: 1, gainKnown: true, readNoiseE: 5, pedestalKnown: true, flatError: 0, saturationE: 6e4 };
  return { name: 'mono', width, height, electrons, mask, noise, mosaic: { step: 1, offsetX: 0, offsetY: 0 } };
}

test('pixels that touch are one core, also by their corners, but not around the edge of the frame', () => {
  const shapes = ['#...#', '.#...', '#...#'];
  const cores = saturatedCores(plane(5, 3, (x, y) => shapes[y]![x] === '#'));
  assert.deepEqual(
    cores.map(({ x, y, pixels, half }) => [x, Math.round(100 * y) / 100, pixels, half]),
    [
      [1 / 3, 1, 3, 1],
      [4, 0, 1, 0],
      [4, 2, 1, 0],
    ],
  );
});

test('a frame that is saturated all over is one core, however many pixels it has', () => {
  // More than the 2^24 members that a Set may have.
  const side = 4200;
  const [core, ...more] = saturatedCores(plane(side, side, () => true));
  assert.equal(core!.pixels, side * side);
  assert.equal(more.length, 0);
});
