import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Parked } from '../../../../base/errors.ts';
import { heliocentric, type Orbit } from '../../../../pipeline/ephemeris/kepler.ts';
import { placeTarget } from '../../../../pipeline/ephemeris/moving-target.ts';
import { placeOnOrbit } from '../../../../pipeline/ephemeris/orbit-place.ts';
import { placeInTable, readEphemeris } from '../../../../pipeline/ephemeris/table.ts';
import { type Mjd, normaliseMjd } from '../../../../pipeline/time/mjd.ts';
import type { Site } from '../../../../sky/site.ts';
import { separationDeg } from '../../../../sky/sphere.ts';

interface Row {
  readonly name: string;
  readonly orbit: Orbit;
  readonly mjdUtc: number;
  readonly site: Site | null;
  readonly raDeg: number;
  readonly decDeg: number;
  readonly distanceAu: number;
}
const rows = JSON.parse(
  readFileSync(new URL('../../../fixtures/ephemeris/orbits.json', import.meta.url), 'utf8'),
) as Row[];
const moment = (mjd: number): Mjd => normaliseMjd(mjd, 0);

describe('a body on an orbit', () => {
  it('is seen where an independent computation has it, on every kind of conic', () => {
    assert.equal(rows.length, 42);
    for (const row of rows) {
      const place = placeOnOrbit(row.orbit, moment(row.mjdUtc), row.site ?? undefined);
      const offArcsec = separationDeg(place, row) * 3600;
      // The Earth here and there differs by up to 2200 km: 3 arcsec at 1 au.
      assert.ok(offArcsec < 3.1 / row.distanceAu, `${row.name} ${row.mjdUtc}: ${offArcsec.toFixed(2)} arcsec off`);
      assert.ok(Math.abs(place.distanceAu - row.distanceAu) < 2e-5);
    }
  });

  it('is where the textbook has comet Encke (Meeus 1998, example 33.b)', () => {
    const orbit: Orbit = {
      ...{ eccentricity: 0.8502196, perihelionAu: 2.2091404 * (1 - 0.8502196), inclinationDeg: 11.94524 },
      ...{ nodeDeg: 334.75006, perihelionDeg: 186.23352, perihelionMjdTt: 48192.54502 },
    };
    const place = placeOnOrbit(orbit, moment(48170 - 57.184 / 86400), undefined);
    const book = { raDeg: 15 * (10 + 34 / 60 + 14.2 / 3600), decDeg: 19 + 9 / 60 + 31 / 3600 };
    assert.ok(separationDeg(place, book) * 3600 < 3);
    assert.ok(Math.abs(place.distanceAu - 0.8243) < 1e-4);
  });

  it('keeps the laws of Kepler where an ellipse turns into a hyperbola', () => {
    const of = (eccentricity: number): Orbit => ({
      ...{ eccentricity, perihelionAu: 0.7, inclinationDeg: 40, nodeDeg: 120, perihelionDeg: 75 },
      perihelionMjdTt: 61000,
    });
    for (const days of [-4000, -100, -1, 0, 0.01, 30, 900]) {
      const [a, b, c] = [1 - 1e-9, 1, 1 + 1e-9].map((e) => heliocentric(of(e), 61000 + days));
      for (const k of [0, 1, 2]) {
        assert.ok(Math.abs(a![k]! - b![k]!) < 1e-6 * (1 + Math.abs(b![k]!)), `${days} days`);
        assert.ok(Math.abs(c![k]! - b![k]!) < 1e-6 * (1 + Math.abs(b![k]!)), `${days} days`);
      }
    }
    // A closed orbit comes back, however long ago its perihelion.
    const period = (2 * Math.PI * (0.7 / (1 - 0.3)) ** 1.5) / 0.01720209895;
    const [now, then] = [61010, 61010 + 200 * period].map((mjd) => heliocentric(of(0.3), mjd));
    for (const k of [0, 1, 2]) assert.ok(Math.abs(now![k]! - then![k]!) < 1e-8);
  });
});

describe('an ephemeris table', () => {
  const orbit = rows.find(({ name }) => name === 'near earth')!.orbit;
  const places = Array.from({ length: 9 }, (_, k) => ({
    mjd: 61000 + k / 8,
    ...placeOnOrbit(orbit, moment(61000 + k / 8), undefined),
  }));

  it('gives the places between its rows, and none outside', () => {
    const text = `mjd,ra,dec\n${places.map(({ mjd, raDeg, decDeg }) => `${mjd},${raDeg},${decDeg}`).join('\n')}\n`;
    const table = readEphemeris(text, 'table');
    for (const at of [61000, 61000.01, 61000.44, 61000.99, 61001]) {
      const truth = placeOnOrbit(orbit, moment(at), undefined);
      assert.ok(separationDeg(placeInTable(table, at)!, truth) * 3600 < 0.01, String(at));
    }
    assert.equal(placeInTable(table, 60999.99), undefined);
    assert.equal(placeInTable(table, 61001.01), undefined);
  });

  it('may pass RA 0 and the pole', () => {
    const over = readEphemeris(
      'utc,ra,dec\n2026-11-25T00:00:00Z,359.9,89.95\n2026-11-25T01:00:00Z,0.1,89.95\n',
      'table',
    );
    const mid = placeInTable(over, (over.mjdUtc[0]! + over.mjdUtc[1]!) / 2)!;
    assert.ok(Math.abs(((mid.raDeg + 180) % 360) - 180) < 1e-6 && Math.abs(mid.decDeg - 89.95) < 1e-4);
  });

  it('is read as Horizons writes it', () => {
    const text = [
      ...['*****', ' Date__(UT)__HR:MN, , ,R.A._____(ICRF), DEC______(ICRF),  APmag,', '*****', '$$SOE'],
      ' 2026-Nov-25 00:00,*,m,05 32 48.00,-00 06 00.0,  15.1,',
      ' 2026-Nov-25 12:00,*,m,05 32 52.00,+00 06 00.0,  15.1,',
      ...['$$EOE', '*****', 'Column meaning:'],
    ].join('\n');
    const { mjdUtc, raDeg, decDeg } = readEphemeris(text, 'horizons');
    assert.deepEqual([...mjdUtc], [61369, 61369.5]);
    assert.ok(Math.abs(raDeg[0]! - 83.2) < 1e-9 && decDeg[0] === -0.1 && decDeg[1] === 0.1);
  });

  it('is refused when it is none', () => {
    for (const text of [
      'ra,dec\n1,2\n3,4\n',
      'mjd,ra,dec\n61000,1,2\n',
      'mjd,ra,dec\n61000,1,2\n61000,1,2\n',
      'mjd,ra,dec\n61000,1,99\n61001,1,2\n',
    ]) {
      assert.throws(() => readEphemeris(text, 'table'), Parked);
    }
  });
});

describe('a moving target', () => {
  const { orbit } = rows.find(({ name }) => name === 'near earth')!;

  it('is placed at mid exposure, with its motion', () => {
    const placed = placeTarget({ name: 'rock', orbit }, { midUtc: moment(61012.3), exposureS: 60, site: undefined });
    assert.ok('target' in placed);
    const later = placeOnOrbit(orbit, moment(61012.3 + 1 / 24), undefined);
    const perMin = (separationDeg(placed.target, later) * 3600) / 60;
    assert.ok(Math.abs(placed.target.motion!.arcsecPerMin - perMin) < 0.02 * perMin);
  });

  it('has no place without a time, or outside its table', () => {
    const ephemeris = readEphemeris('mjd,ra,dec\n61000,1,2\n61001,1,2\n', 'table');
    const exposure = { exposureS: 60, site: undefined };
    const placed = placeTarget({ name: 'rock', ephemeris }, { ...exposure, midUtc: moment(61002) });
    assert.match((placed as { reason: string }).reason, /does not reach the time/);
    assert.ok('reason' in placeTarget({ name: 'rock', orbit }, { ...exposure, midUtc: undefined }));
  });
});
