import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastNight } from '../../../sky/last-night.ts';

const hourMs = 3_600_000;

describe('the last night', () => {
  for (const longitudeDeg of [-175, -70, 0, 20, 150, 179]) {
    it(`lasts from evening to morning at longitude ${longitudeDeg}, and is over at any hour`, () => {
      const site = { latitudeDeg: 30, longitudeDeg, heightM: 0 };
      for (let hour = 0; hour < 48; hour++) {
        const atMs = Date.UTC(2026, 2, 20, hour);
        const { date, fromMs, untilMs } = lastNight(site, atMs);
        assert.ok(untilMs <= atMs && atMs - untilMs < 24.2 * hourMs);
        assert.ok(untilMs - fromMs > 11 * hourMs && untilMs - fromMs < 13 * hourMs);
        const eveningMs = fromMs + (longitudeDeg / 15) * hourMs;
        assert.equal(new Date(eveningMs).toISOString().slice(0, 10), date);
      }
    });
  }

  it('is there where the Sun does not set', () => {
    const { date, fromMs, untilMs } = lastNight(
      { latitudeDeg: 80, longitudeDeg: 15, heightM: 0 },
      Date.UTC(2026, 5, 21, 12),
    );
    assert.equal(date, '2026-06-20');
    assert.deepEqual([fromMs, untilMs], [Date.UTC(2026, 5, 20, 17), Date.UTC(2026, 5, 21, 5)]);
  });
});
