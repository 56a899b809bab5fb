import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReductionJob } from '../../../../agent/reduction/job.ts';
import { ReductionProcess } from '../../../../agent/reduction/process.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { until } from '../../../support/intake.ts';
import { silent } from '../../../support/parcels.ts';

const nowhere = { path: '/nowhere/frame.fits' } as ReductionJob;
const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the reduction process', () => {
  it('ends after a minute without work, and starts again with the next task', async (t) => {
    const clock = new ManualClock(0);
    const child = new ReductionProcess({ deadlineS: 600, memoryMb: 2000, threads: 1 }, clock, silent);
    t.after(() => child.close());
    await assert.rejects(child.run(nowhere));
    const first = child.pid!;
    await clock.advance(59_000);
    assert.equal(child.pid, first, 'it waits for a minute');
    await assert.rejects(child.run(nowhere));
    await clock.advance(59_000);
    assert.equal(child.pid, first, 'a minute from its last task');
    await clock.advance(2_000);
    assert.equal(child.pid, undefined);
    await until(() => !isRunning(first));
    await assert.rejects(child.run(nowhere));
    assert.notEqual(child.pid, first);
  });

  it('lives as long as a task takes', async (t) => {
    const clock = new ManualClock(0);
    const child = new ReductionProcess({ deadlineS: 600, memoryMb: 2000, threads: 1 }, clock, silent);
    t.after(() => child.close());
    await assert.rejects(child.run(nowhere));
    const first = child.pid!;
    const running = child.run(nowhere);
    await clock.advance(120_000);
    assert.equal(child.pid, first);
    await assert.rejects(running);
  });
});
