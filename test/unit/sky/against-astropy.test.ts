import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { type Horizontal, horizontalOf } from '../../../sky/horizontal.ts';
import type { Site } from '../../../sky/site.ts';
import type { SkyPosition } from '../../../sky/sphere.ts';
import { moonAt, moonDistanceDeg, moonLitFraction, sunAt } from '../../../sky/sun-and-moon.ts';

type Row = Record<string, number>;
const rows = JSON.parse(readFileSync(new URL('../../fixtures/time/astropy.json', import.meta.url), 'utf8')) as Row[];
const pick = (row: Row, key: string) => row[key]!;

function worst(difference: (row: Row, star: SkyPosition, site: Site, atMs: number) => number): number {
  assert.ok(rows.length >= 40);
  const each = rows.map((row) => {
    const star = { raDeg: pick(row, 'raDeg'), decDeg: pick(row, 'decDeg') };
    const site = { latitudeDeg: pick(row, 'latDeg'), longitudeDeg: pick(row, 'lonDeg'), heightM: pick(row, 'heightM') };
    return Math.abs(difference(row, star, site, (pick(row, 'day') - 40587 + pick(row, 'fraction')) * 86_400_000));
  });
  return Math.max(...each);
}

test('altitudes of stars, Sun and Moon within an arcminute of astropy', () => {
  // Aberration (20 arcsec) is left out for stars, UT1 - UTC (under a second, 15 arcsec) for all.
  assert.ok(worst((row, star, site, at) => horizontalOf(star, site, at).altitudeDeg - pick(row, 'altDeg')) < 1 / 60);
  assert.ok(worst((row, _, site, at) => sunAt(site, at).altitudeDeg - pick(row, 'sunAltDeg')) < 1 / 60);
  assert.ok(worst((row, _, site, at) => moonAt(site, at).altitudeDeg - pick(row, 'moonAltDeg')) < 1 / 60);
});

test('the distance of the Moon within an arcminute of astropy', () => {
  const off = worst((row, star, site, at) => moonDistanceDeg(star, site, at) - pick(row, 'moonDistanceDeg'));
  assert.ok(off < 1 / 60, `${off}`);
});

test('azimuth is counted from north through east', () => {
  const away = (row: Row, { altitudeDeg, azimuthDeg }: Horizontal) =>
    (((azimuthDeg - pick(row, 'azDeg') + 540) % 360) - 180) * Math.cos((altitudeDeg * Math.PI) / 180);
  assert.ok(worst((row, star, site, at) => away(row, horizontalOf(star, site, at))) < 1 / 60);
});

test('the Moon is lit from new to full', () => {
  // New Moon 2026-11-09 07:02, full Moon 2026-11-24 14:53 UTC.
  assert.ok(moonLitFraction(Date.UTC(2026, 10, 9, 7)) < 0.01);
  assert.ok(moonLitFraction(Date.UTC(2026, 10, 24, 15)) > 0.99);
});
