import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryBytes, readAhead } from '../../../base/bytes.ts';

const bytes = Uint8Array.from({ length: 100 }, (_, k) => k);

describe('bytes', () => {
  it('in memory are read at any place, and end where they end', async () => {
    const source = memoryBytes(bytes);
    assert.equal(source.size, 100);
    assert.deepEqual([...(await source.read(10, 3))], [10, 11, 12]);
    assert.deepEqual([...(await source.read(98, 5))], [98, 99]);
    assert.equal((await source.read(100, 5)).length, 0);
  });

  it('read ahead are the same, with a read of the source only where the window ends', async () => {
    const reads: [number, number][] = [];
    const source = memoryBytes(bytes);
    const counted = {
      size: source.size,
      read(offset: number, length: number) {
        reads.push([offset, length]);
        return source.read(offset, length);
      },
    };
    const ahead = readAhead(counted, 10);
    assert.equal(ahead.size, 100);
    const same = async (offset: number, length: number) =>
      assert.deepEqual(await ahead.read(offset, length), await source.read(offset, length), `${length} at ${offset}`);
    for (const [offset, length] of [
      [20, 4],
      [24, 6],
      [20, 10],
      [29, 2],
      [28, 3],
      [40, 30],
      [39, 1],
      [95, 10],
    ] as const)
      await same(offset, length);
    assert.deepEqual(reads, [
      [20, 10],
      [29, 10],
      [28, 10],
      [40, 30],
      [39, 10],
      [95, 10],
    ]);
  });
});
