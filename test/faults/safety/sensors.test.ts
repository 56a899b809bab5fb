import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockSensor, monitorSensor, powerSensor } from '../../../agent/safety/other-sensors.ts';
import { weatherSensor } from '../../../agent/safety/weather-sensor.ts';
import { ManualClock } from '../../../base/clock.ts';
import { simulatedObservatory } from '../../../drivers/simulator/observatory.ts';
import { Site } from '../../support/robotic-site.ts';
import { nightMs, place, simulatorOptions } from '../../support/simulated-site.ts';

const limits = { weatherMaxAgeS: 120, maxWindMPerS: 12, maxGustMPerS: 17, maxHumidityPercent: 88 };

async function safeSite() {
  const site = new Site();
  const { safety, stop } = site.start();
  await site.clock.advance(20_000);
  assert.equal(safety.state().safe, true);
  return { site, safety, stop };
}

test('rain is seen at once though the clock was set back by two minutes', async () => {
  const { site, safety, stop } = await safeSite();
  site.clock.setWallClock(site.clock.nowMs() - 115_000);
  site.observatory.weather.turn({ rain: true });
  await site.clock.advance(6_000);
  assert.deepEqual(safety.state().reasons, ['weather: it rains']);
  await stop();
});

test('a station that dies as the clock is set back is unsafe after its age, not after twice that', async () => {
  const { site, safety, stop } = await safeSite();
  site.observatory.weather.freeze();
  await site.clock.advance(6_000);
  site.clock.setWallClock(site.clock.nowMs() - 115_000);
  await site.clock.advance(100_000);
  assert.equal(safety.state().safe, true);
  await site.clock.advance(25_000);
  assert.match(safety.state().reasons.join(), /120 s old or more/);
  await stop();
});

test('a quantity that was given once and is missing longer than its age is unsafe; until then its last value counts', async () => {
  const clock = new ManualClock(nightMs);
  const { weather } = simulatedObservatory(simulatorOptions, place, clock);
  const sensor = weatherSensor('weather', weather, limits, clock);
  weather.turn({ windMPerS: 20 });
  assert.match((await sensor.read()).value.join(), /wind 20/);
  weather.turn({ windMPerS: undefined });
  await clock.advance(60_000);
  assert.match((await sensor.read()).value.join(), /wind 20/);
  await clock.advance(61_000);
  assert.deepEqual((await sensor.read()).value, ['wind has been missing for over 120 s']);
  weather.turn({});
  assert.deepEqual((await sensor.read()).value, []);
});

test('a station that never had a quantity is not asked for it', async () => {
  const clock = new ManualClock(nightMs);
  const { weather } = simulatedObservatory(simulatorOptions, place, clock);
  weather.turn({ windMPerS: undefined, gustMPerS: undefined });
  const sensor = weatherSensor('weather', weather, limits, clock);
  await clock.advance(600_000);
  assert.deepEqual((await sensor.read()).value, []);
});

test('a clock that is wrong by over a minute is unsafe, one that nobody knows is not', async () => {
  const against = async (ms: number | undefined) =>
    (await clockSensor(() => ms, new ManualClock(nightMs)).read()).value.length;
  assert.deepEqual(await Promise.all([undefined, 0, 59_000, -60_000].map(against)), [0, 0, 0, 0]);
  assert.deepEqual(await Promise.all([61_000, -61_000, 12 * 3_600_000, Number.NaN].map(against)), [1, 1, 1, 1]);
});

test('a monitor without a clear word and a site on its battery are unsafe', async () => {
  const { safetyMonitor, power } = simulatedObservatory(simulatorOptions, place, new ManualClock(nightMs));
  const monitor = monitorSensor(safetyMonitor, 60_000);
  const supply = powerSensor(power, 60_000);
  assert.deepEqual([(await monitor.read()).value, (await supply.read()).value], [[], []]);
  safetyMonitor.turn(undefined);
  power.turn({ source: 'battery' });
  assert.match((await monitor.read()).value.join(), /no clear word/);
  assert.match((await supply.read()).value.join(), /battery/);
  safetyMonitor.turn(false);
  power.turn({ source: 'unknown' });
  assert.match((await monitor.read()).value.join(), /says unsafe/);
  assert.match((await supply.read()).value.join(), /not known/);
});
