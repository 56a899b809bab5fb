import { inflateSync } from 'node:zlib';
import { type ByteSource, memoryBytes } from '../../base/bytes.ts';
import { parseCard } from './card.ts';
import { BadFits, type FitsLimits } from './limits.ts';
import { decodeLz4 } from './lz4.ts';
import { encodeFits, type ImageToWrite } from './write.ts';
import type { CardToWrite } from './write-card.ts';

export const xisfSignature = 'XISF0100';

/** How samples are stored, little-endian, by name (XISF 1.0, section 8.5.2). */
const sampleArrays = {
  UInt8: Uint8Array,
  UInt16: Uint16Array,
  UInt32: Uint32Array,
  Float32: Float32Array,
  Float64: Float64Array,
} as const;

/** Keywords that describe how the FITS file was laid out which the image came from, not the image. */
const layout = /^(SIMPLE|BITPIX|NAXIS\d*|EXTEND|BZERO|BSCALE|PCOUNT|GCOUNT|XTENSION|END|LONGSTRN)$/;

/**
 * The first image of a monolithic XISF file (XISF 1.0 specification, Pleiades Astrophoto) as a FITS file in memory, so that what
 * follows needs to know one format only: its FITS keywords become cards, its colour filter array BAYERPAT, its first
 * row the top one. Attached blocks plain, or packed with zlib or LZ4, with or without shuffled bytes. Rejects with
 * `BadFits`: truncated, header-broken, unsupported, too-large, corrupt.
 */
export async function fitsOfXisf(source: ByteSource, limits: FitsLimits): Promise<ByteSource> {
  const xml = await readXml(source, limits);
  const elements = readElements(xml);
  const imageAt = elements.findIndex((element) => element.name === 'Image');
  const image = elements[imageAt];
  if (!image) throw new BadFits('no-image', 'the XISF file holds no image');
  const nextImage = elements.findIndex((element, i) => i > imageAt && element.name === 'Image');
  const inside = elements.slice(imageAt + 1, nextImage < 0 ? undefined : nextImage);
  const [width, height, nPlanes] = readGeometry(image.attributes.get('geometry'), limits);
  const format = image.attributes.get('sampleFormat') ?? '';
  const SampleArray = sampleArrays[format as keyof typeof sampleArrays];
  if (!SampleArray) throw new BadFits('unsupported', `XISF samples of type "${format}" cannot be read`);
  if ((image.attributes.get('pixelStorage') ?? 'planar').toLowerCase() !== 'planar' && nPlanes > 1) {
    throw new BadFits('unsupported', 'XISF images whose colours are interleaved cannot be read');
  }
  const size = width * height * nPlanes * SampleArray.BYTES_PER_ELEMENT;
  if (size > limits.maxUnpackedBytes) throw new BadFits('too-large', `an XISF image of ${size} bytes`);
  const bytes = await readBlock(source, image.attributes, size);
  if (image.attributes.get('byteOrder') === 'big') reverseBytes(bytes, SampleArray.BYTES_PER_ELEMENT);
  const pixels: ImageToWrite['pixels'] = new SampleArray(bytes.buffer, bytes.byteOffset, width * height * nPlanes);
  const hdu: ImageToWrite = {
    kind: 'image',
    width,
    height,
    nPlanes,
    pixels,
    cards: readCards(inside, image.attributes.get('imageType')),
  };
  return memoryBytes(Buffer.concat(encodeFits([hdu])));
}

async function readXml(source: ByteSource, limits: FitsLimits): Promise<string> {
  const start = await source.read(0, 16);
  if (start.length < 16) throw new BadFits('truncated', 'the XISF file ends within its header');
  const length = new DataView(start.buffer, start.byteOffset, 16).getUint32(8, true);
  if (length > limits.maxHeaderBytes) throw new BadFits('too-large', `an XISF header of ${length} bytes`);
  const header = await source.read(16, length);
  if (header.length < length) throw new BadFits('truncated', 'the XISF file ends within its header');
  return new TextDecoder('utf-8').decode(header);
}

interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The opening tags of a document in their order, with their attributes: all that the headers of images need. */
function readElements(xml: string): XmlElement[] {
  const elements: XmlElement[] = [];
  const withoutComments = xml.replace(/<!--[\s\S]*?-->/g, '');
  for (const [, name, rest] of withoutComments.matchAll(
    /<([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*\/?>/g,
  )) {
    const attributes = new Map<string, string>();
    for (const [, key, double, single] of rest!.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
      attributes.set(key!, decodeEntities(double ?? single ?? ''));
    }
    elements.push({ name: name!, attributes });
  }
  return elements;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function readGeometry(text: string | undefined, limits: FitsLimits): [number, number, number] {
  const match = /^(\d{1,9}):(\d{1,9})(?::(\d{1,9}))?$/.exec(text?.trim() ?? '');
  if (!match)
    throw new BadFits('header-broken', `the XISF image has the geometry "${text}", not width:height:channels`);
  const [width, height, nPlanes] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 1)];
  if (width * height * nPlanes === 0) throw new BadFits('header-broken', 'the XISF image has no pixels');
  if (width * height * nPlanes > limits.maxPixels) {
    throw new BadFits('too-large', `${text} pixels are more than the ${limits.maxPixels} allowed here`);
  }
  return [width, height, nPlanes];
}

/** The image's block, unpacked; always a copy of its own that may be changed and viewed as numbers. */
async function readBlock(
  source: ByteSource,
  attributes: XmlElement['attributes'],
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const location = /^attachment:(\d{1,15}):(\d{1,15})$/.exec(attributes.get('location') ?? '');
  if (!location) throw new BadFits('unsupported', 'only XISF images attached to their file can be read');
  const [position, stored] = [Number(location[1]), Number(location[2])];
  if (position + stored > source.size) {
    throw new BadFits(
      'truncated',
      `truncated: the XISF header promises ${position + stored} bytes, the file has ${source.size}`,
    );
  }
  if (attributes.has('subblocks'))
    throw new BadFits('unsupported', 'XISF images packed in several blocks cannot be read');
  const compression = attributes.get('compression');
  if (compression === undefined) {
    if (stored !== size) throw new BadFits('header-broken', `an XISF image of ${size} bytes is stored in ${stored}`);
    return Uint8Array.from(await source.read(position, stored));
  }
  const packing = /^(zlib|lz4|lz4hc)(\+sh)?:(\d{1,15})(?::(\d{1,2}))?$/.exec(compression);
  if (!packing) throw new BadFits('unsupported', `XISF images packed by "${compression}" cannot be read`);
  if (Number(packing[3]) !== size)
    throw new BadFits('header-broken', 'a packed XISF image is of another size than it should');
  const packed = await source.read(position, stored);
  const unpacked = packing[1] === 'zlib' ? inflate(packed, size) : decodeLz4(packed, size);
  return packing[2] === undefined ? unpacked : unshuffle(unpacked, Number(packing[4] ?? 1));
}

function inflate(packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array;
  try {
    bytes = inflateSync(packed, { maxOutputLength: size });
  } catch (cause) {
    throw new BadFits('corrupt', 'a zlib block of an XISF file is damaged', { cause });
  }
  if (bytes.length !== size) throw new BadFits('corrupt', 'a zlib block of an XISF file is too short');
  return Uint8Array.from(bytes);
}

/** Puts back bytes that were sorted by significance; what does not fill an item stands at the end as it is. */
function unshuffle(bytes: Uint8Array<ArrayBuffer>, itemSize: number): Uint8Array<ArrayBuffer> {
  if (itemSize < 2) return bytes;
  const items = Math.floor(bytes.length / itemSize);
  const sorted = bytes.slice();
  for (let byte = 0; byte < itemSize; byte++) {
    for (let i = 0; i < items; i++) sorted[i * itemSize + byte] = bytes[byte * items + i]!;
  }
  return sorted;
}

function reverseBytes(bytes: Uint8Array, size: number): void {
  for (let i = 0; i + size <= bytes.length; i += size) bytes.subarray(i, i + size).reverse();
}

/** The cards of an image; its type (XISF 1.0: Bias, MasterFlat, ...) stands in for an IMAGETYP that is missing. */
function readCards(elements: readonly XmlElement[], imageType: string | undefined): CardToWrite[] {
  const cards: CardToWrite[] = [];
  for (const { name, attributes } of elements) {
    const keyword = attributes.get('name')?.trim().toUpperCase() ?? '';
    if (name !== 'FITSKeyword' || keyword === '' || layout.test(keyword)) continue;
    const comment = attributes.get('comment') ?? '';
    const isCommentary = keyword === 'COMMENT' || keyword === 'HISTORY';
    const text = attributes.get('value') ?? '';
    const { value } = parseCard(`${'VALUE'.padEnd(8)}= ${text}`);
    cards.push(isCommentary ? { keyword, value: undefined, comment: comment || text } : { keyword, value, comment });
  }
  const has = (keyword: string) => cards.some((card) => card.keyword === keyword);
  const mosaic = elements.find((element) => element.name === 'ColorFilterArray')?.attributes.get('pattern');
  if (mosaic !== undefined && !has('BAYERPAT')) cards.push({ keyword: 'BAYERPAT', value: mosaic });
  if (imageType !== undefined && !has('IMAGETYP')) cards.push({ keyword: 'IMAGETYP', value: imageType });
  if (!has('ROWORDER')) cards.push({ keyword: 'ROWORDER', value: 'TOP-DOWN' });
  return cards;
}
