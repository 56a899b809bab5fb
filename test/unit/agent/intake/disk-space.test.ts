import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import pino from 'pino';
import { DiskSpace } from '../../../../agent/intake/disk-space.ts';
import { ManualClock } from '../../../../base/clock.ts';

const never = new AbortController().signal;

function setUp(minFreeMb: number) {
  const said: string[] = [];
  const clock = new ManualClock(0);
  const log = pino({ base: null }, { write: (line: string) => said.push(JSON.parse(line).msg) });
  const world = { freeMb: 1000, fault: undefined as Error | undefined, nCompacted: 0 };
  const disk = new DiskSpace({
    dataDir: '/data',
    minFreeMb,
    clock,
    log,
    freeBytes: async () => {
      if (world.fault) throw world.fault;
      return world.freeMb * 1048576;
    },
    onFull: () => world.nCompacted++,
  });
  return { said, clock, world, disk };
}

describe('disk space', () => {
  it('pauses once below the limit, says so once, and resumes by itself', async () => {
    const { disk, world, said, clock } = setUp(500);
    const stop = new AbortController();
    const running = disk.run(stop.signal).catch(() => undefined);
    world.freeMb = 499;
    await clock.advance(30_000);
    assert.match(disk.paused!, /Only 499 MB are free/);
    let resumed = false;
    const room = disk.room(never).then(() => {
      resumed = true;
    });
    await clock.advance(30_000);
    assert.equal(resumed, false);
    world.freeMb = 501;
    await clock.advance(10_000);
    await room;
    assert.equal(disk.paused, undefined);
    assert.equal(said.length, 2);
    stop.abort(new Error('over'));
    await running;
  });

  it('pauses at once when a write found it full, and wants some room before the next', async () => {
    const { disk, world } = setUp(0);
    disk.foundFull();
    assert.match(disk.paused!, /The disk of \/data is full/);
    assert.equal(world.nCompacted, 1);
    world.freeMb = 1;
    await disk.check();
    assert.notEqual(disk.paused, undefined);
    world.freeMb = 100;
    await disk.check();
    assert.equal(disk.paused, undefined);
  });

  it('pauses while the folder cannot be reached', async () => {
    const { disk, world } = setUp(0);
    world.fault = new Error('no such device');
    await disk.check();
    assert.match(disk.paused!, /cannot be reached: no such device/);
    world.fault = undefined;
    await disk.check();
    assert.equal(disk.paused, undefined);
  });
});
