import assert from 'node:assert/strict';
import { it } from 'node:test';
import { nightAfter } from '../../../sky/night.ts';

const secondsApart = (ms: number | undefined, iso: string) => Math.abs(ms! - Date.parse(iso)) / 1000;

it('tells the night after noon as astropy does, also when asked in its middle', () => {
  const place = { latitudeDeg: -29.26, longitudeDeg: -70.73, heightM: 0 };
  for (const askedAtMs of [Date.UTC(2026, 10, 22, 18), Date.UTC(2026, 10, 23, 3)]) {
    const night = nightAfter(place, askedAtMs);
    // astropy 5.2.1: the Sun at -0.833 and at -18 degrees. Ten seconds are what suncalc's series leaves.
    assert.ok(secondsApart(night.sunsetMs, '2026-11-22T23:21:08.5Z') < 15);
    assert.ok(secondsApart(night.darkFromMs, '2026-11-23T00:52:22.2Z') < 15);
    assert.ok(secondsApart(night.darkUntilMs, '2026-11-23T08:05:50.4Z') < 15);
    assert.ok(secondsApart(night.sunriseMs, '2026-11-23T09:37:04.4Z') < 15);
  }
});

it('gives no dark hours where the Sun does not go down', () => {
  const night = nightAfter({ latitudeDeg: 69.65, longitudeDeg: 18.96, heightM: 0 }, Date.UTC(2026, 5, 21, 12));
  assert.equal(night.sunsetMs, undefined);
  assert.equal(night.darkFromMs, undefined);
});
