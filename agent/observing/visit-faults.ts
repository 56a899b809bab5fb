import { EdgeError } from '../../base/errors.ts';
import type { VisitResult } from '../store/visit.ts';

/** What becomes of a visit that went wrong, and of its request. */
export interface Consequence {
  /** An aborted visit leaves its request open for another; the others end it. */
  readonly state: Exclude<VisitResult['state'], 'COMPLETED'>;
  /**
   * Counted against the request, so that it ends one day, and makes the instrument wait: for what lies with the devices
   * or with the request, not for what lies with the sky, the centre or the owner.
   */
  readonly counts: boolean;
  /** So many counted visits end the request as FAILED. */
  readonly most: number;
  readonly alarm: 'never' | 'at once' | 'when it repeats';
}

const free = { state: 'ABORTED', counts: false, most: Number.POSITIVE_INFINITY, alarm: 'never' } as const;

/** By code, where a fault has a consequence of its own. */
const byCode: Readonly<Record<string, Consequence>> = {
  VISIT_ABORTED: free, // not safe, cancelled, stopped
  NOT_SAFE: free,
  NOT_POSSIBLE_NOW: free,
  ATTENDED: free,
  PROGRAM_ENDED: { state: 'ABORTED', counts: true, most: 2, alarm: 'when it repeats' },
  UNPARKED_UNDER_ROOF: { state: 'ABORTED', counts: true, most: 3, alarm: 'at once' },
};

/** By what the fault asks for. */
const byReaction: Readonly<Record<EdgeError['reaction'], Consequence>> = {
  retry: { state: 'ABORTED', counts: true, most: 6, alarm: 'when it repeats' },
  park: { state: 'FAILED', counts: true, most: 1, alarm: 'never' }, // a refusal is not a fault, and will not change
  'tell-operator': { state: 'ABORTED', counts: true, most: 3, alarm: 'at once' },
  'programming-fault': { state: 'FAILED', counts: true, most: 1, alarm: 'at once' },
};

/** The one table: which fault is repeated, which ends its request, and which calls a person. */
export function consequenceOf(error: unknown): Consequence {
  if (!(error instanceof EdgeError)) return byReaction['programming-fault'];
  return byCode[error.code] ?? byReaction[error.reaction];
}

/** How often faults of devices must follow each other before a person is called, for those told `when it repeats`. */
export const repeatsBeforeAlarm = 3;
