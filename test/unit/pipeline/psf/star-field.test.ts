import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { sharedFloat32, sharedUint8, soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measureFirstSky, newWorkspace } from '../../../../pipeline/model/workspace.ts';
import type { Plane } from '../../../../pipeline/plane.ts';
import { firstLook } from '../../../../pipeline/psf/first-look.ts';
import { starField } from '../../../../pipeline/psf/star-field.ts';

const size = 320;

/** A plane of objects at random places, each laid by `draw` about its own middle with a brightness drawn from a steep law. */
function planeOf(seed: number, n: number, reach: number, draw: (dx: number, dy: number) => number): Plane {
  const random = new Random(seed);
  const light = new Float64Array(size * size).fill(300);
  for (let k = 0; k < n; k++) {
    const [x, y] = [reach + random.uniform() * (size - 2 * reach), reach + random.uniform() * (size - 2 * reach)];
    const brightness = Math.min(100, (1 - 0.9999 * random.uniform()) ** -1.2);
    for (let j = Math.ceil(Math.max(0, y - reach)); j <= Math.min(size - 1, y + reach); j++) {
      for (let i = Math.ceil(Math.max(0, x - reach)); i <= Math.min(size - 1, x + reach); i++) {
        light[j * size + i]! += brightness * draw(i - x, j - y);
      }
    }
  }
  const electrons = sharedFloat32(size * size);
  for (let p = 0; p < light.length; p++) electrons[p] = random.poisson(light[p]!) + 5 * random.normal();
  const noise = { gainEPerAdu: 1, gainKnown: true, readNoiseE: 5, pedestalKnown: true, flatError: 0, saturationE: 1e6 };
  const mosaic = { step: 1, offsetX: 0, offsetY: 0 } as const;
  return { name: 'mono', width: size, height: size, electrons, mask: sharedUint8(size * size), noise, mosaic };
}

async function fieldOf(plane: Plane) {
  const work = newWorkspace(plane, soloCrew(kernels), 64);
  assert.ok(await measureFirstSky(work, 64));
  return starField(work, (await firstLook(work, 600)).stars);
}

const edge = (d: number): number => 1 / (1 + Math.exp(1.5 * d));
const ring = (radius: number, hole: number) => (dx: number, dy: number) => {
  const r = Math.hypot(dx, dy);
  return 120 * edge(r - radius) * edge(hole * radius - r);
};
const moffat = (fwhm: number) => (dx: number, dy: number) => 400 * (1 + (1.04 * (dx * dx + dy * dy)) / fwhm ** 2) ** -3;

describe('a field of stars', () => {
  for (const [fwhm, n] of [
    [1.8, 60],
    [3, 5],
    [3, 60],
    [3, 500],
    [7, 30],
    [12, 25],
  ] as const) {
    it(`is one with ${n} stars of FWHM ${fwhm} px`, async () => {
      for (const seed of [1, 2]) {
        const { refusal, isOfDiscs } = await fieldOf(planeOf(seed, n, 6 * fwhm, moffat(fwhm)));
        assert.deepEqual([refusal, isOfDiscs], [undefined, false]);
      }
    });
  }
});

describe('what is no field of stars', () => {
  for (const [radius, hole] of [
    [6, 0.5],
    [9, 0.4],
    [16, 0.4],
    [24, 0.5],
    [12, 0],
  ] as const) {
    it(`is refused: ${hole > 0 ? 'rings' : 'discs'} of radius ${radius} px`, async () => {
      for (const seed of [3, 4]) {
        const { refusal } = await fieldOf(planeOf(seed, 12, radius + 6, ring(radius, hole)));
        assert.ok(refusal === 'defocused' || refusal === 'not star-like', `${refusal}`);
      }
    });
  }
  it('is flagged: small discs', async () => {
    const { refusal, isOfDiscs } = await fieldOf(planeOf(5, 15, 14, ring(6, 0)));
    assert.deepEqual([refusal, isOfDiscs], [undefined, true]);
  });
});

/** A straight streak of this length in the direction of `angle`, as wide as stars of FWHM 3 px. */
const streak = (length: number, angle: number) => (dx: number, dy: number) => {
  const [along, across] = [dx * Math.cos(angle) + dy * Math.sin(angle), dy * Math.cos(angle) - dx * Math.sin(angle)];
  return 200 * Math.exp(-(Math.max(0, Math.abs(along) - length / 2) ** 2 + across ** 2) / 3.2);
};

describe('streaks', () => {
  for (const length of [10, 16, 25, 40, 80]) {
    it(`are refused: of ${length} px`, async () => {
      for (const seed of [6, 7]) {
        const { refusal } = await fieldOf(planeOf(seed, 14, 8 + length / 2, streak(length, seed)));
        assert.ok(refusal === 'trailed' || refusal === 'not star-like', `${refusal}`);
      }
    });
  }
  it("are not what the pieces of a satellite's way are, however they outshine the stars", async () => {
    for (const seed of [12, 13, 14, 15]) {
      const plane = planeOf(seed, 12, 30, moffat(3));
      const random = new Random(seed);
      const angle = Math.PI * random.uniform();
      for (let p = 0; p < plane.electrons.length; p++) {
        const [x, y] = [(p % size) - size / 2, Math.floor(p / size) - size / 2];
        const [along, across] = [x * Math.cos(angle) + y * Math.sin(angle), y * Math.cos(angle) - x * Math.sin(angle)];
        const glint = 600 + 300 * Math.sin(along / 5) + 200 * Math.sin(along / 11);
        plane.electrons[p]! += random.poisson(glint * Math.exp(-(across ** 2) / 3.2));
      }
      const { refusal } = await fieldOf(plane);
      assert.equal(refusal, undefined, `seed ${seed}`);
    }
  });
  it('are not what three broad faint stars are', async () => {
    for (const seed of [8, 9, 10, 11]) {
      const { refusal, isOfDiscs } = await fieldOf(planeOf(seed, 3, 60, (dx, dy) => 0.2 * moffat(11)(dx, dy)));
      assert.deepEqual([refusal, isOfDiscs], [undefined, false], `${seed}`);
    }
  });
});
