import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { SourceFlag } from '../../../../pipeline/flags.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane } from '../../../../pipeline/measure.ts';
import { saturatedCore, saturatedPatches } from '../../../../pipeline/photometry/saturated.ts';
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

const coresOf = async (plane: Plane) => (await saturatedPatches(plane, soloCrew(kernels))).map(saturatedCore);

test('pixels that touch are one core, also by their corners, but not around the edge of the frame', async () => {
  const shapes = ['#...#', '.#...', '#...#'];
  const cores = await coresOf(plane(5, 3, (x, y) => shapes[y]![x] === '#'));
  assert.deepEqual(
    cores.map(({ x, y, pixels, half }) => [x, Math.round(100 * y) / 100, pixels, half]),
    [
      [1 / 3, 1, 3, 1],
      [4, 0, 1, 0],
      [4, 2, 1, 0],
    ],
  );
});

test('a frame that is saturated all over is one core, however many pixels it has', async () => {
  const side = 4200;
  const [core, ...more] = await coresOf(plane(side, side, () => true));
  assert.equal(core!.pixels, side * side);
  assert.equal(more.length, 0);
});

test('what is joined by its last row only is one core', async () => {
  const shapes = ['#.#.#', '#.#.#', '#.###', '###..', '.....', '#...#'];
  const cores = await coresOf(plane(5, 6, (x, y) => shapes[y]![x] === '#'));
  assert.deepEqual(
    cores.map(({ pixels }) => pixels),
    [13, 1, 1],
  );
});

test('no pixel is lost where noise about saturation makes patches of every shape', async () => {
  const random = new Random(9);
  const noisy = plane(700, 500, () => random.uniform() < 0.3);
  const patches = await saturatedPatches(noisy, soloCrew(kernels));
  const pixels = patches.map(saturatedCore).reduce((sum, core) => sum + core.pixels, 0);
  assert.equal(
    pixels,
    noisy.mask.reduce((n, bits) => n + (bits ? 1 : 0), 0),
  );
  const firstPixels = patches.map(([row, from]) => row! * 700 + from!);
  assert.deepEqual(
    firstPixels,
    firstPixels.toSorted((a, b) => a - b),
  );
});

test('half a frame that is saturated is no star, and the stars of the other half are measured', async () => {
  const [width, height, sigma] = [640, 500, 1.4];
  const random = new Random(4);
  const { mask, ...rest } = plane(width, height, (_, y) => y < 250);
  const electrons = new Float32Array(new SharedArrayBuffer(4 * width * height));
  for (let p = 0; p < electrons.length; p++) electrons[p] = mask[p] ? 6e4 : 300 + 18 * random.normal();
  const stars = Array.from({ length: 60 }, (_, k) => ({ x: 40 + 60 * (k % 10), y: 280 + 38 * Math.floor(k / 10) }));
  for (const { x, y } of stars) {
    for (let j = -8; j <= 8; j++) {
      for (let i = -8; i <= 8; i++) {
        const light = (2e4 / (2 * Math.PI * sigma ** 2)) * Math.exp(-(i * i + j * j) / (2 * sigma ** 2));
        electrons[(y + j) * width + x + i]! += light;
      }
    }
  }
  const shared = new Uint8Array(new SharedArrayBuffer(mask.length));
  shared.set(mask);
  const { outcome, sources } = await measurePlane({ ...rest, electrons, mask: shared }, {}, soloCrew(kernels));
  assert.equal(outcome.kind, 'measured');
  assert.ok(sources.flags.every((flags) => (flags & SourceFlag.saturated) === 0));
  const fluxes = stars.map(({ x, y }) => {
    const row = sources.x.findIndex((at, k) => Math.hypot(at - x, sources.y[k]! - y) < 0.5);
    return sources.flux[row]! / 2e4;
  });
  // Each is known to 0.7 % by its photons and 1 % by the sky.
  assert.ok(
    fluxes.every((ratio) => Math.abs(ratio - 1) < 0.05),
    `${fluxes}`,
  );
});
