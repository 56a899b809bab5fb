import type { Master } from '../calibration/master.ts';
import { sharedUint8 } from '../crew.ts';
import { medianInPlace, sigmaOfMad } from '../numeric/robust.ts';

/** A detector with more bad pixels than this has something else wrong; the threshold is raised until no more are taken. */
const largestShare = 0.02;
const darkClip = 5;
/** A pixel that answers light this much less or more than those around it. */
const lowestResponse = 0.5;
const highestResponse = 1.5;

/**
 * Bad pixels from a master: in darks and biases those that stand out from the pixels of their colour around them by more than 5
 * sigma of such differences (hot, cold), in flats those with under 0.5 or over 1.5 of their surroundings' response. Joined
 * with what combining found unstable. `colour`: compare pixels two apart only.
 */
export function findBadPixels(master: Master, colour: boolean): { map: Uint8Array; count: number } {
  const { width, height, pixels } = master;
  const map = sharedUint8(width * height);
  if (master.bad) map.set(master.bad);
  const step = colour ? 2 : 1;
  const around = new Float64Array(8);
  const contrast = (x: number, y: number): number => {
    const here = pixels[y * width + x]!;
    let n = 0;
    for (let dy = -step; dy <= step; dy += step) {
      for (let dx = -step; dx <= step; dx += step) {
        const nx = x + dx;
        const ny = y + dy;
        if ((dx === 0 && dy === 0) || nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
        const value = pixels[ny * width + nx]!;
        if (!Number.isNaN(value)) around[n++] = value;
      }
    }
    const level = medianInPlace(around, n);
    return master.kind === 'flat' ? here / level : here - level;
  };
  const limit = master.kind === 'flat' ? 0 : darkLimit(width, height, contrast);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = contrast(x, y);
      const isBad =
        master.kind === 'flat'
          ? !(value > lowestResponse && value < highestResponse)
          : !(value < limit && value > -limit);
      if (isBad) map[y * width + x] = 1;
    }
  }
  let count = 0;
  for (let i = 0; i < map.length; i++) count += map[i]!;
  return { map, count };
}

/** 5 robust sigma of the contrasts, more where that would take over 2 % of the pixels. */
function darkLimit(width: number, height: number, contrast: (x: number, y: number) => number): number {
  const stride = Math.max(1, Math.floor(Math.sqrt((width * height) / 200_000)));
  const sample: number[] = [];
  for (let y = 0; y < height; y += stride) {
    for (let x = y % stride; x < width; x += stride) {
      const value = Math.abs(contrast(x, y));
      if (Number.isFinite(value)) sample.push(value);
    }
  }
  const sorted = Float64Array.from(sample).sort();
  if (sorted.length === 0) return Number.POSITIVE_INFINITY;
  const sigma = sigmaOfMad * sorted[sorted.length >> 1]!;
  const quantile = sorted[Math.floor((1 - largestShare) * (sorted.length - 1))]!;
  // Half an ADU at least: of quantised, noiseless masters the deviation may be zero.
  return Math.max(darkClip * sigma, quantile, 0.5);
}
