import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type ByteSource, memoryBytes } from '../../base/bytes.ts';
import { BadFits, defaultLimits, type FitsLimits } from './limits.ts';

const gunzipAsync = promisify(gunzip);

/**
 * The FITS bytes inside a source: the source itself, or its content when the whole file is compressed with gzip.
 * Rejects with `BadFits`: truncated or corrupt (the compressed stream ends early or is broken), too-large.
 */
export async function unpack(source: ByteSource, limits: FitsLimits = defaultLimits): Promise<ByteSource> {
  const magic = await source.read(0, 4);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return memoryBytes(await unpackGzip(source, limits));
  return source;
}

async function unpackGzip(source: ByteSource, limits: FitsLimits): Promise<Uint8Array> {
  const packed = await source.read(0, source.size);
  try {
    return await gunzipAsync(packed, { maxOutputLength: limits.maxUnpackedBytes });
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    if (code === 'Z_BUF_ERROR') throw new BadFits('truncated', 'the gzip stream ends before its end', { cause });
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BadFits('too-large', `the file unpacks to more than ${limits.maxUnpackedBytes} bytes`, { cause });
    }
    throw new BadFits('corrupt', 'the gzip stream is damaged', { cause });
  }
}
