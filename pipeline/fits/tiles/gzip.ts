import { gunzipSync } from 'node:zlib';
import { BadFits } from '../limits.ts';

/**
 * Unpacks a GZIP tile to its big-endian numbers; of GZIP_2 the bytes were sorted by significance before (FITS Standard 4.0,
 * section 10.4.2) and are put back. `count` numbers are expected, whose width follows from the unpacked length. Throws
 * `BadFits` (corrupt).
 */
export function decodeGzip(tile: Uint8Array, count: number, shuffled: boolean): { bytes: Uint8Array; size: number } {
  let bytes: Uint8Array;
  try {
    bytes = gunzipSync(tile, { maxOutputLength: count * 8 });
  } catch (cause) {
    throw new BadFits('corrupt', 'a GZIP tile cannot be unpacked', { cause });
  }
  const size = bytes.length / count;
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) {
    throw new BadFits('corrupt', `a GZIP tile holds ${bytes.length} bytes for ${count} pixels`);
  }
  return { bytes: shuffled ? unshuffle(bytes, count, size) : bytes, size };
}

function unshuffle(bytes: Uint8Array, count: number, size: number): Uint8Array {
  const sorted = new Uint8Array(bytes.length);
  for (let byte = 0; byte < size; byte++) {
    for (let i = 0; i < count; i++) sorted[i * size + byte] = bytes[byte * count + i]!;
  }
  return sorted;
}
