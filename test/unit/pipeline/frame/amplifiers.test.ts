import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryBytes } from '../../../../base/bytes.ts';
import { Random } from '../../../../base/random.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { pixelToSky } from '../../../../pipeline/astrometry/wcs.ts';
import { wcsFromKeywords } from '../../../../pipeline/astrometry/wcs-keywords.ts';
import { calibrate } from '../../../../pipeline/calibration/calibrate.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import type { CardToWrite } from '../../../../pipeline/fits/write-card.ts';
import { identifyFrame, readFrame } from '../../../../pipeline/frame/read-frame.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { amplifierFile, quarters, type SimulatedAmplifier } from '../../../support/amplifiers.ts';

const [width, height] = [128, 96];
const usual: CardToWrite[] = [
  { keyword: 'IMAGETYP', value: 'Light Frame' },
  { keyword: 'DATE-OBS', value: '2026-03-01T22:15:00.000' },
  { keyword: 'EXPTIME', value: 60 },
];
/** A sky with a gradient, its noise, and a star in each quarter. */
const sky = (() => {
  const random = new Random(11);
  return Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    let light = 4000 + 3 * x + 2 * y;
    for (const [sx, sy] of [
      [20, 20],
      [100, 30],
      [40, 70],
      [90, 60],
    ] as const)
      light += 30_000 * Math.exp(-((x - sx) ** 2 + (y - sy) ** 2) / 8);
    return light + Math.sqrt(light) * random.normal();
  });
})();
const read = (amplifiers: readonly SimulatedAmplifier[], cards: readonly CardToWrite[] = []) =>
  readFrame(memoryBytes(amplifierFile(width, sky, amplifiers, [...usual, ...cards])), { table: dialectTable });
const frameOf = async (amplifiers: readonly SimulatedAmplifier[], cards: readonly CardToWrite[] = []) => {
  const outcome = await read(amplifiers, cards);
  assert.equal(outcome.kind, 'frame', outcome.kind === 'rejected' ? outcome.reason : '');
  return outcome as Extract<typeof outcome, { kind: 'frame' }>;
};
const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
};
const halves = (right: Partial<SimulatedAmplifier>): SimulatedAmplifier[] => [
  { x0: 0, x1: 64, y0: 0, y1: height },
  { x0: 64, x1: width, y0: 0, y1: height, ...right },
];

test('amplifiers read towards four corners are put together, each less its own overscan and on one gain', async () => {
  const gains = [1.5, 1.6, 1.4, 1.45];
  const { image, joined, facts } = await frameOf(
    quarters(width, height, (k) => ({
      biasAdu: 900 + 150 * k,
      gainEPerAdu: gains[k]!,
      overscanPx: 16,
      cards: [
        { keyword: 'GAIN', value: gains[k]!, comment: 'electrons per ADU' },
        { keyword: 'RDNOISE', value: k < 2 ? 3 : 5 },
      ],
    })),
  );
  assert.deepEqual([image.width, image.height], [width, height]);
  // Each count was rounded once.
  const inAdu = sky.map((electrons) => electrons / gains[0]!);
  assert.ok(largestDifference(image.pixels, inAdu) < 0.6);
  assert.equal(facts.gainEPerAdu?.value, gains[0]);
  assert.ok(Math.abs(facts.readNoiseE!.value - Math.sqrt(17)) < 1e-9);
  assert.equal(joined?.overscanAdu, 900 + 150 * 1.5);
  assert.equal(joined?.hasGains, true);
  assert.equal(facts.biasSection, undefined);
  assert.match(facts.warnings.join(), /4 amplifiers were put together/);
});

const layouts: Readonly<Record<string, SimulatedAmplifier[]>> = {
  'two halves': halves({}),
  'a half read from the right, by DETSEC': halves({ isTurnedX: true }),
  'a half read from the right, by LTM1_1': halves({
    isTurnedX: true,
    cards: [
      { keyword: 'DETSEC', value: `[65:${width},1:${height}]` },
      { keyword: 'LTM1_1', value: -1 },
    ],
  }),
  'a half read from above': halves({ isTurnedY: true }),
  'sections of the chip instead of the detector': halves({}).map((half) => ({
    ...half,
    cards: [
      { keyword: 'CCDSEC', value: `[${half.x0 + 1}:${half.x1},1:${height}]` },
      { keyword: 'DETSEC', value: undefined },
    ],
  })),
  'a binning of two': halves({}).map((half) => ({
    ...half,
    cards: [{ keyword: 'DETSEC', value: `[${2 * half.x0 + 1}:${2 * half.x1},1:${2 * height}]` }],
  })),
  'a part of a larger detector': halves({}).map((half) => ({
    ...half,
    cards: [{ keyword: 'DETSEC', value: `[${half.x0 + 1001}:${half.x1 + 1000},501:${500 + height}]` }],
  })),
  'no DATASEC where all pixels are exposed': halves({}).map((half) => ({
    ...half,
    cards: [{ keyword: 'DATASEC', value: undefined }],
  })),
  'four rows of amplifiers': [0, 1, 2, 3].map((k) => ({ x0: 0, x1: width, y0: k * 24, y1: (k + 1) * 24 })),
  'the upper half first': [
    { x0: 0, x1: width, y0: 48, y1: height },
    { x0: 0, x1: width, y0: 0, y1: 48 },
  ],
};
for (const [name, amplifiers] of Object.entries(layouts)) {
  test(`a detector of ${name} comes out as it is`, async () => {
    const { image } = await frameOf(amplifiers);
    assert.deepEqual([image.width, image.height], [width, height]);
    assert.ok(largestDifference(image.pixels, sky) < 0.51);
  });
}

test('what does not fill one rectangle of one detector is rejected with the reason', async () => {
  const section = (value: string | undefined) => halves({ cards: [{ keyword: 'DETSEC', value }] as never });
  const table: [SimulatedAmplifier[], RegExp][] = [
    [section('[70:133,1:96]'), /overlap or leave gaps/],
    [section('[60:123,1:96]'), /overlap or leave gaps/],
    [section('[65:192,1:96]'), /different sizes/],
    [section('[65:128,1:95]'), /different sizes/],
    [section(undefined), /no DETSEC/],
    [section('somewhere'), /no DETSEC/],
    [halves({ cards: [{ keyword: 'DATASEC', value: '[1:90,1:96]' }] }), /DATASEC does not lie/],
    [
      halves({}).map((half, k) => ({ ...half, cards: [{ keyword: 'CCDNAME', value: `CCD${k}` }] })),
      /several detectors/,
    ],
  ];
  for (const [amplifiers, reason] of table) {
    const outcome = await read(amplifiers);
    assert.equal(outcome.kind, 'rejected');
    assert.ok(outcome.kind === 'rejected' && outcome.fault === 'several-images' && reason.test(outcome.reason));
  }
});

test('an exposure of several amplifiers is told from another whatever amplifier differs', async () => {
  const idOf = async (electrons: Float32Array) => {
    const bytes = memoryBytes(amplifierFile(width, electrons, halves({}), usual));
    const outcome = await identifyFrame(bytes, { table: dialectTable });
    assert.equal(outcome.kind, 'frame');
    return outcome.kind === 'frame' ? outcome.exposureId : '';
  };
  const last = sky.map((electrons, i) => (i === sky.length - 1 ? electrons + 50 : electrons));
  assert.equal(await idOf(sky), await idOf(sky));
  assert.notEqual(await idOf(sky), await idOf(last));
});

test('world coordinates of the first amplifier hold on the whole image, turned or not', async () => {
  for (const isTurned of [false, true]) {
    const [x0, x1] = [64, width];
    const own = isTurned ? -1 : 1;
    // The whole image's reference pixel is (30, 40), with pixels of 0.001 degrees.
    const crpix1 = isTurned ? x1 - 30 + 1 : 30 - x0;
    const wcs: CardToWrite[] = Object.entries({
      CTYPE1: 'RA---TAN',
      CTYPE2: 'DEC--TAN',
      CRVAL1: 150,
      CRVAL2: 20,
      CRPIX1: crpix1,
      CRPIX2: 40,
      CD1_1: -0.001 * own,
      CD1_2: 0.0002,
      CD2_1: 0.0002 * own,
      CD2_2: 0.001,
    }).map(([keyword, value]) => ({ keyword, value }));
    const [left, right] = halves({});
    const { header } = await frameOf([{ ...right!, isTurnedX: isTurned, cards: wcs }, left!]);
    const found = wcsFromKeywords((keyword) => header.value(keyword)).wcs!;
    const reference = pixelToSky(found, 29, 39);
    assert.ok(Math.hypot(reference.raDeg - 150, reference.decDeg - 20) < 1e-9);
    const east = pixelToSky(found, 19, 39);
    assert.ok(Math.abs((east.raDeg - 150) * Math.cos((20 * Math.PI) / 180) - 0.01) < 1e-4);
    assert.ok(Math.abs(east.decDeg - 20 + 0.002) < 1e-4);
  }
});

test('saturation lies where the pixels of the first full amplifier pile up', async () => {
  const gains = [1, 0.8];
  const amplifiers = halves({}).map((half, k) => ({
    ...half,
    biasAdu: 1000,
    overscanPx: 8,
    gainEPerAdu: gains[k]! * 0.4,
    cards: [{ keyword: 'EGAIN', value: gains[k]! * 0.4 }],
  }));
  const { image, joined, facts } = await frameOf(amplifiers);
  const { planes, record } = await calibrate(
    { ...image, exposureS: 60, bayer: undefined, joined },
    { detector: { ...facts, saturationAdu: undefined }, masters: {} },
    soloCrew(kernels),
  );
  const [plane] = planes;
  // 64535 counts above the bias at 0.32 electrons each.
  assert.ok(Math.abs(plane!.noise.saturationE - 64535 * 0.32) < 1);
  const full = sky.filter((electrons) => electrons >= 64535 * 0.32).length;
  assert.ok(Math.abs(record.nSaturated - full) <= 1, `${record.nSaturated} ${full}`);
  assert.equal(record.overscanAdu, 1000);
});

test('levels that nothing tells are evened by the sky, and gains where the levels are known', async () => {
  const stepOf = (pixels: Float32Array) => {
    const differences = Array.from({ length: height }, (_, y) => pixels[y * width + 64]! - pixels[y * width + 63]!);
    return differences.reduce((sum, value) => sum + value, 0) / height;
  };
  for (const [overscanPx, biasAdu, gainEPerAdu, told] of [
    [0, [500, 620], 1, /levels of 2 amplifiers/],
    [8, [500, 620], 0.95, /gains of 2 amplifiers/],
  ] as const) {
    const amplifiers = halves({ gainEPerAdu }).map((half, k) => ({ ...half, overscanPx, biasAdu: biasAdu[k]! }));
    const { image, joined } = await frameOf(amplifiers);
    const before = stepOf(image.pixels);
    const { planes, record } = await calibrate(
      { ...image, exposureS: 60, bayer: undefined, joined },
      { detector: { gainEPerAdu: undefined, readNoiseE: undefined, saturationAdu: undefined }, masters: {} },
      soloCrew(kernels),
    );
    assert.ok(before > 90);
    // The noise of 96 pixels on either side is 9, the gradient makes 3.
    assert.ok(Math.abs(stepOf(planes[0]!.electrons)) < 30, `${stepOf(planes[0]!.electrons)}`);
    assert.match(record.warnings.join('; '), told);
  }
});
