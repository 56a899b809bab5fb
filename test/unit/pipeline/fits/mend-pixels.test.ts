import assert from 'node:assert/strict';
import test from 'node:test';
import { settleSaturation } from '../../../../pipeline/calibration/saturation.ts';
import type { Bitpix, Hdu } from '../../../../pipeline/fits/hdu.ts';
import { exposedImages } from '../../../../pipeline/fits/hdu.ts';
import { Header } from '../../../../pipeline/fits/header.ts';
import { mendPixels } from '../../../../pipeline/fits/mend-pixels.ts';

const size = 64;
/** Sky of 1000 ADU with one star of a Gaussian of 3 px whose peak lies `peak` above it, at most 65535. */
const counts = (peak: number, sky = 1000) =>
  Float32Array.from({ length: size * size }, (_, i) => {
    const r2 = ((i % size) - 32) ** 2 + (Math.floor(i / size) - 32) ** 2;
    return Math.min(65535, Math.round(sky + (i % 7) + peak * Math.exp(-r2 / 18)));
  });
const image = (pixels: Float32Array, bitpix: Bitpix, zero = 0) => ({
  width: size,
  height: size,
  nPlanes: 1,
  bitpix,
  scaling: { scale: 1, zero, blank: undefined },
  pixels,
});

test('counts that ran over the end of signed 16 bits come back, saturated discs too', () => {
  for (const peak of [40_000, 60_000, 500_000]) {
    const truth = counts(peak);
    const stored = image(
      truth.map((adu) => (adu > 32767 ? adu - 65536 : adu)),
      16,
    );
    assert.match(mendPixels(stored) ?? '', /without BZERO: \d+ negative pixels/);
    assert.deepEqual(stored.pixels, truth, String(peak));
  }
});

test('counts whose BZERO was lost come back', () => {
  for (const peak of [10_000, 60_000]) {
    const truth = counts(peak);
    const stored = image(
      truth.map((adu) => adu - 32768),
      16,
    );
    assert.match(mendPixels(stored) ?? '', /32768 was added/);
    assert.deepEqual(stored.pixels, truth, String(peak));
  }
});

test('pixels below a subtracted level, dead columns and stated scalings stay as they are', () => {
  const noise = counts(20_000, 0).map((adu, i) => adu - ((i * 7) % 11));
  const dead = counts(20_000).map((adu, i) => (i % size === 5 ? -30 : adu));
  for (const pixels of [noise, dead, counts(20_000)]) {
    const before = pixels.slice();
    assert.equal(mendPixels(image(pixels, 16)), undefined);
    assert.deepEqual(pixels, before);
  }
  assert.equal(
    mendPixels(
      image(
        counts(60_000).map((adu) => adu - 65536),
        16,
        32768,
      ),
    ),
    undefined,
  );
});

test('fractions of the whole range become the counts that they were', () => {
  const truth = counts(60_000);
  const stored = image(
    truth.map((adu) => adu / 65535),
    -32,
  );
  assert.match(mendPixels(stored) ?? '', /from 0 to 1/);
  assert.deepEqual(stored.pixels, truth);
  assert.equal(mendPixels(image(counts(500), -32)), undefined);
  assert.equal(mendPixels(image(new Float32Array(size * size), -32)), undefined);
});

test('saturation is the lower of what is known and of the pile-up', () => {
  const card = (value: number) => ({ value, card: 'SATURATE', confidence: 'high' }) as const;
  const table: [number | undefined, number | undefined, number | undefined, boolean][] = [
    [65536, 65520, 65520, true],
    [65535, 4095, 4095, true],
    [60000, 16383, 16383, true],
    [50000, 65535, 50000, false],
    [65535, 65535, 65535, false],
    [4095, undefined, 4095, false],
    [undefined, 4095, 4095, false],
    [undefined, undefined, undefined, false],
  ];
  for (const [known, pileUp, level, isTold] of table) {
    const settled = settleSaturation(known === undefined ? undefined : card(known), pileUp);
    assert.equal(settled.adu, level, `${known} ${pileUp}`);
    assert.equal(settled.warning !== undefined, isTold, `${known} ${pileUp}`);
  }
});

test('masks, errors, previews and small guider pictures are no further images, amplifiers are', () => {
  const hdu = (index: number, name: string, side = 100): Hdu => ({
    index,
    kind: 'image',
    header: new Header([]),
    name,
    bitpix: 16,
    shape: [side, side],
    headerOffset: 0,
    dataOffset: 0,
    dataBytes: 0,
    endOffset: 0,
  });
  const count = (...names: string[]) =>
    exposedImages([hdu(0, '', 0), ...names.map((name, i) => hdu(i + 1, name))]).length;
  for (const name of ['MASK', 'BPM', 'DQ', 'ERR', 'VAR', 'WEIGHT', 'UNCERT', 'BKG', 'THUMBNAIL', 'err_1', 'rms']) {
    assert.equal(count('SCI', name), 1, name);
  }
  for (const name of ['SCI', 'im2', 'AMP2', 'CCD2', '', 'B']) assert.equal(count('SCI', name), 2, name);
  assert.equal(exposedImages([hdu(0, '', 400), hdu(1, 'GUIDE', 50)]).length, 1);
});
