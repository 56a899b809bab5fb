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

export interface WrittenFrame {
  readonly number: number;
  readonly file: string;
  readonly exposureId: string;
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
