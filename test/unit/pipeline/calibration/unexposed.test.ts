import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { calibrate } from '../../../../pipeline/calibration/calibrate.ts';
import { blankUnexposed, findUnexposed } from '../../../../pipeline/calibration/unexposed.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { MaskBit } from '../../../../pipeline/plane.ts';
import { paintStarField } from '../../../support/star-field.ts';

const unknown = { gainEPerAdu: undefined, readNoiseE: undefined, saturationAdu: undefined };
const size = 256;
const whole = { x0: 0, x1: size, y0: 0, y1: size };

/** A field in ADU on a bias of 500, changed pixel by pixel where `level` gives a value, with read noise where `noiseAdu` is given. */
function frame(level: (x: number, y: number) => number | undefined, noiseAdu = 0, nStars = 80, skyE = 150) {
  const random = new Random(6);
  const { plane } = paintStarField(
    { ...{ width: size, height: size, nStars, fwhmPx: 3, beta: 3, skyE, readNoiseE: 6 }, logFlux: [3, 5] },
    random,
  );
  const pixels = plane.electrons.map((e, p) => {
    const told = level(p % size, Math.floor(p / size));
    return Math.round(told === undefined ? 500 + e : told + noiseAdu * random.normal());
  });
  return { width: size, height: size, pixels };
}
const strips = (...args: Parameters<typeof frame>) => findUnexposed(frame(...args), whole).strips;

describe('a strip that saw no light', () => {
  for (const [name, level, expected] of [
    ['on the left', (x) => (x < 20 ? 500 : undefined), { x0: 0, x1: 20, y0: 0, y1: size }],
    ['on the right', (x) => (x >= 224 ? 500 : undefined), { x0: 224, x1: size, y0: 0, y1: size }],
    ['above', (_, y) => (y >= 248 ? 500 : undefined), { x0: 0, x1: size, y0: 248, y1: size }],
    ['of nearly half the frame', (_, y) => (y < 110 ? 500 : undefined), { x0: 0, x1: size, y0: 0, y1: 110 }],
    ['between two amplifiers', (x) => (x >= 120 && x < 136 ? 500 : undefined), { x0: 120, x1: 136, y0: 0, y1: size }],
  ] as const satisfies readonly (readonly [string, (x: number, y: number) => number | undefined, unknown])[]) {
    it(`is found ${name}`, () => assert.deepEqual(strips(level, 6), [expected]));
  }
  it('is masked whole where its first column is an odd one', () => {
    const [strip] = strips((x) => (x >= 231 ? 500 : undefined), 6);
    assert.ok(strip!.x0 === 230 || strip!.x0 === 231, JSON.stringify(strip));
  });
  it('is found on two sides at once, and told', () => {
    const one = frame((x, y) => (x < 16 || y < 12 ? 500 : undefined), 6);
    const found = findUnexposed(one, whole);
    assert.deepEqual(found.strips, [
      { x0: 0, x1: 16, y0: 0, y1: size },
      { x0: 16, x1: size, y0: 0, y1: 12 },
    ]);
    assert.match(blankUnexposed(one, found)!, /^the pixels 1 to 16 by 1 to 256, .* were not exposed: masked$/);
    assert.equal(one.pixels.filter(Number.isNaN).length, 16 * size + 12 * (size - 16));
  });
});

it('a calibrated frame has them masked, and says so', async () => {
  const one = { ...frame((x) => (x < 20 ? 500 : undefined), 6), exposureS: 30, bayer: undefined };
  const { planes, record } = await calibrate(one, { detector: unknown, masters: {} }, soloCrew(kernels));
  assert.equal(planes[0]!.mask.filter((bits) => bits === MaskBit.invalid).length, 20 * size);
  assert.match(record.warnings.join(), /the pixels 1 to 20 by 1 to 256 were not exposed: masked/);
});

describe('what has light', () => {
  it('is left alone where nothing is wrong', () =>
    assert.deepEqual(
      strips(() => undefined),
      [],
    ));
  it('is left alone where two amplifiers have different bias levels', () => {
    const one = frame(() => undefined);
    for (let p = 0; p < one.pixels.length; p++) if (p % size < size / 2) one.pixels[p]! -= 60;
    assert.deepEqual(findUnexposed(one, whole).strips, []);
  });
  it('is left alone beside the trail of a satellite along the rows of a sparse field', () => {
    const one = frame(() => undefined, 0, 5);
    for (let p = 20 * size; p < 24 * size; p++) one.pixels[p]! += 100;
    assert.deepEqual(findUnexposed(one, whole).strips, []);
  });
  it('is left alone on a steep gradient', () => {
    const one = frame(() => undefined);
    for (let p = 0; p < one.pixels.length; p++) one.pixels[p]! += 2 * (p % size);
    assert.deepEqual(findUnexposed(one, whole).strips, []);
  });
});

describe('areas at one value', () => {
  const constantOf = (level: (x: number, y: number) => number | undefined, skyE?: number) =>
    findUnexposed(frame(level, 0, 80, skyE), whole);
  for (const [name, level, count] of [
    ['a border of zeros', (x: number, y: number) => (x < 24 || y >= 240 ? 0 : undefined), 24 * size + 16 * (size - 24)],
    ['a border of one pixel', (x: number) => (x === size - 1 ? 0 : undefined), size],
    ['a border at the level of the sky', (x: number) => (x < 30 ? 650 : undefined), 30 * size],
    ['a corner that an alignment left empty', (x: number, y: number) => (x + y < 90 ? 0 : undefined), (90 * 91) / 2],
  ] as const) {
    it(`are found: ${name}`, () => {
      const { constant } = constantOf(level);
      // A pixel of the sky beside the border may have its value by chance: one in 35.
      assert.ok(constant.length >= count && constant.length <= count + 0.1 * size, `${constant.length} of ${count}`);
    });
  }
  it('are no sky that the converter cuts off at zero', () => {
    const one = frame(() => undefined, 0, 80, 20);
    for (let p = 0; p < one.pixels.length; p++) one.pixels[p] = Math.max(0, Math.round((one.pixels[p]! - 520) / 40));
    assert.equal(findUnexposed(one, whole).constant.length, 0);
  });
  it('are no saturated star', () => {
    const saturated = (x: number, y: number) => ((x - 90) ** 2 + (y - 90) ** 2 < 400 ? 65535 : undefined);
    assert.equal(constantOf(saturated).constant.length, 0);
  });
});
