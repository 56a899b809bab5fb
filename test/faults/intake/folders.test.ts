import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { FolderIdentity } from '../../../agent/intake/folder-probe.ts';
import { startSite, stopAndRemove, temporaryRoot, until } from '../../support/intake.ts';
import { smallFrame } from '../../support/small-frame.ts';

const limit = { timeout: 60_000 };
/** The rescan would hide what no event told, so it comes too late to help. */
const byEventsOnly = { rescanS: 1000 };

describe('watched folders', limit, () => {
  it('that hang hold up no other, cost their frames nothing, and are gone on with when they are back', async () => {
    const root = temporaryRoot();
    const [share, local] = ['share', 'local'].map((name) => join(root, name)) as [string, string];
    for (const folder of [share, local]) mkdirSync(folder);
    const back = Promise.withResolvers<FolderIdentity>();
    let hangs = true;
    const identify = (folder: string) => (hangs && folder === share ? back.promise : stat(folder));
    const site = startSite({ root, folders: [share, local], probe: { identify, everyMs: 50, deadlineMs: 100 } });
    try {
      await until(() => site.intake.status().folders.length === 1);
      writeFileSync(join(share, 'a.fits'), smallFrame({ seed: 1 }));
      writeFileSync(join(local, 'b.fits'), smallFrame({ seed: 2 }));
      const next = await site.intake.nextLight(AbortSignal.timeout(20_000));
      assert.equal(next.path, join(local, 'b.fits'));
      const waiting = site.store.frames.atPath('main', join(share, 'a.fits'));
      assert.deepEqual([waiting?.state ?? 'seen', waiting?.attempts ?? 0], ['seen', 0]);
      hangs = false;
      back.resolve({ dev: 0, ino: 0 });
      const late = await site.intake.nextLight(AbortSignal.timeout(20_000));
      assert.equal(late.path, join(share, 'a.fits'));
      assert.deepEqual(site.intake.status().folders, []);
    } finally {
      await stopAndRemove(site);
    }
  });

  it('that went away and came back are watched anew', async () => {
    const site = startSite({ ...byEventsOnly, probe: { everyMs: 50 } });
    try {
      await until(() => site.intake.status().rescannedMs !== undefined);
      renameSync(site.folder, `${site.folder}-away`);
      await until(() => site.intake.status().folders.some((text) => text.includes('cannot be reached')));
      mkdirSync(site.folder);
      await until(() => site.intake.status().folders.length === 0);
      writeFileSync(join(site.folder, 'a.fits'), smallFrame({ seed: 3 }));
      await site.intake.nextLight(AbortSignal.timeout(20_000));
    } finally {
      await stopAndRemove(site);
    }
  });

  it('with something mounted over them are told and watched anew', async (t) => {
    const site = startSite({ ...byEventsOnly, probe: { everyMs: 50 } });
    try {
      await until(() => site.intake.status().rescannedMs !== undefined);
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', site.folder]).status !== 0) {
        return t.skip('this account may not mount');
      }
      await until(() => site.log.some(({ msg }) => msg.startsWith('another folder stands where')));
      writeFileSync(join(site.folder, 'a.fits'), smallFrame({ seed: 4 }));
      await site.intake.nextLight(AbortSignal.timeout(20_000));
    } finally {
      await site.intake.close();
      spawnSync('umount', ['-l', site.folder]);
      site.store.close();
    }
  });
});
