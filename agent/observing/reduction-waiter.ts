import type { Clock } from '../../base/clock.ts';
import type { Wake } from '../../base/wake.ts';
import type { FrameStore } from '../store/frames.ts';
import type { ReductionOutcome, ReductionWaiter } from './visit.ts';

/** The store is looked at this often even when nothing wakes us. */
const restMs = 5_000;

/** Waits until frames have come to the end of their way; `ended` is woken when any frame has. */
export function reductionWaiter(frames: Pick<FrameStore, 'byExposure'>, ended: Wake, clock: Clock): ReductionWaiter {
  return {
    async wait(written, signal) {
      for (;;) {
        const outcomes = written.map(({ exposureId }) => outcomeOf(frames, exposureId));
        if (outcomes.every((outcome) => outcome !== undefined)) return outcomes;
        await ended.wait(clock, signal, restMs);
      }
    },
  };
}

function outcomeOf(frames: Pick<FrameStore, 'byExposure'>, exposureId: string): ReductionOutcome | undefined {
  for (const { state, reason } of frames.byExposure(exposureId)) {
    if (state === 'reduced') return { state };
    if (state === 'rejected' || state === 'failed') return { state, reason: reason ?? '' };
  }
  return undefined;
}
