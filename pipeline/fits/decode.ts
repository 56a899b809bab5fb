import type { Bitpix } from './hdu.ts';

/** How stored numbers become physical ones: physical = zero + scale * stored; `blank` marks stored integers without value. */
export interface Scaling {
  readonly scale: number;
  readonly zero: number;
  readonly blank: number | undefined;
}

/**
 * Decodes big-endian FITS numbers (Standard 4.0, sections 4.4.2.5 and 5) to physical Float32 values: `count` numbers
 * from the start of `source` into `destination` from `to`. Integers equal to `blank` become NaN. Returns how many
 * NaNs were written. 32- and 64-bit integers are rounded to the 24 bits that Float32 holds.
 */
export function decodeNumbers(
  source: Uint8Array,
  bitpix: Bitpix,
  scaling: Scaling,
  destination: Float32Array,
  to: number,
  count: number,
): number {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const { scale, zero } = scaling;
  switch (bitpix) {
    case 8:
      for (let i = 0; i < count; i++) destination[to + i] = zero + scale * source[i]!;
      break;
    case 16:
      if (scale === 1) for (let i = 0; i < count; i++) destination[to + i] = zero + view.getInt16(2 * i);
      else for (let i = 0; i < count; i++) destination[to + i] = zero + scale * view.getInt16(2 * i);
      break;
    case 32:
      for (let i = 0; i < count; i++) destination[to + i] = zero + scale * view.getInt32(4 * i);
      break;
    case 64:
      // High and low half in doubles: exact to 53 bits, far beyond what Float32 keeps.
      for (let i = 0; i < count; i++) {
        destination[to + i] = zero + scale * (view.getInt32(8 * i) * 4294967296 + view.getUint32(8 * i + 4));
      }
      break;
    case -32:
      if (scale === 1 && zero === 0) for (let i = 0; i < count; i++) destination[to + i] = view.getFloat32(4 * i);
      else for (let i = 0; i < count; i++) destination[to + i] = zero + scale * view.getFloat32(4 * i);
      break;
    case -64:
      for (let i = 0; i < count; i++) destination[to + i] = zero + scale * view.getFloat64(8 * i);
      break;
  }
  if (bitpix < 0) return countNaN(destination, to, count);
  return scaling.blank === undefined ? 0 : markBlanks(view, bitpix, scaling.blank, destination, to, count);
}

/** How many of values[from..from + count) are NaN. */
export function countNaN(values: Float32Array, from: number, count: number): number {
  // A plain sum of x - x is NaN as soon as one value is not finite, and compiles far better than a test of each value.
  let finite = 0;
  for (let i = from; i < from + count; i++) finite += values[i]! - values[i]!;
  if (finite === 0) return 0;
  let nans = 0;
  for (let i = from; i < from + count; i++) if (Number.isNaN(values[i]!)) nans++;
  return nans;
}

function markBlanks(
  view: DataView,
  bitpix: Bitpix,
  blank: number,
  destination: Float32Array,
  to: number,
  count: number,
): number {
  let nans = 0;
  for (let i = 0; i < count; i++) {
    if (storedInteger(view, bitpix, i) === blank) {
      destination[to + i] = Number.NaN;
      nans++;
    }
  }
  return nans;
}

function storedInteger(view: DataView, bitpix: Bitpix, i: number): number {
  switch (bitpix) {
    case 8:
      return view.getUint8(i);
    case 16:
      return view.getInt16(2 * i);
    case 32:
      return view.getInt32(4 * i);
    default:
      return view.getInt32(8 * i) * 4294967296 + view.getUint32(8 * i + 4);
  }
}
