import { type AgentMessage, maxMessageBytes } from '../../../protocol/link.ts';
import { terminalStates } from '../../../protocol/request.ts';
import type { RequestResult } from '../../../protocol/rest.ts';
import type { UnreportedRequest } from '../../store/requests.ts';

/** The share of a message that a result may fill; the rest is for its other keys. */
const largestResultBytes = maxMessageBytes / 2;
const longestReason = 2000;

/**
 * What a hub is to be told of a request, given how it stands: one message, or a `done` after the parts of a result that
 * is too large for one. A hub that takes no parts is told the end without the result, and why.
 */
export function messagesOf(request: UnreportedRequest, takesParts: boolean): AgentMessage[] {
  const { id: requestId, state, visitId } = request;
  const reason = request.reason.slice(0, longestReason);
  if (request.answered === 'decline') return [{ type: 'decline', requestId, reason }];
  if (state === 'PENDING') return [{ type: 'accept', requestId }];
  if (!terminalStates.has(state)) {
    return [{ type: 'progress', requestId, visitId: visitId ?? '', state, note: reason || (request.step ?? '') }];
  }
  const result = request.result ?? { visitId, exposureIds: [], measurements: [] };
  const done = { type: 'done' as const, requestId, visitId, state };
  const parts = partsOf(result);
  if (parts === undefined || (parts.length > 1 && !takesParts)) {
    const left = `its ${result.measurements.length} measurements are too large for this link; they are in its photometry`;
    const told = reason === '' ? left : `${reason} (${left})`;
    return [{ ...done, reason: told, exposureIds: [], measurements: [] }];
  }
  if (parts.length === 1) return [{ ...done, reason, ...parts[0]! }];
  return [
    ...parts.map((part, index) => ({ type: 'result' as const, requestId, visitId, part: index, ...part })),
    { ...done, reason, exposureIds: [], measurements: [], parts: parts.length },
  ];
}

type Part = Pick<RequestResult, 'exposureIds' | 'measurements'>;

/** A result in pieces that fit into a message each; undefined when a single row of it does not. */
function partsOf({ exposureIds, measurements }: RequestResult): Part[] | undefined {
  const parts: Part[] = [{ exposureIds: [], measurements: [] }];
  let bytes = 0;
  const partFor = (row: unknown): Part | undefined => {
    const size = Buffer.byteLength(JSON.stringify(row)) + 1;
    if (size > largestResultBytes) return undefined;
    if (bytes + size > largestResultBytes) {
      parts.push({ exposureIds: [], measurements: [] });
      bytes = 0;
    }
    bytes += size;
    return parts.at(-1);
  };
  for (const id of exposureIds) {
    const part = partFor(id);
    if (part === undefined) return undefined;
    part.exposureIds.push(id);
  }
  for (const measurement of measurements) {
    const part = partFor(measurement);
    if (part === undefined) return undefined;
    part.measurements.push(measurement);
  }
  return parts;
}
