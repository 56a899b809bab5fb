import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Progress } from '../../../../agent/health/progress.ts';
import { ManualClock } from '../../../../base/clock.ts';

describe('proof of progress', () => {
  it('is asked for from the first turn on, and goes stale', async () => {
    const clock = new ManualClock(0);
    const progress = new Progress(clock, 60_000);
    await clock.advance(120_000);
    assert.equal(progress.health().state, 'well', 'not begun yet');
    progress.made();
    await clock.advance(60_000);
    assert.equal(progress.health().state, 'well');
    await clock.advance(60_000);
    assert.deepEqual(progress.health(), { state: 'stalled', reason: 'The last step was taken 2 minutes ago.' });
    progress.made();
    assert.equal(progress.health().state, 'well');
  });

  it('does not mind a computer clock that is set', async () => {
    const clock = new ManualClock(0);
    const progress = new Progress(clock, 60_000);
    progress.made();
    clock.setWallClock(Date.UTC(2036, 0, 1));
    assert.equal(progress.health().state, 'well');
  });
});
