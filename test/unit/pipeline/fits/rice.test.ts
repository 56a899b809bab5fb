import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeRice, type RiceBytesPerPixel } from '../../../../pipeline/fits/tiles/rice.ts';

/** Bits as they stand in a tile, blanks for the eye; the last byte is filled up with zeros. */
function tile(bits: string): Uint8Array {
  const stream = bits.replaceAll(' ', '');
  return Uint8Array.from({ length: Math.ceil(stream.length / 8) }, (_, k) =>
    Number.parseInt(stream.slice(8 * k, 8 * k + 8).padEnd(8, '0'), 2),
  );
}

function decode(bits: string, bytesPerPixel: RiceBytesPerPixel, count: number, blockSize = 32): number[] {
  const out = new Int32Array(count);
  decodeRice(tile(bits), bytesPerPixel, blockSize, out, count);
  return [...out];
}

// Worked out by hand from section 10.4.1 of the FITS Standard 4.0: a difference d is folded to 2d, or to -2d - 1 where it
// is negative; a block begins with the number of its low bits plus one; the rest of a value is unary, zeros and a one.

test('a byte that runs over its end comes back at the other one', () => {
  // 250; differences 0, +10 (folded 20), -10 (folded 19) with three low bits: 260 is 4 in a byte, and 4 - 10 is 250.
  assert.deepEqual(decode('11111010 100 1000 001100 001011', 1, 3), [250, 4, 250]);
});

test('sixteen bits run over from the highest number to the lowest', () => {
  // 32767; differences 0, +1 (folded 2), -1 (folded 1) with no low bits.
  assert.deepEqual(decode('0111111111111111 0001 1 001 01', 2, 3), [32767, -32768, 32767]);
});

test('blocks that do not change, and blocks that are not coded, stand among coded ones', () => {
  // 7; a block of two with no difference; one verbatim: folded 200 (+100) and 199 (-100); one with two low bits: 4 (+2).
  const bits = '00000111 000 111 11001000 11000111 011 0100 100';
  assert.deepEqual(decode(bits, 1, 6, 2), [7, 7, 107, 7, 9, 9]);
});

test('a tile that ends early, and one with an impossible number of low bits, are corrupt', () => {
  const corrupt = { fault: 'corrupt' };
  assert.throws(() => decode('', 1, 1), corrupt);
  assert.throws(() => decode('00000111', 1, 1), corrupt);
  assert.throws(() => decode('00000111 00000000', 2, 2), corrupt);
  // The unary part, the low bits and a verbatim value, each without its end.
  assert.throws(() => decode('00000111 001 00000', 1, 1), corrupt);
  assert.throws(() => decode('00000111 110 00001', 1, 1), corrupt);
  assert.throws(() => decode('00000111 111 11001', 1, 1), corrupt);
  assert.throws(() => decode(`${'0'.repeat(32)} 11111 000`, 4, 1), { ...corrupt, message: /30 low bits/ });
});
