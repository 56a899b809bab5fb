import { RUN_STRIDE, type SaturatedPatch } from '../photometry/saturated.ts';
import { MaskBit, type Plane } from '../plane.ts';

/** A patch of saturated pixels so many times as long as wide, and longer by `leastExcessPx` then, is no round core. */
const leastRatio = 2;
const leastExcessPx = 3;
/** What a line of a bleed ends with, and what the readout drags behind, reaches no further beyond saturation. */
const longestTailPx = 10;
/** A pixel of a tail stands out from both sides of the bleed by so many sigma. */
const clearSigma = 5;

/** One direction in which charge may run. */
interface Axis {
  /** From a pixel to the next along, and across. */
  readonly along: number;
  readonly across: number;
  readonly length: number;
  readonly breadth: number;
}

/**
 * Masks where charge of a saturated star ran along the columns of a CCD (the rows of a turned file) without saturating the
 * pixel: beyond the ends of each line of a drawn-out saturated patch, one pixel at least, and on as long as they stand
 * out from both sides of the patch. Left alone these ends pass for stars. `patches` are the saturated ones of the plane. Sets
 * `MaskBit.bleed`; gives the number of bleeds.
 */
export function maskBleeds(plane: Plane, patches: readonly SaturatedPatch[]): number {
  const { width, height } = plane;
  const axes: readonly Axis[] = [
    { along: width, across: 1, length: height, breadth: width },
    { along: 1, across: width, length: width, breadth: height },
  ];
  let count = 0;
  for (const patch of patches) {
    const axis = axes.find((one) => isDrawnOut(patch, width, one));
    if (!axis) continue;
    maskEnds(plane, patch, axis);
    count++;
  }
  return count;
}

const alongOf = (p: number, { along, length }: Axis) => Math.floor(p / along) % length;
const acrossOf = (p: number, { across, breadth }: Axis) => Math.floor(p / across) % breadth;

function isDrawnOut(patch: SaturatedPatch, width: number, axis: Axis): boolean {
  const long = extent(patch, width, axis, alongOf);
  const wide = extent(patch, width, axis, acrossOf);
  return long.most - long.least + 1 >= leastRatio * (wide.most - wide.least + 1) + leastExcessPx;
}

function extent(patch: SaturatedPatch, width: number, axis: Axis, of: (p: number, axis: Axis) => number) {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < patch.length; i += RUN_STRIDE) {
    for (const x of [patch[i + 1]!, patch[i + 2]! - 1]) {
      const at = of(patch[i]! * width + x, axis);
      if (at < least) least = at;
      if (at > most) most = at;
    }
  }
  return { least, most };
}

function maskEnds({ width, electrons, mask, noise }: Plane, patch: SaturatedPatch, axis: Axis): void {
  const { along, across, length, breadth } = axis;
  const wide = extent(patch, width, axis, acrossOf);
  // Two pixels off, where the light that the bleed itself spreads is faint.
  const left = Math.max(0, wide.least - 2);
  const right = Math.min(breadth - 1, wide.most + 2);
  const readNoiseE = noise.readNoiseE ?? 0;
  const isSaturated = (p: number) => electrons[p]! >= noise.saturationE || (mask[p]! & MaskBit.saturated) !== 0;
  const standsOut = (p: number, at: number) => {
    const beside = Math.max(electrons[left * across + at * along]!, electrons[right * across + at * along]!);
    return electrons[p]! - beside > clearSigma * Math.sqrt(Math.max(0, beside) + readNoiseE ** 2);
  };
  const maskBeyond = (end: number, step: 1 | -1) => {
    for (let k = 1; k <= longestTailPx; k++) {
      const at = alongOf(end, axis) + step * k;
      const p = end + step * k * along;
      if (at < 0 || at >= length || isSaturated(p) || (k > 1 && !standsOut(p, at))) break;
      mask[p] = mask[p]! | MaskBit.bleed;
    }
  };
  for (let i = 0; i < patch.length; i += RUN_STRIDE) {
    const start = patch[i]! * width;
    for (let end = start + patch[i + 1]!; end < start + patch[i + 2]!; end++) {
      maskBeyond(end, -1);
      maskBeyond(end, 1);
    }
  }
}
