import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { bjdTdb, hjdUtc, ttOfUtc } from '../../../../pipeline/time/barycentre.ts';
import { type Mjd, secondsBetween } from '../../../../pipeline/time/mjd.ts';

const rows = JSON.parse(
  readFileSync(new URL('../../../fixtures/time/astropy.json', import.meta.url), 'utf8'),
) as Record<string, number>[];
const pick = (row: Record<string, number>, key: string) => row[key]!;

function worst(difference: (row: Record<string, number>, utc: Mjd) => number): number {
  assert.ok(rows.length >= 40);
  return Math.max(
    ...rows.map((row) => Math.abs(difference(row, { day: pick(row, 'day'), fraction: pick(row, 'fraction') }))),
  );
}
const since = (mjd: Mjd, row: Record<string, number>) => secondsBetween(mjd, { day: pick(row, 'day'), fraction: 0 });
const site = (row: Record<string, number>) => ({
  latitudeDeg: pick(row, 'latDeg'),
  longitudeDeg: pick(row, 'lonDeg'),
  heightM: pick(row, 'heightM'),
});
const star = (row: Record<string, number>) => [pick(row, 'raDeg'), pick(row, 'decDeg')] as const;

test('BJD_TDB within 0.05 s of astropy, HJD too, TT to the microsecond', () => {
  assert.ok(worst((row, utc) => since(bjdTdb(utc, ...star(row), site(row)), row) - pick(row, 'bjdS')) < 0.05);
  assert.ok(worst((row, utc) => since(hjdUtc(utc, ...star(row), site(row)), row) - pick(row, 'hjdS')) < 0.05);
  assert.ok(worst((row, utc) => since(ttOfUtc(utc), row) - pick(row, 'ttS')) < 2e-6);
});

test('without a site BJD_TDB is off by the radius of the Earth at most', () => {
  assert.ok(worst((row, utc) => since(bjdTdb(utc, ...star(row)), row) - pick(row, 'bjdS')) < 0.05 + 0.0213);
});
