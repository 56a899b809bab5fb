import type { CameraFrame } from '../../drivers/contract.ts';
import type { ObservingRequest } from '../../protocol/request.ts';

/** Steps of a visit, in their order; filter, expose and write come once for each frame. */
export const steps = [
  'claimed',
  'safety',
  'roof',
  'slew',
  'confirm',
  'filter',
  'expose',
  'write',
  'rest',
  'reduce',
] as const;
export type Step = (typeof steps)[number];

/** How a visit stands; all but the first are final for it (an aborted request may get another visit). */
export type VisitState = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | 'ABORTED' | 'NOT_ATTEMPTED';

/** What is to be done: a request of one centre, on one instrument. */
export interface Order {
  readonly destination: string;
  readonly instrument: string;
  readonly request: ObservingRequest;
}

/** One attempt to fulfil a request. Its row is written before anything moves. */
export interface Visit {
  readonly id: string;
  readonly order: Order;
  readonly step: Step;
  /** Exposures that were begun, whether or not they ended well. */
  readonly exposuresBegun: number;
  /** How many times it was taken up again after the program had ended in the middle. */
  readonly resumes: number;
}

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

export interface VisitResult {
  readonly visitId: string;
  readonly state: Exclude<VisitState, 'IN_PROGRESS'>;
  /** In plain words; empty when there is nothing to say. */
  readonly reason: string;
  readonly frames: readonly WrittenFrame[];
  /** Code of the fault that is counted against the request. */
  readonly fault?: string;
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

export interface WrittenFrame {
  readonly number: number;
  readonly file: string;
  readonly exposureId: string;
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
