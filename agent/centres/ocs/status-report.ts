import type { UnreportedRequest } from '../../store/requests.ts';
import type { ScheduledObservation } from './observation.ts';

/** States of a configuration status in the portal's words. */
export type ConfigurationState = 'ATTEMPTED' | 'NOT_ATTEMPTED' | 'COMPLETED' | 'FAILED' | 'BAD_DATA';

/** The change of one configuration status, for `PATCH /api/configurationstatus/{id}/`. */
export interface StatusChange {
  readonly id: number;
  readonly body: {
    readonly state: ConfigurationState;
    readonly summary?: {
      readonly state: ConfigurationState;
      readonly reason: string;
      readonly start: string;
      readonly end: string;
      /** Seconds of exposure. */
      readonly time_completed: number;
      readonly events: readonly object[];
    };
  };
}

/** After these the portal takes a change to BAD_DATA alone. */
const final = new Set(['COMPLETED', 'FAILED', 'NOT_ATTEMPTED', 'ABORTED', 'BAD_DATA']);
const longestReason = 200;

/**
 * What the portal is to be told of an observation, given how its request stands; nothing while it waits. A visit whose
 * exposures are there and whose reduction found nothing good of the target is BAD_DATA: the portal gives the time back and
 * asks again.
 */
export function statusChanges(request: UnreportedRequest, observation: ScheduledObservation): StatusChange[] {
  const state = stateOf(request);
  if (state === undefined) return [];
  const { configurations, configuration_repeats } = observation.request;
  let frames = request.result?.exposureIds.length ?? 0;
  return configurations.flatMap((configuration): StatusChange[] => {
    const repeats = configuration_repeats ?? 1;
    let exposedS = 0;
    for (const { exposure_time, exposure_count } of configuration.instrument_configs) {
      const taken = Math.min(frames, exposure_count * repeats);
      frames -= taken;
      exposedS += taken * exposure_time;
    }
    if (final.has(configuration.state)) return [];
    if (state === 'ATTEMPTED') {
      return configuration.state === 'ATTEMPTED' ? [] : [{ id: configuration.configuration_status, body: { state } }];
    }
    const summary = {
      state,
      reason: request.reason.slice(0, longestReason),
      start: new Date(request.visitStartedAtMs ?? request.stateAtMs).toISOString(),
      end: new Date(request.stateAtMs).toISOString(),
      time_completed: exposedS,
      events: [],
    };
    return [{ id: configuration.configuration_status, body: { state, summary } }];
  });
}

/** Whether the portal is told anything of a request as it stands: not while it waits. */
export function isToldOf(request: UnreportedRequest): boolean {
  return stateOf(request) !== undefined;
}

function stateOf({ state, answered, visitId, result }: UnreportedRequest): ConfigurationState | undefined {
  if (answered === 'decline') return 'NOT_ATTEMPTED';
  switch (state) {
    case 'PENDING':
      return undefined;
    case 'IN_PROGRESS':
      return 'ATTEMPTED';
    case 'COMPLETED':
      return 'COMPLETED';
    case 'FAILED':
      return result !== null && result.exposureIds.length > 0 ? 'BAD_DATA' : 'FAILED';
    case 'ABORTED': // a visit was broken off; the request is tried again while its window lasts
      return 'ATTEMPTED';
    case 'CANCELED': // at the portal's own word
      return visitId === null ? undefined : 'FAILED';
    case 'NOT_ATTEMPTED':
    case 'WINDOW_EXPIRED':
      return visitId === null ? 'NOT_ATTEMPTED' : 'FAILED';
  }
}
