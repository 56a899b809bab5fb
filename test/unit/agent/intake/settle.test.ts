import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import pino from 'pino';
import { DiskSpace } from '../../../../agent/intake/disk-space.ts';
import type { FileState } from '../../../../agent/intake/file-state.ts';
import type { Inspector } from '../../../../agent/intake/inspector.ts';
import { defaultPatience, Settler } from '../../../../agent/intake/settle.ts';
import { Writes } from '../../../../agent/intake/writes.ts';
import { RetryLater } from '../../../../base/errors.ts';
import { memoryFrames } from '../../../support/memory-frames.ts';

const settleMs = 2000;
const turn = () => new Promise((resolve) => setImmediate(resolve));
const version = (n: number) => ({ sizeBytes: 2880 * n, mtimeMs: n });
const whole = (n = 1): FileState => ({ kind: 'whole', version: version(n), doubt: undefined });
const incomplete = (n = 1): FileState => ({
  kind: 'incomplete',
  version: version(n),
  code: 'truncated',
  reason: 'Cut.',
});

describe('settling', () => {
  let ledger: ReturnType<typeof memoryFrames>;
  let settler: Settler;
  let stop: AbortController;
  let running: Promise<unknown>;
  let states: Map<string, FileState | Error>;
  let nLooks: number;
  let said: string[];
  let freeBytes: number;
  let disk: DiskSpace;

  beforeEach(() => {
    ledger = memoryFrames();
    stop = new AbortController();
    states = new Map();
    nLooks = 0;
    said = [];
    freeBytes = 1e12;
    const { clock, frames } = ledger;
    const log = pino({ base: null }, { write: (line: string) => said.push(JSON.parse(line).msg) });
    disk = new DiskSpace({ dataDir: '/data', minFreeMb: 500, clock, log, freeBytes: async () => freeBytes });
    const inspector: Inspector = {
      async fileState(path) {
        nLooks++;
        const state = states.get(path)!;
        if (state instanceof Error) throw state;
        return state;
      },
      identify: () => assert.fail('nothing is identified here'),
      close: async () => undefined,
    };
    const writes = new Writes({ transaction: (work) => work(), disk, signal: stop.signal });
    settler = new Settler({
      writes,
      frames,
      inspector,
      disk,
      clock,
      log,
      settleMs,
      patience: defaultPatience,
      onSettled: () => undefined,
    });
    running = settler.run(stop.signal).catch((error: unknown) => error);
  });
  afterEach(async () => {
    stop.abort(new Error('the test is over'));
    assert.match(String(await running), /the test is over/);
  });

  async function put(path: string, state: FileState | Error): Promise<void> {
    states.set(path, state);
    const [frame] = ledger.frames.see('main', [{ path, ...version(1) }]).fresh;
    settler.add(frame!);
    await pass(0);
  }
  /** Lets what is under way come to rest before and after time passes. */
  async function pass(ms: number): Promise<void> {
    for (let i = 0; i < 5; i++) await turn();
    await ledger.clock.advance(ms);
    for (let i = 0; i < 5; i++) await turn();
  }
  const state = (path: string) => ledger.frames.atPath('main', path)?.state;

  it('takes two looks that agree, settleS apart', async () => {
    await put('/a.fits', whole());
    await pass(settleMs - 1);
    assert.equal(state('/a.fits'), 'seen');
    await pass(1);
    assert.equal(state('/a.fits'), 'settled');
  });

  it('begins anew when the file changed between two looks', async () => {
    await put('/a.fits', whole(1));
    states.set('/a.fits', whole(2));
    await pass(settleMs);
    assert.equal(state('/a.fits'), 'seen');
    await pass(settleMs);
    assert.equal(state('/a.fits'), 'settled');
    assert.equal(ledger.frames.atPath('main', '/a.fits')?.sizeBytes, version(2).sizeBytes);
  });

  it('waits without limit for a file that grows, and says so once', async () => {
    await put('/a.fits', incomplete(1));
    for (let n = 2; n < 500; n++) {
      states.set('/a.fits', incomplete(n));
      await pass(settleMs);
    }
    assert.equal(state('/a.fits'), 'seen');
    assert.equal(said.length, 1);
    states.set('/a.fits', whole(500));
    await pass(2 * settleMs);
    assert.equal(state('/a.fits'), 'settled');
  });

  it('rejects what is not whole and stands still for ten minutes, counted from its last change', async () => {
    await put('/a.fits', incomplete(1));
    await pass(500_000);
    states.set('/a.fits', incomplete(2));
    await pass(590_000);
    assert.equal(state('/a.fits'), 'seen');
    await pass(20_000);
    assert.equal(state('/a.fits'), 'rejected');
    assert.equal(ledger.frames.atPath('main', '/a.fits')?.reason, 'Cut.');
  });

  it('lets a file that is whole but doubtful rest for longer', async () => {
    await put('/a.fits', { kind: 'whole', version: version(1), doubt: 'zeros' });
    await pass(defaultPatience.doubtMs - settleMs);
    assert.equal(state('/a.fits'), 'seen');
    await pass(2 * settleMs);
    assert.equal(state('/a.fits'), 'settled');
  });

  it('rejects what is no frame after two looks', async () => {
    await put('/a.fits', { kind: 'unfit', version: version(1), code: 'not-usable', reason: 'No FITS.' });
    await pass(settleMs);
    assert.equal(state('/a.fits'), 'rejected');
  });

  it('waits a minute for a file that cannot be opened, or cannot be looked at', async () => {
    await put('/a.fits', { kind: 'unreadable', reason: 'Locked.' });
    await put('/b.fits', new RetryLater('INSPECTOR_LOST', 'The share hangs.'));
    await pass(50_000);
    assert.deepEqual([state('/a.fits'), state('/b.fits')], ['seen', 'seen']);
    states.set('/a.fits', whole());
    await pass(20_000);
    assert.deepEqual([state('/a.fits'), state('/b.fits')], ['settled', 'rejected']);
  });

  it('forgets a file that is gone', async () => {
    await put('/a.fits', incomplete());
    states.set('/a.fits', { kind: 'gone' });
    await pass(settleMs);
    assert.equal(state('/a.fits'), undefined);
    assert.deepEqual(settler.waiting(), []);
  });

  it('is not held up by files that never become whole', async () => {
    for (let i = 0; i < 50; i++) await put(`/bad${i}.fits`, incomplete());
    await put('/good.fits', whole());
    await pass(settleMs);
    assert.equal(state('/good.fits'), 'settled');
  });

  it('looks at nothing while the disk is full, and goes on by itself', async () => {
    freeBytes = 100e6;
    await disk.check();
    await put('/a.fits', whole());
    await pass(10 * settleMs);
    assert.deepEqual([nLooks, state('/a.fits')], [0, 'seen']);
    assert.match(said.join(), /Only 95 MB are free in \/data.*none is lost/);
    freeBytes = 1e12;
    await disk.check();
    await pass(0);
    await pass(settleMs);
    assert.equal(state('/a.fits'), 'settled');
  });
});
