import type { Section } from '../header/facts.ts';
import { clippedLocation } from '../numeric/robust.ts';
import { MaskBit, type Plane } from '../plane.ts';

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly pixels: Float32Array;
}

const rowsInGroup = 32;

/**
 * Subtracts the overscan's level from every pixel in place: the clipped mean of groups of 32 rows, so that a drift along the readout
 * goes with it; of the whole strip where it lies above or below the image. Returns the mean level, or undefined, with the
 * pixels as they were, when the section lies outside the frame or holds nothing.
 */
export function subtractOverscan(frame: Pixels, section: Section): number | undefined {
  const strip = within(section, frame);
  if (!strip) return undefined;
  const levels: number[] = [];
  for (let from = 0; from < frame.height; from += rowsInGroup) {
    levels.push(stripLevel(frame, strip, from, Math.min(from + rowsInGroup, frame.height)));
  }
  if (levels.some((level) => Number.isNaN(level))) return undefined;
  levels.forEach((level, group) => {
    const from = group * rowsInGroup * frame.width;
    const to = Math.min(from + rowsInGroup * frame.width, frame.pixels.length);
    for (let i = from; i < to; i++) frame.pixels[i] = frame.pixels[i]! - level;
  });
  return levels.reduce((sum, level) => sum + level, 0) / levels.length;
}

function stripLevel(frame: Pixels, strip: Section, from: number, to: number): number {
  const beside = strip.y0 < to && strip.y1 > from;
  const y0 = beside ? Math.max(from, strip.y0) : strip.y0;
  const y1 = beside ? Math.min(to, strip.y1) : strip.y1;
  const values = new Float64Array((y1 - y0) * (strip.x1 - strip.x0));
  let n = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = strip.x0; x < strip.x1; x++) {
      const value = frame.pixels[y * frame.width + x]!;
      if (!Number.isNaN(value)) values[n++] = value;
    }
  }
  return clippedLocation(values, n, 3, new Float64Array(n)).mean;
}

/**
 * Masks what lies outside the exposed area of the mosaic, instead of cutting it off: pixel coordinates stay those of the file.
 * Returns how many pixels were masked; none when the section lies outside the frame.
 */
export function maskUnexposed(plane: Plane, exposed: Section): number {
  const { step, offsetX, offsetY } = plane.mosaic;
  const x0 = Math.max(0, Math.ceil((exposed.x0 - offsetX) / step));
  const x1 = Math.min(plane.width, Math.ceil((exposed.x1 - offsetX) / step));
  const y0 = Math.max(0, Math.ceil((exposed.y0 - offsetY) / step));
  const y1 = Math.min(plane.height, Math.ceil((exposed.y1 - offsetY) / step));
  if (x0 >= x1 || y0 >= y1) return 0;
  let masked = 0;
  for (let y = 0; y < plane.height; y++) {
    const isInside = y >= y0 && y < y1;
    for (let x = 0; x < plane.width; x++) {
      if (isInside && x >= x0 && x < x1) continue;
      plane.mask[y * plane.width + x] = plane.mask[y * plane.width + x]! | MaskBit.invalid;
      plane.electrons[y * plane.width + x] = 0;
      masked++;
    }
  }
  return masked;
}

function within(section: Section, frame: Pixels): Section | undefined {
  const x1 = Math.min(section.x1, frame.width);
  const y1 = Math.min(section.y1, frame.height);
  return section.x0 < x1 && section.y0 < y1 ? { ...section, x1, y1 } : undefined;
}
