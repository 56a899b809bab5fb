import { BadFits } from '../limits.ts';

/** Bits that tell the coding of a block, and the code that means "not coded", by bytes per pixel (Standard 4.0, 10.4.1). */
const parameters = {
  1: { selectBits: 3, verbatim: 6 },
  2: { selectBits: 4, verbatim: 14 },
  4: { selectBits: 5, verbatim: 25 },
} as const;

export type RiceBytesPerPixel = keyof typeof parameters;

/**
 * Unpacks `count` integers of a RICE_1 tile (FITS Standard 4.0, section 10.4.1; Rice, Yeh & Miller 1993): the first value
 * verbatim, then differences folded to non-negative numbers, in blocks that share the number of low bits kept as they
 * are while the rest is unary. Bytes are unsigned, wider integers signed. Throws `BadFits` (corrupt) when the
 * tile ends early or holds an impossible code.
 */
export function decodeRice(
  tile: Uint8Array,
  bytesPerPixel: RiceBytesPerPixel,
  blockSize: number,
  out: Int32Array,
  count: number,
): void {
  const { selectBits, verbatim } = parameters[bytesPerPixel];
  const wordBits = 8 * bytesPerPixel;
  const end = tile.length;
  let at = 0;
  // `window` holds the next `held` bits of the stream in its highest bits, zeros below.
  let window = 0;
  let held = 0;

  function read(bits: number): number {
    while (held <= 24 && at < end) {
      window |= tile[at++]! << (24 - held);
      held += 8;
    }
    if (held < bits) throw new BadFits('corrupt', 'a Rice tile ends before its last pixel');
    if (bits === 0) return 0;
    const value = window >>> (32 - bits);
    window <<= bits;
    held -= bits;
    return value;
  }

  function readWord(): number {
    return wordBits === 32 ? (read(16) << 16) | read(16) : read(wordBits);
  }

  function readUnary(): number {
    let zeros = 0;
    while (window === 0) {
      zeros += held;
      held = 0;
      if (at >= end) throw new BadFits('corrupt', 'a Rice tile ends before its last pixel');
      while (held <= 24 && at < end) {
        window |= tile[at++]! << (24 - held);
        held += 8;
      }
    }
    const leading = Math.clz32(window);
    window = leading === 31 ? 0 : window << (leading + 1);
    held -= leading + 1;
    return zeros + leading;
  }

  const narrow = bytesPerPixel === 1 ? 0xff : -1;
  let last = readWord();
  for (let start = 0; start < count; start += blockSize) {
    const stop = Math.min(start + blockSize, count);
    const low = read(selectBits) - 1;
    if (low > verbatim) throw new BadFits('corrupt', `a Rice block claims ${low} low bits`);
    for (let i = start; i < stop; i++) {
      if (low >= 0) {
        const folded = low === verbatim ? readWord() : (readUnary() << low) | read(low);
        const difference = folded & 1 ? ~(folded >>> 1) : folded >>> 1;
        last = (last + difference) & narrow;
        if (bytesPerPixel === 2) last = (last << 16) >> 16;
      }
      out[i] = last;
    }
  }
}
