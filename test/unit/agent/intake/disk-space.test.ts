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

const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });

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

  it('repeats a write that found the disk full, when there is room', async () => {
    const { disk, world, clock } = setUp(0);
    world.freeMb = 0;
    let tries = 0;
    const writing = disk.write(() => {
      tries++;
      if (world.freeMb === 0) throw full;
      return 'written';
    }, never);
    await clock.advance(0);
    assert.match(disk.paused!, /The disk of \/data is full/);
    await disk.check();
    assert.equal(tries, 1);
    assert.equal(world.nCompacted, 1);
    world.freeMb = 100;
    await disk.check();
    assert.equal(await writing, 'written');
    assert.equal(tries, 2);
  });

  it('passes every other error on', async () => {
    const { disk } = setUp(0);
    const fault = new Error('a fault');
    await assert.rejects(
      disk.write(() => {
        throw fault;
      }, never),
      fault,
    );
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
