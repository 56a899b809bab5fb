import { SourceFlag } from '../flags.ts';
import type { Plane } from '../plane.ts';
import type { SourceTable } from '../sources.ts';

/**
 * The stars of one plane where planes can be compared: in common coordinates, which are plane pixels counted from the first pixel
 * of the mosaic, so that the same place on the sky has the same coordinates on all four planes.
 */
export interface StarList {
  readonly plane: Plane;
  readonly sources: SourceTable;
  readonly fwhmPx: number;
  /** Common coordinates of the plane's first pixel. */
  readonly originX: number;
  readonly originY: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** What tells a shift: significance over 15, nothing wrong. */
  readonly isClean: readonly boolean[];
}

const cleanSignificance = 15;
const unclean =
  SourceFlag.saturated |
  SourceFlag.truncated |
  SourceFlag.badPixel |
  SourceFlag.nearSaturated |
  SourceFlag.notConverged |
  SourceFlag.extended |
  SourceFlag.tooSharp |
  SourceFlag.blended;

export function starList(plane: Plane, sources: SourceTable, fwhmPx: number): StarList {
  const { offsetX, offsetY, step } = plane.mosaic;
  const originX = offsetX / step;
  const originY = offsetY / step;
  return {
    plane,
    sources,
    fwhmPx,
    originX,
    originY,
    x: sources.x.map((x) => x + originX),
    y: sources.y.map((y) => y + originY),
    isClean: Array.from(sources.flags, (flags, i) => {
      return (flags & unclean) === 0 && sources.flux[i]! > cleanSignificance * sources.fluxErr[i]!;
    }),
  };
}
