import { BadFits } from '../limits.ts';

/**
 * Unpacks a PLIO_1 tile, an IRAF pixel list of 16-bit words (FITS Standard 4.0, section 10.4.3): runs of zeros and of a
 * `high` value, which instructions set or change. Throws `BadFits` (corrupt) when the list contradicts its length.
 */
export function decodePlio(tile: Uint8Array, out: Int32Array, count: number): void {
  const view = new DataView(tile.buffer, tile.byteOffset, tile.byteLength);
  const nWords = tile.byteLength >> 1;
  const word = (i: number): number => {
    if (i >= nWords) throw new BadFits('corrupt', 'a PLIO tile ends within its list');
    return view.getInt16(2 * i);
  };
  // The header of the list: a positive third word is its length (old form, three words of header); else the header's
  // own length is the second word and the list's length is spread over the fourth and fifth.
  const old = word(2) > 0;
  const first = old ? 3 : word(1);
  const length = old ? word(2) : word(3) + word(4) * 32768;
  if (first < 3 || length < 0 || length > nWords) throw new BadFits('corrupt', 'a PLIO tile has an impossible length');
  let high = 1;
  let at = 0;
  const put = (run: number, value: number): void => {
    if (at + run > count) throw new BadFits('corrupt', 'a PLIO tile holds more pixels than it should');
    out.fill(value, at, at + run);
    at += run;
  };
  for (let i = first; i < length; i++) {
    const instruction = word(i) & 0xffff;
    const data = instruction & 0xfff;
    switch (instruction >>> 12) {
      case 0:
        put(data, 0);
        break;
      case 1:
        high = word(++i) * 4096 + data;
        break;
      case 2:
        high += data;
        break;
      case 3:
        high -= data;
        break;
      case 4:
        put(data, high);
        break;
      case 5:
        if (data === 0) throw new BadFits('corrupt', 'a PLIO tile holds an empty run');
        put(data - 1, 0);
        put(1, high);
        break;
      case 6:
        high += data;
        put(1, high);
        break;
      case 7:
        high -= data;
        put(1, high);
        break;
      default:
        throw new BadFits('corrupt', 'a PLIO tile holds an unknown instruction');
    }
  }
  put(count - at, 0);
}
