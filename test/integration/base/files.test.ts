import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
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

  it('is flushed in pieces and as a whole before it takes its name, and its folder after', async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'a.bin');
    const done: string[] = [];
    const handle = await open(folder, 'r');
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    for (const call of ['datasync', 'sync'] as const) {
      const original = prototype[call];
      t.mock.method(prototype, call, function (this: FileHandle) {
        done.push(`${call} ${existsSync(path) ? 'after' : 'before'}`);
        return original.call(this);
      });
    }
    await writeFileDurably(path, Buffer.alloc((16 << 20) + 7));
    assert.deepEqual(done, ['datasync before', 'datasync before', 'sync before', 'sync after']);
    done.length = 0;
    await writeFileDurably(join(folder, 'b'), 'short');
    assert.deepEqual(done, ['sync after', 'sync after']);
  });

  it('leaves no file open, whether it stands or not', { skip: process.platform !== 'linux' }, async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'taken'));
    const openFiles = () => readdirSync('/proc/self/fd').length;
    await writeFileDurably(join(folder, 'first'), 'x');
    const before = openFiles();
    for (let k = 0; k < 20; k++) {
      await writeFileDurably(join(folder, 'a'), 'x');
      await assert.rejects(writeFileDurably(join(folder, 'taken'), 'x'));
    }
    assert.ok(openFiles() <= before + 2, `${openFiles()} open files, ${before} before`);
  });

  it('comes in pieces of which the last may fail, and then the old one stands', async (t) => {
    const path = join(temporaryFolder(t), 'a');
    await writeFileDurably(path, 'old');
    async function* broken() {
      yield Buffer.from('new');
      throw new Error('the source is gone');
    }
    await assert.rejects(writeFileDurably(path, broken()), /source is gone/);
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(readdirSync(join(path, '..')), ['a']);
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
