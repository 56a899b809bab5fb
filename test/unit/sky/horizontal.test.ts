import assert from 'node:assert/strict';
import { test } from 'node:test';
import { horizontalOf } from '../../../sky/horizontal.ts';

test('altitude and azimuth agree with astropy to an arc minute', () => {
  // astropy 5.2.1: SkyCoord(31, 46.8).transform_to(AltAz) at 50 N 19.8 E 300 m, 2026-11-22T22:00:00 UTC, no pressure.
  const place = { latitudeDeg: 50, longitudeDeg: 19.8, heightM: 300 };
  const { altitudeDeg, azimuthDeg } = horizontalOf({ raDeg: 31, decDeg: 46.8 }, place, Date.UTC(2026, 10, 22, 22));
  assert.ok(Math.abs(altitudeDeg - (76 + 15 / 60 + 44.58 / 3600)) < 1 / 60, `${altitudeDeg}`);
  assert.ok(Math.abs(azimuthDeg - (264 + 53 / 60 + 49.03 / 3600)) < 3 / 60, `${azimuthDeg}`);
});
