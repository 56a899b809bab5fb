import { sharedFloat32 } from '../crew.ts';
import type { Section } from '../header/facts.ts';
import { clippedLocation } from './robust.ts';

const rowsInGroup = 32;

/**
 * Subtracts the overscan's level (clipped mean of groups of 32 rows, so that a drift along the readout goes with it) and
 * cuts the frame to `trim`. `bias` and `trim` are clipped to the frame; without `bias` nothing is subtracted.
 * Returns undefined when nothing is left to do, or when the sections do not make sense.
 */
export function trimOverscan(
  frame: { readonly width: number; readonly height: number; readonly pixels: Float32Array },
  bias: Section | undefined,
  trim: Section | undefined,
): { width: number; height: number; pixels: Float32Array; levelAdu: number | undefined } | undefined {
  const area = within(trim ?? { x0: 0, x1: frame.width, y0: 0, y1: frame.height }, frame);
  const strip = bias && within(bias, frame);
  if (!area || (bias && !strip)) return undefined;
  if (!strip && area.x1 - area.x0 === frame.width && area.y1 - area.y0 === frame.height) return undefined;
  const width = area.x1 - area.x0;
  const height = area.y1 - area.y0;
  const pixels = sharedFloat32(width * height);
  let sum = 0;
  for (let from = 0; from < height; from += rowsInGroup) {
    const to = Math.min(from + rowsInGroup, height);
    const level = strip ? stripLevel(frame, strip, area.y0 + from, area.y0 + to) : 0;
    sum += level * (to - from);
    for (let y = from; y < to; y++) {
      const start = (area.y0 + y) * frame.width + area.x0;
      for (let x = 0; x < width; x++) pixels[y * width + x] = frame.pixels[start + x]! - level;
    }
  }
  return { width, height, pixels, levelAdu: strip ? sum / height : undefined };
}

/** The level of the overscan beside these rows; of all of it, when it lies above or below the image. */
function stripLevel(
  frame: { readonly width: number; readonly pixels: Float32Array },
  strip: Section,
  from: number,
  to: number,
): number {
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

function within(section: Section, frame: { readonly width: number; readonly height: number }): Section | undefined {
  const x1 = Math.min(section.x1, frame.width);
  const y1 = Math.min(section.y1, frame.height);
  return section.x0 < x1 && section.y0 < y1 ? { ...section, x1, y1 } : undefined;
}
