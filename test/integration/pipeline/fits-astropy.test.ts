import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { openFile } from '../../../base/file-bytes.ts';
import { chooseImage, readHdus } from '../../../pipeline/fits/hdu.ts';
import { decodeImage } from '../../../pipeline/fits/image.ts';
import { unpack } from '../../../pipeline/fits/unpack.ts';
import { encodeFits } from '../../../pipeline/fits/write.ts';
import { realData, withPrograms, withPython, withRealData } from '../../support/outside.ts';

const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-fits-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const python = (script: string, ...args: string[]) =>
  execFileSync('/usr/bin/python3', ['-W', 'ignore', '-c', script, ...args], { cwd: folder, maxBuffer: 1 << 28 });

/** Physical float32 pixels of the image we would choose, and those of the given raw float32 file; returns how many differ. */
async function differences(file: string, reference: Float32Array): Promise<number> {
  const opened = await openFile(file);
  try {
    const source = await unpack(opened);
    const { pixels } = await decodeImage(source, chooseImage(await readHdus(source))!);
    assert.equal(pixels.length, reference.length, file);
    let n = 0;
    for (let i = 0; i < pixels.length; i++) if (!Object.is(pixels[i]! + 0, reference[i]! + 0)) n++;
    return n;
  } finally {
    await opened.close();
  }
}

const floats = (file: string) => new Float32Array(new Uint8Array(readFileSync(file)).buffer);

/** Writes the first image of each file as raw float32, named by its place in the list. */
const dumpAll = `
import os, sys
import numpy as np
from astropy.io import fits
for i, name in enumerate(sys.argv[2:]):
    path = os.path.join(sys.argv[1], name)
    with fits.open(path, ignore_missing_simple=True) as hdus:
        image = next(h for h in hdus if h.is_image and h.header.get('NAXIS', 0) >= 2)
        scale, zero = image.header.get('BSCALE', 1), image.header.get('BZERO', 0)
        data = image.data.astype('f8')
        if scale != 1:  # astropy scales 16-bit integers in single precision
            data = fits.getdata(path, do_not_scale_image_data=True).astype('f8') * scale + zero
        while data.ndim > 2:
            data = data[0]
        data.astype('f4').tofile(f'real-{i}.f4')
`;

test('every real frame decodes to the very pixels astropy gives', {
  skip: withRealData.skip || withPython('astropy', 'numpy').skip,
  timeout: 240_000,
}, async () => {
  const files = readdirSync(realData!, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(ccd-frames|focus-c8|hatp32-microobs|compressed).*\.(fits|fit|fz|bz2)$/i.test(name))
    .sort();
  assert.ok(files.length > 70, `${files.length} files`);
  python(dumpAll, realData!, ...files);
  for (const [i, name] of files.entries()) {
    assert.equal(await differences(join(realData!, name), floats(join(folder, `real-${i}.f4`))), 0, name);
  }
});

test('fpack files of every method decode to what funpack restores', withPrograms('fpack', 'funpack'), async () => {
  const width = 147;
  const height = 101;
  const scene = Float32Array.from({ length: width * height }, (_, i) => {
    const x = (i % width) - 40;
    const y = Math.floor(i / width) - 30;
    // A fixed pattern that looks like noise: compression must meet high bits as well as low ones.
    return 1000 + 200 * Math.exp(-(x * x + y * y) / 50) + 40 * Math.sin(i * i * 0.37) + ((i * 7919) % 23);
  });
  const images = {
    u8: Uint8Array.from(scene, (value) => value / 8),
    i16: Int16Array.from(scene, (value) => value - 1100),
    u16: Uint16Array.from(scene, (value) => value * 30),
    i32: Int32Array.from(scene, (value) => value * 1e4),
    f32: scene.map((value, i) => (i % 97 === 5 ? Number.NaN : i % 31 === 0 ? 0 : value)),
    f64: Float64Array.from(scene),
  };
  const methods = [
    ['-r'],
    ['-g'],
    ['-g2'],
    ['-h'],
    ['-h', '-s', '3'],
    ['-w'],
    ['-qz', '8'],
    ['-qt', '8'],
    ['-qn', '-5'],
    ['-q', '0', '-g'],
  ];
  for (const [type, pixels] of Object.entries(images)) {
    const source = join(folder, 'source.fits');
    writeFileSync(source, Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels }])));
    for (const method of methods) {
      if (method[0]!.startsWith('-q') && !type.startsWith('f')) continue;
      const name = `${type}${method.join('')}`;
      const packed = join(folder, `${name}.fits.fz`);
      execFileSync('fpack', [...method, '-O', packed, source]);
      const restored = join(folder, `${name}.fits`);
      execFileSync('funpack', ['-O', restored, packed]);
      const opened = await openFile(restored);
      const [hdu] = await readHdus(opened);
      const reference = await decodeImage(opened, hdu!);
      await opened.close();
      assert.equal(await differences(packed, reference.pixels), 0, name);
    }
  }
});

test('what we write passes fitsverify without an error or a warning', withPrograms('fitsverify'), () => {
  const file = join(folder, 'written.fits');
  const cards = [
    { keyword: 'OBJECT', value: "Barnard's star", comment: 'with a quote' },
    { keyword: 'LONG', value: 'a long string '.repeat(12), comment: 'continued' },
    { keyword: 'EXPTIME', value: 30.5, comment: '[s] exposure' },
    { keyword: 'SMALL', value: 1.25e-300 },
    { keyword: 'HISTORY', value: undefined, comment: 'made by a test '.repeat(9) },
    { keyword: 'a keyword of words', value: 7 },
  ];
  const pixels = Float32Array.from({ length: 12 }, (_, i) => (i === 3 ? Number.NaN : i * 1.5));
  writeFileSync(
    file,
    Buffer.concat(
      encodeFits([
        { kind: 'image', width: 4, height: 3, pixels, cards },
        { kind: 'image', width: 4, height: 3, pixels: Uint16Array.from(pixels, (value) => value || 0), name: 'DQ' },
        {
          kind: 'table',
          name: 'CAT',
          cards,
          columns: [
            { name: 'x', unit: 'pix', values: Float64Array.from([1.5, Number.NaN]) },
            { name: 'flags', values: Int32Array.from([4, -1]) },
            { name: 'name', values: ['a', 'long name'] },
            { name: 'ok', values: [true, false] },
          ],
        },
        { kind: 'table', name: 'EMPTY', columns: [{ name: 'x', values: new Float64Array(0) }] },
      ]),
    ),
  );
  assert.match(execFileSync('fitsverify', [file], { encoding: 'utf8' }), /found 0 warning\(s\) and 0 error\(s\)/);
});

test('astropy reads what we write', withPython('astropy', 'numpy'), () => {
  const file = join(folder, 'for-astropy.fits');
  const values = Uint16Array.from([0, 1, 40000, 65535, 5, 6]);
  const columns = [
    { name: 'ra', unit: 'deg', values: Float64Array.from([1.25, 359.5]) },
    { name: 'name', values: ['a', 'bcd'] },
  ];
  writeFileSync(
    file,
    Buffer.concat(
      encodeFits([
        { kind: 'image', width: 3, height: 2, pixels: values, cards: [{ keyword: 'LONG', value: 'x'.repeat(200) }] },
        { kind: 'table', columns },
      ]),
    ),
  );
  const answer = python(
    `import sys, json
from astropy.io import fits
with fits.open(sys.argv[1], checksum=False) as h:
    h.verify('exception')
    print(json.dumps([h[0].data.ravel().tolist(), len(h[0].header['LONG']), h[1].data['ra'].tolist(), h[1].data['name'].tolist()]))`,
    file,
  );
  assert.deepEqual(JSON.parse(answer.toString()), [[...values], 200, [1.25, 359.5], ['a', 'bcd']]);
});
