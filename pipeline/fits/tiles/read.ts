import { type ByteSource, readAhead } from '../../../base/bytes.ts';
import { type Column, heapOf, readDescriptor } from '../columns.ts';
import type { Bitpix, Hdu } from '../hdu.ts';
import { BadFits } from '../limits.ts';
import { dequantise } from './dither.ts';
import { decodeGzip } from './gzip.ts';
import { decodeHcompress } from './hcompress.ts';
import type { TilePlan } from './plan.ts';
import { decodePlio } from './plio.ts';
import { decodeRice } from './rice.ts';

/** One unpacked tile: stored numbers (before BSCALE), NaN where blank, and where its pixels belong. */
export interface Tile {
  readonly values: Float64Array;
  readonly count: number;
  /** Length of the tile's rows, and the offset of each row's first pixel in the plane of the image. */
  readonly rowLength: number;
  readonly rowStarts: readonly number[];
}

/** Bytes of the largest element a heap cell may hold, by type. */
const heapElementBytes: Readonly<Record<string, number>> = { B: 1, I: 2, J: 4, E: 4, K: 8, D: 8 };

/**
 * Unpacks the tiles of one plane of a compressed image that touch the rows [fromRow, toRow), one after the other; the arrays are reused, so take what is needed
 * before asking for the next. Rejects with `BadFits`: corrupt, truncated, unsupported.
 */
export async function* readTiles(
  source: ByteSource,
  hdu: Hdu,
  plan: TilePlan,
  bitpix: Bitpix,
  plane: number,
  fromRow = 0,
  toRow: number = plan.shape[1]!,
): AsyncGenerator<Tile> {
  const reader = makeTileReader(source, hdu, plan, bitpix);
  const [tilesX, tilesY] = plan.tilesAlong as [number, number];
  const [width, height] = plan.shape as [number, number];
  const [tileWidth, tileHeight] = plan.tile as [number, number];
  const { deep, planeInTile, tilePlane } = locatePlane(plan, plane);
  const lastTile = Math.min(tilesY, Math.ceil(toRow / tileHeight));
  for (let ty = Math.floor(fromRow / tileHeight); ty < lastTile; ty++) {
    for (let tx = 0; tx < tilesX; tx++) {
      const rowLength = Math.min(tileWidth, width - tx * tileWidth);
      const rows = Math.min(tileHeight, height - ty * tileHeight);
      const values = await reader(tilePlane * tilesX * tilesY + ty * tilesX + tx, rowLength, rows, deep);
      const from = planeInTile * rowLength * rows;
      const first = ty * tileHeight * width + tx * tileWidth;
      const rowStarts = Array.from({ length: rows }, (_, row) => first + row * width);
      yield { values: values.subarray(from, from + rowLength * rows), count: rowLength * rows, rowLength, rowStarts };
    }
  }
}

/** Which layer of tiles holds a plane, how many planes that layer holds, and which of them it is. */
function locatePlane(plan: TilePlan, plane: number): { deep: number; planeInTile: number; tilePlane: number } {
  let rest = plane;
  let deep = 1;
  let planeInTile = 0;
  let tilePlane = 0;
  let layers = 1;
  for (let axis = 2; axis < plan.shape.length; axis++) {
    const index = rest % plan.shape[axis]!;
    rest = Math.floor(rest / plan.shape[axis]!);
    const tileIndex = Math.floor(index / plan.tile[axis]!);
    const length = Math.min(plan.tile[axis]!, plan.shape[axis]! - tileIndex * plan.tile[axis]!);
    planeInTile += (index - tileIndex * plan.tile[axis]!) * deep;
    deep *= length;
    tilePlane += tileIndex * layers;
    layers *= plan.tilesAlong[axis]!;
  }
  return { deep, planeInTile, tilePlane };
}

type TileReader = (tile: number, rowLength: number, rows: number, deep: number) => Promise<Float64Array>;

function makeTileReader(source: ByteSource, hdu: Hdu, plan: TilePlan, bitpix: Bitpix): TileReader {
  const table = readAhead(source, 1 << 16);
  const heapSource = readAhead(source);
  const heap = heapOf(hdu);
  const rowBytes = hdu.shape[0]!;
  const most = plan.tile.reduce((product, length) => product * length, 1);
  const integers = new Int32Array(most);
  const values = new Float64Array(most);

  async function cell(row: DataView, column: Column): Promise<Uint8Array> {
    const { count, at } = readDescriptor(row, column);
    const bytes = count * (heapElementBytes[column.elementType ?? ''] ?? Number.NaN);
    if (!(bytes >= 0 && at + bytes <= heap.bytes)) {
      throw new BadFits('corrupt', 'a tile lies outside the heap of its table');
    }
    const cellBytes = await heapSource.read(heap.offset + at, bytes);
    if (cellBytes.length < bytes) throw new BadFits('truncated', 'truncated: the file ends within its tiles');
    return cellBytes;
  }

  return async (tile, rowLength, rows, deep) => {
    const count = rowLength * rows * deep;
    const rowData = await table.read(hdu.dataOffset + tile * rowBytes, rowBytes);
    if (rowData.length < rowBytes) throw new BadFits('truncated', 'truncated: the file ends within its tile table');
    const row = new DataView(rowData.buffer, rowData.byteOffset, rowData.byteLength);
    const { compressed, gzip, uncompressed } = plan.columns;
    if (readDescriptor(row, compressed).count > 0) {
      const bytes = await cell(row, compressed);
      unpackInto(bytes, rowLength, rows, deep);
      if (plan.quantised) restore(row, tile, count);
      else if (plan.algorithm !== 'GZIP_1' && plan.algorithm !== 'GZIP_2' && plan.algorithm !== 'NOCOMPRESS') {
        const blank = blankOf(row);
        for (let i = 0; i < count; i++) values[i] = integers[i]!;
        if (blank !== undefined) for (let i = 0; i < count; i++) if (integers[i] === blank) values[i] = Number.NaN;
      }
    } else if (gzip && readDescriptor(row, gzip).count > 0) {
      const { bytes, size } = decodeGzip(await cell(row, gzip), count, false);
      plainNumbers(bytes, size, bitpix, count);
    } else if (uncompressed && readDescriptor(row, uncompressed).count > 0) {
      plainNumbers(await cell(row, uncompressed), Math.abs(bitpix) / 8, bitpix, count);
    } else {
      throw new BadFits('corrupt', `tile ${tile + 1} of the compressed image is empty`);
    }
    return values;
  };

  function unpackInto(bytes: Uint8Array, rowLength: number, rows: number, deep: number): void {
    const count = rowLength * rows * deep;
    if (plan.algorithm === 'RICE_1') {
      const size = plan.bytesPerPixel;
      if (size !== 1 && size !== 2 && size !== 4) throw new BadFits('unsupported', `Rice tiles of ${size}-byte pixels`);
      decodeRice(bytes, size, plan.blockSize, integers, count);
    } else if (plan.algorithm === 'PLIO_1') {
      decodePlio(bytes, integers, count);
    } else if (plan.algorithm === 'HCOMPRESS_1') {
      if (deep > 1) throw new BadFits('unsupported', 'HCOMPRESS tiles of more than one plane');
      decodeHcompress(bytes, rowLength, rows, integers);
    } else if (plan.algorithm === 'NOCOMPRESS') {
      plainNumbers(bytes, Math.abs(bitpix) / 8, bitpix, count);
    } else {
      const unpacked = decodeGzip(bytes, count, plan.algorithm === 'GZIP_2');
      if (!plan.quantised) plainNumbers(unpacked.bytes, unpacked.size, bitpix, count);
      else if (unpacked.size === 4) quantisedIntegers(unpacked.bytes, count);
      else throw new BadFits('corrupt', 'a quantised GZIP tile is not of 32-bit integers');
    }
  }

  function quantisedIntegers(bytes: Uint8Array, count: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) integers[i] = view.getInt32(4 * i);
  }

  function restore(row: DataView, tile: number, count: number): void {
    const { scale, zero } = plan.columns;
    const quantisation = {
      scale: scale ? row.getFloat64(scale.offset) : plan.scaleKeyword,
      zero: zero ? row.getFloat64(zero.offset) : plan.zeroKeyword,
      blank: blankOf(row),
      dither: plan.dither,
      entry: tile + plan.ditherSeed - 1,
    };
    dequantise(integers, count, quantisation, values);
  }

  function blankOf(row: DataView): number | undefined {
    const column = plan.columns.blank;
    return column?.type === 'J' ? row.getInt32(column.offset) : plan.blank;
  }

  /** Numbers that were not quantised: integers of any width, or floats as they are. */
  function plainNumbers(bytes: Uint8Array, size: number, as: Bitpix, count: number): void {
    if (bytes.length < size * count) throw new BadFits('corrupt', 'a tile holds fewer bytes than its pixels need');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const blank = as > 0 ? plan.blank : undefined;
    for (let i = 0; i < count; i++) {
      const value = plainNumber(view, size, as, i);
      values[i] = value === blank ? Number.NaN : value;
    }
  }
}

function plainNumber(view: DataView, size: number, as: Bitpix, i: number): number {
  if (as < 0) return size === 8 ? view.getFloat64(8 * i) : size === 4 ? view.getFloat32(4 * i) : Number.NaN;
  if (size === 1) return view.getUint8(i);
  if (size === 2) return view.getInt16(2 * i);
  if (size === 4) return view.getInt32(4 * i);
  return view.getInt32(8 * i) * 4294967296 + view.getUint32(8 * i + 4);
}
