import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryBytes } from '../../../../base/bytes.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { encodeFits } from '../../../../pipeline/fits/write.ts';
import type { CardToWrite } from '../../../../pipeline/fits/write-card.ts';
import { readFrame } from '../../../../pipeline/frame/read-frame.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { calibrateStage } from '../../../../pipeline/stages/calibrate.ts';
import type { RawState } from '../../../../pipeline/stages/state.ts';

const [width, height] = [64, 48];
/** Counts with a hundred steps of noise and one bright star. */
const counts = Float32Array.from(
  { length: width * height },
  (_, i) => 1000 + ((i * 37) % 101) + (i === 1000 ? 40_000 : 0),
);
const read = (pixels: Float32Array | Uint32Array, cards: readonly CardToWrite[]) =>
  readFrame(
    memoryBytes(
      Buffer.concat(
        encodeFits([
          { kind: 'image', width, height, pixels, cards: [{ keyword: 'IMAGETYP', value: 'LIGHT' }, ...cards] },
        ]),
      ),
    ),
    { table: dialectTable },
  );
const usual: CardToWrite[] = [
  { keyword: 'EXPTIME', value: 30 },
  { keyword: 'EGAIN', value: 1.7 },
];
const frameOf = async (pixels: Float32Array | Uint32Array, cards: readonly CardToWrite[]) => {
  const outcome = await read(pixels, cards);
  assert.equal(outcome.kind, 'frame', outcome.kind === 'rejected' ? outcome.reason : '');
  return outcome as Extract<typeof outcome, { kind: 'frame' }>;
};

test('BUNIT says whether pixels are counts, electrons or rates of them', async () => {
  const table: Record<string, { isElectrons: boolean; isRate: boolean }> = {
    ...Object.fromEntries(
      ['adu', 'ADU', 'DN', 'counts', 'count', 'cts', '', 'unknown'].map((unit) => [
        unit,
        { isElectrons: false, isRate: false },
      ]),
    ),
    ...Object.fromEntries(
      ['electron', 'electrons', 'e-', 'e', 'photoelectrons', 'ELECTRONS'].map((unit) => [
        unit,
        { isElectrons: true, isRate: false },
      ]),
    ),
    ...Object.fromEntries(
      ['adu/s', 'counts/s', 'ADU/sec', 'DN/s', 'counts per second', 'count s-1', 'adu s^-1', 'counts/second'].map(
        (unit) => [unit, { isElectrons: false, isRate: true }],
      ),
    ),
    ...Object.fromEntries(
      ['electron/s', 'electrons/s', 'e-/s', 'e-/sec', 'electron s-1', 'electrons s**-1', 'e/s'].map((unit) => [
        unit,
        { isElectrons: true, isRate: true },
      ]),
    ),
  };
  for (const [unit, { isElectrons, isRate }] of Object.entries(table)) {
    const stored = isRate ? counts.map((count) => count / 30) : counts;
    const { image, facts } = await frameOf(stored, [...usual, { keyword: 'BUNIT', value: unit }]);
    assert.ok(
      image.pixels.every((value, i) => Math.abs(value - counts[i]!) < 0.01),
      unit,
    );
    assert.equal(facts.gainEPerAdu?.value, isElectrons ? 1 : 1.7, unit);
    assert.equal(
      facts.warnings.some((text) => text.includes('multiplied by the exposure time')),
      isRate,
      unit,
    );
  }
});

test('light in other units, and rates without an exposure time, are rejected with the reason', async () => {
  for (const unit of ['MJy/sr', 'Jy', 'mJy/beam', 'mag', 'nanomaggy', 'erg/s/cm2/A']) {
    const outcome = await read(counts, [...usual, { keyword: 'BUNIT', value: unit }]);
    assert.ok(outcome.kind === 'rejected' && outcome.reason.includes(unit), unit);
  }
  const outcome = await read(counts, [{ keyword: 'BUNIT', value: 'adu/s' }]);
  assert.ok(outcome.kind === 'rejected' && /exposure time/.test(outcome.reason));
});

test('counts times a factor that nobody states come back by their steps', async () => {
  const stored: Record<string, Float32Array | Uint32Array> = {
    'from 0 to 255': counts.map((count) => (count * 255) / 65535),
    'divided by the exposure time': counts.map((count) => count / 30),
    '16 bits spread over 32': Uint32Array.from(counts, (count) => count * 65537),
    '16 bits shifted up': Uint32Array.from(counts, (count) => count * 65536),
  };
  for (const [name, pixels] of Object.entries(stored)) {
    const { image, facts } = await frameOf(pixels, usual);
    assert.deepEqual(image.pixels, counts, name);
    assert.equal(facts.warnings.length, 1, name);
  }
});

test('calibrated floats without steps stay as they are', async () => {
  const smooth = counts.map((count, i) => count * (1 + 0.01 * Math.sin(i)) - 950);
  const { image } = await frameOf(smooth, usual);
  assert.deepEqual(image.pixels, smooth);
});

test('electrons are electrons whatever gain the configuration has', async () => {
  const { image, facts, joined } = await frameOf(counts, [...usual, { keyword: 'BUNIT', value: 'electron' }]);
  const state = {
    facts,
    image,
    joined,
    masters: {},
    linearity: undefined,
    detector: { configured: { gainEPerAdu: 2 } },
  };
  const tools = { crew: soloCrew(kernels), isOver: () => false };
  const { planes } = await calibrateStage.run(state as unknown as RawState, tools);
  assert.equal(planes[0]!.electrons[500], counts[500]);
});
