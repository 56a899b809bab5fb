import assert from 'node:assert/strict';
import test from 'node:test';
import { combineSet } from '../../../../agent/masters/combine-set.ts';
import { measureDetector, settleLinearity } from '../../../../agent/masters/measure-detector.ts';
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
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
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
  const plain = (await calibrate(frame(), options, soloCrew(kernels))).planes[0]!;
  const { planes, record } = await calibrate(frame(), { ...options, linearity: known }, soloCrew(kernels));
  const [plane] = planes;
  const ratio = (of: typeof plain, stripe: number) =>
    levelOf(of.electrons, of.mask, stripe).mean / levelOf(of.electrons, of.mask, 0).mean;
  assert.ok(Math.abs(ratio(plane!, 2) / 30 - 1) < 0.002, `corrected ${ratio(plane!, 2)} of 30`);
  assert.ok(ratio(plain, 2) / 30 < 0.98, 'and it needed correcting');
  assert.deepEqual([record.linearity?.from, record.linearity?.limitAdu], ['a test', 48_000]);
  const nBeyond = plane!.mask.filter((flag) => (flag & MaskBit.saturated) !== 0).length;
  assert.equal(record.linearity?.nBeyond, nBeyond);
  assert.ok(nBeyond > 1000 && levelOf(plane!.electrons, plane!.mask, 2).share === 1, `${nBeyond} pixels`);
  const bare = await calibrate(frame(), { ...options, masters: {}, linearity: known }, soloCrew(kernels));
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

/** Members of the test's detector; the same seed gives the same frames. */
function membersOf(frames: readonly { readonly exposureS: number | null; readonly light: number }[], seed: number) {
  const random = new Random(seed);
  return frames.map(({ exposureS, light }, k) => {
    const pixels = expose(() => light, random);
    return { ...memberOf(`frame-${k}`, width, height, pixels), exposureS };
  });
}
const dark = { exposureS: 0, light: 0 };
const setOptions = {
  exposureS: 1,
  sensorTemperatureC: undefined,
  filter: undefined,
  colour: false,
  saturationAdu: 65_535,
  fewestMembers: 5,
  memoryBytes: 1 << 22,
  memberIds: [],
};

test('a curve that flats tell is taken out of the flat that they make, as out of the light frames', async () => {
  const lamp = [1, 2, 4, 6, 8, 10].map((exposureS) => ({ exposureS, light: 6500 * exposureS }));
  const flats = membersOf([...lamp, { exposureS: 10, light: 65_000 }], 29);
  const pedestal = masterOf('bias', Float32Array.from(detector.bias));
  const options = { ...setOptions, kind: 'flat' as const, pedestal };
  /** Of the response at the edge over that in the middle. */
  const fallOff = (pixels: ArrayLike<number>) => {
    const meanOf = (isThere: (r: number) => boolean) => {
      let [sum, n] = [0, 0];
      for (let i = 0; i < pixels.length; i++) {
        const r = Math.hypot((i % width) - width / 2, Math.floor(i / width) - height / 2);
        if (!isThere(r)) continue;
        sum += pixels[i]!;
        n++;
      }
      return sum / n;
    };
    return meanOf((r) => r > 110) / meanOf((r) => r < 30);
  };
  const truth = fallOff(detector.response);
  const { outcome, detector: measured } = await combineSet(flats, membersOf([dark, dark], 31), options);
  assert.ok(outcome.kind === 'combined' && measured?.linearity);
  const corrected = fallOff(outcome.master.pixels) / truth - 1;
  const plain = await combineMaster(flats, options);
  assert.ok(plain.kind === 'combined');
  const uncorrected = fallOff(plain.master.pixels) / truth - 1;
  // Photon noise of the 1500 pixels at the edges of seven flats: 0.02 %, scatter of their response known to neither.
  assert.ok(Math.abs(corrected) < 0.001, `the fall-off is ${100 * corrected} % off`);
  assert.ok(uncorrected > 0.003, `and was ${100 * uncorrected} % off before`);
  assert.notEqual(outcome.master.id, plain.master.id, 'another master has another name');
});

test('where only brighter flats of another gain tell that the detector bends, pixels beyond are masked', async () => {
  // Three times the loss of light is the change of gain (photon transfer measures the slope): 5 % at 25,000 ADU.
  const levels = [4000, 4000, 12_000, 12_000, 24_000, 24_000, 68_000, 68_000];
  const flats = membersOf(
    levels.map((light) => ({ exposureS: null, light })),
    37,
  );
  const measured = await measureDetector(flats, membersOf([dark, dark], 41));
  assert.ok(measured && measured.linearity === null);
  const limitAdu = measured.linearToAdu;
  const bendsAt = bent(0.05 / 3 / 8e-7);
  assert.ok(limitAdu !== null && Math.abs(limitAdu / bendsAt - 1) < 0.35, `limit ${limitAdu}, it bends at ${bendsAt}`);
  const linearity = settleLinearity(undefined, measured);
  const { planes, record } = await calibrate(
    {
      width,
      height,
      pixels: expose((i) => (i % width < width / 2 ? 3000 : 90_000), new Random(43)),
      exposureS: 1,
      bayer: undefined,
    },
    {
      detector: {
        gainEPerAdu: { value: 1.4, card: 'photon transfer', confidence: 'high' },
        readNoiseE: undefined,
        saturationAdu: undefined,
      },
      masters: { bias: masterOf('bias', Float32Array.from(detector.bias)) },
      linearity,
    },
    soloCrew(kernels),
  );
  const { mask } = planes[0]!;
  const isMarked = (i: number) => (mask[i]! & MaskBit.saturated) !== 0;
  const wrong = Array.from(mask.keys()).filter((i) => isMarked(i) !== i % width >= width / 2);
  assert.deepEqual(wrong, [], 'the bright half is marked, the faint half is not');
  assert.deepEqual(record.linearity, { from: 'photon transfer', limitAdu, nBeyond: mask.length / 2 });
  assert.ok(Math.abs(planes[0]!.noise.saturationE / (limitAdu * 1.4) - 1) < 1e-6);
});

test('what is said of linearity: the configuration before the curve of flats before their gain', () => {
  const curve = { coefficients: [1e-7], limitAdu: 40_000, from: 'flats of one lamp' };
  assert.equal(settleLinearity(known, { linearity: curve, linearToAdu: 30_000 }), known);
  assert.equal(settleLinearity(undefined, { linearity: curve, linearToAdu: 30_000 }), curve);
  assert.equal(settleLinearity(undefined, { linearity: null, linearToAdu: null }), undefined);
  assert.equal(settleLinearity(undefined, undefined), undefined);
});
