import assert from 'node:assert/strict';
import { it } from 'node:test';
import { byUrgency } from '../../../../agent/requests/urgency.ts';
import type { ObservingRequest } from '../../../../protocol/request.ts';
import { observingRequestOf } from '../../../support/parcels.ts';

const nowMs = Date.parse('2026-11-22T20:00:00Z');
const until = (end: string) => ({ windows: [{ start: '2026-11-22T18:00:00Z', end }] });

/** The ids in the order in which the requests are taken. */
function order(...requests: ObservingRequest[]): string[] {
  return requests.sort(byUrgency(nowMs)).map(({ id }) => id);
}

it('takes rapid responses first, then what is critical in time, whatever the priorities', () => {
  const rapid = observingRequestOf('rapid', { observationType: 'RAPID_RESPONSE', priority: 0 });
  const critical = observingRequestOf('critical', { observationType: 'TIME_CRITICAL', priority: 1 });
  const normal = observingRequestOf('normal', { priority: 100 });
  assert.deepEqual(order(normal, critical, rapid), ['rapid', 'critical', 'normal']);
});

it('takes of what is critical in time the one whose open window closes first', () => {
  const type = { observationType: 'TIME_CRITICAL' };
  const late = observingRequestOf('late', { ...type, ...until('2026-11-23T04:00:00Z'), priority: 100 });
  const soon = observingRequestOf('soon', {
    ...type,
    windows: [
      { start: '2026-11-22T16:00:00Z', end: '2026-11-22T17:00:00Z' },
      { start: '2026-11-22T18:00:00Z', end: '2026-11-22T21:00:00Z' },
    ],
  });
  const sooner = observingRequestOf('sooner', { ...type, ...until('2026-11-22T20:30:00Z'), priority: 0 });
  assert.deepEqual(order(late, soon, sooner), ['sooner', 'soon', 'late']);
});

it('takes among equals the higher priority, then the one that came first', () => {
  const ask = (id: string, priority: number, observationType = 'NORMAL') =>
    observingRequestOf(id, { priority, observationType });
  assert.deepEqual(order(ask('a', 10), ask('b', 50), ask('c', 50)), ['b', 'c', 'a']);
  assert.deepEqual(order(ask('a', 10), ask('b', 50, 'SOMETHING_LATER')), ['b', 'a']);
  assert.deepEqual(order(ask('a', 10, 'RAPID_RESPONSE'), ask('b', 50, 'RAPID_RESPONSE')), ['b', 'a']);
});
