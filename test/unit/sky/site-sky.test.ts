import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { ofDateOfJ2000 } from '../../../sky/equinox.ts';
import { SiteSky, TargetSky } from '../../../sky/site-sky.ts';

type Row = Record<string, number>;
const rows = JSON.parse(readFileSync(new URL('../../fixtures/time/astropy.json', import.meta.url), 'utf8')) as Row[];

/** Each row of astropy's with the same target by our own code. */
const cases = rows.map((row) => {
  const site = { latitudeDeg: row.latDeg!, longitudeDeg: row.lonDeg!, heightM: row.heightM! };
  const sky = new SiteSky(site, (row.day! - 40587 + row.fraction!) * 86_400_000);
  return { row, site, sky, position: { raDeg: row.raDeg!, decDeg: row.decDeg! } };
});
const worst = (values: readonly number[]) => Math.max(...values.map(Math.abs));

test('a target stands where astropy has it to an arc minute, with the Moon as far from it', () => {
  assert.ok(cases.length >= 40);
  // Aberration (20 arcsec) and UT1 - UTC (under a second, 15 arcsec) are left out.
  const off = cases.map(({ row, sky, position }) => {
    const { altitudeDeg, azimuthDeg, moonDistanceDeg } = new TargetSky(sky, position);
    const aside = (((azimuthDeg - row.azDeg! + 540) % 360) - 180) * Math.cos((altitudeDeg * Math.PI) / 180);
    return worst([altitudeDeg - row.altDeg!, aside, moonDistanceDeg - row.moonDistanceDeg!]);
  });
  assert.ok(worst(off) < 1 / 60, `${worst(off)}`);
  assert.ok(worst(cases.map(({ row, sky }) => sky.sunAltitudeDeg - row.sunAltDeg!)) < 1 / 60);
  assert.ok(worst(cases.map(({ row, sky }) => sky.moonAltitudeDeg - row.moonAltDeg!)) < 1 / 60);
});

test('the place among the stars of half a day before serves as well, to an arc second', () => {
  const off = cases.map(({ sky, position }) => {
    const before = ofDateOfJ2000(position, sky.atMs - 43_200_000);
    return new TargetSky(sky, position, before).altitudeDeg - new TargetSky(sky, position).altitudeDeg;
  });
  assert.ok(worst(off) < 1 / 3600, `${worst(off)}`);
});

test('a target is at its highest where its hour angle passes through zero', () => {
  // Transit of (31, 46.8) at 19.8 E after 2026-11-22T18:00: sidereal time equals the right ascension of date, 31.41 deg.
  const site = { latitudeDeg: 50, longitudeDeg: 19.8, heightM: 300 };
  const at = (minute: number) =>
    new TargetSky(new SiteSky(site, Date.UTC(2026, 10, 22, 18) + minute * 60_000), { raDeg: 31, decDeg: 46.8 });
  const minutes = Array.from({ length: 400 }, (_, minute) => minute);
  const highest = minutes.reduce((best, minute) => (at(minute).altitudeDeg > at(best).altitudeDeg ? minute : best));
  assert.ok(Math.abs(at(highest).hourAngleDeg) < 0.25, `${at(highest).hourAngleDeg}`);
  assert.ok(at(highest - 30).hourAngleDeg < 0 && at(highest + 30).hourAngleDeg > 0);
});
