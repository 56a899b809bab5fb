import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkVisibility, possibleStarts } from '../../../../agent/observing/visibility.ts';
import { durationOf } from '../../../../agent/planning/duration.ts';
import { limits, nightMs, place } from '../../../support/robotic-site.ts';
import { requestFor } from '../../../support/visits.ts';

test('a request in its window, high at night, is possible', () => {
  assert.deepEqual(checkVisibility(requestFor(), place, nightMs, limits), { ok: true });
  assert.equal(durationOf(requestFor().instrumentConfigs), 60 + 2 * 70 + 40);
});

const noon = Date.UTC(2026, 10, 22, 17, 30) - 7 * 3_600_000;
for (const [why, request, atMs, pattern, never] of [
  [
    'by day',
    requestFor({ windows: [{ start: '2026-11-20T00:00:00Z', end: '2026-11-29T00:00:00Z' }] }),
    noon,
    /Sun/,
    false,
  ],
  ['before its window', requestFor(), noon, /window/, false],
  ['when its window closes too soon', requestFor(), Date.UTC(2026, 10, 23, 5, 58), /window/, false],
  ['after its last window', requestFor(), Date.UTC(2026, 10, 24), /over/, true],
  [
    'too long',
    requestFor({ instrumentConfigs: [{ filter: 'V', exposureS: 900, exposureCount: 1, binning: 1 }] }),
    nightMs,
    /900 s/,
    true,
  ],
  [
    'with a filter that is not here',
    requestFor({ instrumentConfigs: [{ filter: 'Z', exposureS: 9, exposureCount: 1, binning: 1 }] }),
    nightMs,
    /no filter "Z"/,
    true,
  ],
  ['that never rises', requestFor({ target: { name: 'T', raDeg: 31, decDeg: -50 } }), nightMs, /never rises/, true],
  [
    'that is below the limit now',
    requestFor({ target: { name: 'T', raDeg: 200, decDeg: 0 } }),
    nightMs,
    /stands at/,
    false,
  ],
  [
    'in too much air',
    requestFor({
      target: { name: 'T', raDeg: 31, decDeg: 46.8 },
      constraints: { maxAirmass: 1.01, minLunarDistanceDeg: 0 },
    }),
    nightMs,
    /airmass/,
    false,
  ],
  ['beside the Moon', requestFor({ constraints: { maxAirmass: 3, minLunarDistanceDeg: 40 } }), nightMs, /Moon/, false],
] as const) {
  test(`a request ${why} is not possible, and says why`, () => {
    const visibility = checkVisibility(request, place, atMs, limits);
    assert.ok(!visibility.ok);
    assert.match(visibility.reason, pattern);
    assert.equal(visibility.never, never);
  });
}

test('a camera without filters takes requests without one', () => {
  const request = requestFor({ instrumentConfigs: [{ filter: '', exposureS: 9, exposureCount: 1, binning: 1 }] });
  assert.equal(checkVisibility(request, place, nightMs, { ...limits, filters: [] }).ok, true);
  assert.equal(checkVisibility(request, place, nightMs, limits).ok, false);
});

test('the times of a night begin and end where the visibility does', () => {
  const request = requestFor({
    target: { name: 'T', raDeg: 80, decDeg: 10 },
    constraints: { maxAirmass: 3, minLunarDistanceDeg: 0 },
  });
  const night = { startMs: Date.UTC(2026, 10, 22, 12), endMs: Date.UTC(2026, 10, 23, 12) };
  const times = possibleStarts(request, place, limits, night);
  assert.equal(times.length, 1);
  const { startMs, endMs } = times[0]!;
  const possible = (atMs: number) => checkVisibility(request, place, atMs, limits).ok;
  assert.deepEqual([possible(startMs), possible(startMs - 6000)], [true, false]);
  assert.deepEqual([possible(endMs), possible(endMs + 6000)], [true, false]);
  assert.equal(checkVisibility(request, place, endMs + 6000, limits, 0).ok, true, 'it could begin later, but not end');
  assert.ok(startMs > Date.UTC(2026, 10, 22, 18) && endMs < Date.UTC(2026, 10, 23, 6));
});
