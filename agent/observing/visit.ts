import type { CameraFrame } from '../../drivers/contract.ts';
import type { ObservingRequest } from '../../protocol/request.ts';
import type { Order, Step, Visit, VisitResult, WrittenFrame } from '../store/visit.ts';

/** One exposure of a visit. */
export interface PlannedFrame {
  /** 1-based, over all of the request's configurations. */
  readonly number: number;
  readonly filter: string;
  readonly exposureS: number;
  readonly binning: number;
}

/** Every exposure a request asks for, in order. */
export function plannedFrames(request: ObservingRequest): PlannedFrame[] {
  return request.instrumentConfigs
    .flatMap(({ exposureCount, filter, exposureS, binning }) =>
      Array.from({ length: exposureCount }, () => ({ filter, exposureS, binning })),
    )
    .map((frame, index) => ({ number: index + 1, ...frame }));
}

/** Keeps visits through a restart. Each call is durable when it returns. */
export interface VisitStore {
  /** Writes the row of a new visit; undefined when the request has a visit under way or has ended. */
  claim(order: Order): Visit | undefined;
  /** Notes the step that is about to be taken. */
  step(visitId: string, step: Step): void;
  exposureBegun(visitId: string): void;
  frameWritten(visitId: string, frame: WrittenFrame): void;
  /** Counts that the visit is taken up again. */
  resumed(visitId: string): void;
  end(result: VisitResult): void;
  /** Visits of the request that ended by a fault that counts. */
  faults(order: Order): number;
  /** Visits that have no end: those of a program that was killed. */
  open(): Visit[];
}

/** Puts frames into the watched folder, whole or not at all; the same visit and number always give the same file. */
export interface FrameWriter {
  write(visit: Visit, planned: PlannedFrame, frame: CameraFrame): Promise<WrittenFrame>;
  /** The frames of a visit that are in the folder or have been there, whatever its row says. */
  written(visit: Visit): Promise<readonly WrittenFrame[]>;
}

export type ReductionOutcome =
  | { readonly state: 'measured' }
  /** `unmeasured`: reduced, but without a word on the target. */
  | { readonly state: 'unmeasured' | 'rejected' | 'failed'; readonly reason: string };

/** Tells what became of frames on the way of every frame; the order is that of the frames. */
export interface ReductionWaiter {
  wait(visit: Visit, frames: readonly WrittenFrame[], signal: AbortSignal): Promise<readonly ReductionOutcome[]>;
}
