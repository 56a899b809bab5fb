import assert from 'node:assert/strict';
import test from 'node:test';
import { measureDetector } from '../../../../agent/masters/measure-detector.ts';
import { Random } from '../../../../base/random.ts';
import { calibrate } from '../../../../pipeline/calibration/calibrate.ts';
import {
  type Linearity,
  linearise,
  linearityCurve,
  measureLinearity,
} from '../../../../pipeline/calibration/linearity.ts';
import type { Master } from '../../../../pipeline/calibration/master.ts';
import { combineMaster } from '../../../../pipeline/combine/combine.ts';
import { MaskBit } from '../../../../pipeline/plane.ts';
import { makeDetector, memberOf } from '../../../support/detector-frames.ts';

const width = 192;
const height = 160;
/** What this detector makes of true levels: 4 % are lost at 50,000 ADU. */
const bent = (trueAdu: number) => trueAdu * (1 - 8e-7 * trueAdu);
/** Its inverse: t = (1 - sqrt(1 - 4 b m)) / (2 b). */
const straight = (measuredAdu: number) => (1 - Math.sqrt(1 - 4 * 8e-7 * measuredAdu)) / (2 * 8e-7);
const table = [1000, 5000, 10_000, 20_000, 30_000, 40_000, 48_000].map((m) => [m, straight(m)] as const);
const known: Linearity = { table, limitAdu: 48_000, from: 'a test' };
const detector = { ...makeDetector(width, height, new Random(3)), gainEPerAdu: 1.4 };

function expose(light: (i: number) => number, random: Random): Float32Array {
  return Float32Array.from(detector.bias, (bias, i) => {
    const photons = random.poisson(light(i) * detector.response[i]!) + detector.readNoiseE * random.normal();
    return Math.round(bias + bent(photons / detector.gainEPerAdu));
  });
}

function masterOf(kind: Master['kind'], pixels: Float32Array): Master {
  const nothing = { exposureS: 1, sensorTemperatureC: undefined, filter: undefined };
  return { kind, width, height, pixels, nCombined: 20, noise: 0, id: kind, ...nothing };
}

test('a table and a polynomial give true levels between their points', () => {
  const curve = linearityCurve(known);
  for (const m of [500, 7000, 26_000, 47_000]) {
    assert.ok(Math.abs(linearise(curve, m) / straight(m) - 1) < 2e-3, `${m}`);
  }
  const polynomial = linearityCurve({ coefficients: [1e-6, 2e-12], limitAdu: 50_000, from: 'a test' });
  for (const m of [1, 12_345, 49_999]) {
    assert.ok(Math.abs(linearise(polynomial, m) / (m * (1 + 1e-6 * m + 2e-12 * m * m)) - 1) < 1e-6, `${m}`);
  }
  assert.ok(Math.abs(linearise(polynomial, -20) + 20) < 1e-3, 'noise below the pedestal stays what it is');
});

test('a frame of a bent detector comes out straight, and what lies beyond the limit is masked', async () => {
  const random = new Random(17);
  const bias = masterOf('bias', Float32Array.from(detector.bias));
  const flats = Array.from({ length: 8 }, (_, k) => {
    return memberOf(
      `flat-${k}`,
      width,
      height,
      expose(() => 35_000, random),
    );
  });
  const combined = await combineMaster(flats, {
    kind: 'flat',
    pedestal: bias,
    linearity: known,
    exposureS: 1,
    sensorTemperatureC: undefined,
    filter: undefined,
    colour: false,
    saturationAdu: 65_535,
    fewestMembers: 5,
    memoryBytes: 1 << 22,
    memberIds: [],
  });
  assert.ok(combined.kind === 'combined');
  const truth = (i: number) => [2000, 20_000, 60_000, 95_000][Math.floor(((i % width) * 4) / width)]!;
  const pixels = expose(truth, random);
  const options = {
    detector: {
      gainEPerAdu: { value: 1.4, card: 'test', confidence: 'high' } as const,
      readNoiseE: undefined,
      saturationAdu: undefined,
    },
    masters: { bias, flat: combined.master },
  };
  const levelOf = (electrons: Float32Array, mask: Uint8Array, stripe: number) => {
    let sum = 0;
    let n = 0;
    for (let i = 0; i < electrons.length; i++) {
      if (Math.floor(((i % width) * 4) / width) !== stripe || mask[i] !== 0) continue;
      sum += electrons[i]!;
      n++;
    }
    return { mean: sum / n, share: n / (electrons.length / 4) };
  };
  const frame = () => ({ width, height, pixels: pixels.slice(), exposureS: 1, bayer: undefined });
  const plain = calibrate(frame(), options).planes[0]!;
  const { planes, record } = calibrate(frame(), { ...options, linearity: known });
  const [plane] = planes;
  const ratio = (of: typeof plain, stripe: number) =>
    levelOf(of.electrons, of.mask, stripe).mean / levelOf(of.electrons, of.mask, 0).mean;
  assert.ok(Math.abs(ratio(plane!, 2) / 30 - 1) < 0.002, `corrected ${ratio(plane!, 2)} of 30`);
  assert.ok(ratio(plain, 2) / 30 < 0.98, 'and it needed correcting');
  assert.deepEqual([record.linearity?.from, record.linearity?.limitAdu], ['a test', 48_000]);
  const nBeyond = plane!.mask.filter((flag) => (flag & MaskBit.saturated) !== 0).length;
  assert.equal(record.linearity?.nBeyond, nBeyond);
  assert.ok(nBeyond > 1000 && levelOf(plane!.electrons, plane!.mask, 2).share === 1, `${nBeyond} pixels`);
  const bare = calibrate(frame(), { ...options, masters: {}, linearity: known });
  assert.equal(bare.record.linearity, undefined);
  assert.match(bare.record.warnings.join(), /linearity is not corrected/);
});

test('flats of one lamp at different exposures tell the curve; a lamp that varies does not', async () => {
  const exposures = [0.5, 1, 2, 4, 6, 8, 10];
  const levels = exposures.map((exposureS) => ({ exposureS, levelAdu: bent(5000 * exposureS) }));
  const found = measureLinearity(levels);
  assert.ok('limitAdu' in found, JSON.stringify(found));
  const curve = linearityCurve(found);
  for (const m of [2000, 20_000, 45_000]) {
    assert.ok(Math.abs(linearise(curve, m) / straight(m) - 1) < 0.001, `${m}: ${linearise(curve, m)}`);
  }
  const flicker = levels.map((one, i) => ({ ...one, levelAdu: one.levelAdu * (i % 2 === 0 ? 1.02 : 1) }));
  assert.ok('reason' in measureLinearity(flicker));
  const twilight = exposures.map((exposureS) => ({ exposureS, levelAdu: 25_000 + 30 * exposureS }));
  assert.ok('reason' in measureLinearity(twilight));

  const random = new Random(23);
  const member = (name: string, exposureS: number | null, light: number) => ({
    ...memberOf(
      name,
      width,
      height,
      expose(() => light, random),
    ),
    exposureS,
  });
  const flats = exposures.map((exposureS) => member('flat', exposureS, 7000 * exposureS));
  const biases = [member('bias', 0, 0), member('bias', 0, 0)];
  const detected = await measureDetector(flats, biases);
  assert.ok(detected?.linearity, 'the library measures it as it builds the flat');
  assert.ok(Math.abs(linearise(linearityCurve(detected.linearity), 30_000) / straight(30_000) - 1) < 0.003);
});
