import type { Store } from '../../store/open.ts';
import type { QueueAnswer, RequestsAnswer } from '../shapes.ts';

const shown = 100;
/** What has not come to its end. */
const openStates = ['queued', 'sending', 'unknown', 'accepted', 'rejected', 'parked'] as const;

/** Requests of all sources, the newest first. */
export function requestsView(store: Store): RequestsAnswer {
  return {
    requests: store.requests.recent(shown).map(({ destination, id, request, state, reason, receivedAtMs }) => ({
      ...{ source: destination, id, state, reason, receivedAtMs },
      target: request?.target.name ?? null,
      what: (request?.instrumentConfigs ?? [])
        .map(({ filter, exposureS, exposureCount }) => `${exposureCount} x ${exposureS} s ${filter}`.trim())
        .join(', '),
    })),
  };
}

/** What goes to the centres, and what of it waits or was refused. */
export function queueView(store: Store): QueueAnswer {
  return {
    counts: store.outbox.counts(),
    parcels: store.outbox
      .list(openStates, shown)
      .map(({ id, destination, key, target, state, failures, lastError, createdAtMs, nextAtMs }) => ({
        ...{ id, destination, key, target, state, failures, lastError, createdAtMs, nextAtMs },
      })),
  };
}
