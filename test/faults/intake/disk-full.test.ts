import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pause, type Site, startSite, temporaryRoot, until } from '../../support/intake.ts';
import { smallFrame } from '../../support/small-frame.ts';

/** Writes until the disk is full to the last byte. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let size = 1 << 20; size >= 1; ) {
      try {
        if (writeSync(file, Buffer.alloc(size, 1)) < size) size >>= 1;
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'ENOSPC');
        size >>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
}

describe('a full disk', { timeout: 30_000 }, () => {
  let root: string;
  let isMounted = false;
  before(() => {
    root = temporaryRoot();
    mkdirSync(join(root, 'data'));
    isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', join(root, 'data')]).status === 0;
  });
  after(() => {
    if (isMounted) spawnSync('umount', [join(root, 'data')]);
    rmSync(root, { recursive: true, force: true });
  });

  const identified = (site: Site) => site.store.frames.counts().identified ?? 0;

  for (const [name, minFreeMb] of [
    ['below the limit', 8],
    ['that a write runs into', 0],
  ] as const) {
    it(`${name} pauses the intake, which says so, goes on by itself and loses nothing`, async (t) => {
      if (!isMounted) return t.skip('this account may not mount a small disk');
      const ballast = join(root, 'data', 'ballast');
      const site = startSite({ root, minFreeMb, rescanS: 0.3, diskCheckMs: 100 });
      try {
        const before = identified(site);
        writeFileSync(join(site.folder, `before ${minFreeMb}.fits`), smallFrame({ seed: 100 + minFreeMb }));
        await until(() => identified(site) === before + 1);
        fill(ballast);
        for (let i = 0; i < 20; i++) {
          writeFileSync(
            join(site.folder, `during ${minFreeMb} ${i}.fits`),
            smallFrame({ seed: 1000 * (minFreeMb + 1) + i }),
          );
        }
        await until(() => {
          fill(ballast); // also what the write-ahead log gave back
          return site.intake.status().paused;
        });
        assert.match(site.intake.status().paused!, /free in|is full/);
        assert.match(site.intake.status().paused!, /none is lost\. Free some space/);
        await pause(300);
        assert.ok(identified(site) < before + 21);
        rmSync(ballast);
        await until(() => identified(site) === before + 21);
        assert.equal(site.intake.status().paused, undefined);
        assert.equal(site.store.frames.counts().rejected, undefined);
        assert.ok(site.log.some((line) => line.msg.includes('there is room again')));
      } finally {
        await site.stop();
      }
    });
  }
});
