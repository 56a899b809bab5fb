import assert from 'node:assert/strict';
import test from 'node:test';
import { threadedCrew } from '../../../../agent/reduction/threads.ts';
import { memoryBytes } from '../../../../base/bytes.ts';
import { Random } from '../../../../base/random.ts';
import { chooseImage, imageHeader, readHdus } from '../../../../pipeline/fits/hdu.ts';
import { decodeImage, decodeRows, imageBytes } from '../../../../pipeline/fits/image.ts';
import { unpack } from '../../../../pipeline/fits/unpack.ts';
import { encodeFits } from '../../../../pipeline/fits/write.ts';
import { exposureId } from '../../../../pipeline/header/identity.ts';
import { expectedPixels, fixture, fixtureBytes } from '../../../support/fits-fixtures.ts';

async function decode(name: string) {
  const source = await unpack(fixture(name));
  const hdus = await readHdus(source);
  const hdu = chooseImage(hdus)!;
  return { source, hdus, hdu, image: await decodeImage(source, hdu) };
}

for (const [name, expected] of Object.entries(expectedPixels)) {
  test(`${name}: pixel for pixel as astropy reads it`, async () => {
    const { image } = await decode(name);
    assert.equal(image.pixels.length, expected.length);
    expected.forEach((value, i) => {
      // Single precision is what the pipeline keeps; equal means equal to the last bit of it.
      assert.ok(Object.is(image.pixels[i]! + 0, value === null ? Number.NaN : Math.fround(value) + 0), `pixel ${i}`);
    });
  });
}

test('files packed as a whole give the same pixels', async () => {
  const plain = await decode('u16.fits');
  for (const name of ['u16.fits.gz', 'u16.fits.bz2']) {
    assert.deepEqual((await decode(name)).image.pixels, plain.image.pixels, name);
  }
});

test('rows decode alone, from plain and from tiled images', async () => {
  for (const name of ['u16.fits', 'rice_1-u16.fits', 'gzip_2-i32.fits']) {
    const { source, hdu, image } = await decode(name);
    const rows = new Float32Array(24 * 4);
    await decodeRows(source, hdu, 7, 11, rows);
    assert.deepEqual(rows, Float32Array.from(image.pixels.subarray(7 * 24, 11 * 24)), name);
  }
});

test('large images are the same by several threads, or end where the file does', async () => {
  const [width, height] = [2400, 1900];
  const random = new Random(3);
  const integers = new Uint16Array(width * height).map(() => random.uint32() & 0xffff);
  const crew = threadedCrew(2);
  try {
    for (const pixels of [integers, Int32Array.from(integers, (v) => 1000 * v)]) {
      const source = memoryBytes(Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels, cards: [] }])));
      const hdu = chooseImage(await readHdus(source))!;
      const alone = await decodeImage(source, hdu);
      assert.deepEqual((await decodeImage(source, hdu, { crew })).pixels, alone.pixels);
      const cut = {
        size: source.size,
        read: (at: number, n: number) => source.read(at, Math.min(n, Math.max(0, 8_500_000 - at))),
      };
      await assert.rejects(decodeImage(cut, hdu, { crew }), { fault: 'truncated' });
    }
  } finally {
    await crew.close();
  }
});

test('an exposure keeps its identity through packing, extensions and new cards', async () => {
  const idOf = async (name: string) => {
    const { source, hdus, hdu } = await decode(name);
    return exposureId(imageBytes(source, hdu), imageHeader(hdus, hdu));
  };
  const plain = await idOf('u16.fits');
  assert.match(plain, /^[0-9a-f]{64}$/);
  for (const name of [
    'rice_1-u16.fits',
    'gzip_1-u16.fits',
    'gzip_2-u16.fits',
    'hcompress_1-u16.fits',
    'u16.fits.bz2',
    'extensions.fits',
  ]) {
    assert.equal(await idOf(name), plain, name);
  }
  assert.notEqual(await idOf('i16.fits'), plain);
});

test('broken streams say what is wrong', async () => {
  const gz = fixtureBytes('u16.fits.gz');
  await assert.rejects(unpack(memoryBytes(gz.subarray(0, gz.length - 20))), { fault: 'truncated' });
  const damaged = Uint8Array.from(gz);
  damaged[60] = damaged[60]! ^ 0xff;
  await assert.rejects(unpack(memoryBytes(damaged)), /gzip/);
  const bz = fixtureBytes('u16.fits.bz2');
  await assert.rejects(unpack(memoryBytes(bz.subarray(0, bz.length - 9))), { fault: 'truncated' });
  const tight = { maxHeaderBytes: 1e6, maxHdus: 9, maxAxes: 3, maxPixels: 1e6, maxCells: 1e6, maxUnpackedBytes: 3000 };
  await assert.rejects(unpack(memoryBytes(gz), tight), { fault: 'too-large' });
  await assert.rejects(unpack(memoryBytes(bz), tight), { fault: 'too-large' });
});

test('a tile cut short is corrupt, not silently zero', async () => {
  const bytes = Uint8Array.from(fixtureBytes('rice_1-i16.fits'));
  const source = memoryBytes(bytes);
  const hdus = await readHdus(source);
  const hdu = chooseImage(hdus)!;
  // The first descriptor of the tile table: its length is made one byte.
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(hdu.dataOffset, 1);
  await assert.rejects(decodeImage(source, hdu), { fault: 'corrupt' });
});
