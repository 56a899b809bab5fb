import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Inspector, threadInspector } from '../../../../agent/intake/inspector.ts';
import { ManualClock, systemClock } from '../../../../base/clock.ts';
import { temporaryRoot } from '../../../support/intake.ts';
import { smallFrame } from '../../../support/small-frame.ts';

describe('the thread that reads files', { timeout: 20_000 }, () => {
  let root: string;
  let path: string;
  let inspector: Inspector | undefined;
  beforeEach(() => {
    root = temporaryRoot();
    path = join(root, 'a.fits');
    writeFileSync(path, smallFrame({ seed: 1 }));
  });
  afterEach(async () => {
    await inspector?.close();
    rmSync(root, { recursive: true, force: true });
  });
  const job = () => {
    const { size, mtimeMs } = statSync(path);
    return { path, below: 'a.fits', version: { sizeBytes: size, mtimeMs: Math.trunc(mtimeMs) }, overrides: {} };
  };

  it('looks and identifies', async () => {
    inspector = threadInspector({ maxFileBytes: 1e9, clock: systemClock });
    const state = await inspector.fileState(path);
    assert.equal(state.kind, 'whole');
    const found = await inspector.identify(job());
    assert.equal(found.kind, 'identified');
    assert.match(found.kind === 'identified' ? found.identity.fileHash : '', /^[0-9a-f]{64}$/);
  });

  it('does not identify another version than the one that settled', async () => {
    inspector = threadInspector({ maxFileBytes: 1e9, clock: systemClock });
    const { version, ...rest } = job();
    const found = await inspector.identify({ ...rest, version: { ...version, mtimeMs: version.mtimeMs - 1 } });
    assert.equal(found.kind, 'unsettled');
    rmSync(path);
    assert.equal((await inspector.identify({ ...rest, version })).kind, 'gone');
  });

  it('is given up when it takes too long, and the next question is answered', async () => {
    const clock = new ManualClock(0);
    inspector = threadInspector({ maxFileBytes: 1e9, clock, deadlineMs: 1000 });
    const state = inspector.fileState(path);
    const lost = assert.rejects(state, { code: 'INSPECTOR_LOST', reaction: 'retry' });
    await clock.advance(1000);
    await lost;
    assert.equal((await inspector.fileState(path)).kind, 'whole');
  });

  it('answers nobody once it is closed', async () => {
    inspector = threadInspector({ maxFileBytes: 1e9, clock: systemClock });
    const open = assert.rejects(inspector.fileState(path), { reaction: 'retry' });
    await inspector.close();
    await open;
    await assert.rejects(inspector.fileState(path), { code: 'INSPECTOR_CLOSED' });
  });
});
