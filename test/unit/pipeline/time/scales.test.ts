import assert from 'node:assert/strict';
import test from 'node:test';
import { builtInLeapTable, parseLeapList, taiMinusUtc } from '../../../../pipeline/time/leap.ts';
import {
  addSeconds,
  isoOfMjd,
  midpoint,
  mjdNumber,
  mjdOfJd,
  mjdOfUnixMs,
  secondsBetween,
  unixMsOfMjd,
} from '../../../../pipeline/time/mjd.ts';
import { parseClock, parseDate } from '../../../../pipeline/time/parse-date.ts';

test('two doubles keep microseconds through sums', () => {
  let mjd = { day: 61000, fraction: 0.25 };
  for (let i = 0; i < 1000; i++) mjd = addSeconds(mjd, 0.001);
  assert.ok(Math.abs(secondsBetween(mjd, { day: 61000, fraction: 0.25 }) - 1) < 1e-7);
  assert.deepEqual(addSeconds({ day: 61000, fraction: 0 }, -1), { day: 60999, fraction: 1 - 1 / 86400 });
  assert.equal(
    isoOfMjd(midpoint({ day: 61000, fraction: 0.5 }, { day: 61001, fraction: 0.5 })),
    isoOfMjd({ day: 61001, fraction: 0 }),
  );
});

test('MJD, JD and Unix time agree', () => {
  assert.equal(mjdNumber(mjdOfJd(2451545)), 51544.5);
  assert.equal(mjdNumber(mjdOfUnixMs(Date.UTC(2000, 0, 1, 12))), 51544.5);
  assert.equal(unixMsOfMjd({ day: 40587, fraction: 0.5 }), 43_200_000);
});

test('dates that do not exist are no dates', () => {
  for (const text of [
    '2026-13-01',
    '2026-02-30T01:00:00',
    '2026-01-01T25:00:00',
    '2026-01-01T01:60:00',
    'yesterday',
    '',
  ]) {
    assert.equal(parseDate(text), undefined, text);
  }
  assert.equal(parseDate('2016-12-31T23:59:60.5Z')?.mjd.day, 57754);
  assert.equal(parseDate('2026-01-01T00:30:00+02:00')?.mjd.day, 61040);
  assert.equal(parseDate('2026-01-01T00:30:00.1234567')?.resolutionS, 1e-7);
  assert.equal(parseClock('12:00:00')?.secondsOfDay, 43200);
  assert.equal(parseClock('noon'), undefined);
});

test('leap seconds by date, and the table knows its end', () => {
  const at = (day: number) => taiMinusUtc({ day, fraction: 0 });
  assert.deepEqual(at(57753), { seconds: 36, expired: false });
  assert.deepEqual(at(57754), { seconds: 37, expired: false });
  assert.equal(at(builtInLeapTable.validUntilMjd).expired, true);
});

test('a newer list of leap seconds can be read from the system', () => {
  const table = parseLeapList('#$ 1\n#@ 4007318400\n2272060800 10 # 1 Jan 1972\n2287785600 11\n');
  assert.deepEqual(table?.steps, [
    [41317, 10],
    [41499, 11],
  ]);
  assert.equal(table?.validUntilMjd, 61401);
  assert.equal(parseLeapList('not a list'), undefined);
});
