import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ownFolders, pathBelow } from '../../../../agent/intake/folders.ts';
import { walk } from '../../../../agent/intake/walk.ts';

describe('the folders', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bhtom-edge-folders-'));
    mkdirSync(join(root, 'frames'));
    mkdirSync(join(root, 'data'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const instrument = (...folders: string[]) => ({ id: 'main', folders, polling: false });

  it('may not lie inside dataDir, under whatever name', () => {
    mkdirSync(join(root, 'data', 'incoming'));
    symlinkSync(join(root, 'data', 'incoming'), join(root, 'link'));
    for (const folder of [join(root, 'data'), join(root, 'data', 'incoming'), join(root, 'link')]) {
      assert.throws(() => ownFolders(join(root, 'data'), [instrument(folder)]), { code: 'FOLDER_IN_DATA_DIR' });
    }
    assert.doesNotThrow(() => ownFolders(join(root, 'data'), [instrument(root, join(root, 'data-2'))]));
  });

  it('give the path of a frame below them', () => {
    const watched = instrument(join(root, 'frames'));
    assert.equal(pathBelow(watched, join(root, 'frames', 'DARKS', 'a.fits')), join('DARKS', 'a.fits'));
  });

  async function walked(folder: string, excluded: string[] = []): Promise<{ paths: string[]; unreadable: string[] }> {
    const unreadable: string[] = [];
    const paths: string[] = [];
    const onUnreadable = (name: string) => unreadable.push(name);
    for await (const { path } of walk(folder, { excluded, nowMs: Date.now(), onUnreadable })) {
      paths.push(path.slice(root.length + 1));
    }
    return { paths: paths.sort(), unreadable };
  }

  it('are walked once each, however many links lead to them', async () => {
    mkdirSync(join(root, 'elsewhere'));
    writeFileSync(join(root, 'elsewhere', 'a.fits'), '');
    symlinkSync(join(root, 'elsewhere'), join(root, 'frames', 'one'));
    symlinkSync(join(root, 'elsewhere'), join(root, 'frames', 'two'));
    symlinkSync(root, join(root, 'frames', 'round'));
    const { paths } = await walked(join(root, 'frames'));
    assert.equal(paths.filter((path) => path.endsWith('a.fits')).length, 1);
  });

  it('are walked without hidden and own folders, and past those that are missing', async () => {
    mkdirSync(join(root, 'frames', '.trash'));
    writeFileSync(join(root, 'frames', '.trash', 'old.fits'), '');
    writeFileSync(join(root, 'data', 'own.fits'), '');
    writeFileSync(join(root, 'frames', 'a.fits'), '');
    assert.deepEqual(await walked(root, [join(root, 'data')]), { paths: [join('frames', 'a.fits')], unreadable: [] });
    assert.deepEqual(await walked(join(root, 'missing')), { paths: [], unreadable: [join(root, 'missing')] });
  });
});
