import type { Parcel } from '../store/outbox.ts';

/** What became of one try to deliver a parcel. Reasons are for people and carry no secret. */
export type DeliveryOutcome =
  | { readonly kind: 'accepted' | 'duplicate' }
  | RetryLaterOutcome
  /** The centre will never take this parcel as it is. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** It may or may not have arrived, and the centre cannot be sent it twice. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** Nothing will get through before a person has done something: credentials, address. */
  | { readonly kind: 'tell-operator'; readonly reason: string };

export interface RetryLaterOutcome {
  readonly kind: 'retry-later';
  /** Whose fault it seems to be: the way to the centre (any parcel would have failed), or perhaps this parcel. */
  readonly scope: 'destination' | 'parcel';
  readonly reason: string;
  /** The wait the centre asked for. */
  readonly waitMs?: number;
}

/** Whether the centre holds a parcel: `undecided` when it could not be asked. */
export type Reconciliation = 'held' | 'absent' | 'undecided';

/** One account at one central server. An adapter makes one try and tells; it never retries by itself. */
export interface Central {
  readonly destination: string;
  readonly capabilities: {
    /** It tells a parcel it already holds by its key, so that sending again is always safe. */
    readonly keyed: boolean;
  };
  deliver(parcel: Parcel, signal: AbortSignal): Promise<DeliveryOutcome>;
  reconcile(parcel: Parcel, signal: AbortSignal): Promise<Reconciliation>;
}
