import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { findBadPixels } from '../../../../pipeline/combine/bad-pixels.ts';
import { type CombineOptions, combineMaster } from '../../../../pipeline/combine/combine.ts';
import { exposeDetector, makeDetector, memberOf } from '../../../support/detector-frames.ts';

const width = 192;
const height = 160;
const options: CombineOptions = {
  kind: 'bias',
  exposureS: 0,
  sensorTemperatureC: -10,
  filter: undefined,
  colour: false,
  saturationAdu: 65535,
  fewestMembers: 3,
  memoryBytes: 1 << 20,
  memberIds: [],
};
const setup = () => {
  const random = new Random(11);
  return { random, detector: makeDetector(width, height, random) };
};

async function combine(frames: Float32Array[], changes: Partial<CombineOptions> = {}) {
  const members = frames.map((pixels, i) => memberOf(`frame-${i}`, width, height, pixels));
  return combineMaster(members, { ...options, ...changes });
}

test('a master bias has the bias structure, and the noise it says it has', async () => {
  const { random, detector } = setup();
  const frames = Array.from({ length: 16 }, () => exposeDetector(detector, 0, () => 0, random));
  const outcome = await combine(frames);
  assert.ok(outcome.kind === 'combined');
  let squares = 0;
  for (let i = 0; i < width * height; i++) squares += (outcome.master.pixels[i]! - detector.bias[i]!) ** 2;
  const rms = Math.sqrt(squares / (width * height));
  // Read noise and rounding (1/12 ADU^2) over the root of 16; 30,720 pixels tell an rms to 0.4 %.
  const expected = Math.sqrt((6.5 / 1.4) ** 2 + 1 / 12) / 4;
  assert.ok(Math.abs(rms / expected - 1) < 0.03, `${rms} for ${expected}`);
  assert.ok(Math.abs(outcome.master.noise / rms - 1) < 0.03, `${outcome.master.noise} for ${rms}`);
});

test('cosmic rays and satellites do not reach the master', async () => {
  const { random, detector } = setup();
  const frames = Array.from({ length: 7 }, () => exposeDetector(detector, 300, () => 0, random));
  for (const frame of frames) for (let k = 0; k < 60; k++) frame[random.below(frame.length)]! += 3000;
  const outcome = await combine(frames, { kind: 'dark', exposureS: 300 });
  assert.ok(outcome.kind === 'combined');
  let worst = 0;
  for (let i = 0; i < width * height; i++) {
    const truth = detector.bias[i]! + (detector.dark[i]! * 300) / 1.4;
    const noise = Math.hypot(6.5, Math.sqrt(detector.dark[i]! * 300)) / 1.4 / Math.sqrt(7);
    worst = Math.max(worst, Math.abs(outcome.master.pixels[i]! - truth) / noise);
  }
  // Of 30,720 pixels the worst lies at 4.3 sigma by chance; a ray would stand at over 100.
  assert.ok(worst < 12, `${worst}`);
  assert.ok(outcome.clippedShare > 0.001 && outcome.clippedShare < 0.02, `${outcome.clippedShare}`);
});

test('members that do not belong are left out and named', async () => {
  const { random, detector } = setup();
  const frames = Array.from({ length: 6 }, () => exposeDetector(detector, 0, () => 0, random));
  frames[2] = exposeDetector(detector, 0, () => 900, random);
  const bias = await combine(frames);
  assert.ok(bias.kind === 'combined');
  assert.deepEqual(
    bias.rejected.map((one) => one.name),
    ['frame-2'],
  );
  assert.equal(bias.master.nCombined, 5);
  const flats = [20000, 22000, 70, 24000, 2e5].map((level) => exposeDetector(detector, 1, () => level, random));
  const flat = await combine(flats, { kind: 'flat', pedestal: bias.master });
  assert.ok(flat.kind === 'combined');
  assert.deepEqual(
    flat.rejected.map((one) => one.name),
    ['frame-2', 'frame-4'],
  );
  assert.match(flat.rejected[0]!.reason, /faint/);
  assert.match(flat.rejected[1]!.reason, /saturated|full scale/);
});

test('too few, of another size, none: refused with the reason', async () => {
  const { random, detector } = setup();
  const frame = exposeDetector(detector, 0, () => 0, random);
  assert.deepEqual(await combineMaster([], options), { kind: 'refused', reason: 'no frames', rejected: [] });
  const few = await combine([frame, frame]);
  assert.ok(few.kind === 'refused' && /2 usable frames, 3 are needed/.test(few.reason));
  const odd = await combineMaster(
    [memberOf('a', width, height, frame), memberOf('b', width / 2, height, frame), memberOf('c', width, height, frame)],
    { ...options, fewestMembers: 2 },
  );
  assert.ok(odd.kind === 'combined');
  assert.match(odd.rejected[0]!.reason, /96 x 160/);
});

test('the result does not depend on the memory that bands may take, and its name on its members', async () => {
  const { random, detector } = setup();
  const frames = Array.from({ length: 9 }, () => exposeDetector(detector, 0, () => 0, random));
  const wide = await combine(frames, { memoryBytes: 1 << 30, memberIds: 'abcdefghi'.split('') });
  const tight = await combine(frames, { memoryBytes: 1, memberIds: 'abcdefghi'.split('') });
  const other = await combine(frames, { memberIds: 'abcdefghz'.split('') });
  assert.ok(wide.kind === 'combined' && tight.kind === 'combined' && other.kind === 'combined');
  assert.deepEqual(tight.master.pixels, wide.master.pixels);
  assert.equal(tight.master.id, wide.master.id);
  assert.notEqual(other.master.id, wide.master.id);
});

test('hot pixels, dead pixels and unstable ones are mapped, good ones are not', async () => {
  const { random, detector } = setup();
  const frames = Array.from({ length: 12 }, () => exposeDetector(detector, 300, () => 0, random));
  for (const frame of frames) frame[5000] = frame[5000]! + 400 * random.below(2);
  const dark = await combine(frames, { kind: 'dark', exposureS: 300 });
  assert.ok(dark.kind === 'combined');
  const { map } = findBadPixels(dark.master, false);
  assert.equal(map[5000], 1, 'random telegraph noise');
  let hot = 0;
  let found = 0;
  let wrong = 0;
  for (let i = 0; i < map.length; i++) {
    if (detector.dark[i]! > 5) {
      hot++;
      found += map[i]!;
    } else wrong += map[i]!;
  }
  assert.equal(found, hot);
  assert.ok(hot > 50 && wrong < 0.02 * map.length, `${wrong} of ${map.length}`);
  const flats = Array.from({ length: 5 }, () => exposeDetector(detector, 1, (i) => (i === 7777 ? 500 : 20000), random));
  const flat = await combine(flats, { kind: 'flat' });
  assert.ok(flat.kind === 'combined');
  const flatMap = findBadPixels(flat.master, false);
  assert.equal(flatMap.map[7777], 1);
  assert.ok(flatMap.count < 5, `${flatMap.count}`);
});
