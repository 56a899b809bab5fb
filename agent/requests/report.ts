import type { AgentMessage } from '../../protocol/link.ts';
import { terminalStates } from '../../protocol/request.ts';
import type { UnreportedRequest } from '../store/requests.ts';

/** What a hub is to be told of a request, given how it stands. */
export function messageOf(request: UnreportedRequest): AgentMessage {
  const { id: requestId, state, reason, visitId } = request;
  if (request.answered === 'decline') return { type: 'decline', requestId, reason };
  if (state === 'PENDING') return { type: 'accept', requestId };
  if (!terminalStates.has(state)) {
    return { type: 'progress', requestId, visitId: visitId ?? '', state, note: reason || (request.step ?? '') };
  }
  const { exposureIds, measurements } = request.result ?? { exposureIds: [], measurements: [] };
  return { type: 'done', requestId, visitId, state, reason, exposureIds, measurements };
}
