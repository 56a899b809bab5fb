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
  const end = tile.length;
  // `window` holds the next `held` bits of the stream in its highest bits, zeros below. All of the loop's state is in local
  // variables, and reading is written out where it happens: calls would take three times as long.
  let at = 0;
  let window = 0;
  let held = 0;
  if (end < bytesPerPixel) throw tooShort();
  let last = 0;
  for (; at < bytesPerPixel; at++) last = (last << 8) | tile[at]!;
  if (bytesPerPixel === 2) last = (last << 16) >> 16;
  for (let start = 0; start < count; start += blockSize) {
    const stop = Math.min(start + blockSize, count);
    while (held <= 24 && at < end) {
      window |= tile[at++]! << (24 - held);
      held += 8;
    }
    if (held < selectBits) throw tooShort();
    const low = (window >>> (32 - selectBits)) - 1;
    window <<= selectBits;
    held -= selectBits;
    if (low > verbatim) throw new BadFits('corrupt', `a Rice block claims ${low} low bits`);
    if (low < 0) {
      out.fill(last, start, stop);
      continue;
    }
    for (let i = start; i < stop; i++) {
      let folded = 0;
      if (low === verbatim) {
        for (let byte = 0; byte < bytesPerPixel; byte++) {
          while (held <= 24 && at < end) {
            window |= tile[at++]! << (24 - held);
            held += 8;
          }
          if (held < 8) throw tooShort();
          folded = (folded << 8) | (window >>> 24);
          window <<= 8;
          held -= 8;
        }
      } else {
        let zeros = 0;
        while (window === 0) {
          zeros += held;
          held = 0;
          if (at >= end) throw tooShort();
          while (held <= 24 && at < end) {
            window |= tile[at++]! << (24 - held);
            held += 8;
          }
        }
        const leading = Math.clz32(window);
        zeros += leading;
        window = leading === 31 ? 0 : window << (leading + 1);
        held -= leading + 1;
        folded = zeros;
        if (low > 0) {
          while (held <= 24 && at < end) {
            window |= tile[at++]! << (24 - held);
            held += 8;
          }
          if (held < low) throw tooShort();
          folded = (zeros << low) | (window >>> (32 - low));
          window <<= low;
          held -= low;
        }
      }
      last = (last + ((folded >>> 1) ^ -(folded & 1))) | 0;
      if (bytesPerPixel === 1) last &= 0xff;
      else if (bytesPerPixel === 2) last = (last << 16) >> 16;
      out[i] = last;
    }
  }
}

function tooShort(): BadFits {
  return new BadFits('corrupt', 'a Rice tile ends before its last pixel');
}
