import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { attendedLock } from '../../../../agent/safety/attended.ts';
import { monitorSensor } from '../../../../agent/safety/other-sensors.ts';
import { Safety } from '../../../../agent/safety/safety.ts';
import type { SafetyState, Sensor } from '../../../../agent/safety/state.ts';
import { againstWeather, weatherSensor } from '../../../../agent/safety/weather-sensor.ts';
import { ManualClock } from '../../../../base/clock.ts';
import type { SafetyMonitor, Weather, WeatherState } from '../../../../drivers/contract.ts';
import { fairWeather as fair } from '../../../../drivers/simulator/weather.ts';

const unsaid = Object.fromEntries(Object.keys(fair).map((key) => [key, undefined])) as unknown as WeatherState;
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

test('weather is fine up to its limits, the limits included, and the reason names what was read', () => {
  const at = { windMPerS: 12, gustMPerS: 17, humidityPercent: 88 };
  assert.deepEqual(againstWeather({ ...fair, ...at }, limits), []);
  assert.deepEqual(againstWeather({ ...fair, gustMPerS: 17.5 }, limits), ['gusts of 17.5 m/s, the limit is 17 m/s']);
  assert.deepEqual(againstWeather({ ...fair, humidityPercent: 89 }, limits), ['humidity 89 %, the limit is 88 %']);
  assert.deepEqual(againstWeather({ ...fair, gustMPerS: undefined }, limits), []);
  assert.deepEqual(againstWeather({ ...unsaid, rain: false }, limits), [], 'rain alone is a word');
  assert.deepEqual(againstWeather({ ...unsaid, safe: true }, limits), [], 'a verdict alone is one too');
});

test('a quantity that the station has left out is kept for as long as a reading may be old, and no longer', async () => {
  const clock = new ManualClock(1e12);
  let wind: number | undefined = 13;
  const read = async () => ({ value: { ...fair, windMPerS: wind }, atMs: clock.nowMs() });
  const sensor = weatherSensor('weather', { name: 'station', read } as unknown as Weather, limits, clock);
  const reasons = async () => (await sensor.read()).value;
  assert.match((await reasons())[0]!, /^wind 13 m/);
  wind = undefined;
  await clock.advance(120_000);
  assert.match((await reasons()).join(), /^wind 13 m[^,]*, the limit is 12 m.s$/);
  await clock.advance(1);
  assert.deepEqual(await reasons(), ['wind has been missing for over 120 s']);
});

test('ages and waits end with the millisecond that they were given', async () => {
  const { clock, safety, says, end } = watchOne(60_000);
  await clock.advance(0);
  safety.state(); // fine from here on
  await clock.advance(59_999);
  assert.deepEqual(safety.state().reasons, ['fine, but not yet for 60 s without a pause']);
  await clock.advance(1);
  assert.equal(safety.state().safe, true);
  says.frozenAtMs = clock.nowMs(); // the last that the sensor sees
  await clock.advance(120_000);
  assert.equal(safety.state().safe, true, 'as old as it may be');
  await clock.advance(1);
  assert.equal(safety.state().safe, false);
  await end();
});

test('a sensor that never answered is unsafe once it had its time, with its trouble in the reason', async () => {
  const clock = new ManualClock(1e12);
  const { says, sensor } = sensorOn(clock);
  says.hangs = true;
  const silent = watch(clock, [sensor], 0);
  await clock.advance(119_999);
  assert.deepEqual(silent.safety.state().reasons, ['nothing is known yet']);
  await clock.advance(1);
  assert.deepEqual(silent.safety.state().reasons, ['weather: no reading yet']);
  await silent.end();
  Object.assign(says, { hangs: false, fails: true });
  const failing = watch(clock, [sensor], 0);
  await clock.advance(5000);
  assert.deepEqual(failing.safety.state().reasons, ['weather: no reading yet (no answer on the line)']);
  await failing.end();
});

test('a reading whose time is no number is unsafe', async () => {
  const { clock, safety, says, end } = watchOne(0);
  says.frozenAtMs = Number.NaN;
  await clock.advance(5000);
  assert.deepEqual(safety.state().reasons, ['weather: the reading does not say when it was taken']);
  await end();
});

test('what is told again with the same time counts with its new words', async () => {
  const { clock, safety, says, end } = watchOne(0);
  says.frozenAtMs = clock.nowMs();
  await clock.advance(10_000);
  assert.equal(safety.state().safe, true);
  says.reasons = ['it rains'];
  await clock.advance(10_000);
  assert.deepEqual(safety.state().reasons, ['weather: it rains']);
  await end();
});

test('the loop tells a change by itself, with nobody who asks, and ends quietly', async () => {
  const { clock, changes, end } = watchOne(0);
  await clock.advance(10_000);
  assert.equal(changes.at(-1)!.safe, true);
  await end(); // no more readings
  const { length } = changes;
  await clock.advance(500_000);
  assert.equal(changes.length, length);
});

test('a sensor is asked again after its maximum age when it hangs, and then every time when it fails', async () => {
  const clock = new ManualClock(1e12);
  let asked = 0;
  const fault = { hangs: true };
  const read = () => {
    asked++;
    return fault.hangs ? new Promise<never>(() => undefined) : Promise.reject(new Error('away'));
  };
  const { end } = watch(clock, [{ name: 'weather', maxAgeMs: 20_000, read }], 0);
  await clock.advance(19_999);
  assert.equal(asked, 1);
  await clock.advance(1);
  assert.equal(asked, 2);
  fault.hangs = false;
  await clock.advance(20_000);
  assert.equal(asked, 3);
  await clock.advance(10_000);
  assert.equal(asked, 5);
  await end();
});

test('another monitor without a reason, or with one, is told in its words', async () => {
  const clock = new ManualClock(1e12);
  const told = async (value: { safe: boolean | undefined; reason?: string }) => {
    const monitor = { name: 'cloud watcher', read: async () => ({ value, atMs: clock.nowMs() }) };
    return (await monitorSensor(monitor as unknown as SafetyMonitor, 1000).read()).value;
  };
  assert.deepEqual(await told({ safe: true }), []);
  assert.deepEqual(await told({ safe: false }), ['it says unsafe']);
  assert.deepEqual(await told({ safe: false, reason: 'clouds' }), ['it says unsafe: clouds']);
  assert.deepEqual(await told({ safe: undefined }), ['it gives no clear word']);
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
