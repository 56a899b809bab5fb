import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { buildCamera, cameraSpec } from '../../../../drivers/simulator/sky/camera.ts';
import { constant } from '../../../../drivers/simulator/sky/light-curve.ts';
import { lightExposure, renderExposure } from '../../../../drivers/simulator/sky/render.ts';
import { makeSky } from '../../../../drivers/simulator/sky/stars.ts';
import { maskBleeds } from '../../../../pipeline/calibration/bleed.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane } from '../../../../pipeline/measure.ts';
import { saturatedPatches } from '../../../../pipeline/photometry/saturated.ts';
import { MaskBit, type Plane } from '../../../../pipeline/plane.ts';

const size = 400;
const middle = size / 2;
const readNoiseE = 6;

/** A star that saturates in the middle of a field, on a CCD that lets its charge run along the column or on one that drains it. */
function frame(blooming: boolean, seed: number) {
  const star = { name: 'Bright', raDeg: 270.9, decDeg: 40, gMag: 7, bpRp: 1, lightCurve: constant };
  const sky = makeSky(seed, { starsPerSquareDegree: 8000, specialStars: [star] });
  const spec = cameraSpec({
    widthPx: size,
    heightPx: size,
    scaleArcsecPerPx: 1.5,
    gainEPerAdu: 1.4,
    readNoiseE,
    blooming,
  });
  const camera = buildCamera(spec);
  const { adu, truth } = renderExposure(sky, camera, lightExposure(), new Random(seed));
  const saturationE = (camera.saturationAdu - spec.biasAdu) * spec.gainEPerAdu;
  const electrons = Float32Array.from(adu, (value) => (value - spec.biasAdu) * spec.gainEPerAdu);
  return { plane: planeOf(electrons, saturationE), truth };
}

function planeOf(values: Float32Array, saturationE: number): Plane {
  const electrons = new Float32Array(new SharedArrayBuffer(4 * values.length));
  electrons.set(values);
  const mask = new Uint8Array(new SharedArrayBuffer(values.length));
  for (let p = 0; p < mask.length; p++) if (values[p]! >= saturationE) mask[p] = MaskBit.saturated;
  return {
    name: 'mono',
    width: size,
    height: size,
    electrons,
    mask,
    noise: { gainEPerAdu: 1.4, gainKnown: true, readNoiseE, pedestalKnown: true, flatError: 0, saturationE },
    mosaic: { step: 1, offsetX: 0, offsetY: 0 },
  };
}

/** Columns become rows. */
function turned({ electrons, noise }: Plane): Plane {
  return planeOf(
    electrons.map((_, p) => electrons[(p % size) * size + Math.floor(p / size)]!),
    noise.saturationE,
  );
}

const bleedOf = ({ mask }: Plane) => mask.reduce((n, bits) => n + (bits & MaskBit.bleed ? 1 : 0), 0);

test('no star is found where charge has run along columns, or along rows of a turned file', async () => {
  for (const seed of [1, 2, 3]) {
    const { plane, truth } = frame(true, seed);
    for (const isTurned of [false, true]) {
      const { sources } = await measurePlane(isTurned ? turned(plane) : plane, {}, soloCrew(kernels));
      const [along, across] = isTurned ? [sources.x, sources.y] : [sources.y, sources.x];
      for (let row = 0; row < sources.count; row++) {
        const isInBleed = Math.abs(across[row]! - middle) < 12 && sources.flux[row]! > 0;
        const isStar = truth.some(({ x, y }) => Math.hypot(across[row]! - x, along[row]! - y) < 3);
        assert.ok(!isInBleed || isStar, `seed ${seed}, turned ${isTurned}: a star at ${across[row]}, ${along[row]}`);
      }
    }
  }
});

const maskAll = async (plane: Plane) => maskBleeds(plane, await saturatedPatches(plane, soloCrew(kernels)));

test('a round core is no bleed', async () => {
  const { plane } = frame(false, 1);
  assert.ok(plane.mask.some((bits) => bits !== 0));
  assert.equal(await maskAll(plane), 0);
  assert.equal(bleedOf(plane), 0);
});

test('a tail is masked to its end, and no further', async () => {
  const values = new Float32Array(size * size).fill(100);
  const saturationE = 50_000;
  for (let y = 150; y < 250; y++) for (const x of [200, 201]) values[y * size + x] = saturationE;
  const tail = [9000, 4000, 1500, 400];
  for (const [k, light] of tail.entries()) values[(250 + k) * size + 201]! += light;
  const plane = planeOf(values, saturationE);
  assert.equal(await maskAll(plane), 1);
  const masked = (x: number, y: number) => (plane.mask[y * size + x]! & MaskBit.bleed) !== 0;
  assert.deepEqual(
    Array.from({ length: 7 }, (_, k) => masked(201, 250 + k)),
    [true, true, true, true, false, false, false],
  );
  // One pixel at each of the other three ends, whatever it holds.
  assert.equal(bleedOf(plane), tail.length + 3);
});
