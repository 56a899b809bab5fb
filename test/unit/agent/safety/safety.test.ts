import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { attendedLock } from '../../../../agent/safety/attended.ts';
import { Safety } from '../../../../agent/safety/safety.ts';
import type { SafetyState, Sensor } from '../../../../agent/safety/state.ts';
import { againstWeather } from '../../../../agent/safety/weather-sensor.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { fairWeather as fair } from '../../../../drivers/simulator/weather.ts';

const limits = { weatherMaxAgeS: 120, maxWindMPerS: 12, maxGustMPerS: 17, maxHumidityPercent: 88 };

/** A sensor that a test can change while it runs. */
function sensorOn(clock: ManualClock, name = 'weather') {
  const says = { reasons: [] as string[], frozenAtMs: undefined as number | undefined, fails: false, hangs: false };
  const sensor: Sensor = {
    name,
    maxAgeMs: 120_000,
    async read() {
      if (says.hangs) return new Promise<never>(() => {});
      if (says.fails) throw new Error('no answer on the line');
      return { value: says.reasons, atMs: says.frozenAtMs ?? clock.nowMs() };
    },
  };
  return { says, sensor };
}

function watch(clock: ManualClock, sensors: Sensor[], reopenAfterMs: number) {
  const attended = { now: false };
  const safety = new Safety({ sensors, clock, pollMs: 5000, reopenAfterMs, attended: () => attended.now });
  const changes: SafetyState[] = [];
  safety.onChange((state) => changes.push(state));
  const stop = new AbortController();
  const loop = safety.run(stop.signal);
  const end = () => {
    stop.abort(new Error('over'));
    return loop;
  };
  return { clock, safety, changes, attended, end };
}

function watchOne(reopenAfterMs = 600_000) {
  const clock = new ManualClock(1e12);
  const { says, sensor } = sensorOn(clock);
  return { ...watch(clock, [sensor], reopenAfterMs), says };
}

test('it is unsafe until it was fine for long enough without a pause', async () => {
  const { clock, safety, says, end } = watchOne();
  assert.deepEqual(safety.state().reasons, ['nothing is known yet']);
  await clock.advance(590_000);
  assert.equal(safety.state().safe, false);
  await clock.advance(20_000);
  assert.equal(safety.state().safe, true);
  says.reasons = ['it rains'];
  await clock.advance(10_000);
  assert.deepEqual(safety.state().reasons, ['weather: it rains']);
  says.reasons = [];
  await clock.advance(300_000);
  assert.equal(safety.state().safe, false, 'half of the time');
  says.reasons = ['it rains'];
  await clock.advance(10_000);
  says.reasons = [];
  await clock.advance(590_000);
  assert.equal(safety.state().safe, false, 'the wait begins anew');
  await clock.advance(30_000);
  assert.equal(safety.state().safe, true);
  await end();
});

for (const [name, fault] of [
  ['fails', { fails: true }],
  ['hangs', { hangs: true }],
] as const) {
  test(`a sensor that ${name} is unsafe when its last reading is too old, not before`, async () => {
    const { clock, safety, says, end } = watchOne(0);
    await clock.advance(10_000);
    assert.equal(safety.state().safe, true);
    Object.assign(says, fault);
    await clock.advance(100_000);
    assert.equal(safety.state().safe, true);
    await clock.advance(30_000);
    assert.equal(safety.state().safe, false);
    assert.match(safety.state().reasons[0]!, /120 s old or more/);
    await end();
  });
}

test('a sensor that repeats an old reading is unsafe', async () => {
  const { clock, safety, says, end } = watchOne(0);
  says.frozenAtMs = clock.nowMs();
  await clock.advance(100_000);
  assert.equal(safety.state().safe, true);
  await clock.advance(30_000);
  assert.equal(safety.state().safe, false);
  await end();
});

test('an answer that comes after that to a later question changes nothing', async () => {
  const clock = new ManualClock(1e12);
  const answers: ((reasons: string[]) => void)[] = [];
  const read: Sensor['read'] = () =>
    new Promise((resolve) => answers.push((value) => resolve({ value, atMs: clock.nowMs() })));
  const { safety, end } = watch(clock, [{ name: 'weather', maxAgeMs: 20_000, read }], 0);
  await clock.advance(20_000);
  assert.equal(answers.length, 2, 'the first question was given up');
  answers[1]!(['it rains']);
  await clock.advance(1);
  answers[0]!([]);
  await clock.advance(1);
  assert.deepEqual(safety.state().reasons, ['weather: it rains']);
  await end();
});

test('a reading from the future tells that a clock is wrong', async () => {
  const { clock, safety, says, end } = watchOne(0);
  says.frozenAtMs = clock.nowMs() + 3_600_000;
  await clock.advance(10_000);
  assert.match(safety.state().reasons[0]!, /future/);
  await end();
});

test('a loop that stands still does not stay safe', async () => {
  const { clock, safety, end } = watchOne(0);
  await clock.advance(10_000);
  assert.equal(safety.state().safe, true);
  await end();
  await clock.advance(130_000);
  assert.equal(safety.state().safe, false, 'nobody asked the sensor');
});

test('after a pause of the computer nobody knows how it was', async () => {
  const { clock, safety, says, end } = watchOne(60_000);
  await clock.advance(120_000);
  assert.equal(safety.state().safe, true);
  await end();
  says.frozenAtMs = clock.nowMs() + 400_000;
  await clock.advance(400_000);
  assert.equal(safety.state().safe, false);
});

test('one bad sensor among good ones is enough, and none at all too', async () => {
  const clock = new ManualClock(1e12);
  const good = sensorOn(clock, 'first');
  const bad = sensorOn(clock, 'second');
  bad.says.reasons = ['the power is gone'];
  const watched = watch(clock, [good.sensor, bad.sensor], 0);
  await clock.advance(10_000);
  assert.deepEqual(watched.safety.state().reasons, ['second: the power is gone']);
  await watched.end();
  const none = watch(clock, [], 0);
  await clock.advance(10_000);
  assert.deepEqual(none.safety.state().reasons, ['no sensor tells whether it is safe']);
  await none.end();
});

test('changes are told once each, with the time since when', async () => {
  const { clock, changes, says, attended, end } = watchOne(0);
  await clock.advance(60_000);
  says.reasons = ['it rains'];
  await clock.advance(60_000);
  attended.now = true;
  await clock.advance(60_000);
  assert.deepEqual(
    changes.map(({ safe, attended }) => [safe, attended]),
    [
      [true, false],
      [false, false],
      [false, true],
    ],
  );
  assert.equal(changes[2]!.sinceMs, changes[1]!.sinceMs);
  await end();
});

test('weather is judged by every quantity that the station gives', () => {
  assert.deepEqual(againstWeather(fair, limits), []);
  assert.match(againstWeather({ ...fair, rain: true }, limits)[0]!, /rains/);
  assert.match(againstWeather({ ...fair, safe: false }, limits)[0]!, /says unsafe/);
  assert.match(againstWeather({ ...fair, windMPerS: 12.1 }, limits)[0]!, /wind 12.1/);
  for (const quantity of ['windMPerS', 'gustMPerS', 'humidityPercent', 'temperatureC', 'skyTemperatureC'] as const)
    assert.match(againstWeather({ ...fair, [quantity]: Number.NaN }, limits).join(), /is not a number/, quantity);
  assert.deepEqual(againstWeather({ ...fair, windMPerS: undefined, humidityPercent: undefined }, limits), []);
  assert.match(againstWeather({ ...fair, rain: undefined, safe: undefined }, limits)[0]!, /neither/);
});

test('the attended lock is a file, and what cannot be looked at is locked', () => {
  const folder = mkdtempSync(join(tmpdir(), 'attended-'));
  try {
    const path = join(folder, 'attended');
    const locked = attendedLock(path);
    assert.equal(locked(), false);
    writeFileSync(path, '');
    assert.equal(locked(), true);
    symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
    assert.equal(attendedLock(join(folder, 'loop'))(), true);
    rmSync(path);
    assert.equal(locked(), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
