import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import type { FileState } from '../../../agent/intake/file-state.ts';
import { temporaryFolder } from '../../support/parcels.ts';

const block = 2880;
const mb = 1e6;

/** Writes a FITS image of 16-bit zeros, gzipped: it shrinks to a thousandth. */
async function writeZeros(path: string, width: number, height: number): Promise<void> {
  const cards = ['SIMPLE  =                    T', 'BITPIX  =                   16', 'NAXIS   =                    2'];
  cards.push(`NAXIS1  = ${String(width).padStart(20)}`, `NAXIS2  = ${String(height).padStart(20)}`, 'END');
  const bytes = async function* () {
    yield Buffer.from(
      cards
        .map((card) => card.padEnd(80))
        .join('')
        .padEnd(block),
    );
    const dataBytes = Math.ceil((2 * width * height) / block) * block;
    for (let left = dataBytes; left > 0; left -= mb) yield Buffer.alloc(Math.min(mb, left));
  };
  await pipeline(Readable.from(bytes()), createGzip({ level: 1 }), createWriteStream(path));
}

async function statesOf(...paths: string[]): Promise<{ states: FileState[]; maxRssMb: number }> {
  const script = join(import.meta.dirname, 'inflated.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...paths]);
  return JSON.parse(stdout) as { states: FileState[]; maxRssMb: number };
}

describe('small files that inflate to huge ones', () => {
  it('are looked at one at a time, each in its own size of memory', async (t) => {
    const folder = temporaryFolder(t);
    const paths = [1, 2, 3, 4, 5, 6].map((n) => join(folder, `${n}.fits.gz`));
    for (const path of paths) await writeZeros(path, 8000, 8000); // 128 MB
    const { states, maxRssMb } = await statesOf(...paths);
    assert.deepEqual(new Set(states.map(({ kind }) => kind)), new Set(['whole']));
    // One content of 128 MB, one more that the collector has not yet freed, and the program itself.
    assert.ok(maxRssMb < 2 * 128 + 200, `${maxRssMb.toFixed(0)} MB`);
  });

  it('beyond the limit are refused, whatever size they state', async (t) => {
    const path = join(temporaryFolder(t), 'bomb.fits.gz');
    await writeZeros(path, 25_000, 24_000); // 1.2 GB
    const { states } = await statesOf(path);
    assert.equal(states[0]!.kind, 'unfit');
    assert.match((states[0] as { reason: string }).reason, /unpacks to more than 1000000000 bytes/);
  });
});
