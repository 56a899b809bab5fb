import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Frame, FrameState } from '../../../../agent/store/frame.ts';
import { pause, type Site, startSite, stopAndRemove, until } from '../../../support/intake.ts';
import { smallFrame } from '../../../support/small-frame.ts';

describe('the same exposure', { timeout: 30_000 }, () => {
  let site: Site;
  beforeEach(() => {
    site = startSite({ rescanS: 0.3 });
  });
  afterEach(() => stopAndRemove(site));

  const put = (name: string, bytes: Buffer) => writeFileSync(join(site.folder, name), bytes);
  const at = (name: string) => site.store.frames.atPath('main', join(site.folder, name));
  const becomes = (name: string, state: FrameState, after?: Frame): Promise<Frame> =>
    until(() => {
      const frame = at(name);
      return frame?.state === state && frame.id !== after?.id && frame;
    });
  async function reduce(frame: Frame): Promise<void> {
    const next = await site.intake.nextLight(AbortSignal.timeout(5000));
    assert.equal(next.id, frame.id);
    const reduction = {
      id: `r${next.id}`,
      frameId: next.id,
      exposureId: next.exposureId!,
      outcome: 'measured',
      record: '{}',
    };
    site.store.reductions.finish(reduction, () => undefined);
    site.intake.release(next.id);
  }

  it('under another name is filed as a duplicate', async () => {
    put('a.fits', smallFrame({ seed: 1 }));
    const a = await becomes('a.fits', 'identified');
    copyFileSync(join(site.folder, 'a.fits'), join(site.folder, 'b.fits'));
    const b = await becomes('b.fits', 'filed');
    assert.equal(b.duplicateOf, a.id);
    assert.match(b.reason!, /same bytes as .*a\.fits/);
  });

  it('solved by another program and saved again is not reduced again', async () => {
    put('a.fits', smallFrame({ seed: 2 }));
    const first = await becomes('a.fits', 'identified');
    await reduce(first);
    put(
      'a.fits',
      smallFrame({
        seed: 2,
        cards: [
          { keyword: 'CRVAL1', value: 31.04 },
          { keyword: 'RA', value: 31.04 },
        ],
      }),
    );
    const second = await becomes('a.fits', 'filed', first);
    assert.equal(second.exposureId, first.exposureId);
    assert.notEqual(second.fileHash, first.fileHash);
    assert.equal(second.duplicateOf, first.id);
    assert.equal(site.store.frames.get(first.id)?.state, 'reduced');
  });

  it('saved again before it was reduced is reduced once, in its last version', async () => {
    put('a.fits', smallFrame({ seed: 3 }));
    const first = await becomes('a.fits', 'identified');
    put('a.fits', smallFrame({ seed: 3, cards: [{ keyword: 'CRVAL1', value: 31.04 }] }));
    const second = await becomes('a.fits', 'identified', first);
    await reduce(second);
    assert.equal(site.store.frames.get(first.id)?.reasonCode, 'replaced');
    assert.deepEqual(site.store.frames.counts(), { reduced: 1, rejected: 1 });
  });

  it('with a corrected filter is reduced again', async () => {
    put('a.fits', smallFrame({ seed: 4 }));
    const first = await becomes('a.fits', 'identified');
    await reduce(first);
    put('a.fits', smallFrame({ seed: 4, cards: [{ keyword: 'FILTER', value: 'R' }] }));
    const second = await becomes('a.fits', 'identified', first);
    assert.equal(second.exposureId, first.exposureId);
    assert.notEqual(second.factsKey, first.factsKey);
  });

  it('moved before it was reduced is reduced from its new place', async () => {
    put('a.fits', smallFrame({ seed: 5 }));
    const a = await becomes('a.fits', 'identified');
    copyFileSync(join(site.folder, 'a.fits'), join(site.folder, 'b.fits'));
    await becomes('b.fits', 'filed');
    rmSync(join(site.folder, 'a.fits'));
    const next = await site.intake.nextLight(AbortSignal.timeout(10_000));
    assert.equal(next.path, join(site.folder, 'b.fits'));
    assert.equal(next.fileHash, a.fileHash);
    assert.equal(site.store.frames.get(a.id)?.reasonCode, 'gone');
  });

  it('away for a while is taken up when it is back', async () => {
    put('a.fits', smallFrame({ seed: 6 }));
    const a = await becomes('a.fits', 'identified');
    renameSync(join(site.folder, 'a.fits'), join(site.root, 'away.fits'));
    const next = site.intake.nextLight(AbortSignal.timeout(10_000));
    await becomes('a.fits', 'rejected');
    renameSync(join(site.root, 'away.fits'), join(site.folder, 'a.fits'));
    assert.equal((await next).id, a.id);
  });

  it('touched is not taken in again', async () => {
    put('a.fits', smallFrame({ seed: 7 }));
    const first = await becomes('a.fits', 'identified');
    await reduce(first);
    utimesSync(join(site.folder, 'a.fits'), new Date(), new Date(Date.now() + 5000));
    assert.equal((await becomes('a.fits', 'filed', first)).duplicateOf, first.id);
  });

  it('as a calibration frame is filed, ready for the library', async () => {
    put(
      'bias.fits',
      smallFrame({
        seed: 8,
        cards: [
          { keyword: 'IMAGETYP', value: 'Bias Frame' },
          { keyword: 'EXPTIME', value: 0 },
        ],
      }),
    );
    const bias = await becomes('bias.fits', 'filed');
    assert.equal(bias.duplicateOf, null);
    assert.deepEqual(
      site.store.frames.calibration('main', 'bias').map((frame) => frame.id),
      [bias.id],
    );
  });

  it('asked for by a centre goes first, then the newest', async () => {
    const times = ['2026-01-01', '2026-01-02', '2026-01-03'].map((day) => new Date(day));
    put(
      '.one',
      smallFrame({
        seed: 11,
        cards: [
          { keyword: 'REQID', value: 'r1' },
          { keyword: 'VISITID', value: 'v1' },
        ],
      }),
    );
    put('.two', smallFrame({ seed: 12 }));
    put('.three', smallFrame({ seed: 13 }));
    for (const [i, name] of ['one', 'two', 'three'].entries()) {
      utimesSync(join(site.folder, `.${name}`), times[i]!, times[i]!);
      renameSync(join(site.folder, `.${name}`), join(site.folder, `${name}.fits`));
    }
    for (const name of ['one', 'two', 'three']) await becomes(`${name}.fits`, 'identified');
    const order: string[] = [];
    for (let i = 0; i < 3; i++)
      order.push((await site.intake.nextLight(AbortSignal.timeout(5000))).path.split('/').at(-1)!);
    assert.deepEqual(order, ['one.fits', 'three.fits', 'two.fits']);
    assert.equal(site.store.frames.byVisit('v1').length, 1);
    await assert.rejects(site.intake.nextLight(AbortSignal.timeout(50)), { name: 'TimeoutError' });
  });

  it('keeps the bytes on disk as they were', async () => {
    const bytes = smallFrame({ seed: 14 });
    put('a.fits', bytes);
    await becomes('a.fits', 'identified');
    await pause(100);
    assert.deepEqual(readFileSync(join(site.folder, 'a.fits')), bytes);
  });
});
