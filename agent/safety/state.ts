import type { Reading } from '../../drivers/contract.ts';

/** What is known to be safe. Unknown and stale are unsafe. */
export interface SafetyState {
  readonly safe: boolean;
  /** Why it is not, in plain words; empty when safe. */
  readonly reasons: readonly string[];
  /** Since when it has been as it is, Unix milliseconds. */
  readonly sinceMs: number;
  /** A person is at the telescope: nothing moves by itself, safe or not. */
  readonly attended: boolean;
}

/** Something that can tell whether it is safe: its reading lists what speaks against it. */
export interface Sensor {
  readonly name: string;
  readonly maxAgeMs: number;
  read(): Promise<Reading<readonly string[]>>;
}

/** The verdict as others see it. */
export interface SafetyVerdict {
  /** As of now: a reading that has grown too old since the last look counts as unsafe. */
  state(): SafetyState;
  /** Calls the listener after each change until the returned function is called. */
  onChange(listener: (state: SafetyState) => void): () => void;
}

/** Whether anything may move on its own. */
export function mayMove(state: SafetyState): boolean {
  return state.safe && !state.attended;
}

/** Why nothing may move, in one line. */
export function whyNot(state: SafetyState): string {
  return state.attended ? 'the telescope is attended (local lock)' : `it is not safe: ${state.reasons.join('; ')}`;
}
