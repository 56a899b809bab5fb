import type { Visit } from '../store/visit.ts';
import { plannedFrames } from './visit.ts';
import { ProgramEnded } from './visit-errors.ts';

export type Decision = { readonly next: 'safety' | 'reduce' } | { readonly next: 'close'; readonly why: ProgramEnded };

/**
 * What becomes of a visit that a killed program left open, by what reached the watched folder (an exposure that was cut
 * off left nothing behind):
 * - every frame is there: nothing needs to move, only the reduction is waited for;
 * - none is there: the visit begins again, once, so that a program that dies of it does not do so for ever;
 * - some are there: it is closed, for the rest would no longer be one visit; the frames go the way of every frame.
 * A visit that is closed counts against its request (`visit-faults.ts`).
 */
export function decideInterrupted(visit: Visit, framesWritten: number): Decision {
  const total = plannedFrames(visit.order.request).length;
  if (framesWritten >= total) return { next: 'reduce' };
  const when = `the program ended in the middle of this visit (step "${visit.step}")`;
  if (framesWritten > 0) return { next: 'close', why: new ProgramEnded(when) };
  if (visit.resumes > 0) return { next: 'close', why: new ProgramEnded(`${when}, for the second time`) };
  return { next: 'safety' };
}
