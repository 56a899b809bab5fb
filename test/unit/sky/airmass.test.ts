import assert from 'node:assert/strict';
import test from 'node:test';
import { airmassAt, airmassDuring, apparentAltitudeDeg } from '../../../sky/airmass.ts';

test('airmass: one at the zenith, Pickering near the horizon, Infinity below it', () => {
  assert.ok(Math.abs(airmassAt(90) - 1) < 1e-4);
  assert.ok(Math.abs(airmassAt(30) - 1.993) < 0.003);
  // Pickering's formula at apparent altitude 0 gives 38.7.
  assert.ok(Math.abs(airmassAt(-0.566) - 38.7) < 1.5);
  assert.equal(airmassAt(-3), Number.POSITIVE_INFINITY);
});

test('refraction lifts the horizon by half a degree and the zenith not at all', () => {
  // Saemundsson's table: 28.9 arcmin at true altitude 0, 5.3 at 10 degrees.
  assert.ok(Math.abs(apparentAltitudeDeg(0) * 60 - 28.9) < 0.2);
  assert.ok(Math.abs((apparentAltitudeDeg(10) - 10) * 60 - 5.4) < 0.2);
  assert.ok(Math.abs(apparentAltitudeDeg(90) - 90) < 1e-3);
});

const site = { latitudeDeg: 50, longitudeDeg: 20, heightM: 0 };
const eveningMs = Date.UTC(2026, 2, 1, 18);

test('the airmass of an exposure falls while its field rises', () => {
  const rising = airmassDuring({ raDeg: 180, decDeg: 20 }, site, eveningMs, 600);
  assert.ok(rising && rising.ratePerHour < 0 && rising.airmass > 1, JSON.stringify(rising));
});

test('there is no airmass of an exposure below the horizon', () => {
  assert.equal(airmassDuring({ raDeg: 180, decDeg: -80 }, site, eveningMs, 600), undefined);
});
