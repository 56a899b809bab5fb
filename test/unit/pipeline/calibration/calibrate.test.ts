import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { bayerOffsets, calibrate } from '../../../../pipeline/calibration/calibrate.ts';
import { resolveDetector } from '../../../../pipeline/calibration/detector.ts';
import type { Master } from '../../../../pipeline/calibration/master.ts';
import { photonTransfer } from '../../../../pipeline/calibration/photon-transfer.ts';
import { combineMaster } from '../../../../pipeline/combine/combine.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import type { BayerPattern } from '../../../../pipeline/header/facts.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { MaskBit, type PlaneName } from '../../../../pipeline/plane.ts';
import { exposeDetector, makeDetector, memberOf } from '../../../support/detector-frames.ts';

const unknown = { gainEPerAdu: undefined, readNoiseE: undefined, saturationAdu: undefined };
const fact = (value: number) => ({ value, card: 'test', confidence: 'high' }) as const;

function masterOf(kind: Master['kind'], pixels: number[], changes: Partial<Master> = {}): Master {
  return {
    kind,
    width: 2,
    height: 2,
    pixels: Float32Array.from(pixels),
    nCombined: 10,
    noise: 0,
    exposureS: kind === 'dark' ? 100 : 0,
    sensorTemperatureC: undefined,
    filter: undefined,
    id: kind,
    ...changes,
  };
}
const frameOf = (pixels: number[], exposureS = 100) => ({
  width: 2,
  height: 2,
  pixels: Float32Array.from(pixels),
  exposureS,
  bayer: undefined,
});

test('raw less dark, over flat, times gain, with saturation and blanks from the raw pixels', async () => {
  const { planes, record } = await calibrate(
    frameOf([1100, 4095, Number.NaN, 600]),
    {
      detector: { gainEPerAdu: fact(2), readNoiseE: fact(5), saturationAdu: fact(4095) },
      masters: { dark: masterOf('dark', [100, 100, 100, 100]), flat: masterOf('flat', [1, 0.5, 1, 0.1]) },
    },
    soloCrew(kernels),
  );
  const [plane] = planes;
  assert.equal(plane!.electrons[0], 2000);
  assert.equal(plane!.electrons[1], 15980);
  assert.equal(plane!.electrons[2], 0, 'no NaN is left');
  assert.deepEqual([...plane!.mask], [0, MaskBit.saturated, MaskBit.invalid, MaskBit.bad]);
  assert.deepEqual([record.nSaturated, record.nInvalid, record.nBad], [1, 1, 1]);
  assert.equal(plane!.noise.saturationE, (4095 - 100) * 2);
  assert.equal(plane!.noise.pedestalKnown, true);
});

test('a dark of another exposure is scaled when a bias allows it, else taken or left out with a word', async () => {
  const bias = masterOf('bias', [100, 100, 100, 100]);
  const dark = masterOf('dark', [200, 200, 200, 200]);
  const scaled = await calibrate(
    frameOf([1000, 1000, 1000, 1000], 50),
    { detector: unknown, masters: { bias, dark } },
    soloCrew(kernels),
  );
  assert.equal(scaled.planes[0]!.electrons[0], 850);
  assert.equal(scaled.record.darkScale, 0.5);
  assert.match(scaled.record.warnings.join(), /scaled to 50 s/);
  const stretched = await calibrate(
    frameOf([1000, 1000, 1000, 1000], 400),
    { detector: unknown, masters: { bias, dark } },
    soloCrew(kernels),
  );
  assert.equal(stretched.planes[0]!.electrons[0], 900, 'the bias alone');
  assert.match(stretched.record.warnings.join(), /too short to be scaled/);
  const noisy = { bias: { ...bias, noise: 2 }, dark: { ...dark, noise: 3 } };
  const twice = await calibrate(
    frameOf([1000, 1000, 1000, 1000], 200),
    {
      detector: { ...unknown, gainEPerAdu: fact(1), readNoiseE: fact(5) },
      masters: noisy,
    },
    soloCrew(kernels),
  );
  assert.equal(
    twice.record.readNoiseE!.toFixed(6),
    Math.hypot(5, 2 * 3, 2).toFixed(6),
    'a scaled dark brings its noise',
  );
  const alone = await calibrate(
    frameOf([1000, 1000, 1000, 1000], 50),
    { detector: unknown, masters: { dark } },
    soloCrew(kernels),
  );
  assert.equal(alone.planes[0]!.electrons[0], 800);
  assert.match(alone.record.warnings.join(), /stands in for the missing bias/);
});

test('masters that are missing or of another size leave the frame usable and say so', async () => {
  const other = masterOf('flat', [1, 1, 1, 1], { width: 4, height: 1 });
  const { planes, record } = await calibrate(
    frameOf([10, 20, 30, 40]),
    { detector: unknown, masters: { flat: other } },
    soloCrew(kernels),
  );
  assert.deepEqual([...planes[0]!.electrons], [10, 20, 30, 40]);
  assert.equal(planes[0]!.noise.pedestalKnown, false);
  assert.equal(planes[0]!.noise.gainKnown, false);
  const warnings = record.warnings.join('\n');
  for (const pattern of [/4 x 1 pixels/, /no bias or dark/, /no flat/, /gain .* unknown/])
    assert.match(warnings, pattern);
});

test('what the acquisition software corrected is not corrected again', async () => {
  const { planes, record } = await calibrate(
    frameOf([1000, 1000, 1000, 1000]),
    {
      detector: unknown,
      masters: { bias: masterOf('bias', [100, 100, 100, 100]), flat: masterOf('flat', [2, 2, 2, 2]) },
      alreadyCalibrated: { bias: true, dark: true, flat: true },
    },
    soloCrew(kernels),
  );
  assert.equal(planes[0]!.electrons[0], 1000);
  assert.equal(record.biasId, undefined);
  assert.equal(planes[0]!.noise.pedestalKnown, true);
});

test('detector values: configuration before measurement before a trusted header before the registry before any header', () => {
  const header = { ...unknown, gainEPerAdu: { value: 4, card: 'EGAIN', confidence: 'low' as const } };
  const cameras = [
    { pattern: '^known$', bits: 12, eAtZeroGain: 3, settingsPerDecade: 200, validBelow: 100, source: 'a test' },
  ];
  const known = (facts: object) => ({
    ...facts,
    camera: { ...fact(0), value: 'known' },
    gainSetting: fact(0),
  });
  const gainOf = (sources: Parameters<typeof resolveDetector>[0]) => resolveDetector(sources).gainEPerAdu?.value;
  assert.equal(gainOf({ header }), 4);
  assert.equal(gainOf({ header: { ...header, ...known({}) }, cameras }), 3);
  const trusted = { ...unknown, gainEPerAdu: fact(2.5) };
  assert.equal(gainOf({ header: { ...trusted, ...known({}) }, cameras }), 2.5);
  assert.equal(gainOf({ header: trusted, measured: { gainEPerAdu: 2 } }), 2);
  assert.equal(gainOf({ header: trusted, measured: { gainEPerAdu: 2 }, configured: { gainEPerAdu: 1 } }), 1);
  assert.equal(gainOf({ header: unknown }), undefined);
});

test('a simulated night: masters from its own frames leave under 0.1 % of the sky as structure, gain and read noise true', async () => {
  const width = 192;
  const height = 160;
  const random = new Random(5);
  const detector = makeDetector(width, height, random);
  const expose = (exposureS: number, light: number) => exposeDetector(detector, exposureS, () => light, random);
  const set = (n: number, exposureS: number, light: number) =>
    Array.from({ length: n }, () => expose(exposureS, light));
  const combine = async (kind: Master['kind'], exposureS: number, frames: Float32Array[], pedestal?: Master) => {
    const outcome = await combineMaster(
      frames.map((pixels, i) => memberOf(`${kind}-${i}`, width, height, pixels)),
      {
        kind,
        exposureS,
        sensorTemperatureC: undefined,
        filter: undefined,
        colour: false,
        saturationAdu: 65535,
        fewestMembers: 5,
        memoryBytes: 1 << 22,
        memberIds: [],
        ...(pedestal && { pedestal }),
      },
    );
    assert.ok(outcome.kind === 'combined', kind);
    return outcome.master;
  };
  const biases = set(20, 0, 0);
  const flats = set(20, 1, 30000);
  const bias = await combine('bias', 0, biases);
  const dark = await combine('dark', 60, set(20, 60, 0));
  const flat = await combine('flat', 1, flats, bias);
  const transfer = photonTransfer(width, height, [{ first: flats[0]!, second: flats[1]! }], {
    first: biases[0]!,
    second: biases[1]!,
  });
  assert.ok(transfer.kind === 'measured');
  assert.ok(Math.abs(transfer.gainEPerAdu / detector.gainEPerAdu - 1) < 0.02, `gain ${transfer.gainEPerAdu}`);
  assert.ok(Math.abs(transfer.readNoiseE / detector.readNoiseE - 1) < 0.05, `read noise ${transfer.readNoiseE}`);
  // Light frames averaged, so that photon noise does not hide structure: 40 of 3000 e- each, 8 x 8 pixels together.
  const sky = 3000;
  const sum = new Float64Array(width * height);
  const nLights = 40;
  for (let n = 0; n < nLights; n++) {
    const frame = { width, height, pixels: expose(60, sky), exposureS: 60, bayer: undefined };
    const { planes } = await calibrate(
      frame,
      {
        detector: { ...unknown, gainEPerAdu: fact(detector.gainEPerAdu) },
        masters: { bias, dark, flat },
      },
      soloCrew(kernels),
    );
    const { electrons } = planes[0]!;
    for (let i = 0; i < sum.length; i++) sum[i]! += electrons[i]! / nLights;
  }
  const blocks: number[] = [];
  for (let by = 0; by + 8 <= height; by += 8) {
    for (let bx = 0; bx + 8 <= width; bx += 8) {
      const inside: number[] = [];
      for (let y = by; y < by + 8; y++) {
        for (let x = bx; x < bx + 8; x++) if (detector.dark[y * width + x]! < 1) inside.push(sum[y * width + x]!);
      }
      blocks.push(inside.reduce((a, b) => a + b, 0) / inside.length);
    }
  }
  const mean = blocks.reduce((a, b) => a + b, 0) / blocks.length;
  const rms = Math.sqrt(blocks.reduce((total, block) => total + (block - mean) ** 2, 0) / blocks.length);
  // Photon noise of the lights (0.04 %), of the flats (0.02 %) and read noise of the darks remain in a block of 64 pixels.
  assert.ok(rms / mean < 0.001, `structure of ${((100 * rms) / mean).toFixed(3)} %`);
  // The flat has mean 1 in the central half, so the level is that of a pixel of the central half's mean response.
  const level = mean / sky / meanOfCentre(detector.response, width, height);
  assert.ok(Math.abs(level - 1) < 0.002, `level ${level}`);
});

function meanOfCentre(response: Float64Array, width: number, height: number): number {
  let sum = 0;
  let n = 0;
  for (let y = height >> 2; y < height - (height >> 2); y++) {
    for (let x = width >> 2; x < width - (width >> 2); x++) {
      sum += response[y * width + x]!;
      n++;
    }
  }
  return sum / n;
}

for (const pattern of ['RGGB', 'BGGR', 'GRBG', 'GBRG'] as const) {
  test(`a ${pattern} frame parts into planes that hold their own colour, without bias`, async () => {
    const width = 40;
    const height = 30;
    const light: Record<string, number> = { R: 1200, G: 3000, B: 800 };
    const pixels = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) pixels[y * width + x] = 100 + light[pattern[(y % 2) * 2 + (x % 2)]!]! + x / 10;
    }
    const { planes } = await calibrate(
      { width, height, pixels, exposureS: 1, bayer: pattern },
      { detector: { ...unknown, gainEPerAdu: fact(1) }, masters: {}, levelAdu: 100 },
      soloCrew(kernels),
    );
    assert.deepEqual(
      planes.map((plane) => plane.name),
      ['R', 'G1', 'G2', 'B'] satisfies PlaneName[],
    );
    for (const plane of planes) {
      const colour = plane.name[0]!;
      const { offsetX, step } = plane.mosaic;
      assert.equal(plane.width, 20);
      plane.electrons.forEach((value, i) => {
        const mosaicX = offsetX + step * (i % plane.width);
        assert.ok(Math.abs(value - light[colour]! - mosaicX / 10) < 1e-3, `${plane.name} ${i}`);
      });
    }
  });
}

test('planes of odd-sized mosaics cover every pixel once', async () => {
  const covered = new Map<string, number>();
  const { planes } = await calibrate(
    { width: 7, height: 5, pixels: new Float32Array(35).fill(5), exposureS: 1, bayer: 'RGGB' as BayerPattern },
    { detector: unknown, masters: {} },
    soloCrew(kernels),
  );
  for (const { mosaic, width, height } of planes) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const key = `${mosaic.offsetX + 2 * x},${mosaic.offsetY + 2 * y}`;
        covered.set(key, (covered.get(key) ?? 0) + 1);
      }
    }
  }
  assert.equal(covered.size, 35);
  assert.ok([...covered.values()].every((n) => n === 1));
  assert.deepEqual(
    bayerOffsets('GBRG').map(({ name, x, y }) => `${name}${x}${y}`),
    ['R01', 'G111', 'G200', 'B10'],
  );
});
