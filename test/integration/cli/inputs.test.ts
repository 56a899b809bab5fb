import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { memoryBytes } from '../../../base/bytes.ts';
import { findFrames, framesNamed } from '../../../cli/inputs.ts';
import { readHdus } from '../../../pipeline/fits/hdu.ts';

const folder = mkdtempSync(join(tmpdir(), 'inputs-'));
after(() => rmSync(folder, { recursive: true }));

test('an argument that names nothing costs only itself', async () => {
  const there = join(folder, 'a.fits');
  writeFileSync(there, 'x');
  const gone = join(folder, 'absent.fits');
  const pattern = join(folder, '*.fts');
  const { paths, absent } = await findFrames([there, gone, pattern]);
  assert.deepEqual(paths, [there]);
  assert.deepEqual(
    absent.map(({ argument }) => argument),
    [gone, pattern],
  );
  assert.match(absent[0]!.reason, /there is no file .*absent\.fits/);
  await assert.rejects(framesNamed([there, gone]), { code: 'USAGE' });
});

test('files of other kinds are named as what they are, with what to do', async () => {
  const table: Record<string, string> = {
    'II*\0\x10\0\0\0CR\x02': 'Canon',
    'II*\0\x08\0\0\0\0\0\0\0': 'NEF',
    'MM\0*\0\0\0\x08\0\0\0\0': 'NEF',
    '\0\0\0\x18ftypcrx ': 'CR3',
    'FUJIFILMCCD-RAW 0201': 'Fujifilm',
    '\xff\xd8\xff\xe0\0\x10JFIF': 'JPEG',
    '\x89PNG\r\n\x1a\n': 'PNG',
    'LUCAM-RECORDER': 'SER',
    'RIFF\0\0\0\0AVI LIST': 'AVI',
    'BM\0\0\0\0\0\0': 'BMP',
  };
  for (const [start, name] of Object.entries(table)) {
    const file = memoryBytes(Buffer.from(start.padEnd(3000, '\x01'), 'latin1'));
    await assert.rejects(readHdus(file), new RegExp(`${name}.*not a FITS file: let the camera program save`), name);
  }
});

test('pictures of other formats in a folder are told once, with what to do', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inputs-'));
  try {
    for (const name of ['a.CR2', 'b.cr2', 'c.NEF', 'd.jpg', 'notes.txt']) writeFileSync(join(folder, name), 'x');
    const alone = await findFrames([folder]);
    assert.match(alone.absent[0]!.reason, /no frames in the folder .*1 \.jpg, 1 \.nef/);
    writeFileSync(join(folder, 'e.fits'), 'x');
    const { paths, absent, passedOver } = await findFrames([folder]);
    assert.deepEqual([paths, absent], [[join(folder, 'e.fits')], []]);
    assert.equal(passedOver.length, 1);
    assert.match(passedOver[0]!, /2 \.cr2, 1 \.jpg, 1 \.nef.*as FITS, 16 bits/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
