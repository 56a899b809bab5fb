import type { ByteSource } from '../../base/bytes.ts';
import { type Crew, sharedFloat32, sharedUint8 } from '../crew.ts';
import { decodeNumbers, type decodeShare, isPlainFloat, type Scaling } from './decode.ts';
import { type Bitpix, type Hdu, imageShape } from './hdu.ts';
import type { Header } from './header.ts';
import { BadFits, defaultLimits, type FitsLimits } from './limits.ts';
import { planTiles, type TilePlan } from './tiles/plan.ts';
import { readTiles } from './tiles/read.ts';

/** What is known of an image before its pixels are read. */
export interface ImageFacts {
  readonly width: number;
  readonly height: number;
  /** Product of the axes beyond the second: 1 for a plain image, 3 for a colour cube. */
  readonly nPlanes: number;
  /** How a pixel is stored (before compression). */
  readonly bitpix: Bitpix;
  readonly scaling: Scaling;
}

/** One plane of an image in physical units (BSCALE, BZERO and BLANK applied). */
export interface DecodedImage extends ImageFacts {
  /** Row-major, `width * height`, first row of the file first; on a SharedArrayBuffer unless `into` was given. */
  readonly pixels: Float32Array;
}

export interface DecodeOptions {
  /** Decode into this array (at least width * height) instead of a new one. */
  readonly into?: Float32Array;
  /** Which plane of a cube, from 0. */
  readonly plane?: number;
  readonly limits?: FitsLimits;
  /** Threads to share the work with, where there is much of it. */
  readonly crew?: Crew<{ decodeShare: typeof decodeShare }>;
}

/** Bytes decoded at a time: large enough to stream, small enough to stay in cache and out of the peak of memory. */
const bandBytes = 1 << 20;

/**
 * What an image HDU promises, checked against the bounds. Throws `BadFits`: no-image (no two axes), too-large,
 * header-broken.
 */
export function imageFacts(hdu: Hdu, limits: FitsLimits = defaultLimits): ImageFacts {
  const shape = imageShape(hdu);
  if (!shape || shape.length < 2) throw new BadFits('no-image', `HDU ${hdu.index} holds no image of two axes`);
  const [width, height, ...more] = shape as [number, number, ...number[]];
  const nPlanes = more.reduce((product, length) => product * length, 1);
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new BadFits('header-broken', `an image of ${shape.join(' x ')} pixels is impossible`);
    }
  }
  if (width * height * nPlanes > limits.maxPixels) {
    throw new BadFits('too-large', `${shape.join(' x ')} pixels are more than the ${limits.maxPixels} allowed here`);
  }
  const compressed = hdu.kind === 'compressed-image';
  const bitpix = compressed ? hdu.header.number('ZBITPIX') : hdu.bitpix;
  if (bitpix === undefined || ![8, 16, 32, 64, -32, -64].includes(bitpix)) {
    throw new BadFits('header-broken', `ZBITPIX = ${bitpix} is none that FITS knows`);
  }
  return { width, height, nPlanes, bitpix: bitpix as Bitpix, scaling: scalingOf(hdu.header, bitpix) };
}

function scalingOf(header: Header, bitpix: number): Scaling {
  const scale = header.number('BSCALE') ?? 1;
  const zero = header.number('BZERO') ?? 0;
  const blank = bitpix > 0 ? (header.number('BLANK') ?? header.number('ZBLANK')) : undefined;
  if (scale === 0 || !Number.isFinite(scale) || !Number.isFinite(zero)) {
    throw new BadFits('header-broken', `BSCALE = ${scale}, BZERO = ${zero} leave no pixel values`);
  }
  return { scale, zero, blank };
}

/**
 * Decodes one plane of an image HDU, in bands, to physical Float32 values. Rejects with `BadFits`: as `imageFacts`,
 * and truncated, corrupt (a compressed tile that cannot be unpacked), unsupported.
 */
export async function decodeImage(source: ByteSource, hdu: Hdu, options: DecodeOptions = {}): Promise<DecodedImage> {
  const facts = imageFacts(hdu, options.limits);
  const { width, height, nPlanes, bitpix } = facts;
  const plane = options.plane ?? 0;
  if (plane >= nPlanes) throw new BadFits('no-image', `plane ${plane} of an image of ${nPlanes}`);
  const nPixels = width * height;
  if (options.into && options.into.length < nPixels) throw new RangeError('the array to decode into is too short');
  const plan = hdu.kind === 'compressed-image' ? planTiles(hdu, imageShape(hdu)!) : undefined;
  const pixels = options.into ?? sharedFloat32(nPixels);
  const start = hdu.dataOffset + (plane * nPixels * Math.abs(bitpix)) / 8;
  if (plan) await decodeTiles(source, hdu, plan, facts, plane, pixels);
  else if (options.crew && isWorthSharing(facts, pixels)) {
    await decodeTogether(source, start, facts, pixels, nPixels, options.crew);
  } else await decodeBands(source, start, facts, pixels, nPixels);
  return { ...facts, pixels };
}

/**
 * Decodes the rows [fromRow, toRow) of the first plane into the start of `into`, physical values as `decodeImage` gives them, so
 * that many frames can be worked on together in bands. Rejects as `decodeImage` does.
 */
export async function decodeRows(
  source: ByteSource,
  hdu: Hdu,
  fromRow: number,
  toRow: number,
  into: Float32Array,
  limits?: FitsLimits,
): Promise<void> {
  const facts = imageFacts(hdu, limits);
  const { width, height, bitpix } = facts;
  if (fromRow < 0 || toRow > height || fromRow > toRow)
    throw new RangeError(`rows ${fromRow} to ${toRow} of ${height}`);
  const count = (toRow - fromRow) * width;
  if (into.length < count) throw new RangeError('the array to decode into is too short');
  if (hdu.kind === 'compressed-image') {
    const plan = planTiles(hdu, imageShape(hdu)!);
    return decodeTiles(source, hdu, plan, facts, 0, into, fromRow, toRow);
  }
  const start = hdu.dataOffset + (fromRow * width * Math.abs(bitpix)) / 8;
  return decodeBands(source, start, facts, into, count);
}

async function decodeBands(
  source: ByteSource,
  start: number,
  facts: ImageFacts,
  pixels: Float32Array,
  count: number,
): Promise<void> {
  const { bitpix, scaling } = facts;
  const size = Math.abs(bitpix) / 8;
  const perBand = bandBytes / size;
  // Plain floats are read to where they belong, so that their memory is touched once.
  const isInPlace = isPlainFloat(bitpix, scaling);
  const scratch = Buffer.allocUnsafeSlow(isInPlace ? 0 : Math.min(bandBytes, count * size));
  for (let done = 0; done < count; done += perBand) {
    const wanted = Math.min(perBand, count - done);
    const own = isInPlace
      ? Buffer.from(pixels.buffer, pixels.byteOffset + done * size, wanted * size)
      : scratch.subarray(0, wanted * size);
    const bytes = await source.read(start + done * size, wanted * size, own);
    if (bytes.length < wanted * size) throw new BadFits('truncated', 'truncated: the file ends within its pixels');
    if (bytes.buffer !== own.buffer) own.set(bytes); // a view of the source's own bytes, which are not ours to turn
    decodeNumbers(own, bitpix, scaling, pixels, done, wanted);
  }
}

const wideBandBytes = 8 << 20;
const decodeParts = 8;

function isWorthSharing({ width, height, bitpix, scaling }: ImageFacts, pixels: Float32Array): boolean {
  const bytes = (width * height * Math.abs(bitpix)) / 8;
  return bytes > wideBandBytes && !isPlainFloat(bitpix, scaling) && pixels.buffer instanceof SharedArrayBuffer;
}

/** As `decodeBands`, one band decoded by all threads while the next is read. */
async function decodeTogether(
  source: ByteSource,
  start: number,
  { bitpix, scaling }: ImageFacts,
  pixels: Float32Array,
  count: number,
  crew: Crew<{ decodeShare: typeof decodeShare }>,
): Promise<void> {
  const size = Math.abs(bitpix) / 8;
  const perBand = wideBandBytes / size;
  const rooms = [sharedUint8(wideBandBytes), sharedUint8(wideBandBytes)];
  const read = async (band: number) => {
    const wanted = Math.min(perBand, count - band * perBand);
    const own = Buffer.from(rooms[band % 2]!.buffer, 0, wanted * size);
    const bytes = await source.read(start + band * perBand * size, wanted * size, own);
    if (bytes.length < wanted * size) throw new BadFits('truncated', 'truncated: the file ends within its pixels');
    if (bytes.buffer !== own.buffer) own.set(bytes); // a view of the source's own bytes, which are not ours to turn
    return wanted;
  };
  const bands = Math.ceil(count / perBand);
  let next = read(0);
  for (let band = 0; band < bands; band++) {
    const wanted = await next;
    if (band + 1 < bands) next = read(band + 1);
    // Should decoding fail, nobody waits for the band that is on its way.
    next.catch(() => undefined);
    const task = { source: rooms[band % 2]!, bitpix, scaling, destination: pixels, to: band * perBand, count: wanted };
    await crew.run('decodeShare', task, decodeParts);
  }
}

async function decodeTiles(
  source: ByteSource,
  hdu: Hdu,
  plan: TilePlan,
  facts: ImageFacts,
  plane: number,
  pixels: Float32Array,
  fromRow = 0,
  toRow: number = facts.height,
): Promise<void> {
  const { scale, zero } = facts.scaling;
  const first = fromRow * facts.width;
  const last = toRow * facts.width;
  const tiles = readTiles(source, hdu, plan, facts.bitpix, plane, fromRow, toRow);
  for await (const { values, rowLength, rowStarts } of tiles) {
    let at = 0;
    for (const rowStart of rowStarts) {
      const start = rowStart - first;
      if (rowStart < first || rowStart >= last) {
        at += rowLength;
        continue;
      }
      for (let x = 0; x < rowLength; x++) pixels[start + x] = zero + scale * values[at + x]!;
      at += rowLength;
    }
  }
}

/**
 * The stored numbers of all planes of an image as big-endian bytes, in pieces: what an exposure's identity is made of. A piece holds
 * until the next is asked for.
 * Rejects with `BadFits` as `decodeImage` does.
 */
export async function* imageBytes(source: ByteSource, hdu: Hdu, limits?: FitsLimits): AsyncGenerator<Uint8Array> {
  const facts = imageFacts(hdu, limits);
  if (hdu.kind === 'compressed-image') {
    const plan = planTiles(hdu, imageShape(hdu)!);
    for (let plane = 0; plane < facts.nPlanes; plane++) yield await planeBytes(source, hdu, plan, facts, plane);
    return;
  }
  const scratch = Buffer.allocUnsafeSlow(Math.min(bandBytes, hdu.dataBytes));
  for (let done = 0; done < hdu.dataBytes; done += bandBytes) {
    const wanted = Math.min(bandBytes, hdu.dataBytes - done);
    const bytes = await source.read(hdu.dataOffset + done, wanted, scratch);
    if (bytes.length < wanted) throw new BadFits('truncated', 'truncated: the file ends within its pixels');
    yield bytes;
  }
}

/** One plane of a compressed image as it would stand in a file without compression. */
async function planeBytes(
  source: ByteSource,
  hdu: Hdu,
  plan: TilePlan,
  facts: ImageFacts,
  plane: number,
): Promise<Uint8Array> {
  const size = Math.abs(facts.bitpix) / 8;
  const bytes = new Uint8Array(facts.width * facts.height * size);
  const view = new DataView(bytes.buffer);
  const blank = facts.scaling.blank ?? 0;
  for await (const { values, rowLength, rowStarts } of readTiles(source, hdu, plan, facts.bitpix, plane)) {
    let at = 0;
    for (const start of rowStarts) {
      for (let x = 0; x < rowLength; x++) putNumber(view, facts.bitpix, start + x, values[at++]!, blank);
    }
  }
  return bytes;
}

function putNumber(view: DataView, bitpix: Bitpix, i: number, number: number, blank: number): void {
  const integer = Number.isNaN(number) ? blank : number;
  if (bitpix === 8) view.setUint8(i, integer);
  else if (bitpix === 16) view.setInt16(2 * i, integer);
  else if (bitpix === 32) view.setInt32(4 * i, integer);
  else if (bitpix === 64) view.setBigInt64(8 * i, BigInt(Math.trunc(integer)));
  else if (bitpix === -32) view.setFloat32(4 * i, number);
  else view.setFloat64(8 * i, number);
}
