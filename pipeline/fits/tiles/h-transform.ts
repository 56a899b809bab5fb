/**
 * Inverts the H-transform (Fritze et al. 1977; White, Postman & Lattanzi 1992) in place, over an image of any size.
 *
 * Going forward, each 2 x 2 block a00 a01 / a10 a11 becomes its sum h0 and the differences along the slow axis (hx), the
 * fast axis (hy) and both (hc); the sums are gathered in the corner and transformed again. The four numbers of a block
 * have equal parity, and their sum is a multiple of four, so some low bits are redundant: hx and hy are stored
 * without the lowest bit of hc, h0 without the two lowest. Here they are put back. At each level one unit `u` is
 * twice that of the level below, because sums are halved on the way down: numbers are multiples of u, 2u and 4u.
 */
export function invertHTransform(a: Float64Array, width: number, height: number): void {
  let levels = 0;
  while (2 ** levels < Math.max(width, height)) levels++;
  if (levels === 0) {
    a[0] = roundTo(a[0]!, 1);
    return;
  }
  const line = new Float64Array(Math.max(width, height));
  a[0] = roundTo(a[0]!, 2 ** (levels + 1));
  for (let level = levels - 1; level >= 0; level--) {
    const high = Math.ceil(height / 2 ** level);
    const wide = Math.ceil(width / 2 ** level);
    for (let y = 0; y < high; y++) interleave(a, y * width, 1, wide, line);
    for (let x = 0; x < wide; x++) interleave(a, x, width, high, line);
    invertLevel(a, width, wide, high, 2 ** level, level === 0 ? 4 : 2);
  }
}

/** Sums stand in the first half of a line, differences in the second: back to their places in the blocks. */
function interleave(a: Float64Array, start: number, step: number, count: number, line: Float64Array): void {
  const half = (count + 1) >> 1;
  for (let i = 0; i < count; i++) line[i] = a[start + i * step]!;
  for (let i = 0; i < half; i++) a[start + 2 * i * step] = line[i]!;
  for (let i = half; i < count; i++) a[start + (2 * (i - half) + 1) * step] = line[i]!;
}

function invertLevel(a: Float64Array, stride: number, wide: number, high: number, unit: number, divisor: number): void {
  const evenWide = wide & ~1;
  const evenHigh = high & ~1;
  for (let y = 0; y < evenHigh; y += 2) {
    const row = y * stride;
    for (let x = 0; x < evenWide; x += 2) invertBlock(a, row + x, stride, unit, divisor);
    if (evenWide < wide) invertPair(a, row + evenWide, stride, unit, divisor);
  }
  if (evenHigh < high) {
    const row = evenHigh * stride;
    for (let x = 0; x < evenWide; x += 2) invertPair(a, row + x, 1, unit, divisor);
    if (evenWide < wide) a[row + evenWide] = Math.floor(a[row + evenWide]! / divisor);
  }
}

function invertBlock(a: Float64Array, i: number, stride: number, unit: number, divisor: number): void {
  // The coder rounded halves away from zero, so what was dropped lies towards zero from hx and hy.
  const hc = roundTo(a[i + stride + 1]!, unit);
  const cBit = bitOf(hc, unit);
  let hx = roundTo(a[i + stride]!, 2 * unit);
  let hy = roundTo(a[i + 1]!, 2 * unit);
  hx += hx >= 0 ? -cBit : cBit;
  hy += hy >= 0 ? -cBit : cBit;
  // The four numbers together are a multiple of 4u: that tells the second bit of h0 (its first is that of hc).
  const odd = bitOf(hc, 2 * unit) + bitOf(hx, 2 * unit) + bitOf(hy, 2 * unit);
  const sumBit = odd % (4 * unit);
  let h0 = a[i]!;
  if (h0 >= 0) h0 += cBit - sumBit;
  else h0 += cBit === 0 ? sumBit : cBit - sumBit;
  a[i + stride + 1] = Math.floor((h0 + hx + hy + hc) / divisor);
  a[i + stride] = Math.floor((h0 + hx - hy - hc) / divisor);
  a[i + 1] = Math.floor((h0 - hx + hy - hc) / divisor);
  a[i] = Math.floor((h0 - hx - hy + hc) / divisor);
}

/** A block cut by the edge of the image: two pixels, their sum and difference. */
function invertPair(a: Float64Array, i: number, step: number, unit: number, divisor: number): void {
  const difference = roundTo(a[i + step]!, 2 * unit);
  const bit = bitOf(difference, 2 * unit);
  let sum = a[i]!;
  sum += sum >= 0 ? -bit : bit;
  a[i + step] = Math.floor((sum + difference) / divisor);
  a[i] = Math.floor((sum - difference) / divisor);
}

/** The nearest multiple of `unit`, a power of two; halves away from zero. */
function roundTo(value: number, unit: number): number {
  if (unit <= 1) return value;
  const half = value >= 0 ? unit / 2 : unit / 2 - 1;
  return Math.floor((value + half) / unit) * unit;
}

/** `unit` when that bit of the two's complement number is set, else 0. */
function bitOf(value: number, unit: number): number {
  return Math.abs(Math.floor(value / unit)) % 2 === 0 ? 0 : unit;
}
