import assert from 'node:assert/strict';
import { it } from 'node:test';
import { retryAfterMs } from '../../../../agent/centres/retry-after.ts';

const nowMs = Date.parse('2026-11-22T21:00:00Z');

it('understands Retry-After in seconds and as a date, by the clock of the server', () => {
  assert.equal(retryAfterMs({ 'retry-after': '120' }, nowMs), 120_000);
  assert.equal(retryAfterMs({ 'retry-after': 'Sun, 22 Nov 2026 21:01:00 GMT' }, nowMs), 60_000);
  const date = 'Sun, 22 Nov 2026 20:00:30 GMT';
  assert.equal(retryAfterMs({ 'retry-after': 'Sun, 22 Nov 2026 20:01:00 GMT', date }, nowMs), 30_000);
  assert.equal(retryAfterMs({ 'retry-after': 'Sun, 22 Nov 2026 19:00:00 GMT' }, nowMs), 0);
  assert.equal(retryAfterMs({ 'retry-after': 'soon' }, nowMs), undefined);
  assert.equal(retryAfterMs({}, nowMs), undefined);
});
