import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { memoryBytes } from '../../../base/bytes.ts';
import { Random } from '../../../base/random.ts';
import { dialectTable } from '../../../config/dialects.ts';
import { checkStructure, readHdus } from '../../../pipeline/fits/hdu.ts';
import { BadFits, type FitsLimits } from '../../../pipeline/fits/limits.ts';
import { readTable } from '../../../pipeline/fits/table.ts';
import { identifyFrame, readFrame } from '../../../pipeline/frame/read-frame.ts';
import { fixtureBytes } from '../../support/fits-fixtures.ts';
import { smallFrame } from '../../support/small-frame.ts';
import { mutate } from './mutate.ts';

/*
 * Broken files must end in an outcome with a reason: no crash, no hang over a second, no memory beyond the bound. A mutant
 * is made from its number alone, so a failure repeats with FITS_FUZZ_FROM=<number> FITS_FUZZ_COUNT=1. The long run:
 *   FITS_FUZZ_COUNT=100000 node --test test/faults/fits-fuzz/fits-fuzz.test.ts
 */
const count = Number(process.env.FITS_FUZZ_COUNT ?? 4000);
const from = Number(process.env.FITS_FUZZ_FROM ?? 0);

const limits: FitsLimits = {
  maxHeaderBytes: 288_000,
  maxHdus: 50,
  maxAxes: 16,
  maxPixels: 4_000_000,
  maxCells: 1_000_000,
  maxUnpackedBytes: 8_000_000,
};
/** Pixels of the largest image, its tiles, a table: a few times the bounds above, with the garbage of earlier mutants. */
const mostMemoryBytes = 600e6;

const folder = new URL('../../fixtures/fits/', import.meta.url);
const corpus = [
  ...readdirSync(folder)
    .filter((name) => /(\.fits(\.gz|\.bz2)?|\.xisf)$/.test(name))
    .sort()
    .map(fixtureBytes),
  smallFrame({ seed: 1 }),
];

async function readEverything(bytes: Uint8Array): Promise<{ decoded: boolean; reason: string }> {
  const source = memoryBytes(bytes);
  await checkStructure(source, limits);
  const options = { table: dialectTable, limits, path: 'night/flat/mutant.fits' };
  const identified = await identifyFrame(source, options);
  const frame = await readFrame(source, options);
  try {
    for (const hdu of await readHdus(source, limits)) {
      if (hdu.kind === 'bintable' || hdu.kind === 'table') await readTable(source, hdu, limits);
    }
  } catch (error) {
    if (!(error instanceof BadFits)) throw error;
    assert.ok(error.message.length > 5);
  }
  if (frame.kind === 'frame') {
    // What decodes must have an identity too, and pixels of the size that was promised.
    assert.equal(identified.kind, 'frame');
    assert.equal(frame.image.pixels.length, frame.image.width * frame.image.height);
    return { decoded: true, reason: '' };
  }
  assert.ok(frame.reason.length > 5);
  return { decoded: frame.fault === 'corrupt', reason: frame.reason };
}

test(`${count} mutated files each end in an outcome, within a second and within memory`, async (t) => {
  let decoded = 0;
  let slowestMs = 0;
  let slowest = 0;
  for (let number = from; number < from + count; number++) {
    const random = new Random(number);
    const mutant = mutate(corpus[random.below(corpus.length)]!, random);
    const before = process.cpuUsage();
    try {
      const outcome = await readEverything(mutant);
      if (outcome.decoded) decoded++;
    } catch (cause) {
      throw new Error(`mutant ${number} broke the reader`, { cause });
    }
    const spent = process.cpuUsage(before);
    const spentMs = (spent.user + spent.system) / 1000;
    if (spentMs > slowestMs) [slowestMs, slowest] = [spentMs, number];
    // Processor time, which a busy machine does not stretch; a usual mutant takes a millisecond.
    assert.ok(spentMs < 1000, `mutant ${number} took ${spentMs.toFixed(0)} ms of processor time`);
    if (number % 200 === 0) {
      const { rss } = process.memoryUsage();
      assert.ok(rss < mostMemoryBytes, `${(rss / 1e6).toFixed(0)} MB after mutant ${number}`);
    }
  }
  t.diagnostic(`${decoded} reached their pixels; slowest: mutant ${slowest}, ${slowestMs.toFixed(0)} ms`);
  assert.ok(count < 1000 || decoded >= 0.3 * count, `only ${decoded} of ${count} mutants reached their pixels`);
});
