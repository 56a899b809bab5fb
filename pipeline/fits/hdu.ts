import type { ByteSource } from '../../base/bytes.ts';
import { cardLength } from './card.ts';
import { Header, parseHeader } from './header.ts';
import { BadFits, defaultLimits, type FitsLimits } from './limits.ts';

export const blockLength = 2880;

export type Bitpix = 8 | 16 | 32 | 64 | -32 | -64;

/** One header-data unit: what its header promises about its data, and where the data lies in the file. */
export interface Hdu {
  readonly index: number;
  readonly kind: 'image' | 'bintable' | 'table' | 'compressed-image' | 'other';
  readonly header: Header;
  /** EXTNAME, or an empty string. */
  readonly name: string;
  readonly bitpix: Bitpix;
  /** NAXIS1, NAXIS2, ... of the HDU itself (for a compressed image: of the table that holds it). */
  readonly shape: readonly number[];
  readonly headerOffset: number;
  readonly dataOffset: number;
  /** Bytes of data without padding, by the header. */
  readonly dataBytes: number;
  /** Where the next HDU begins. */
  readonly endOffset: number;
}

/**
 * Every HDU of a FITS file. Bytes after the last HDU that begin no extension are ignored, as is missing padding
 * of the last block. Rejects with `BadFits`: empty, not-fits, header-broken, truncated, too-large, unsupported.
 */
export async function readHdus(source: ByteSource, limits: FitsLimits = defaultLimits): Promise<Hdu[]> {
  const hdus: Hdu[] = [];
  let offset = 0;
  while (offset < source.size) {
    if (hdus.length > 0 && !(await beginsExtension(source, offset))) break;
    if (hdus.length >= limits.maxHdus) throw new BadFits('too-large', `more than ${limits.maxHdus} HDUs in one file`);
    const hdu = await readHdu(source, offset, hdus.length, limits);
    const needed = hdu.dataOffset + hdu.dataBytes;
    if (needed > source.size) throw truncated(hdu, source.size);
    hdus.push(hdu);
    offset = hdu.endOffset;
  }
  if (hdus.length === 0) throw new BadFits('empty', 'the file is empty');
  return hdus;
}

/** Whether a file is complete as far as its structure can tell. */
export type Structure =
  | { readonly complete: true; readonly hdus: readonly Hdu[] }
  /** `waiting`: more bytes could still make it whole; otherwise it never will be. */
  | { readonly complete: false; readonly waiting: boolean; readonly reason: string };

/**
 * Judges by structure alone whether a file was written to its end: each header has its END and each HDU's length, padded
 * to 2880 bytes, lies within the file. Never rejects for what the file holds.
 */
export async function checkStructure(source: ByteSource, limits: FitsLimits = defaultLimits): Promise<Structure> {
  try {
    const hdus = await readHdus(source, limits);
    const end = hdus.at(-1)!.endOffset;
    if (end > source.size) {
      const reason = `the last block is not padded yet: ${source.size} of ${end} bytes are there`;
      return { complete: false, waiting: true, reason };
    }
    return { complete: true, hdus };
  } catch (error) {
    if (!(error instanceof BadFits)) throw error;
    const waiting = error.fault === 'empty' || error.fault === 'truncated';
    return { complete: false, waiting, reason: error.message };
  }
}

async function beginsExtension(source: ByteSource, offset: number): Promise<boolean> {
  if (offset + cardLength > source.size) return false;
  const start = await source.read(offset, 8);
  return Buffer.from(start).toString('latin1') === 'XTENSION';
}

async function readHdu(source: ByteSource, offset: number, index: number, limits: FitsLimits): Promise<Hdu> {
  const { header, dataOffset } = await readHeader(source, offset, index, limits);
  const where = index === 0 ? 'the primary header' : `the header of extension ${index}`;
  const integer = (keyword: string, fallback?: number): number => {
    const value = header.number(keyword) ?? fallback;
    if (value === undefined) throw new BadFits('header-broken', `${where} has no ${keyword}`);
    if (!Number.isSafeInteger(value)) throw new BadFits('header-broken', `${where} says ${keyword} = ${value}`);
    return value;
  };
  const bitpix = integer('BITPIX');
  if (![8, 16, 32, 64, -32, -64].includes(bitpix)) {
    throw new BadFits('header-broken', `${where} says BITPIX = ${bitpix}, which no FITS file can have`);
  }
  const naxis = integer('NAXIS');
  if (naxis < 0 || naxis > limits.maxAxes) {
    throw new BadFits('header-broken', `${where} says NAXIS = ${naxis} (allowed here: 0 to ${limits.maxAxes})`);
  }
  const shape: number[] = [];
  for (let axis = 1; axis <= naxis; axis++) {
    const length = integer(`NAXIS${axis}`);
    if (length < 0) throw new BadFits('header-broken', `${where} says NAXIS${axis} = ${length}`);
    shape.push(length);
  }
  const isGroups = index === 0 && naxis > 1 && shape[0] === 0 && header.boolean('GROUPS') === true;
  const pcount = isGroups || index > 0 ? integer('PCOUNT', 0) : 0;
  const gcount = isGroups || index > 0 ? integer('GCOUNT', 1) : 1;
  if (pcount < 0 || gcount < 0) throw new BadFits('header-broken', `${where} says PCOUNT ${pcount}, GCOUNT ${gcount}`);
  const elements =
    naxis === 0 ? 0 : (isGroups ? shape.slice(1) : shape).reduce((product, length) => product * length, 1);
  const dataBytes = (Math.abs(bitpix) / 8) * gcount * (pcount + elements);
  if (!Number.isSafeInteger(dataBytes)) {
    throw new BadFits('too-large', `${where} promises ${dataBytes} bytes of data, more than any file holds`);
  }
  return {
    index,
    kind: isGroups ? 'other' : kindOf(header, index, bitpix, shape),
    header,
    name: header.string('EXTNAME') ?? '',
    bitpix: bitpix as Bitpix,
    shape,
    headerOffset: offset,
    dataOffset,
    dataBytes,
    endOffset: dataOffset + Math.ceil(dataBytes / blockLength) * blockLength,
  };
}

function kindOf(header: Header, index: number, bitpix: number, shape: readonly number[]): Hdu['kind'] {
  if (index === 0) return 'image';
  const extension = (header.string('XTENSION') ?? '').trim().toUpperCase();
  if (extension === 'IMAGE' || extension === 'IUEIMAGE') return 'image';
  const isTable = bitpix === 8 && shape.length === 2;
  if (extension === 'TABLE' && isTable) return 'table';
  if ((extension === 'BINTABLE' || extension === 'A3DTABLE') && isTable) {
    return header.boolean('ZIMAGE') === true ? 'compressed-image' : 'bintable';
  }
  return 'other';
}

async function readHeader(
  source: ByteSource,
  offset: number,
  index: number,
  limits: FitsLimits,
): Promise<{ header: Header; dataOffset: number }> {
  if (index === 0) await checkMagic(source);
  for (let length = 8 * blockLength; ; length *= 4) {
    const capped = Math.min(length, limits.maxHeaderBytes);
    const bytes = await source.read(offset, capped);
    const { header, ended, endOffset } = parseHeader(bytes);
    if (ended) return { header, dataOffset: offset + Math.ceil(endOffset / blockLength) * blockLength };
    if (offset + bytes.length >= source.size) {
      throw new BadFits('truncated', `the file ends within header ${index} (no END card in its ${source.size} bytes)`);
    }
    if (capped === limits.maxHeaderBytes) {
      throw new BadFits('too-large', `header ${index} is longer than ${limits.maxHeaderBytes} bytes`);
    }
  }
}

async function checkMagic(source: ByteSource): Promise<void> {
  const start = await source.read(0, 9);
  const text = Buffer.from(start).toString('latin1');
  if ('SIMPLE  ='.startsWith(text)) return;
  if (/^SIMPLE *=/.test(text)) return;
  if (start.every((byte) => byte === 0)) {
    throw new BadFits('truncated', 'the file begins with zeros: its space is reserved but nothing is written yet');
  }
  const other = await otherFormat(source);
  if (other) {
    throw new BadFits(
      'not-fits',
      `${other}, not a FITS file: let the camera program save raw frames as FITS, 16 bits a pixel`,
    );
  }
  const shown = text.replace(/[^\x20-\x7e]/g, '.');
  throw new BadFits('not-fits', `not a FITS file: it begins with "${shown}" instead of "SIMPLE  ="`);
}

/** What a file of another kind is, by its first bytes. */
async function otherFormat(source: ByteSource): Promise<string | undefined> {
  const text = Buffer.from(await source.read(0, 16)).toString('latin1');
  if (/^(II|MM).{6}CR/s.test(text)) return 'a Canon raw file (CR2)';
  if (/^.{4}ftypcrx/s.test(text)) return 'a Canon raw file (CR3)';
  if (text.startsWith('FUJIFILMCCD-RAW')) return 'a Fujifilm raw file (RAF)';
  if (text.startsWith('IIRO') || text.startsWith('IIRS')) return 'an Olympus raw file (ORF)';
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return 'a TIFF or a raw file of a camera (NEF, ARW, DNG)';
  if (text.startsWith('\xff\xd8\xff')) return 'a JPEG picture';
  if (text.startsWith('\x89PNG')) return 'a PNG picture';
  if (text.startsWith('LUCAM-RECORDER')) return 'a SER video';
  if (/^RIFF.{4}AVI /s.test(text)) return 'an AVI video';
  if (text.startsWith('BM')) return 'a BMP picture';
  return undefined;
}

function truncated(hdu: Hdu, size: number): BadFits {
  const what = hdu.index === 0 ? 'the header' : `the header of extension ${hdu.index}`;
  const promised = hdu.dataOffset + hdu.dataBytes;
  return new BadFits('truncated', `truncated: ${what} promises ${promised} bytes, the file has ${size}`);
}

/** The first image of at least 2 x 2 pixels, plain or compressed, in the primary HDU or an extension. */
export function chooseImage(hdus: readonly Hdu[]): Hdu | undefined {
  return hdus.find((hdu) => {
    const shape = imageShape(hdu);
    return shape !== undefined && shape.length >= 2 && shape[0]! > 1 && shape[1]! > 1;
  });
}

/** Extensions that belong to an image and are none of the sky themselves: masks, errors, weights, backgrounds, previews. */
const companionName =
  /^(mask|bpm|badpix\w*|dq|dqa|quality|flags?|err|error|sigma|stddev|var|variance|uncert|unc|ivar|weight|wht|wt|exp|expmap|rms|bkg|background|sky|con|ctx|psf|samp|time|noise|thumb\w*|preview|segm\w*|flat|dark|bias)([_ -]?\d*)$/i;

/** The images of the sky in a file: all but those whose name says what they are, and small pictures of a preview or guider. */
export function exposedImages(hdus: readonly Hdu[]): Hdu[] {
  const images = hdus.filter((hdu) => pixelsOf(hdu) > 0);
  const largest = Math.max(0, ...images.map(pixelsOf));
  const [first] = images;
  return images
    .filter((hdu) => hdu === first || !companionName.test(hdu.name.trim()))
    .filter((hdu) => pixelsOf(hdu) > largest / 16);
}

/** Pixels of one plane of an image of at least 2 x 2; 0 for what is none. */
function pixelsOf(hdu: Hdu): number {
  const [width = 0, height = 0] = imageShape(hdu) ?? [];
  return width > 1 && height > 1 ? width * height : 0;
}

/** The axes of the image an HDU holds (of the uncompressed image, for a compressed one), or undefined. */
export function imageShape(hdu: Hdu): readonly number[] | undefined {
  if (hdu.kind === 'image') return hdu.shape;
  if (hdu.kind !== 'compressed-image') return undefined;
  const naxis = hdu.header.number('ZNAXIS') ?? 0;
  if (!Number.isInteger(naxis) || naxis < 1 || naxis > 16) return undefined;
  return Array.from({ length: naxis }, (_, i) => hdu.header.number(`ZNAXIS${i + 1}`) ?? 0);
}

const structural =
  /^(SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|EXTEND|GROUPS|TFIELDS|THEAP|T(TYPE|FORM|UNIT|NULL|SCAL|ZERO|DIM|DISP|BCOL)\d+|Z(IMAGE|TENSION|BITPIX|NAXIS\d*|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|SIMPLE|EXTEND|PCOUNT|GCOUNT|BLOCKED|HECKSUM|DATASUM|QUANTIZ|DITHER0|BLANK|MASKCMP|SCALE|ZERO)|CHECKSUM|DATASUM)$/;

/**
 * The header that describes an image: its own cards, then those of the primary header that it lacks; for a compressed
 * image without the cards that describe the table around it.
 */
export function imageHeader(hdus: readonly Hdu[], hdu: Hdu): Header {
  const own =
    hdu.kind === 'compressed-image'
      ? new Header(hdu.header.cards.filter((card) => !structural.test(card.keyword)))
      : hdu.header;
  return hdu.index === 0 ? own : own.inherit(hdus[0]!.header);
}
