import type { Clock } from '../../base/clock.ts';
import type { Wake } from '../../base/wake.ts';
import type { FrameStore } from '../store/frames.ts';
import type { VisitStore } from '../store/visits.ts';
import type { ReductionOutcome, ReductionWaiter } from './visit.ts';

interface Stores {
  readonly frames: Pick<FrameStore, 'byExposure'>;
  readonly visits: Pick<VisitStore, 'reductionOf'>;
}

/** The store is looked at this often even when nothing wakes us. */
const restMs = 5_000;

/** Waits until frames have come to the end of their way; `ended` is woken when any frame has. */
export function reductionWaiter(stores: Stores, ended: Wake, clock: Clock): ReductionWaiter {
  return {
    async wait(visit, written, signal) {
      const target = visit.order.request.target.name;
      for (;;) {
        const outcomes = written.map(({ exposureId }) => outcomeOf(stores, exposureId, target));
        if (outcomes.every((outcome) => outcome !== undefined)) return outcomes;
        await ended.wait(clock, signal, restMs);
      }
    },
  };
}

function outcomeOf({ frames, visits }: Stores, exposureId: string, target: string): ReductionOutcome | undefined {
  for (const { state, reason } of frames.byExposure(exposureId)) {
    if (state === 'reduced') return measured(visits.reductionOf(exposureId, target));
    if (state === 'rejected' || state === 'failed') return { state, reason: reason ?? '' };
  }
  return undefined;
}

/** A flux with its error, or a limit, is a result; a target that was only looked for is none. */
function measured({ outcome, target }: ReturnType<VisitStore['reductionOf']>): ReductionOutcome {
  if (target && (typeof target.flux === 'number' || typeof target.limit === 'number')) return { state: 'measured' };
  const why = target ? `the target could not be measured (${target.verdict})` : 'the target is not in it';
  return { state: 'unmeasured', reason: outcome === undefined ? why : `${why}; the frame: ${outcome}` };
}
