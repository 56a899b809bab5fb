import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Frame, Identity } from '../../../../agent/store/frame.ts';
import { identityOf, memoryFrames } from '../../../support/memory-frames.ts';

const nobody = new Set<number>();

describe('the ledger of frames', () => {
  let ledger: ReturnType<typeof memoryFrames>;
  beforeEach(() => {
    ledger = memoryFrames();
  });

  const version = (n: number) => ({ sizeBytes: 2880 * n, mtimeMs: 1000 * n });
  const see = (path: string, n = 1) => ledger.frames.see('main', [{ path, ...version(n) }]).fresh;
  function settled(path: string, n = 1): Frame {
    return ledger.frames.settle(see(path, n)[0]!.id, version(n))!;
  }
  function identified(path: string, identity: Partial<Identity> & { fileHash: string }, n = 1): Frame {
    return ledger.frames.identify(settled(path, n).id, identityOf(identity))!;
  }
  const reduce = (frame: Frame, id = `reduction of ${frame.id}`) =>
    ledger.reductions.finish(
      { id, frameId: frame.id, exposureId: frame.exposureId!, outcome: 'measured', record: '{}' },
      () => undefined,
    );

  it('knows a version of a file once, whatever it became', () => {
    const frame = identified('/a.fits', { fileHash: 'a' });
    assert.deepEqual(see('/a.fits'), []);
    reduce(frame);
    assert.deepEqual(see('/a.fits'), []);
    assert.deepEqual(ledger.frames.counts(), { reduced: 1 });
  });

  it('keeps the files of two instruments apart', () => {
    see('/a.fits');
    assert.equal(ledger.frames.see('other', [{ path: '/a.fits', ...version(1) }]).fresh.length, 1);
  });

  it('gives a file that is still settling again, so that somebody settles it', () => {
    const [frame] = see('/a.fits');
    assert.deepEqual(
      see('/a.fits').map(({ id }) => id),
      [frame!.id],
    );
    assert.deepEqual(
      see('/a.fits', 2).map(({ id }) => id),
      [frame!.id],
    );
    assert.deepEqual(ledger.frames.counts(), { seen: 1 });
  });

  it('tells files of one instrument that were written together', () => {
    const frame = settled('/a.fits', 10);
    assert.equal(ledger.frames.isWrittenBeside(frame, 5000), false, 'no other file');
    ledger.frames.see('other', [{ path: '/b.fits', ...version(11) }]);
    assert.equal(ledger.frames.isWrittenBeside(frame, 5000), false, 'one of another instrument');
    see('/c.fits', 15);
    assert.equal(ledger.frames.isWrittenBeside(frame, 5000), false, 'one written just as late as that');
    see('/d.fits', 13);
    assert.equal(ledger.frames.isWrittenBeside(frame, 5000), true);
  });

  it('settles in the version that was whole', () => {
    const [frame] = see('/a.fits', 1);
    const whole = ledger.frames.settle(frame!.id, version(3))!;
    assert.equal(whole.sizeBytes, 2880 * 3);
    assert.deepEqual(see('/a.fits', 3), []);
  });

  it('forgets a row whose file went back to a version it knows', () => {
    const first = identified('/a.fits', { fileHash: 'a' }, 1);
    reduce(first);
    const [second] = see('/a.fits', 2);
    assert.equal(ledger.frames.settle(second!.id, version(1)), undefined);
    assert.equal(ledger.frames.get(second!.id), undefined);
    assert.equal(ledger.frames.get(first.id)?.state, 'reduced');
  });

  it('takes up a rejected version that turned out whole after all', () => {
    const [first] = see('/a.fits', 1);
    ledger.frames.reject(first!.id, 'truncated', 'cut', version(1));
    const [second] = see('/a.fits', 2);
    assert.equal(ledger.frames.settle(second!.id, version(1))?.id, first!.id);
    assert.deepEqual(ledger.frames.counts(), { settled: 1 });
  });

  it('does nothing when a step is repeated', () => {
    const [frame] = see('/a.fits');
    assert.equal(ledger.frames.identify(frame!.id, identityOf({ fileHash: 'a' })), undefined);
    assert.ok(ledger.frames.settle(frame!.id, version(1)));
    assert.equal(ledger.frames.settle(frame!.id, version(1)), undefined);
    assert.ok(ledger.frames.identify(frame!.id, identityOf({ fileHash: 'a' })));
    assert.equal(ledger.frames.identify(frame!.id, identityOf({ fileHash: 'a' })), undefined);
    assert.equal(ledger.frames.reject(frame!.id, 'late', 'late'), undefined);
    assert.equal(ledger.frames.get(frame!.id)?.state, 'identified');
  });

  it('stores a reduction with all that belongs to it, or nothing', () => {
    const frame = identified('/a.fits', { fileHash: 'a' });
    const reduction = { id: 'r', frameId: frame.id, exposureId: frame.exposureId!, outcome: 'measured', record: '{}' };
    assert.throws(() =>
      ledger.reductions.finish(reduction, () => {
        throw new Error('power cut');
      }),
    );
    assert.equal(ledger.reductions.get('r'), undefined);
    assert.equal(ledger.frames.get(frame.id)?.state, 'identified');
    ledger.reductions.finish(reduction, () => undefined);
    ledger.reductions.finish(reduction, () => undefined);
    assert.equal(ledger.reductions.byFrame(frame.id).length, 1);
    assert.equal(ledger.frames.nextLight(nobody), undefined);
  });

  it('passes a frame that is gone to its duplicates, one after the other', () => {
    const [a, b, c] = ['/a.fits', '/b.fits', '/c.fits'].map((path) => identified(path, { fileHash: 'same' }));
    assert.deepEqual([b!.duplicateOf, c!.duplicateOf], [a!.id, a!.id]);
    ledger.frames.vanished(a!.id);
    assert.equal(ledger.frames.get(b!.id)?.state, 'seen');
    ledger.frames.vanished(b!.id);
    assert.equal(ledger.frames.get(c!.id)?.state, 'seen');
  });

  it('leaves duplicates alone when the original was reduced before it went', () => {
    const [a, b] = ['/a.fits', '/b.fits'].map((path) => identified(path, { fileHash: 'same' }));
    reduce(a!);
    ledger.frames.vanished(a!.id);
    assert.equal(ledger.frames.get(a!.id)?.state, 'reduced');
    assert.equal(ledger.frames.get(b!.id)?.state, 'filed');
  });

  it('hands each light frame to one taker', () => {
    const frames = ['/a.fits', '/b.fits'].map((path, i) => identified(path, { fileHash: `${i}` }, i + 1));
    const first = ledger.frames.nextLight(nobody)!;
    assert.equal(first.id, frames[1]!.id);
    assert.equal(ledger.frames.nextLight(new Set([first.id]))?.id, frames[0]!.id);
    assert.equal(ledger.frames.nextLight(new Set(frames.map(({ id }) => id))), undefined);
  });

  it('calls a frame failed after so many tries, and tries again under another version or configuration', () => {
    const frame = identified('/a.fits', { fileHash: 'a' });
    for (const state of ['identified', 'identified', 'failed']) {
      assert.equal(ledger.frames.attemptFailed(frame.id, 'out of memory', 3)?.state, state);
    }
    assert.equal(ledger.frames.get(frame.id)?.reason, 'out of memory');
    assert.equal(ledger.frames.retryAfterChange(), 0);
    assert.equal(ledger.upgraded('next').retryAfterChange(), 1);
    assert.deepEqual(ledger.frames.counts(), { seen: 1 });
    assert.equal(ledger.frames.get(frame.id)?.attempts, 0);
  });

  it('looks at rejected files again after an upgrade, but not for those that are gone', () => {
    const [bad] = see('/bad.fits');
    ledger.frames.reject(bad!.id, 'unsupported', 'not yet');
    ledger.frames.vanished(identified('/gone.fits', { fileHash: 'g' }).id);
    assert.equal(ledger.upgraded('next').retryAfterChange(), 1);
    assert.equal(ledger.frames.get(bad!.id)?.state, 'seen');
  });

  it('rejects a frame that its reduction found unusable, and offers it no more', () => {
    const frame = identified('/a.fits', { fileHash: 'a' });
    assert.equal(ledger.frames.rejectIdentified(frame.id, 'not-a-light', 'all zero')?.state, 'rejected');
    assert.equal(ledger.frames.nextLight(nobody), undefined);
    assert.equal(ledger.frames.rejectIdentified(frame.id, 'late', 'late'), undefined);
  });

  function failed(path: string, n = 1): Frame {
    return ledger.frames.attemptFailed(identified(path, { fileHash: 'same' }, n).id, 'no memory', 1)!;
  }

  it('tries a failed frame again when its file was touched', () => {
    const before = failed('/a.fits', 1);
    const after = identified('/a.fits', { fileHash: 'same' }, 2);
    assert.equal(after.state, 'identified');
    assert.equal(ledger.frames.get(before.id)?.reasonCode, 'replaced');
  });

  it('tries a failed frame again as a new copy, of which the old one is a duplicate then', () => {
    const before = failed('/a.fits');
    const copy = identified('/b.fits', { fileHash: 'same' }, 2);
    assert.equal(copy.state, 'identified');
    assert.equal(ledger.frames.get(before.id)?.duplicateOf, copy.id);
    assert.deepEqual(ledger.frames.counts(), { identified: 1, filed: 1 });
  });

  it('retries what is asked for and nothing else', () => {
    const before = failed('/a.fits');
    ledger.frames.reject(see('/bad.fits')[0]!.id, 'unsupported', 'not yet');
    ledger.frames.vanished(identified('/gone.fits', { fileHash: 'g' }).id);
    reduce(identified('/good.fits', { fileHash: 'good' }));
    assert.deepEqual(
      ledger.frames.retry(({ state }) => state === 'failed').map(({ id, attempts }) => [id, attempts]),
      [[before.id, 0]],
    );
    assert.deepEqual(
      ledger.frames.retry(() => true).map(({ path }) => path),
      ['/bad.fits'],
    );
    assert.deepEqual(ledger.frames.counts(), { seen: 2, rejected: 1, reduced: 1 });
  });

  it('retries a file in its last version only', () => {
    ledger.frames.reject(see('/a.fits', 1)[0]!.id, 'unsupported', 'not yet');
    const [last] = see('/a.fits', 2);
    ledger.frames.reject(last!.id, 'unsupported', 'not yet');
    assert.deepEqual(
      ledger.frames.retry(() => true).map(({ id }) => id),
      [last!.id],
    );
  });

  it('tells unreadable files apart, so that they are tried when they can be read', () => {
    const [frame] = see('/a.fits');
    ledger.frames.reject(frame!.id, 'unreadable', 'permission denied');
    const { fresh, unreadable } = ledger.frames.see('main', [{ path: '/a.fits', ...version(1) }]);
    assert.deepEqual([fresh.length, unreadable.map(({ id }) => id)], [0, [frame!.id]]);
    assert.equal(ledger.frames.reopen(frame!.id).state, 'seen');
  });
});
