import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LifeCycle } from '../../../../agent/boot/life-cycle.ts';
import { well } from '../../../../agent/health/health.ts';
import type { Part } from '../../../../agent/part.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { TellOperator } from '../../../../base/errors.ts';
import { silent } from '../../../support/parcels.ts';

const never = new Promise<void>(() => undefined);

function setUp() {
  const clock = new ManualClock(0);
  const calls: string[] = [];
  const faults: unknown[] = [];
  const part = (name: string, own: Partial<Part> = {}): Part => ({
    name,
    health: () => well,
    ...own,
    start(onFault) {
      calls.push(`start ${name}`);
      return own.start?.(onFault);
    },
    stop() {
      calls.push(`stop ${name}`);
      return own.stop?.();
    },
  });
  return {
    clock,
    calls,
    part,
    faults,
    lifeCycle: new LifeCycle(clock, silent, (error, part) => faults.push([part, error])),
  };
}

/** Lets what is ready run before the clock is moved. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const refusal = new TellOperator('TEST', 'it cannot run like this');
function refuse(): never {
  throw refusal;
}

describe('the life cycle of the daemon', () => {
  it('starts stage by stage and stops in reverse', async () => {
    const { lifeCycle, calls, part } = setUp();
    await lifeCycle.start([[part('a'), part('b')], [part('c')]]);
    await lifeCycle.stop();
    assert.deepEqual(calls, ['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  it('stops the parts of a stage together, for one may wait for the end of another', async () => {
    const { lifeCycle, part } = setUp();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    await lifeCycle.start([[part('a', { stop: () => resolve() }), part('b', { stop: () => ended })]]);
    await lifeCycle.stop();
  });

  for (const [how, start] of [
    ['throws', refuse],
    ['rejects', async () => refuse()],
  ] as const) {
    it(`unwinds what was started when a part ${how} at start, and tells its error`, async () => {
      const { lifeCycle, calls, part } = setUp();
      const stages = [[part('a')], [part('b', { start }), part('c')], [part('d')]];
      await assert.rejects(lifeCycle.start(stages), refusal);
      assert.deepEqual(calls, ['start a', 'start b', 'stop b', 'stop a']);
    });
  }

  it('gives up a part that does not start, in less than ten seconds with all that hangs', async () => {
    const { lifeCycle, clock, part } = setUp();
    const hanging = { start: () => never, stop: () => never };
    const started = lifeCycle.start([[part('a', { stop: () => never })], [part('b', hanging)]]);
    const told = assert.rejects(started, { code: 'PART_START', message: /The b did not start/ });
    await turn();
    await clock.advance(9_500);
    await told;
  });

  it('leaves a part behind that does not stop, and stops the others', async () => {
    const { lifeCycle, clock, calls, part } = setUp();
    await lifeCycle.start([[part('a')], [part('b', { stop: () => never, stopMs: 3_000 })]]);
    const stopped = lifeCycle.stop();
    await turn();
    await clock.advance(3_000);
    await stopped;
    assert.deepEqual(calls.slice(2), ['stop b', 'stop a']);
  });

  it('stops the others when a part fails while it is stopped', async () => {
    const { lifeCycle, calls, part } = setUp();
    await lifeCycle.start([[part('a')], [part('b', { stop: refuse })]]);
    await lifeCycle.stop();
    assert.deepEqual(calls.slice(2), ['stop b', 'stop a']);
  });

  it('hands on the fault of a part that ended later', async () => {
    const { lifeCycle, part, faults } = setUp();
    let end = (_error: unknown) => {};
    const start = (onFault: (error: unknown) => void) => {
      end = onFault;
    };
    await lifeCycle.start([[part('a', { start })]]);
    end(refusal);
    await lifeCycle.stop();
    end(refusal);
    assert.deepEqual(faults, [['a', refusal]], 'once, and not of what ends while all ends');
  });
});
