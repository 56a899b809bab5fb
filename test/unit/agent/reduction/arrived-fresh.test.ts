import assert from 'node:assert/strict';
import test from 'node:test';
import { arrivedFresh } from '../../../../agent/reduction/job-of.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';
import { memoryFrames } from '../../../support/memory-frames.ts';

const facts = resolveHeader(headerFromText('EXPTIME = 60'), dialectTable);

/** Frames of 60 s whose files were written at these seconds, all seen at the same moment. */
function written(...seconds: number[]) {
  const { frames } = memoryFrames();
  const seen = frames.see(
    'main',
    seconds.map((s, i) => ({ path: `/${i}.fits`, sizeBytes: 2880, mtimeMs: s * 1000 })),
  ).fresh;
  return seen.map((frame) => arrivedFresh({ ...frame, seenAtMs: seconds.at(-1)! * 1000 + 500 }, facts, { frames }));
}

test('frames written as a camera writes them arrive fresh', () => {
  assert.deepEqual(written(1000, 1062, 1125), [true, true, true]);
});

test('frames written together were copied, and one found long after it was written is old', () => {
  assert.deepEqual(written(1000, 1001, 1003), [false, false, false]);
  assert.deepEqual(written(1000, 9000), [false, true]);
});
