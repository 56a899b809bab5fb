import type { Random } from '../../../base/random.ts';

/** Keywords whose values decide how bytes are read: the ones worth breaking. */
const structural = [
  'SIMPLE', 'BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2', 'NAXIS3', 'EXTEND', 'BZERO', 'BSCALE', 'BLANK', 'XTENSION', 'PCOUNT', 'GCOUNT',
  'TFIELDS', 'THEAP', 'TTYPE1', 'TFORM1', 'TFORM2', 'TFORM3', 'TBCOL1', 'TBCOL2', 'TSCAL1', 'TZERO4', 'ZIMAGE', 'ZCMPTYPE', 'ZBITPIX',
  'ZNAXIS', 'ZNAXIS1', 'ZNAXIS2', 'ZTILE1', 'ZTILE2', 'ZNAME1', 'ZVAL1', 'ZNAME2', 'ZVAL2', 'ZQUANTIZ', 'ZDITHER0', 'ZBLANK', 'ZSCALE',
  'DATE-OBS', 'EXPTIME', 'END',
]; // biome-ignore format: a list of words

const nastyValues = [
  '0', '1', '-1', '2', '3', '7', '8', '16', '-32', '64', '255', '999', '65536', '2147483647', '-2147483648', '4294967296',
  '9007199254740993', '1e9', '1e308', '-1e308', 'NaN', 'T', 'F', "''", "'", "'1PB(0)'", "'1QB'", "'999999999A'", "'2D'", "'J'", "'RICE_1'",
  "'GZIP_2'", "'HCOMPRESS_1'", "'PLIO_1'", "'NOCOMPRESS'", "'SUBTRACTIVE_DITHER_2'", "'BINTABLE'", "'IMAGE'", "'TABLE'", "'2026-11-22T24:00:60'",
]; // biome-ignore format: a list of values

/** A mutant of a file: one to four changes of the kinds that bad disks, bad programs and bad people make. */
export function mutate(seedFile: Uint8Array, random: Random): Uint8Array {
  let bytes = Uint8Array.from(seedFile);
  const changes = 1 + random.below(4);
  for (let change = 0; change < changes; change++) bytes = mutateOnce(bytes, random);
  return bytes;
}

function mutateOnce(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  switch (random.below(12)) {
    case 0: // cut
      return bytes.slice(0, random.below(bytes.length + 1));
    case 1: // lost or doubled block
      return splice(bytes, random);
    case 2: // header byte
      if (bytes.length > 0) bytes[random.below(Math.min(bytes.length, 5760))] = random.below(256);
      return bytes;
    case 3: // lengths and places of tiles and lists, at the start of the data
    case 4: {
      const block = 2880 * (1 + random.below(Math.max(1, Math.ceil(bytes.length / 2880) - 1)));
      const at = block + 4 * random.below(16);
      if (at + 4 <= bytes.length) new DataView(bytes.buffer).setInt32(at, nastyInteger(random));
      return bytes;
    }
    case 5: // any bytes
    case 6: {
      const count = 1 + random.below(20);
      for (let i = 0; i < count && bytes.length > 0; i++) bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    }
    case 7: // trailing junk
      return Uint8Array.from([...bytes, ...Array.from({ length: random.below(4000) }, () => random.below(256))]);
    case 8: // a run of one value
      if (bytes.length > 0) bytes.fill(random.below(256), random.below(bytes.length), random.below(bytes.length));
      return bytes;
    default:
      return breakCard(bytes, random);
  }
}

function nastyInteger(random: Random): number {
  const choices = [0, 1, -1, 2147483647, -2147483648, random.below(100), random.below(100000), random.uint32() | 0];
  return choices[random.below(choices.length)]!;
}

function splice(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const block = random.uniform() < 0.5 ? 2880 : 80;
  const at = block * random.below(Math.floor(bytes.length / block) + 1);
  const before = bytes.slice(0, at);
  const after = random.uniform() < 0.5 ? bytes.slice(at + block) : bytes.slice(Math.max(0, at - block));
  return Uint8Array.from(Buffer.concat([before, after]));
}

/** Gives one card, found in the file or not, a value that hurts. */
function breakCard(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const keyword = structural[random.below(structural.length)]!;
  const value = nastyValues[random.below(nastyValues.length)]!;
  const buffer = Buffer.from(bytes.buffer);
  const found = buffer.indexOf(`${keyword.padEnd(8)}=`, random.uniform() < 0.5 ? 2880 : 0, 'latin1');
  const at =
    found >= 0 && found % 80 === 0
      ? found
      : 80 * random.below(Math.max(1, Math.min(72, Math.floor(bytes.length / 80))));
  if (at + 80 <= bytes.length) buffer.write(`${keyword.padEnd(8)}= ${value}`.padEnd(80).slice(0, 80), at, 'latin1');
  return bytes;
}
