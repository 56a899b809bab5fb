import { BadFits } from '../limits.ts';
import { invertHTransform } from './h-transform.ts';

/**
 * Unpacks an HCOMPRESS_1 tile (FITS Standard 4.0, section 10.4.4; White, Postman & Lattanzi 1992): the bit planes of the
 * H-transform's four quadrants, coded as quadtrees, then the signs of what is not zero. `out` receives the pixels
 * row by row. Throws `BadFits` (corrupt) when the tile contradicts its size or ends early.
 */
export function decodeHcompress(tile: Uint8Array, width: number, height: number, out: Int32Array): void {
  const view = new DataView(tile.buffer, tile.byteOffset, tile.byteLength);
  if (tile.length < 25 || view.getUint16(0) !== 0xdd99) throw new BadFits('corrupt', 'not an HCOMPRESS tile');
  if (width < 4 || height < 4) throw new BadFits('corrupt', 'an HCOMPRESS tile has fewer than 4 x 4 pixels');
  // The format calls the slow axis x: its nx is our height.
  if (view.getInt32(2) !== height || view.getInt32(6) !== width) {
    throw new BadFits('corrupt', 'an HCOMPRESS tile is of another size than the header says');
  }
  const scale = view.getInt32(10);
  const total = Number(view.getBigInt64(14));
  const planes = [tile[22]!, tile[23]!, tile[24]!] as const;
  if (planes.some((count) => count > 62)) throw new BadFits('corrupt', 'an HCOMPRESS tile claims too many bit planes');
  const bits = new BitReader(tile, 25);
  const coefficients = new Float64Array(width * height);
  const rows = (height + 1) >> 1;
  const columns = (width + 1) >> 1;
  const quadrants = [
    { start: 0, height: rows, width: columns, planes: planes[0] },
    { start: columns, height: rows, width: width >> 1, planes: planes[1] },
    { start: width * rows, height: height >> 1, width: columns, planes: planes[1] },
    { start: width * rows + columns, height: height >> 1, width: width >> 1, planes: planes[2] },
  ];
  for (const quadrant of quadrants) decodeQuadrant(bits, coefficients, width, quadrant);
  if (bits.read(4) !== 0) throw new BadFits('corrupt', 'an HCOMPRESS tile has lost its place');
  bits.alignToByte();
  for (let i = 0; i < coefficients.length; i++) {
    if (coefficients[i] !== 0 && bits.read(1) === 1) coefficients[i] = -coefficients[i]!;
  }
  coefficients[0] = total;
  if (scale > 1) for (let i = 0; i < coefficients.length; i++) coefficients[i] = coefficients[i]! * scale;
  invertHTransform(coefficients, width, height);
  for (let i = 0; i < coefficients.length; i++) out[i] = coefficients[i]!;
}

interface Quadrant {
  readonly start: number;
  readonly height: number;
  readonly width: number;
  readonly planes: number;
}

/** Adds the bit planes of one quadrant, highest first, to the coefficients. */
function decodeQuadrant(bits: BitReader, coefficients: Float64Array, stride: number, quadrant: Quadrant): void {
  const { height, width, planes } = quadrant;
  const cellsHigh = (height + 1) >> 1;
  const cellsWide = (width + 1) >> 1;
  const cells = new Uint8Array(cellsHigh * cellsWide);
  for (let plane = planes - 1; plane >= 0; plane--) {
    const format = bits.read(4);
    if (format === 0) for (let i = 0; i < cells.length; i++) cells[i] = bits.read(4);
    else if (format === 15) readQuadtree(bits, cells, cellsHigh, cellsWide);
    else throw new BadFits('corrupt', 'an HCOMPRESS bit plane is in an unknown format');
    addPlane(cells, cellsWide, coefficients, stride, quadrant, 2 ** plane);
  }
}

/**
 * Grows a quadtree from its root to the level of 2 x 2 cells: each node is four bits that tell which of its children are not
 * empty, and only those are in the stream.
 */
function readQuadtree(bits: BitReader, cells: Uint8Array, cellsHigh: number, cellsWide: number): void {
  let levels = 0;
  while (1 << levels < Math.max(cellsHigh, cellsWide)) levels++;
  let nodes: Uint8Array = new Uint8Array([bits.readHuffman()]);
  let wide = 1;
  for (let level = levels - 1; level >= 0; level--) {
    const nextHigh = Math.ceil(cellsHigh / 2 ** level);
    const nextWide = Math.ceil(cellsWide / 2 ** level);
    const next = level === 0 ? cells : new Uint8Array(nextHigh * nextWide);
    // Children come in reverse raster order, as the coder walked them.
    for (let y = nextHigh - 1; y >= 0; y--) {
      for (let x = nextWide - 1; x >= 0; x--) {
        const parent = nodes[(y >> 1) * wide + (x >> 1)]!;
        const present = (parent >> (3 - 2 * (y & 1) - (x & 1))) & 1;
        next[y * nextWide + x] = present ? bits.readHuffman() : 0;
      }
    }
    nodes = next;
    wide = nextWide;
  }
  if (levels === 0) cells[0] = nodes[0]!;
}

/** The four bits of a cell belong to its four pixels: high to low upper left, upper right, lower left, lower right. */
function addPlane(
  cells: Uint8Array,
  cellsWide: number,
  coefficients: Float64Array,
  stride: number,
  quadrant: Quadrant,
  weight: number,
): void {
  for (let y = 0; y < quadrant.height; y++) {
    const row = quadrant.start + y * stride;
    const cellRow = (y >> 1) * cellsWide;
    for (let x = 0; x < quadrant.width; x++) {
      if ((cells[cellRow + (x >> 1)]! >> (3 - 2 * (y & 1) - (x & 1))) & 1) coefficients[row + x]! += weight;
    }
  }
}

/** The fixed Huffman code of HCOMPRESS for four-bit nodes, by length of the code: 3, 4, 5 and 6 bits. */
const code4: Readonly<Record<number, number>> = { 8: 3, 9: 5, 10: 10, 11: 12, 12: 15 };
const code5: Readonly<Record<number, number>> = { 26: 6, 27: 7, 28: 9, 29: 11, 30: 13 };

class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #window = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** The next 1 to 8 bits. */
  read(count: number): number {
    if (this.#held < count) {
      if (this.#at >= this.#bytes.length) throw new BadFits('corrupt', 'an HCOMPRESS tile ends too early');
      this.#window = ((this.#window << 8) | this.#bytes[this.#at++]!) & 0xffff;
      this.#held += 8;
    }
    this.#held -= count;
    return (this.#window >> this.#held) & ((1 << count) - 1);
  }

  readHuffman(): number {
    const three = this.read(3);
    if (three < 4) return 1 << three;
    const four = three * 2 + this.read(1);
    if (four < 13) return code4[four]!;
    const five = four * 2 + this.read(1);
    if (five < 31) return code5[five]!;
    return this.read(1) === 0 ? 0 : 14;
  }

  alignToByte(): void {
    this.#held = 0;
  }
}
