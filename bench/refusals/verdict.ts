import { soloCrew } from '../../pipeline/crew.ts';
import { kernels } from '../../pipeline/kernels.ts';
import { measurePlane } from '../../pipeline/measure.ts';
import { trailWarning } from '../../pipeline/photometry/trailed.ts';
import type { Plane } from '../../pipeline/plane.ts';

/** What became of a frame: refused, measured with a warning about its images, or measured as good. */
export interface Verdict {
  readonly kind: 'refused' | 'flagged' | 'good';
  /** Kind of the refusal or words of the warning, for people. */
  readonly why: string;
  readonly nSources: number;
  readonly fwhmPx: number | undefined;
  readonly nPsfStars: number | undefined;
}

/** Warnings that tell of the time or of what is masked, not of the images of stars. */
const ofOtherThings = /^the time for this image|trail\(s\) of satellites/;

/** Measures a plane from beginning to end as a night's frame would be. */
export async function verdictOf(plane: Plane): Promise<Verdict> {
  const { outcome, psf, sources, warnings } = await measurePlane(plane, {}, soloCrew(kernels));
  const about = { nSources: sources.count, fwhmPx: psf?.fwhmPx, nPsfStars: psf?.nStars };
  if (outcome.kind !== 'measured') return { kind: 'refused', why: outcome.kind, ...about };
  const flags = [...warnings, trailWarning(psf)].filter((text) => text !== undefined && !ofOtherThings.test(text));
  return flags.length > 0 ? { kind: 'flagged', why: flags.join('; '), ...about } : { kind: 'good', why: '', ...about };
}
