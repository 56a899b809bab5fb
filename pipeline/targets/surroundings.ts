import { SourceFlag } from '../flags.ts';
import { MaskBit, type Plane } from '../plane.ts';
import type { SourceTable } from '../sources.ts';

/** What pixels and sources about a position say of a measurement there. Lengths in plane pixels. */
export interface Surroundings {
  /** Bits of `SourceFlag` that the place itself earns. */
  readonly flags: number;
  /** In plain words, what spoils the place; empty for a clean one. */
  readonly troubles: readonly string[];
  /** Row of the detected source that stands at the position. */
  readonly found: number | undefined;
  /** A source broader than the PSF at the position (`under`) or near it. */
  readonly host: { readonly where: 'under' | 'near'; readonly distancePx: number; readonly row: number } | undefined;
}

/** A detected source within this many FWHM of a position is what stands there. */
const sameFwhm = 0.6;
/** Pixels within this many FWHM carry the light that a position is measured by. */
const coreFwhm = 1;
/** A saturated pixel within this many FWHM spoils a measurement. */
const nearSaturatedFwhm = 4;
/** A host within this many FWHM is told. */
const hostFwhm = 5;

const ofMask = [
  { bit: MaskBit.saturated, flag: SourceFlag.saturated, words: 'saturated pixels' },
  { bit: MaskBit.bleed, flag: SourceFlag.nearSaturated, words: 'the bleed of a saturated star' },
  { bit: MaskBit.bad | MaskBit.invalid, flag: SourceFlag.badPixel, words: 'bad pixels' },
  { bit: MaskBit.cosmicRay, flag: SourceFlag.cosmicRay, words: 'a cosmic ray' },
  { bit: MaskBit.trail, flag: SourceFlag.badPixel, words: 'the trail of a satellite' },
] as const;

/** Looks at the pixels and sources about (x, y), plane pixels. */
export function surroundings(
  plane: Plane,
  sources: SourceTable,
  fwhmPx: number,
  { x, y }: { readonly x: number; readonly y: number },
): Surroundings {
  const troubles: string[] = [];
  let flags = 0;
  const edgePx = Math.min(x, y, plane.width - 1 - x, plane.height - 1 - y);
  if (edgePx < coreFwhm * fwhmPx) {
    flags |= SourceFlag.truncated;
    troubles.push(`on the edge of the frame (${edgePx.toFixed(1)} px from it)`);
  }
  const core = pixelsWithin(plane, x, y, coreFwhm * fwhmPx);
  for (const { bit, flag, words } of ofMask) {
    const share = core.filter((p) => plane.mask[p]! & bit).length / core.length;
    if (share === 0) continue;
    flags |= flag;
    troubles.push(`on ${words} (${Math.round(100 * share)} % of its core)`);
  }
  if ((flags & (SourceFlag.saturated | SourceFlag.nearSaturated)) === 0 && isNearSaturated(plane, x, y, fwhmPx)) {
    flags |= SourceFlag.nearSaturated;
    troubles.push('next to a saturated star');
  }
  return { flags, troubles, ...sourcesAbout(sources, x, y, fwhmPx) };
}

function isNearSaturated(plane: Plane, x: number, y: number, fwhmPx: number): boolean {
  const { electrons, mask, noise } = plane;
  return pixelsWithin(plane, x, y, nearSaturatedFwhm * fwhmPx).some(
    (p) => (mask[p]! & (MaskBit.saturated | MaskBit.bleed)) !== 0 || electrons[p]! >= noise.saturationE,
  );
}

/** The source that stands at (x, y), and a host under or about it. */
function sourcesAbout(
  sources: SourceTable,
  x: number,
  y: number,
  fwhmPx: number,
): Pick<Surroundings, 'found' | 'host'> {
  let found: number | undefined;
  let nearest = sameFwhm * fwhmPx;
  let host: Surroundings['host'];
  for (let row = 0; row < sources.count; row++) {
    const distancePx = Math.hypot(sources.x[row]! - x, sources.y[row]! - y);
    if (distancePx < nearest) {
      nearest = distancePx;
      found = row;
    }
    const isExtended = (sources.flags[row]! & SourceFlag.extended) !== 0;
    if (!isExtended || distancePx > Math.min(hostFwhm * fwhmPx, host?.distancePx ?? Infinity)) continue;
    host = { where: distancePx < sameFwhm * fwhmPx ? 'under' : 'near', distancePx, row };
  }
  return { found, host };
}

function pixelsWithin({ width, height }: Plane, x: number, y: number, radius: number): number[] {
  const pixels: number[] = [];
  const [fromY, toY] = [Math.max(0, Math.ceil(y - radius)), Math.min(height - 1, Math.floor(y + radius))];
  const [fromX, toX] = [Math.max(0, Math.ceil(x - radius)), Math.min(width - 1, Math.floor(x + radius))];
  for (let j = fromY; j <= toY; j++) {
    for (let i = fromX; i <= toX; i++) {
      if ((i - x) ** 2 + (j - y) ** 2 <= radius ** 2) pixels.push(j * width + i);
    }
  }
  return pixels;
}
