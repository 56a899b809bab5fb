import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type FolderIdentity, FolderProbe } from '../../../../agent/intake/folder-probe.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { silent } from '../../../support/parcels.ts';

/** Two folders, of which the first does as the test says. */
function setUp(t: TestContext) {
  const clock = new ManualClock(0);
  const world = { first: async (): Promise<FolderIdentity> => ({ dev: 1, ino: 1 }), replaced: [] as string[] };
  const probe = new FolderProbe({
    ...{ folders: ['/share', '/local'], clock, log: silent, everyMs: 10_000, deadlineMs: 15_000 },
    onReplaced: (folder) => world.replaced.push(folder),
    identify: (folder) => (folder === '/share' ? world.first() : Promise.resolve({ dev: 1, ino: 2 })),
  });
  const stop = new AbortController();
  const running = probe.run(stop.signal).catch(() => undefined);
  t.after(() => stop.abort());
  return { clock, world, probe, stop, running };
}

/** Time that passes while answers have their turn. */
async function pass(clock: ManualClock, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 5) {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(Math.min(5, left) * 1000);
  }
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('the probe of the watched folders', () => {
  it('says nothing of folders that stand where they stood', async (t) => {
    const { clock, world, probe } = setUp(t);
    await pass(clock, 60);
    assert.deepEqual([probe.troubles(), world.replaced], [[], []]);
  });

  it('calls a folder that gives no answer hung, the others not, and watches it anew when it is back', async (t) => {
    const { clock, world, probe } = setUp(t);
    const answer = Promise.withResolvers<FolderIdentity>();
    world.first = () => answer.promise;
    await pass(clock, 10);
    await pass(clock, 15);
    assert.match(probe.troubles().join(), /^The watched folder \/share has given no answer for 15 s/);
    assert.deepEqual([probe.isHung('/share/a.fits'), probe.isHung('/local/a.fits')], [true, false]);
    answer.resolve({ dev: 1, ino: 1 });
    await pass(clock, 10);
    assert.deepEqual([probe.troubles(), world.replaced], [[], ['/share']]);
  });

  it('waits for a folder that is not there yet, and tells it', async (t) => {
    const { clock, world, probe } = setUp(t);
    world.first = () => Promise.reject(new Error('ENOENT: no such folder'));
    await pass(clock, 10);
    assert.match(probe.troubles().join(), /cannot be reached \(ENOENT/);
    assert.equal(probe.isHung('/share/a.fits'), false);
    world.first = async () => ({ dev: 1, ino: 1 });
    await pass(clock, 10);
    assert.deepEqual([probe.troubles(), world.replaced], [[], ['/share']]);
  });

  it('notices that something was mounted over a folder', async (t) => {
    const { clock, world } = setUp(t);
    world.first = async () => ({ dev: 7, ino: 1 });
    await pass(clock, 10);
    assert.deepEqual(world.replaced, ['/share']);
  });

  it('ends at once while a folder hangs', async (t) => {
    const { clock, world, stop, running } = setUp(t);
    world.first = () => new Promise(() => undefined);
    await pass(clock, 30);
    stop.abort(new Error('the program is stopping'));
    await running;
  });
});
