/** A square of so many pixels at exactly one value is no image: any noise would show. */
const side = 8;
/** The sky of an image with hardly any noise has such squares, too, and holes all over: more edges than these in a row of it. */
const mostEdges = 6;

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly pixels: Float32Array;
}

/** Pixels of areas that stand at one value. */
export interface ConstantPixels {
  readonly indices: Int32Array;
  /** One where a pixel is one of them; undefined where there are none. */
  readonly map: Uint8Array | undefined;
}

/**
 * Finds areas at exactly one value: squares of 8 pixels and all that hangs together with them at the same value, and constant
 * first and last rows and columns, however few. The highest value of the frame is left to saturation.
 */
export function constantPixels(frame: Pixels): ConstantPixels {
  const seeds = [...constantSquares(frame), ...constantEdges(frame)];
  if (seeds.length === 0) return { indices: new Int32Array(0), map: undefined };
  const { width, height, pixels } = frame;
  const map = new Uint8Array(width * height);
  const indices: number[] = [];
  const top = highest(pixels);
  for (const value of new Set(seeds.map((p) => pixels[p]!))) {
    if (value === top) continue;
    const ofValue = seeds.filter((p) => pixels[p] === value);
    const area = flood(frame, ofValue, map);
    if (isFullOfHoles(area, width)) for (const p of area) map[p] = 0;
    else for (const p of area) indices.push(p);
  }
  return { indices: Int32Array.from(indices), map: indices.length > 0 ? map : undefined };
}

/** The first pixel of each constant square. */
function constantSquares({ width, height, pixels }: Pixels): number[] {
  const found: number[] = [];
  for (let y = 0; y + side <= height; y += side) {
    for (let x = 0; x + side <= width; x += side) {
      if (isConstant(pixels, y * width + x, 1, side, width, side)) found.push(y * width + x);
    }
  }
  return found;
}

/** All pixels of the constant rows and columns on the edges, from outside to inside. */
function constantEdges({ width, height, pixels }: Pixels): number[] {
  const found: number[] = [];
  for (const [first, along, length, inwards, depth] of [
    [0, 1, width, width, height],
    [(height - 1) * width, 1, width, -width, height],
    [0, width, height, 1, width],
    [width - 1, width, height, -1, width],
  ] as const) {
    for (let k = 0; k < Math.min(side, depth); k++) {
      const start = first + k * inwards;
      if (!isConstant(pixels, start, along, length, 0, 1)) break;
      for (let j = 0; j < length; j++) found.push(start + j * along);
    }
  }
  return found;
}

function isConstant(
  pixels: Float32Array,
  start: number,
  along: number,
  length: number,
  across: number,
  breadth: number,
): boolean {
  const value = pixels[start]!;
  for (let j = 0; j < breadth; j++) {
    for (let i = 0; i < length; i++) if (pixels[start + j * across + i * along] !== value) return false;
  }
  return true;
}

/** Marks and gives the pixels that hang together with the seeds at their value. */
function flood({ width, height, pixels }: Pixels, seeds: readonly number[], map: Uint8Array): number[] {
  const area: number[] = [];
  const take = (p: number, value: number): void => {
    if (map[p] !== 0 || pixels[p] !== value) return;
    map[p] = 1;
    area.push(p);
  };
  for (const seed of seeds) take(seed, pixels[seed]!);
  for (let k = 0; k < area.length; k++) {
    const p = area[k]!;
    const value = pixels[p]!;
    const x = p % width;
    if (x > 0) take(p - 1, value);
    if (x < width - 1) take(p + 1, value);
    if (p >= width) take(p - width, value);
    if (p < width * (height - 1)) take(p + width, value);
  }
  return area;
}

/** Whether the rows of an area are cut in pieces. */
function isFullOfHoles(area: readonly number[], width: number): boolean {
  const inOrder = Int32Array.from(area).sort();
  let rows = 0;
  let pieces = 0;
  for (let k = 0; k < inOrder.length; k++) {
    const row = Math.floor(inOrder[k]! / width);
    const isNewRow = k === 0 || Math.floor(inOrder[k - 1]! / width) !== row;
    if (isNewRow) rows++;
    if (isNewRow || inOrder[k]! - inOrder[k - 1]! > 1) pieces++;
  }
  return 2 * pieces > mostEdges * rows;
}

function highest(pixels: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let p = 0; p < pixels.length; p++) if (pixels[p]! > top) top = pixels[p]!;
  return top;
}
