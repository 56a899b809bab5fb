import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pino from 'pino';
import { LineLimit } from '../../../../agent/health/line-limit.ts';
import { limited } from '../../../../agent/health/log.ts';
import { ManualClock } from '../../../../base/clock.ts';

function setUp() {
  const clock = new ManualClock(0);
  const lines: { msg: string; lines?: number; message?: string }[] = [];
  const log = pino(
    { base: null, hooks: { logMethod: limited(new LineLimit(clock)) } },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  return { clock, log, lines, count: (msg: string) => lines.filter((line) => line.msg === msg).length };
}

describe('the log', () => {
  it('cannot be flooded by a loop, though each line tells other figures, and counts what it left out', async () => {
    const { clock, log, count, lines } = setUp();
    for (let i = 0; i < 10_000; i++) log.child({ destination: 'hub' }).warn({ i }, 'not delivered');
    assert.equal(count('not delivered'), 300);
    await clock.advance(60_000);
    log.info('something else');
    const told = lines.filter(({ message }) => message === 'not delivered');
    assert.deepEqual(
      told.map((line) => line.lines),
      [9_700],
    );
  });

  it('takes other lines meanwhile, and the same ones again in the next minute', async () => {
    const { clock, log, count } = setUp();
    for (let i = 0; i < 1000; i++) log.warn('not delivered');
    log.info('reduced');
    await clock.advance(60_000);
    log.warn('not delivered');
    assert.deepEqual([count('reduced'), count('not delivered')], [1, 301]);
  });
});
