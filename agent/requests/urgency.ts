import type { ObservingRequest } from '../../protocol/request.ts';

/**
 * The order in which requests that can be executed are taken: RAPID_RESPONSE first; then TIME_CRITICAL, the one whose
 * open window closes first; then the others. Among equals the higher priority, then the one that came earlier (the sort
 * is stable). Negative when `a` goes first.
 */
export function byUrgency(nowMs: number): (a: ObservingRequest, b: ObservingRequest) => number {
  return (a, b) =>
    classOf(a) - classOf(b) ||
    (a.observationType === 'TIME_CRITICAL' ? closesMs(a, nowMs) - closesMs(b, nowMs) : 0) ||
    b.priority - a.priority;
}

/** Whether a request is worth breaking off a visit of another: RAPID_RESPONSE is, unless that is one itself. */
export function preempts(request: ObservingRequest, underWay: ObservingRequest): boolean {
  return classOf(request) === 0 && classOf(underWay) > 0;
}

/** A type of observation that this version does not know counts as NORMAL. */
function classOf({ observationType }: ObservingRequest): number {
  if (observationType === 'RAPID_RESPONSE') return 0;
  return observationType === 'TIME_CRITICAL' ? 1 : 2;
}

/** When the window that is open, or else the next to open, closes. */
function closesMs({ windows }: ObservingRequest, nowMs: number): number {
  const ends = windows.map(({ end }) => Date.parse(end)).filter((endMs) => endMs > nowMs);
  return Math.min(...ends, Number.MAX_SAFE_INTEGER);
}
