import { isDeepStrictEqual } from 'node:util';
import { type ObservingRequest, observingRequest, type RequestState, terminalStates } from '../protocol/request.ts';
import { type HeldRequest, requestResult } from '../protocol/rest.ts';

/** A request as every backend keeps it: what was said as JSON, times as Unix milliseconds. */
export interface RequestRow {
  readonly id: string;
  readonly site: string;
  readonly payload: string;
  readonly state: RequestState;
  readonly reason: string;
  readonly answer: 'accept' | 'decline' | null;
  readonly cancelReason: string | null;
  readonly result: string | null;
  readonly parts: number | null;
  readonly submittedAtMs: number;
  readonly stateAtMs: number;
  readonly acknowledgedAtMs: number | null;
}

/** The states that a request does not leave, as a list of SQL. */
export const terminalList = [...terminalStates].map((state) => `'${state}'`).join(', ');

/** Whether a request is the one that is held. A key with a default that came with a later version makes no other of it. */
export function isSameRequest(payload: string, request: ObservingRequest): boolean {
  return isDeepStrictEqual(observingRequest.parse(JSON.parse(payload)), observingRequest.parse(request));
}

/** A request as the hub shows it. */
export function heldRequestOf(row: RequestRow): HeldRequest {
  return {
    id: row.id,
    site: row.site,
    request: observingRequest.parse(JSON.parse(row.payload)),
    state: row.state,
    reason: row.reason,
    answer: row.answer,
    cancelRequested: row.cancelReason !== null,
    acknowledgedAt: row.acknowledgedAtMs === null ? null : new Date(row.acknowledgedAtMs).toISOString(),
    result: row.result === null ? null : requestResult.parse(JSON.parse(row.result)),
    ...(row.parts === null ? {} : { resultParts: row.parts }),
    submittedAt: new Date(row.submittedAtMs).toISOString(),
    stateAt: new Date(row.stateAtMs).toISOString(),
  };
}
