import { sharedFloat32 } from '../crew.ts';
import type { PlaneMeasurement } from '../measure.ts';
import type { Plane } from '../plane.ts';
import type { SourceTable } from '../sources.ts';
import type { Mjd } from '../time/mjd.ts';

/** A measured plane that may go into a stack. */
export interface StackMember {
  /** What a person calls its frame. */
  readonly name: string;
  readonly plane: Plane;
  readonly sources: SourceTable;
  readonly skyE: number;
  readonly skyRmsE: number;
  readonly fwhmPx: number;
  readonly exposureS: number | undefined;
  readonly midUtc: Mjd | undefined;
}

/** A measured plane as a member of a stack; undefined where nothing was measured. It keeps no hold of the measurement. */
export function memberOf(
  name: string,
  plane: Plane,
  measurement: PlaneMeasurement,
  time: Pick<StackMember, 'exposureS' | 'midUtc'>,
): StackMember | undefined {
  const { sources, skyE, skyRmsE, psf, outcome } = measurement;
  if (outcome.kind !== 'measured' || !psf) return undefined;
  return { name, plane, sources, skyE, skyRmsE, fwhmPx: psf.fwhmPx, ...time };
}

/** The pixels of a plane above `level`, NaN where they have no weight; on shared memory. */
export function weighedPixels({ electrons, mask, noise }: Plane, level: number): Float32Array {
  const pixels = sharedFloat32(electrons.length);
  for (let p = 0; p < pixels.length; p++) {
    const e = electrons[p]!;
    pixels[p] = mask[p] !== 0 || e >= noise.saturationE ? Number.NaN : e - level;
  }
  return pixels;
}
