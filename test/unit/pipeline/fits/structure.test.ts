import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryBytes } from '../../../../base/bytes.ts';
import { checkStructure, chooseImage, readHdus } from '../../../../pipeline/fits/hdu.ts';
import { imageFacts } from '../../../../pipeline/fits/image.ts';
import { BadFits } from '../../../../pipeline/fits/limits.ts';
import { fixtureBytes } from '../../../support/fits-fixtures.ts';

const whole = fixtureBytes('extensions.fits');
const faultOf = async (bytes: Uint8Array) =>
  readHdus(memoryBytes(bytes)).then(
    () => 'none',
    (error) => (error instanceof BadFits ? error.fault : String(error)),
  );
const withCard = (keyword: string, value: string) => {
  const text = Buffer.from(fixtureBytes('u16.fits')).toString('latin1');
  const at = text.indexOf(`${keyword.padEnd(8)}=`);
  assert.ok(at >= 0);
  return Buffer.from(
    `${text.slice(0, at)}${`${keyword.padEnd(8)}= ${value}`.padEnd(80)}${text.slice(at + 80)}`,
    'latin1',
  );
};

test('a file is complete exactly when its last block is there', async () => {
  assert.equal((await checkStructure(memoryBytes(whole))).complete, true);
  // 4320 bytes end within the second header. At the exact end of an HDU nothing tells that more will come: hence two looks.
  for (const size of [0, 1, 40, 2879, 2880 - 80, 4320, whole.length - 2880, whole.length - 1]) {
    const verdict = await checkStructure(memoryBytes(whole.subarray(0, size)));
    assert.equal(verdict.complete, false, `${size} bytes`);
    assert.ok(!verdict.complete && verdict.waiting, `${size} bytes: more may come`);
  }
});

test('space that is reserved but not written yet is waited for, another kind of file is not', async () => {
  const reserved = await checkStructure(memoryBytes(new Uint8Array(8640)));
  assert.ok(!reserved.complete && reserved.waiting);
  const jpeg = await checkStructure(memoryBytes(Buffer.from('\xff\xd8\xff\xe0 JFIF'.padEnd(9000), 'latin1')));
  assert.ok(!jpeg.complete && !jpeg.waiting);
  assert.match(jpeg.reason, /not a FITS file/);
});

test('junk after the last HDU, NUL padding of the header and missing last padding do not hinder reading', async () => {
  const junk = Buffer.concat([whole, Buffer.from('some program left this behind')]);
  assert.equal((await readHdus(memoryBytes(junk))).length, 3);
  const text = Buffer.from(fixtureBytes('u16.fits'));
  const end = text.indexOf('END'.padEnd(80)) + 3;
  text.fill(0, end, 2880);
  assert.equal(await faultOf(text), 'none');
  assert.equal(await faultOf(fixtureBytes('u16.fits').subarray(0, 2880 + 24 * 17 * 2)), 'none');
});

test('impossible headers are refused before anything is allocated', async () => {
  assert.equal(await faultOf(withCard('BITPIX', '17')), 'header-broken');
  assert.equal(await faultOf(withCard('NAXIS', '-1')), 'header-broken');
  assert.equal(await faultOf(withCard('NAXIS', "'two'")), 'header-broken');
  assert.equal(await faultOf(withCard('NAXIS1', '-24')), 'header-broken');
  assert.equal(await faultOf(withCard('NAXIS1', '1e300')), 'header-broken');
  assert.equal(await faultOf(withCard('NAXIS1', '9007199254740991')), 'too-large');
  assert.equal(await faultOf(withCard('NAXIS1', '100000')), 'truncated');
  assert.equal(await faultOf(Buffer.alloc(0)), 'empty');
});

test('a header without end is bounded', async () => {
  const endless = Buffer.from(`${'SIMPLE  = T'.padEnd(80)}${'A       = 1'.padEnd(80).repeat(60_000)}`);
  assert.equal(await faultOf(endless), 'too-large');
});

test('the first image is chosen, in an extension too, and is measured against the bounds', async () => {
  const hdus = await readHdus(memoryBytes(whole));
  const image = chooseImage(hdus);
  assert.equal(image?.name, 'SCI');
  const facts = imageFacts(image!);
  assert.deepEqual([facts.width, facts.height, facts.nPlanes, facts.bitpix], [24, 17, 1, 16]);
  const small = { maxHeaderBytes: 1e6, maxHdus: 10, maxAxes: 3, maxPixels: 400, maxCells: 10, maxUnpackedBytes: 1e6 };
  assert.throws(() => imageFacts(image!, small), { fault: 'too-large' });
});
