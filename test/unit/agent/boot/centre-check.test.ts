import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { centreCheck } from '../../../../agent/boot/centre-check.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { RetryLater } from '../../../../base/errors.ts';

const hourMs = 3_600_000;
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function setUp(t: TestContext, obstacles: () => Promise<readonly string[]>) {
  const clock = new ManualClock(Date.parse('2026-11-22T21:00:00Z'));
  const faults: unknown[] = [];
  const part = centreCheck('bhtom', obstacles, clock);
  await part.start((error) => faults.push(error));
  t.after(() => part.stop());
  await settled();
  return {
    part,
    faults,
    async pass(ms: number) {
      await clock.advance(ms);
      await settled();
    },
  };
}

describe('the check of an account', () => {
  it('tells the operator what stands in the way, until it does not', async (t) => {
    let found = ['The camera is not active.', 'Another is unknown.'];
    const { part, pass } = await setUp(t, async () => found);
    const reason = 'The camera is not active. Another is unknown.';
    assert.deepEqual(part.health(), { state: 'needs-operator', reason });
    found = [];
    await pass(hourMs);
    assert.equal(part.health().state, 'well');
  });

  it('is away while the centre cannot be asked, and asks again', async (t) => {
    let isAway = true;
    const { part, pass, faults } = await setUp(t, async () => {
      if (isAway) throw new RetryLater('SERVICE_UNREACHABLE', 'no network');
      return [];
    });
    assert.deepEqual(part.health(), { state: 'away', reason: 'no network' });
    isAway = false;
    await pass(hourMs);
    assert.equal(part.health().state, 'well');
    assert.deepEqual(faults, []);
  });

  it('does not hide a fault of the program, and ends quietly when it is stopped', async (t) => {
    const broken = await setUp(t, () => Promise.reject(new Error('not thought of')));
    assert.match(String(broken.faults[0]), /not thought of/);
    const fine = await setUp(t, async () => []);
    await fine.part.stop();
    assert.deepEqual(fine.faults, []);
  });
});
