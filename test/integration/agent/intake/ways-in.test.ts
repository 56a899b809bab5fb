import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Frame } from '../../../../agent/store/frame.ts';
import { pause, type Site, startSite, stopAndRemove, temporaryRoot, until } from '../../../support/intake.ts';
import { smallFrame } from '../../../support/small-frame.ts';

const limit = { timeout: 30_000 };

function identified(site: Site, name: string): Promise<Frame> {
  const path = join(site.folder, name);
  return until(() => {
    const frame = site.store.frames.atPath('main', path);
    return frame?.state === 'identified' && frame;
  });
}

async function withSite(options: Parameters<typeof startSite>[0], test: (site: Site) => Promise<void>): Promise<void> {
  const site = startSite(options);
  try {
    await test(site);
    assert.deepEqual(
      site.log.filter((line) => line.level >= 50),
      [],
    );
  } finally {
    await stopAndRemove(site);
  }
}

for (const polling of [false, true]) {
  // The rescan would hide an event that was missed, so it comes too late to help.
  const site = { polling, rescanS: 1000 };
  const how = polling ? 'in a polled folder' : 'in a watched folder';

  describe(`a frame ${how}`, limit, () => {
    it('is taken in when it was there at the start', () => {
      const root = temporaryRoot();
      writeFileSync(join(root, 'frames', 'early.fits'), smallFrame({ seed: 1 }));
      return withSite({ ...site, root }, async (site) => {
        const frame = await identified(site, 'early.fits');
        assert.equal(frame.kind, 'light');
        assert.equal(frame.facts?.filter?.value, 'V');
      });
    });

    it('is taken in when it is written later, in a sub-folder with blanks and other letters', () =>
      withSite(site, async (site) => {
        await pause(300);
        mkdirSync(join(site.folder, '2026-03-01 zażółć'));
        writeFileSync(join(site.folder, '2026-03-01 zażółć', 'M 31 été.FIT'), smallFrame({ seed: 2 }));
        await identified(site, '2026-03-01 zażółć/M 31 été.FIT');
      }));

    it('is taken in when it is renamed, and not before', () =>
      withSite(site, async (site) => {
        await pause(300);
        const guid = join(site.folder, '0f8fad5b-d9cb-469f-a165-70867728950e.fits');
        const part = join(site.folder, 'b.fits.part');
        writeFileSync(guid, smallFrame({ seed: 3 }));
        writeFileSync(part, smallFrame({ seed: 4 }));
        await pause(400);
        assert.deepEqual(site.store.frames.counts(), {});
        renameSync(guid, join(site.folder, 'a.fits'));
        renameSync(part, join(site.folder, 'b.fits'));
        await identified(site, 'a.fits');
        await identified(site, 'b.fits');
        assert.deepEqual(site.store.frames.counts(), { identified: 2 });
      }));

    it('is taken in once, when it grows slowly, and only when it is whole', () =>
      withSite(site, async (site) => {
        await pause(300);
        const bytes = smallFrame({ seed: 5, width: 500, height: 400 });
        const path = join(site.folder, 'slow.fits');
        for (let at = 0; at < bytes.length; at += 50_000) {
          assert.notEqual(site.store.frames.atPath('main', path)?.state, 'identified');
          appendFileSync(path, bytes.subarray(at, at + 50_000));
          await pause(120);
        }
        const frame = await identified(site, 'slow.fits');
        assert.equal(frame.sizeBytes, bytes.length);
        assert.deepEqual(site.store.frames.counts(), { identified: 1 });
      }));

    it('is not taken in while its space is reserved, though its size stands still', () =>
      withSite(site, async (site) => {
        await pause(300);
        const bytes = smallFrame({ seed: 6, width: 400, height: 300 });
        const file = openSync(join(site.folder, 'reserved.fits'), 'w');
        ftruncateSync(file, bytes.length);
        for (let at = 0; at < bytes.length; at += 60_000) {
          await pause(250); // longer than it takes a whole file to settle
          assert.deepEqual(site.store.frames.counts(), { seen: 1 });
          writeSync(file, bytes, at, Math.min(60_000, bytes.length - at), at);
        }
        closeSync(file);
        const frame = await identified(site, 'reserved.fits');
        assert.deepEqual(readFileSync(frame.path), bytes);
        assert.deepEqual(site.store.frames.counts(), { identified: 1 });
      }));

    it('is another frame when its file is replaced', () =>
      withSite(site, async (site) => {
        await pause(300);
        const path = join(site.folder, 'latest.fits');
        writeFileSync(path, smallFrame({ seed: 7 }));
        const first = await identified(site, 'latest.fits');
        writeFileSync(join(site.folder, 'next.tmp'), smallFrame({ seed: 8 }));
        renameSync(join(site.folder, 'next.tmp'), path);
        const second = await until(() => {
          const frame = site.store.frames.atPath('main', path);
          return frame?.state === 'identified' && frame.id !== first.id && frame;
        });
        assert.notEqual(second.exposureId, first.exposureId);
        assert.equal(site.store.frames.get(first.id)?.reasonCode, 'replaced');
      }));
  });
}

describe('hidden folders', limit, () => {
  for (const polling of [false, true]) {
    it(`are not entered, by ${polling ? 'polling' : 'events'} as by the walk`, () =>
      withSite({ polling, rescanS: 1000 }, async (site) => {
        await until(() => site.intake.status().rescannedMs !== undefined);
        mkdirSync(join(site.folder, '.trash'));
        writeFileSync(join(site.folder, '.trash', 'old.fits'), smallFrame({ seed: 13 }));
        await pause(300);
        writeFileSync(join(site.folder, 'new.fits'), smallFrame({ seed: 14 }));
        await identified(site, 'new.fits');
        assert.equal(site.store.frames.atPath('main', join(site.folder, '.trash', 'old.fits')), undefined);
      }));
  }
});

describe('the rescan', limit, () => {
  it('finds what the watch missed', () => {
    const root = temporaryRoot();
    return withSite({ root, folders: [join(root, 'later', 'frames')] }, async (site) => {
      await pause(200);
      mkdirSync(join(root, 'later', 'frames'), { recursive: true });
      writeFileSync(join(root, 'later', 'frames', 'x.fits'), smallFrame({ seed: 9 }));
      await identified({ ...site, folder: join(root, 'later', 'frames') }, 'x.fits');
      assert.equal(site.log.filter((line) => line.msg.includes('cannot be read')).length, 1);
    });
  });

  it('takes in what stands under a passing name for long', () => {
    const root = temporaryRoot();
    const path = join(root, 'frames', '{0F8FAD5B-D9CB-469F-A165-70867728950E}.fits');
    writeFileSync(path, smallFrame({ seed: 10 }));
    utimesSync(path, new Date('2026-01-01'), new Date('2026-01-01'));
    return withSite({ root }, async (site) => {
      await until(() => site.store.frames.atPath('main', path)?.state === 'identified');
    });
  });

  it('never takes in what the agent wrote itself', () => {
    const root = temporaryRoot();
    mkdirSync(join(root, 'data', 'products'), { recursive: true });
    writeFileSync(join(root, 'data', 'products', 'own.fits'), smallFrame({ seed: 11 }));
    writeFileSync(join(root, 'frames', 'camera.fits'), smallFrame({ seed: 12 }));
    return withSite({ root, folders: [root] }, async (site) => {
      await identified(site, 'camera.fits');
      writeFileSync(join(root, 'data', 'products', 'later.fits'), smallFrame({ seed: 13 }));
      await pause(700);
      assert.deepEqual(site.store.frames.counts(), { identified: 1 });
    });
  });
});
