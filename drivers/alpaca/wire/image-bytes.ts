import { RetryLater } from '../../../base/errors.ts';
import { alpacaFault } from './faults.ts';

/** An image as a camera gives it, in the order of a FITS file: rows of `width`, plane after plane. */
export interface AlpacaImage {
  readonly width: number;
  readonly height: number;
  /** 1, or 3 for a camera that makes colours of its own. */
  readonly planes: number;
  /** 16 bits wherever all values fit. */
  readonly pixels: Uint16Array | Int32Array | Float64Array;
}

/** Values of any width, in the order of the transmission. */
type Values = ArrayLike<number> | ArrayLike<bigint>;

type Part = [buffer: ArrayBuffer, startByte: number, length: number];

/** Element types by their numbers; each gives the values of a buffer, little-endian as the specification demands. */
const elements: Readonly<Record<number, { readonly bytes: number; readonly read: (...part: Part) => Values }>> = {
  1: { bytes: 2, read: (...part) => new Int16Array(...part) },
  2: { bytes: 4, read: (...part) => new Int32Array(...part) },
  3: { bytes: 8, read: (...part) => new Float64Array(...part) },
  4: { bytes: 4, read: (...part) => new Float32Array(...part) },
  5: { bytes: 8, read: (...part) => new BigUint64Array(...part) },
  6: { bytes: 1, read: (...part) => new Uint8Array(...part) },
  7: { bytes: 8, read: (...part) => new BigInt64Array(...part) },
  8: { bytes: 2, read: (...part) => new Uint16Array(...part) },
  9: { bytes: 4, read: (...part) => new Uint32Array(...part) },
};

const headerBytes = 44;
const version = 1;
/** No detector has more pixels. */
const mostPixels = 1e9;

/**
 * Reads the answer `application/imagebytes` (ASCOM Alpaca API Reference, section 8): a header of eleven 32-bit numbers,
 * then the array [x][y] or [x][y][plane] with the last index running fastest.
 * @throws EdgeError for the device's own error; RetryLater `ALPACA_IMAGE` for an answer that is not whole or makes no sense
 */
export function readImageBytes(body: Uint8Array, device: string): AlpacaImage {
  if (body.length < headerBytes) throw senseless(device, `it has ${body.length} bytes only`);
  const header = new DataView(body.buffer, body.byteOffset, headerBytes);
  const word = (index: number) => header.getInt32(4 * index, true);
  const [errorNumber, dataStart, type, rank] = [word(1), word(4), word(6), word(7)];
  if (errorNumber !== 0) {
    throw alpacaFault(device, errorNumber, new TextDecoder().decode(body.subarray(Math.max(dataStart, headerBytes))));
  }
  if (word(0) !== version) throw senseless(device, `its version is ${word(0)}, and only ${version} is known`);
  const element = elements[type];
  if (!element) throw senseless(device, `it has elements of the unknown type ${type}`);
  const [width, height, planes] = [word(8), word(9), rank === 3 ? word(10) : 1];
  const pixels = width * height * planes;
  if ((rank !== 2 && rank !== 3) || width < 1 || height < 1 || planes < 1 || planes > 4 || pixels > mostPixels) {
    throw senseless(device, `it has rank ${rank} and measures ${width} x ${height} x ${planes}`);
  }
  const endByte = dataStart + pixels * element.bytes;
  if (dataStart < headerBytes || body.length < endByte) {
    throw senseless(device, `it ends after ${body.length} of ${endByte} bytes`);
  }
  const start = body.byteOffset + dataStart;
  const buffer = body.buffer as ArrayBuffer;
  // Typed arrays begin at whole elements only; where the data do not, they are copied first.
  const values =
    start % element.bytes === 0
      ? element.read(buffer, start, pixels)
      : element.read(buffer.slice(start, start + pixels * element.bytes), 0, pixels);
  return { width, height, planes, pixels: inRows(values, width, height, planes) };
}

/** The same of a JSON answer: arrays of columns. */
export function readImageArray(value: unknown, device: string): AlpacaImage {
  const columns = value as readonly (readonly (number | readonly number[])[])[];
  const [width, height] = [lengthOf(columns), lengthOf(columns?.[0])];
  const first = columns?.[0]?.[0];
  const planes = Array.isArray(first) ? first.length : 1;
  const flat =
    width * height * planes > 0 && width * height * planes <= mostPixels ? (columns.flat(2) as number[]) : [];
  if (flat.length !== width * height * planes || flat.length === 0 || flat.some((one) => typeof one !== 'number')) {
    throw senseless(device, 'its JSON array is not a full rectangle of numbers');
  }
  return { width, height, planes, pixels: inRows(flat, width, height, planes) };
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

/** Turns columns into rows, planes apart, in the narrowest type that holds every value. */
function inRows(given: Values, width: number, height: number, planes: number): AlpacaImage['pixels'] {
  const values = asNumbers(given);
  if (values instanceof Uint16Array || values instanceof Uint8Array) {
    const rows = new Uint16Array(values.length);
    transpose(values, rows, width, height, planes);
    return rows;
  }
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let isWhole = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
    if (!Number.isInteger(value)) isWhole = false;
  }
  const size = values.length;
  const fits = (low: number, high: number) => isWhole && least >= low && greatest <= high;
  const rows = fits(0, 65535)
    ? new Uint16Array(size)
    : fits(-(2 ** 31), 2 ** 31 - 1)
      ? new Int32Array(size)
      : new Float64Array(size);
  transpose(values, rows, width, height, planes);
  return rows;
}

/** 64-bit integers as numbers: no camera counts beyond 2^53. */
function asNumbers(values: Values): ArrayLike<number> {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return Float64Array.from(values, Number);
  return values as ArrayLike<number>;
}

/** Side of the squares that are turned at once: both ends of the way stay in the processor's cache. */
const tile = 64;

function transpose(
  from: ArrayLike<number>,
  to: Uint16Array | Int32Array | Float64Array,
  width: number,
  height: number,
  planes: number,
): void {
  for (let plane = 0; plane < planes; plane++) {
    const base = plane * width * height;
    for (let x0 = 0; x0 < width; x0 += tile) {
      const x1 = Math.min(x0 + tile, width);
      for (let y0 = 0; y0 < height; y0 += tile) {
        const y1 = Math.min(y0 + tile, height);
        for (let x = x0; x < x1; x++) {
          let at = (x * height + y0) * planes + plane;
          let goal = base + y0 * width + x;
          for (let y = y0; y < y1; y++, at += planes, goal += width) to[goal] = from[at]!;
        }
      }
    }
  }
}

function senseless(device: string, reason: string): RetryLater {
  return new RetryLater(
    'ALPACA_IMAGE',
    `The image of ${device} cannot be read: ${reason}. The exposure has to be repeated.`,
  );
}
