import { createGunzip } from 'node:zlib';
import bunzip from 'seek-bzip';
import { type ByteSource, memoryBytes } from '../../base/bytes.ts';
import { BadFits, defaultLimits, type FitsLimits } from './limits.ts';
import { fitsOfXisf, xisfSignature } from './xisf.ts';

/** Bytes that go through the decompressor at a time. */
const stepBytes = 1 << 18;
/** No deflated byte gives more. */
const mostInflated = 1032;

/** Whether a whole file is compressed: `unpack` holds all its content in memory. */
export async function isPacked(source: ByteSource): Promise<boolean> {
  return packingOf(await source.read(0, 3)) !== undefined;
}

function packingOf(magic: Uint8Array): 'gzip' | 'bzip2' | undefined {
  if (magic[0] === 0x1f && magic[1] === 0x8b) return 'gzip';
  return magic[0] === 0x42 && magic[1] === 0x5a && magic[2] === 0x68 ? 'bzip2' : undefined;
}

/**
 * The FITS bytes inside a source: the source itself, or its content when the whole file is compressed with gzip or
 * bzip2, or an XISF file. Content takes its own size in memory, not a multiple of it. Rejects with `BadFits`: truncated
 * or corrupt (the compressed stream ends early or is broken), too-large.
 */
export async function unpack(source: ByteSource, limits: FitsLimits = defaultLimits): Promise<ByteSource> {
  const magic = await source.read(0, 8);
  const packing = packingOf(magic);
  if (packing === 'gzip') return memoryBytes(await unpackGzip(source, limits));
  if (packing === 'bzip2') return memoryBytes(unpackBzip2(await source.read(0, source.size), limits));
  if (Buffer.from(magic).toString('latin1') === xisfSignature) return fitsOfXisf(source, limits);
  return source;
}

async function unpackGzip(source: ByteSource, limits: FitsLimits): Promise<Uint8Array> {
  // A gzip file ends with the size of its content, and may lie: it says what to begin with and no more.
  const stated = Buffer.from(await source.read(Math.max(0, source.size - 4), 4));
  const expected = stated.length === 4 ? Math.min(stated.readUInt32LE(), mostInflated * source.size) : 0;
  const output = new GrowingBytes(expected, limits.maxUnpackedBytes);
  const gunzip = createGunzip({ chunkSize: stepBytes });
  const feed = async () => {
    for (let at = 0; at < source.size && !gunzip.destroyed; at += stepBytes) {
      const piece = await source.read(at, stepBytes);
      await new Promise((done) => gunzip.write(piece, done)); // an error comes as an event
    }
    gunzip.end();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      gunzip.once('end', resolve).once('error', reject);
      gunzip.on('data', (piece: Uint8Array) => {
        if (!output.append(piece)) gunzip.destroy(tooLarge(limits));
      });
      feed().catch((error: Error) => gunzip.destroy(error));
    });
  } catch (cause) {
    if (cause instanceof BadFits || isSystemError(cause)) throw cause;
    const code = (cause as { code?: string }).code;
    if (code === 'Z_BUF_ERROR') throw new BadFits('truncated', 'the gzip stream ends before its end', { cause });
    throw new BadFits('corrupt', 'the gzip stream is damaged', { cause });
  }
  return output.bytes();
}

/** A failing disk is no damage of the stream. */
function isSystemError(error: unknown): boolean {
  return typeof (error as { syscall?: unknown }).syscall === 'string';
}

/** Bytes that come piece by piece, in one block of memory that grows as they do. */
class GrowingBytes {
  readonly #mostBytes: number;
  #block: Uint8Array;
  #written = 0;

  constructor(expectedBytes: number, mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.#block = new Uint8Array(Math.min(Math.max(expectedBytes, 1 << 16), mostBytes));
  }

  /** False, and nothing is taken, when it would be too much. */
  append(piece: Uint8Array): boolean {
    if (!this.#makeRoom(piece.length)) return false;
    this.#block.set(piece, this.#written);
    this.#written += piece.length;
    return true;
  }

  appendByte(byte: number): boolean {
    if (this.#written === this.#block.length && !this.#makeRoom(1)) return false;
    this.#block[this.#written++] = byte;
    return true;
  }

  bytes(): Uint8Array {
    return this.#block.subarray(0, this.#written);
  }

  #makeRoom(more: number): boolean {
    const needed = this.#written + more;
    if (needed > this.#mostBytes) return false;
    if (needed <= this.#block.length) return true;
    const larger = new Uint8Array(Math.min(Math.max(needed, 2 * this.#block.length), this.#mostBytes));
    larger.set(this.bytes());
    this.#block = larger;
    return true;
  }
}

function tooLarge({ maxUnpackedBytes }: FitsLimits): BadFits {
  return new BadFits('too-large', `the file unpacks to more than ${maxUnpackedBytes} bytes`);
}

function unpackBzip2(packed: Uint8Array, limits: FitsLimits): Uint8Array {
  let read = 0;
  const bytes = new GrowingBytes(8 * packed.length, limits.maxUnpackedBytes);
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
      if (!bytes.appendByte(byte)) throw tooLarge(limits);
    },
  };
  try {
    bunzip.decode(input, output, true);
  } catch (cause) {
    if (cause instanceof BadFits) throw cause;
    throw new BadFits('corrupt', 'the bzip2 stream is damaged', { cause });
  }
  return bytes.bytes();
}
