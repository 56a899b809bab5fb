import { createHash } from 'node:crypto';
import type { ByteSource } from '../../base/bytes.ts';
import type { Header } from '../fits/header.ts';

/**
 * The cards that, with the pixels, tell one exposure from another. A fixed list that no dialect may change, so that the
 * identity of an exposure outlives every new version of the dialect table.
 */
const identityKeywords = ['DATE-OBS', 'TIME-OBS', 'UT', 'DATE-BEG', 'MJD-OBS', 'INSTRUME'];

/** SHA-256 (hex) of bytes that come in pieces. */
async function hashChunks(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** `fileHash`: SHA-256 (hex) of all bytes of a file. */
export function fileHash(source: ByteSource): Promise<string> {
  return hashChunks(readChunks(source, 0, source.size));
}

/**
 * `exposureId`: SHA-256 (hex) of the pixels as numbers (big-endian, before BSCALE and after decompression, so that packing
 * a file does not change it) and of the cards that tell start and camera. Cards that solvers and archives add
 * do not enter.
 */
export async function exposureId(pixelBytes: AsyncIterable<Uint8Array>, header: Header): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of pixelBytes) hash.update(chunk);
  for (const keyword of identityKeywords) {
    const value = header.value(keyword);
    hash.update(`\n${keyword}=${value === undefined ? '' : String(value).trim()}`);
  }
  return hash.digest('hex');
}

/** The bytes [from, to) of a source in pieces of a megabyte, each of which holds until the next is asked for. */
export async function* readChunks(source: ByteSource, from: number, to: number): AsyncGenerator<Uint8Array> {
  const step = 1 << 20;
  const scratch = Buffer.allocUnsafeSlow(Math.max(0, Math.min(step, to - from)));
  for (let at = from; at < to; at += step) {
    const chunk = await source.read(at, Math.min(step, to - at), scratch);
    yield chunk;
    if (chunk.length === 0) return;
  }
}
