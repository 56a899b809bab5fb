import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { writeFileDurably } from '../../../base/durable.ts';
import { openFile } from '../../../base/file-bytes.ts';
import { temporaryFolder } from '../../support/parcels.ts';

describe('a file that is written durably', () => {
  it('is there whole, in folders that were not, over what was there, with nothing beside it', async (t) => {
    const folder = join(temporaryFolder(t), 'new', 'folders');
    const path = join(folder, 'a.txt');
    await writeFileDurably(path, 'first');
    await writeFileDurably(path, 'second');
    assert.equal(readFileSync(path, 'utf8'), 'second');
    // More than one of the pieces it is written in.
    const large = Buffer.alloc((8 << 20) + 7, 'a pattern of 27 characters.');
    await writeFileDurably(path, large);
    assert.ok(readFileSync(path).equals(large));
    assert.deepEqual(readdirSync(folder), ['a.txt']);
  });

  it('leaves nothing behind where it cannot stand', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'taken', 'by-a-folder'), { recursive: true });
    await assert.rejects(writeFileDurably(join(folder, 'taken'), 'text'), { syscall: 'rename' });
    assert.deepEqual(readdirSync(folder), ['taken']);
  });
});

describe('a file that is read', () => {
  it('gives its bytes from any place, into the memory offered where they fit, and ends where it ended', async (t) => {
    const path = join(temporaryFolder(t), 'a');
    writeFileSync(
      path,
      Uint8Array.from({ length: 100 }, (_, k) => k),
    );
    const file = await openFile(path);
    t.after(() => file.close());
    assert.equal(file.size, 100);
    assert.deepEqual([...(await file.read(10, 3))], [10, 11, 12]);
    assert.deepEqual([...(await file.read(98, 5))], [98, 99]);
    assert.equal((await file.read(150, 5)).length, 0);
    const scratch = new Uint8Array(4);
    const fitting = await file.read(50, 4, scratch);
    assert.deepEqual([[...fitting], fitting.buffer === scratch.buffer], [[50, 51, 52, 53], true]);
    const tooMany = await file.read(60, 5, scratch);
    assert.deepEqual([[...tooMany], tooMany.buffer === scratch.buffer], [[60, 61, 62, 63, 64], false]);
    truncateSync(path, 40);
    assert.deepEqual([...(await file.read(38, 10))], [38, 39], 'cut while it is read');
  });

  it('is refused with the reason of the system', async (t) => {
    const folder = temporaryFolder(t);
    await assert.rejects(openFile(join(folder, 'none')), { code: 'ENOENT' });
  });
});
