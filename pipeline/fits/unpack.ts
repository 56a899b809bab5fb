import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import bunzip from 'seek-bzip';
import { type ByteSource, memoryBytes } from '../../base/bytes.ts';
import { BadFits, defaultLimits, type FitsLimits } from './limits.ts';
import { fitsOfXisf, xisfSignature } from './xisf.ts';

const gunzipAsync = promisify(gunzip);

/**
 * The FITS bytes inside a source: the source itself, or its content when the whole file is compressed with gzip or bzip2, or an XISF file.
 * Rejects with `BadFits`: truncated or corrupt (the compressed stream ends early or is broken), too-large.
 */
export async function unpack(source: ByteSource, limits: FitsLimits = defaultLimits): Promise<ByteSource> {
  const magic = await source.read(0, 8);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return memoryBytes(await unpackGzip(source, limits));
  if (magic[0] === 0x42 && magic[1] === 0x5a && magic[2] === 0x68) {
    return memoryBytes(unpackBzip2(await source.read(0, source.size), limits));
  }
  if (Buffer.from(magic).toString('latin1') === xisfSignature) return fitsOfXisf(source, limits);
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

function unpackBzip2(packed: Uint8Array, limits: FitsLimits): Uint8Array {
  let read = 0;
  let bytes = new Uint8Array(Math.min(Math.max(8 * packed.length, 1 << 16), limits.maxUnpackedBytes));
  let written = 0;
  const input = {
    readByte() {
      if (read >= packed.length) throw new BadFits('truncated', 'the bzip2 stream ends before its end');
      return packed[read++]!;
    },
    read(buffer: Uint8Array, offset: number, length: number) {
      for (let i = 0; i < length; i++) buffer[offset + i] = this.readByte();
      return length;
    },
    eof: () => read >= packed.length,
  };
  const output = {
    writeByte(byte: number) {
      if (written === limits.maxUnpackedBytes) {
        throw new BadFits('too-large', `the file unpacks to more than ${limits.maxUnpackedBytes} bytes`);
      }
      if (written === bytes.length) {
        const larger = new Uint8Array(Math.min(2 * bytes.length, limits.maxUnpackedBytes));
        larger.set(bytes);
        bytes = larger;
      }
      bytes[written++] = byte;
    },
  };
  try {
    bunzip.decode(input, output, true);
  } catch (cause) {
    if (cause instanceof BadFits) throw cause;
    throw new BadFits('corrupt', 'the bzip2 stream is damaged', { cause });
  }
  return bytes.subarray(0, written);
}
