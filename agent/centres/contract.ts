import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Health } from '../health/health.ts';
import type { Logger } from '../health/log.ts';
import type { RequestDesk } from '../requests/desk.ts';
import type { RequestSource } from '../requests/source.ts';
import type { ClaimedParcel, Parcel, Receipt } from '../store/outbox.ts';
import type { HttpClient } from './http.ts';
import type { TargetSource } from './target-source.ts';

/**
 * One account at one centre: what it can do for this site. What it cannot do, or is not wanted to do, is absent. Each kind
 * of centre has a folder that gives one of these; nothing outside that folder asks which kind it is. The contract suite
 * (test/support/centre-conformance.ts) says what each of them must do; all of them pass it.
 */
export interface Centre {
  readonly destination: string;
  readonly delivery?: DeliveryAdapter;
  /**
   * What stands in the way of deliveries at the centre's end, in plain words with the remedy; empty when nothing does.
   * Rejects with RetryLater, TellOperator. It changes nothing there.
   */
  readonly obstacles?: (signal: AbortSignal) => Promise<readonly string[]>;
  readonly targets?: TargetSource;
  /** Makes the channel by which its requests come to the desk. `onConnected`: the way to the centre is open (again). */
  readonly requests?: (desk: RequestDesk, onConnected: () => void) => RequestChannel;
}

/** What every kind of centre is opened with. */
export interface CentreContext {
  /** The site's name at its centres. */
  readonly site: string;
  readonly instruments: readonly SiteInstrument[];
  readonly software: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** For lists and small answers. */
  readonly http: HttpClient;
}

export interface SiteInstrument {
  readonly id: string;
  readonly oname: string | null;
  readonly robotic: boolean;
  readonly filters: readonly string[];
}

/** A source of requests that works by itself, as a part of the daemon does. */
export interface RequestChannel extends RequestSource {
  start(onFault: (error: unknown) => void): void;
  stop(): Promise<void>;
  health(): Health;
  status(): ChannelStatus;
}

export interface ChannelStatus {
  readonly destination: string;
  readonly state: 'connected' | 'disconnected' | 'needs-operator';
  readonly reason: string;
  /** How far the centre's clock was ahead of this computer's when it last said its time, milliseconds. */
  readonly clockAheadMs: number | undefined;
}

/** What became of one try to deliver a parcel. Reasons are for people and carry no secret. */
export type DeliveryOutcome =
  | { readonly kind: 'accepted' | 'duplicate'; readonly receipt?: Receipt }
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

/** What a destination takes of what is measured. */
export type Taking =
  /** Every frame with its sources, and every target by itself. */
  | { readonly destination: string; readonly takes: 'everything' }
  /**
   * Targets that were asked for or detected, each with all stars of its frame, and each at most once in so long: what a
   * centre takes that standardises frame by frame.
   */
  | { readonly destination: string; readonly takes: 'targets'; readonly everyS: number };

/** Takes products to one account at one centre. It makes one try and tells; it never retries by itself. */
export interface DeliveryAdapter {
  readonly destination: string;
  readonly taking: Taking;
  readonly capabilities: {
    /** It tells a parcel it already holds by its key, so that sending again is always safe. */
    readonly keyed: boolean;
    /** How late it may show, to a look, what it has accepted; milliseconds. */
    readonly showsAfterMs?: number;
    /** How many parcels it is sent at once; the usual number where it does not matter. */
    readonly atOnce?: number;
  };
  deliver(parcel: Parcel, signal: AbortSignal): Promise<DeliveryOutcome>;
  reconcile(parcel: Parcel, signal: AbortSignal): Promise<Reconciliation>;
  /**
   * What the centre has come to think of parcels that it accepted: by parcel id, its verdict in its own words; those
   * that are not judged yet are absent. For centres that judge later; an accepted parcel of the others is done.
   */
  verdicts?(parcels: readonly ClaimedParcel[], signal: AbortSignal): Promise<ReadonlyMap<number, Verdict>>;
}

/** A centre's verdict on a parcel that it had accepted. */
export interface Verdict {
  readonly isGood: boolean;
  readonly words: string;
}
