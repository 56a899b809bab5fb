import { BadFits } from './limits.ts';

/**
 * Unpacks one LZ4 block (LZ4 Block Format Description, Y. Collet) of known unpacked size: sequences of literals, each followed
 * by a copy of what was unpacked before, which may overlap itself. Throws `BadFits` (corrupt) when the block contradicts
 * its size.
 */
export function decodeLz4(block: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  const corrupt = () => new BadFits('corrupt', 'an LZ4 block is damaged');
  let at = 0;
  let done = 0;
  const readLength = (start: number): number => {
    let length = start;
    if (start !== 15) return length;
    for (;;) {
      const more = block[at++];
      if (more === undefined) throw corrupt();
      length += more;
      if (more !== 255) return length;
    }
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = readLength(token >> 4);
    if (at + literals > block.length || done + literals > size) throw corrupt();
    out.set(block.subarray(at, at + literals), done);
    at += literals;
    done += literals;
    if (at === block.length) break; // the last sequence has literals only
    const offset = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const length = readLength(token & 15) + 4;
    if (at > block.length || offset === 0 || offset > done || done + length > size) throw corrupt();
    if (offset >= length) out.copyWithin(done, done - offset, done - offset + length);
    else for (let i = 0; i < length; i++) out[done + i] = out[done + i - offset]!;
    done += length;
  }
  if (done !== size) throw corrupt();
  return out;
}
