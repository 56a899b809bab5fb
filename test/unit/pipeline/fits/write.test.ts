import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryBytes } from '../../../../base/bytes.ts';
import { readHdus } from '../../../../pipeline/fits/hdu.ts';
import { decodeImage } from '../../../../pipeline/fits/image.ts';
import { readTable } from '../../../../pipeline/fits/table.ts';
import { encodeFits } from '../../../../pipeline/fits/write.ts';
import { formatCard } from '../../../../pipeline/fits/write-card.ts';

test('images of every type come back as they went', async () => {
  const values = [0, 1, 100, 255];
  const arrays = [
    Uint8Array.from(values),
    Int16Array.from([-32768, 32767, -1, 0]),
    Uint16Array.from([0, 65535, 32768, 1]),
    Int32Array.from([-2147483648, 2147483520, 7, 0]),
    Uint32Array.from([0, 4294967040, 2147483648, 1]),
    Float32Array.from([1.5, Number.NaN, -0.25, 3e38]),
    Float64Array.from([1.5, Number.NaN, -0.25, 3e30]),
  ];
  for (const pixels of arrays) {
    const source = memoryBytes(Buffer.concat(encodeFits([{ kind: 'image', width: 2, height: 2, pixels }])));
    const [hdu] = await readHdus(source);
    const decoded = await decodeImage(source, hdu!);
    assert.deepEqual(decoded.pixels.slice(), Float32Array.from(pixels), pixels.constructor.name);
    assert.equal(source.size % 2880, 0);
  }
});

test('cards come back: long strings, quotes, accents, small and large numbers, long keywords', async () => {
  const cards = [
    { keyword: 'LONG', value: `it's ${'long '.repeat(40)}end`, comment: 'a comment' },
    { keyword: 'OBJECT', value: "Barnard's" },
    { keyword: 'OBSERVER', value: 'José Łuk' },
    { keyword: 'TINY', value: 1.25e-300 },
    { keyword: 'LARGE', value: 1e21 },
    { keyword: 'COUNT', value: -7 },
    { keyword: 'FLAG', value: false },
    { keyword: 'NOTHING', value: undefined },
    { keyword: 'A long keyword', value: 3 },
  ];
  const source = memoryBytes(Buffer.concat(encodeFits([{ kind: 'empty', cards }])));
  const [hdu] = await readHdus(source);
  const value = (keyword: string) => hdu!.header.value(keyword);
  assert.equal(value('LONG'), cards[0]!.value);
  assert.equal(hdu!.header.card('LONG')?.comment, 'a comment');
  assert.equal(value('OBJECT'), "Barnard's");
  assert.equal(value('OBSERVER'), 'Jose ?uk');
  assert.deepEqual(['TINY', 'LARGE', 'COUNT', 'FLAG', 'NOTHING', 'A LONG KEYWORD'].map(value), [
    1.25e-300,
    1e21,
    -7,
    false,
    undefined,
    3,
  ]);
});

test('what FITS cannot hold is refused, and every card has 80 ASCII characters', () => {
  assert.throws(() => formatCard({ keyword: 'BAD', value: Number.NaN }), { fault: 'unsupported' });
  for (const text of formatCard({ keyword: 'K', value: `${"'".repeat(90)}ß`, comment: 'c'.repeat(90) })) {
    assert.match(text, /^[\x20-\x7e]{80}$/);
  }
});

test('tables come back', async () => {
  const source = memoryBytes(
    Buffer.concat(
      encodeFits([
        { kind: 'empty' },
        {
          kind: 'table',
          name: 'CAT',
          columns: [
            { name: 'x', unit: 'pix', values: Float64Array.from([1.5, Number.NaN]) },
            { name: 'flags', values: Int32Array.from([4, -1]) },
            { name: 'name', values: ['a', 'long name'] },
            { name: 'ok', values: [true, false] },
          ],
        },
      ]),
    ),
  );
  const [, hdu] = await readHdus(source);
  const { columns } = await readTable(source, hdu!);
  assert.deepEqual(
    columns.map((column) => column.data.values),
    [Float64Array.from([1.5, Number.NaN]), Float64Array.from([4, -1]), ['a', 'long name'], [true, false]],
  );
});
