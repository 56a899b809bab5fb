import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { checkMosaic, settlePattern } from '../../../../pipeline/calibration/bayer-check.ts';
import { calibrate } from '../../../../pipeline/calibration/calibrate.ts';
import { findCodeStep } from '../../../../pipeline/calibration/code-step.ts';
import { subtractOverscan } from '../../../../pipeline/calibration/overscan.ts';
import { photonTransfer } from '../../../../pipeline/calibration/photon-transfer.ts';
import { findPileUp } from '../../../../pipeline/calibration/saturation.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { MaskBit } from '../../../../pipeline/plane.ts';
import { exposeDetector, makeDetector } from '../../../support/detector-frames.ts';

const width = 256;
const height = 192;

test('photon transfer on a colour sensor with drifting light: gain within 2 %, read noise within 5 %', () => {
  const random = new Random(21);
  const detector = makeDetector(width, height, random, true);
  const pair = (first: number, second: number) => ({
    first: exposeDetector(detector, 1, () => first, random),
    second: exposeDetector(detector, 1, () => second, random),
  });
  const biases = pair(0, 0);
  const outcome = photonTransfer(width, height, [pair(8000, 7600), pair(20000, 21500), pair(40000, 38000)], biases);
  assert.ok(outcome.kind === 'measured');
  assert.ok(Math.abs(outcome.gainEPerAdu / 1.4 - 1) < 0.02, `${outcome.gainEPerAdu}`);
  assert.ok(Math.abs(outcome.readNoiseE / 6.5 - 1) < 0.05, `${outcome.readNoiseE}`);
  assert.ok(Math.abs(outcome.gainEPerAdu - 1.4) < 5 * outcome.gainErr + 0.003, `${outcome.gainErr}`);
  assert.equal(outcome.levels.length, 3);
});

test('where the detector saturates the gain departs, and the linear range ends', () => {
  const random = new Random(22);
  const detector = makeDetector(width, height, random);
  const pair = (level: number, ceiling: number) => {
    const frame = () => exposeDetector(detector, 1, () => level, random).map((value) => Math.min(value, ceiling));
    return { first: frame(), second: frame() };
  };
  const flats = [pair(10000, 65535), pair(20000, 65535), pair(30000, 15000)];
  const outcome = photonTransfer(width, height, flats, pair(0, 65535));
  assert.ok(outcome.kind === 'measured');
  assert.ok(outcome.linearToAdu! > 10000 && outcome.linearToAdu! < 14500, `${outcome.linearToAdu}`);
  assert.ok(Math.abs(outcome.gainEPerAdu / 1.4 - 1) < 0.02, `${outcome.gainEPerAdu}`);
});

test('frames without noise or light give no gain', () => {
  const flat = new Float32Array(width * height).fill(1000);
  const same = { first: flat, second: flat };
  assert.equal(photonTransfer(width, height, [same], same).kind, 'not measured');
  assert.equal(photonTransfer(width, height, [], same).kind, 'not measured');
});

test('left-aligned data show their step, whole ones 1, floats none', () => {
  assert.equal(findCodeStep(Float32Array.from([832, 848, 8000, Number.NaN, 65520])), 16);
  assert.equal(findCodeStep(Float32Array.from([10, 11, 700])), 1);
  assert.equal(findCodeStep(Float32Array.from([32, 32, 32])), 0);
  assert.equal(findCodeStep(Float32Array.from([1.5, 2])), undefined);
});

test('saturation: the top of a converter, a pile-up below it, nothing where nothing saturates', () => {
  const random = new Random(24);
  const frame = (ceiling: number) =>
    Float32Array.from({ length: 40000 }, (_, i) =>
      Math.min(ceiling, Math.round(300 + 17 * random.normal() + (i % 200 === 0 ? 10 ** (5 * random.uniform()) : 0))),
    );
  assert.equal(findPileUp(frame(65535)), 65535);
  assert.equal(findPileUp(frame(4095)), 4095);
  assert.equal(findPileUp(frame(4094)), 4094);
  assert.equal(findPileUp(frame(50123)), 50123);
  const hot = frame(13583);
  hot.set([13639, 14002], 77);
  assert.equal(findPileUp(hot), 13583, 'hot pixels above the level of the others do not hide it');
  const single = Float32Array.from({ length: 40000 }, () => Math.round(300 + 17 * random.normal()));
  single[500] = 4095;
  assert.equal(findPileUp(single), undefined, 'one hot pixel at the top of a converter is no pile-up');
  assert.equal(
    findPileUp(Float32Array.from({ length: 40000 }, () => Math.round(300 + 17 * random.normal()))),
    undefined,
  );
  assert.equal(findPileUp(new Float32Array(1000).fill(32)), undefined);
});

test('the overscan takes a drift along the readout with it, what is not exposed is masked', async () => {
  const random = new Random(25);
  const pixels = Float32Array.from({ length: width * height }, (_, i) => {
    const y = Math.floor(i / width);
    const inImage = i % width >= 16;
    return 400 + 0.2 * y + 4 * random.normal() + (inImage ? 1000 : 0);
  });
  pixels[50 * width + 100] = 5000;
  const unknown = { gainEPerAdu: undefined, readNoiseE: undefined };
  const saturationAdu = { value: 4095, card: 'test', confidence: 'high' } as const;
  const { planes, record } = await calibrate(
    { width, height, pixels, exposureS: 1, bayer: undefined },
    {
      detector: { ...unknown, saturationAdu },
      masters: {},
      overscan: { x0: 2, x1: 14, y0: 0, y1: height },
      exposed: { x0: 16, x1: width, y0: 0, y1: height - 10 },
    },
    soloCrew(kernels),
  );
  const { electrons, mask, noise } = planes[0]!;
  const rowMean = (y: number) =>
    electrons.subarray(y * width + 16, (y + 1) * width).reduce((a, b) => a + b, 0) / (width - 16);
  for (const y of [0, 60, 120, 181]) assert.ok(Math.abs(rowMean(y) - 1000) < 5, `row ${y}: ${rowMean(y)}`);
  assert.ok(Math.abs(record.overscanAdu! - 419.1) < 0.5, `${record.overscanAdu}`);
  assert.equal(noise.pedestalKnown, true);
  assert.equal(mask[50 * width + 100], MaskBit.saturated);
  assert.equal(mask[50 * width + 15], MaskBit.invalid);
  assert.equal(mask[(height - 10) * width + 100], MaskBit.invalid);
  assert.equal(mask[60 * width + 100], 0);
});

test('an overscan outside the frame is not believed', () => {
  const frame = { width: 8, height: 8, pixels: new Float32Array(64).fill(7) };
  assert.equal(subtractOverscan(frame, { x0: 20, x1: 30, y0: 0, y1: 8 }), undefined);
  assert.ok(frame.pixels.every((value) => value === 7));
});

test('a mosaic betrays its greens, a mono frame nothing; a contradicted pattern is turned over', () => {
  const random = new Random(26);
  const mosaic = (levels: readonly number[]) =>
    Float32Array.from({ length: width * height }, (_, i) => {
      const phase = (Math.floor(i / width) % 2) * 2 + ((i % width) % 2);
      return levels[phase]! + 15 * random.normal();
    });
  const check = (levels: readonly number[], pattern?: 'RGGB' | 'GBRG') =>
    checkMosaic(width, height, mosaic(levels), pattern);
  assert.equal(check([500, 500, 500, 500]).verdict, 'flat');
  assert.equal(check([900, 1200, 1200, 700]).verdict, 'green-other');
  assert.equal(check([1200, 900, 700, 1200]).verdict, 'green-main');
  assert.equal(check([900, 1200, 1200, 700], 'RGGB').agrees, true);
  const contradicted = check([1200, 900, 700, 1200], 'RGGB');
  assert.equal(contradicted.agrees, false);
  const settled = settlePattern('RGGB', contradicted);
  assert.equal(settled.pattern, 'GBRG');
  assert.match(settled.warning!, /other diagonal/);
  assert.match(settlePattern(undefined, check([1200, 900, 700, 1200])).warning!, /looks? like a colour mosaic/);
  assert.deepEqual(settlePattern('RGGB', check([500, 500, 500, 500], 'RGGB')), { pattern: 'RGGB', warning: undefined });
});
