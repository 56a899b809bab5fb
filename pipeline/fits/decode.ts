import type { Kernel } from '../crew.ts';
import { rowsOfPart } from '../crew.ts';
import type { Bitpix } from './hdu.ts';

/** How stored numbers become physical ones: physical = zero + scale * stored; `blank` marks stored integers without value. */
export interface Scaling {
  readonly scale: number;
  readonly zero: number;
  readonly blank: number | undefined;
}

/** Whether stored numbers are the physical ones as they stand, but for the order of their bytes. */
export function isPlainFloat(bitpix: Bitpix, { scale, zero }: Scaling): boolean {
  return bitpix === -32 && scale === 1 && zero === 0;
}

/**
 * Decodes big-endian FITS numbers (Standard 4.0, sections 4.4.2.5 and 5) to physical Float32 values: `count` numbers
 * from the start of `source` into `destination` from `to`. Integers equal to `blank` become NaN. 32- and 64-bit integers
 * are rounded to the 24 bits that Float32 holds. The bytes of `source`, which begin on a multiple of eight, are turned
 * into the processor's order on the way; as plain floats they may be those of the destination itself.
 */
export function decodeNumbers(
  source: Uint8Array,
  bitpix: Bitpix,
  scaling: Scaling,
  destination: Float32Array,
  to: number,
  count: number,
): void {
  const { buffer, byteOffset } = source;
  const { scale, zero, blank } = scaling;
  const bytes = Buffer.from(buffer, byteOffset, (count * Math.abs(bitpix)) / 8);
  switch (bitpix) {
    case 8:
      for (let i = 0; i < count; i++) destination[to + i] = zero + scale * source[i]!;
      if (blank !== undefined) markBlanks(source, blank, destination, to, count);
      return;
    case 16: {
      bytes.swap16();
      const stored = new Int16Array(buffer, byteOffset, count);
      if (scale === 1) for (let i = 0; i < count; i++) destination[to + i] = zero + stored[i]!;
      else for (let i = 0; i < count; i++) destination[to + i] = zero + scale * stored[i]!;
      if (blank !== undefined) markBlanks(stored, blank, destination, to, count);
      return;
    }
    case 32: {
      bytes.swap32();
      const stored = new Int32Array(buffer, byteOffset, count);
      for (let i = 0; i < count; i++) destination[to + i] = zero + scale * stored[i]!;
      if (blank !== undefined) markBlanks(stored, blank, destination, to, count);
      return;
    }
    case 64: {
      bytes.swap64();
      const halves = new Int32Array(buffer, byteOffset, 2 * count);
      // High and low half in doubles: exact to 53 bits, far beyond what Float32 keeps.
      for (let i = 0; i < count; i++) {
        const value = halves[2 * i + 1]! * 4294967296 + (halves[2 * i]! >>> 0);
        destination[to + i] = value === blank ? Number.NaN : zero + scale * value;
      }
      return;
    }
    case -32: {
      bytes.swap32();
      const stored = new Float32Array(buffer, byteOffset, count);
      if (!isPlainFloat(bitpix, scaling)) {
        for (let i = 0; i < count; i++) destination[to + i] = zero + scale * stored[i]!;
      } else if (stored.buffer !== destination.buffer) destination.set(stored, to);
      return;
    }
    case -64: {
      bytes.swap64();
      const stored = new Float64Array(buffer, byteOffset, count);
      for (let i = 0; i < count; i++) destination[to + i] = zero + scale * stored[i]!;
      return;
    }
  }
}

export interface DecodeTask {
  /** `count` stored numbers, on shared memory like `destination`; turned into the processor's order. */
  readonly source: Uint8Array;
  readonly bitpix: Bitpix;
  readonly scaling: Scaling;
  readonly destination: Float32Array;
  readonly to: number;
  readonly count: number;
}

/** Numbers that are decoded together: each share then begins on a multiple of eight bytes. */
const GRAIN = 4096;

/** `decodeNumbers` for the share of one part. */
export const decodeShare: Kernel<DecodeTask, void> = (task, part, parts) => {
  const { source, bitpix, scaling, destination, to, count } = task;
  const share = rowsOfPart(Math.ceil(count / GRAIN), part, parts);
  const from = share.from * GRAIN;
  const n = Math.min(count, share.to * GRAIN) - from;
  if (n > 0) decodeNumbers(source.subarray((from * Math.abs(bitpix)) / 8), bitpix, scaling, destination, to + from, n);
};

function markBlanks(
  stored: Uint8Array | Int16Array | Int32Array,
  blank: number,
  destination: Float32Array,
  to: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) if (stored[i] === blank) destination[to + i] = Number.NaN;
}
