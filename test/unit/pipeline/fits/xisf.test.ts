import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryBytes } from '../../../../base/bytes.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { decodeLz4 } from '../../../../pipeline/fits/lz4.ts';
import { unpack } from '../../../../pipeline/fits/unpack.ts';
import { identifyFrame } from '../../../../pipeline/frame/read-frame.ts';
import { fixture, fixtureBytes } from '../../../support/fits-fixtures.ts';

/** The fixture with one piece of its XML header replaced by another of the same length at most. */
function changed(name: string, from: string, to: string): Uint8Array {
  const text = Buffer.from(fixtureBytes(name)).toString('latin1');
  assert.ok(text.includes(from) && to.length <= from.length);
  return Buffer.from(text.replace(from, to.padEnd(from.length)), 'latin1');
}

test('the keywords and the colour mosaic of an XISF file are understood like those of a FITS file', async () => {
  const outcome = await identifyFrame(fixture('u16.xisf'), { table: dialectTable });
  assert.ok(outcome.kind === 'frame');
  const { facts, header } = outcome;
  assert.equal(facts.kind.value, 'light');
  assert.equal(facts.exposureS?.value, 30.5);
  assert.equal(facts.object?.value, "O'Brien & Co");
  assert.equal(header.card('EXPTIME')?.comment, '[s] "Exposure" duration');
  assert.deepEqual(facts.bayer?.value, { pattern: 'GRBG', headerPattern: 'GRBG', rowOrder: 'TOP-DOWN' });
});

test('the type of an XISF image stands in for a missing IMAGETYP', async () => {
  const plain = Buffer.from(fixtureBytes('u16.xisf')).toString('latin1');
  const keyword = '<FITSKeyword name="IMAGETYP" value="\'LIGHT\'" comment="Type of exposure"/>';
  assert.ok(plain.includes(keyword));
  const without = plain.replace(keyword, ' '.repeat(keyword.length - 24));
  const typed = without.replace('colorSpace="Gray"', 'colorSpace="Gray" imageType="MasterDark"').padEnd(plain.length);
  const at = typed.indexOf('</xisf>') + 7;
  const bytes = Buffer.from(typed, 'latin1');
  assert.ok(at < 4096);
  const outcome = await identifyFrame(memoryBytes(bytes), { table: dialectTable });
  assert.ok(outcome.kind === 'frame');
  assert.deepEqual([outcome.facts.kind.value, outcome.facts.isMaster], ['dark', true]);
});

test('an exposure keeps its identity however XISF packs it', async () => {
  const ids = [];
  for (const name of ['u16.xisf', 'u16-zlib-shuffled.xisf', 'u16-lz4-shuffled.xisf']) {
    const outcome = await identifyFrame(fixture(name), { table: dialectTable });
    assert.ok(outcome.kind === 'frame');
    ids.push(outcome.exposureId);
  }
  assert.equal(new Set(ids).size, 1);
});

test('three colours are a debayered image', async () => {
  const bytes = changed('u16.xisf', 'geometry="24:17:1"', 'geometry="8:17:3"');
  const outcome = await identifyFrame(memoryBytes(bytes), { table: dialectTable });
  assert.ok(outcome.kind === 'frame');
  assert.deepEqual(
    outcome.facts.refusals.map((refusal) => refusal.code),
    ['debayered'],
  );
});

test('broken XISF files say what is wrong', async () => {
  const faultOf = (bytes: Uint8Array) =>
    unpack(memoryBytes(bytes)).then(
      () => 'none',
      (error: { fault?: string }) => error.fault,
    );
  const whole = fixtureBytes('u16-lz4.xisf');
  assert.equal(await faultOf(whole.subarray(0, 12)), 'truncated');
  assert.equal(await faultOf(whole.subarray(0, 300)), 'truncated');
  assert.equal(await faultOf(whole.subarray(0, whole.length - 1)), 'truncated');
  assert.equal(await faultOf(changed('u16.xisf', '24:17:1', '0:17:1')), 'header-broken');
  assert.equal(await faultOf(changed('u16.xisf', '24:17:1', '99999:9')), 'header-broken');
  assert.equal(await faultOf(changed('u16.xisf', 'UInt16', 'Cube9')), 'unsupported');
  assert.equal(await faultOf(changed('u16-lz4.xisf', 'lz4:816', 'zip:816')), 'unsupported');
  assert.equal(await faultOf(changed('u16-lz4.xisf', 'lz4:816', 'lz4:815')), 'header-broken');
  const damaged = Uint8Array.from(whole);
  damaged.fill(255, 4096);
  assert.equal(await faultOf(damaged), 'corrupt');
});

test('LZ4: literals, a match that overlaps itself, long lengths', () => {
  // "abc", then a match of 9 bytes from 3 back, then "xyz!!" as last literals.
  const block = Uint8Array.from([0x35, 97, 98, 99, 3, 0, 0x50, 120, 121, 122, 33, 33]);
  assert.equal(Buffer.from(decodeLz4(block, 17)).toString(), 'abcabcabcabcxyz!!');
  const run = Uint8Array.from([0x1f, 7, 1, 0, 255, 20, 0x10, 9]);
  assert.deepEqual(decodeLz4(run, 1 + 294 + 1), new Uint8Array(296).fill(7, 0, 295).fill(9, 295));
  assert.throws(() => decodeLz4(block, 16), { fault: 'corrupt' });
  assert.throws(() => decodeLz4(Uint8Array.from([0x10, 1, 9, 0]), 20), { fault: 'corrupt' });
});
