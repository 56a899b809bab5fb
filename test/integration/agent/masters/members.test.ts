import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { versionOf } from '../../../../agent/intake/file-state.ts';
import { openMembers } from '../../../../agent/masters/members.ts';
import { encodeFits } from '../../../../pipeline/fits/write.ts';
import { amplifierFile, quarters } from '../../../support/amplifiers.ts';

const [width, height] = [64, 48];
const level = (i: number) => 1000 + (i % 13);
const truth = Float32Array.from({ length: width * height }, (_, i) => level(i));
const cards = [{ keyword: 'IMAGETYP', value: 'Bias Frame' }];
const single = (pixels: Int16Array | Float32Array | Uint16Array) =>
  Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels, cards }]));

/** Two runs of rows of a calibration frame with these bytes, as masters are combined from. */
async function rowsOf(bytes: Buffer): Promise<{ rows: Float32Array; reasons: string[]; left: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'members-'));
  try {
    const path = join(folder, 'bias.fits');
    writeFileSync(path, bytes);
    const spool = mkdtempSync(join(folder, 'spool-'));
    const version = versionOf(statSync(path));
    const opened = await openMembers([{ path, exposureId: 'x', version }], spool);
    const rows = new Float32Array(width * height);
    const [member] = opened.members;
    await member?.readRows(0, 20, rows);
    await member?.readRows(20, height, rows.subarray(20 * width));
    await opened.close();
    return { rows, reasons: opened.rejected.map(({ reason }) => reason), left: readdirSync(spool) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('calibration frames of amplifiers are put together as light frames are, and leave nothing behind', async () => {
  const amplifiers = quarters(width, height, (k) => ({ biasAdu: 300 + 40 * k, overscanPx: 8 }));
  const { rows, left } = await rowsOf(amplifierFile(width, truth, amplifiers, cards));
  assert.deepEqual(rows, truth);
  assert.deepEqual(left, []);
});

test('calibration frames with counts stored wrongly are mended as light frames are', async () => {
  const stored: Record<string, Buffer> = {
    'with BZERO': single(Uint16Array.from(truth)),
    'without BZERO': single(Int16Array.from(truth, (adu) => adu - 32768)),
    fractions: single(truth.map((adu) => adu / 65535)),
    floats: single(truth),
  };
  for (const [name, bytes] of Object.entries(stored)) {
    const { rows, left } = await rowsOf(bytes);
    assert.deepEqual(rows, truth, name);
    assert.deepEqual(left, [], name);
  }
});

test('a flat across half of the range is one level again', async () => {
  const flat = truth.map((adu, i) => adu + 31_500 + 20 * (i % width));
  const { rows } = await rowsOf(single(Int16Array.from(flat, (adu) => (adu > 32767 ? adu - 65536 : adu))));
  assert.deepEqual(rows, flat);
});

test('a flat of negative counts that could be two things is left out with the reason', async () => {
  const { reasons, left } = await rowsOf(single(Int16Array.from(truth, (adu) => adu + 39_000 - 65_536)));
  assert.match(reasons.join(), /no card tells which/);
  assert.deepEqual(left, []);
});
