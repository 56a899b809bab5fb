import type { SequencedMessage } from '../protocol/link.ts';
import type { HeldParcel, ReadParcel } from '../protocol/photometry.ts';
import type { ObservingRequest, RequestState } from '../protocol/request.ts';
import type { HeldRequest, RequestResult } from '../protocol/rest.ts';
import type { TargetList } from '../protocol/targets.ts';

/**
 * What a hub keeps, as the rest of it sees a backend. Every promise that stands for a change resolves after the commit:
 * what was acknowledged is on the disk. Several processes may work on one backend at once; the contract suite
 * (test/support/hub-store-contract.ts) says what they may rely on, and every backend passes it.
 */
export interface HubStores {
  readonly parcels: ParcelStore;
  readonly requests: RequestStore;
  readonly targets: TargetStore;
  readonly leases: LeaseStore;
  /**
   * Calls the listener when any process has something for a site to hear, as soon as it is committed. A backend that
   * cannot tell calls nobody: who speaks with a site looks every few seconds all the same.
   */
  onNews(listener: (site: string) => void): void;
  close(): Promise<void>;
}

export interface ArrivedParcel {
  readonly key: string;
  readonly revision: string;
  readonly index: ParcelIndex;
  /** SHA-256 of the JSON. */
  readonly checksum: string;
  /** Gzip-compressed JSON. */
  readonly body: Uint8Array;
}

/** What of a parcel its rows are found by. */
export interface ParcelIndex extends Pick<ReadParcel, 'site' | 'instrument' | 'subject'> {
  readonly exposureId: string;
  readonly fileHash: string;
}

export interface StoredParcel {
  readonly checksum: string;
  readonly receivedAtMs: number;
}

export interface ParcelQuery {
  /** Undefined: of all sites. */
  readonly site: string | undefined;
  readonly afterCursor: number;
  readonly sinceMs: number;
  readonly subject: string | undefined;
  readonly limit: number;
}

export interface ParcelStore {
  /**
   * Stores parcels in one transaction, each unless its (site, key, revision) is there; gives for each, in their order,
   * what is held now, and whether it was stored just now.
   */
  store(parcels: readonly ArrivedParcel[], nowMs: number): Promise<(StoredParcel & { readonly fresh: boolean })[]>;
  find(site: string, key: string, revision: string): Promise<StoredParcel | undefined>;
  /** The content of a parcel, gzip-compressed JSON. */
  body(site: string, key: string, revision: string): Promise<Uint8Array | undefined>;
  /**
   * What is held, by cursor. Cursors follow the order of commits: a row that is not in a list yet never gets a cursor
   * below one that was listed, so who follows from the last cursor skips nothing, however many write.
   */
  list(query: ParcelQuery): Promise<HeldParcel[]>;
}

/** What a site says of one of its requests. */
export interface RequestReport {
  readonly state: RequestState;
  readonly reason: string;
  readonly answer?: 'accept' | 'decline';
  readonly result?: RequestResult;
  /** So many parts of the result were stored before. */
  readonly parts?: number;
}

export interface RequestStore {
  /** Stores a request and the offer of it. The same again changes nothing; `conflict` when another one has its id. */
  submit(site: string, request: ObservingRequest, nowMs: number): Promise<'stored' | 'present' | 'conflict'>;
  /**
   * The id of a submission without one: `proposed`, or the id that the same submission was given after `sinceMs`. Two
   * that come at once are given one id.
   */
  idFor(submission: string, proposed: string, nowMs: number, sinceMs: number): Promise<string>;
  /** Asks the site to give a request up; the site's answer decides its state. */
  cancel(id: string, reason: string): Promise<void>;
  get(id: string): Promise<HeldRequest | undefined>;
  /** The requests of a site, or of all, the newest first. */
  list(site: string | undefined, limit: number): Promise<HeldRequest[]>;
  /** What a site has not been told since `seq`, in order; nothing of requests that have ended. */
  messagesAfter(site: string, seq: number): Promise<SequencedMessage[]>;
  acknowledge(site: string, seq: number, nowMs: number): Promise<void>;
  /**
   * Makes room above a site's cursor when the site has seen more than this backend remembers (it was restored from an
   * older backup): what the site has not acknowledged is numbered anew. Returns whether that was so.
   */
  catchUp(site: string, cursor: number): Promise<boolean>;
  /**
   * Writes what a site says of a request. A state that has ended stays as it is. `unknown` when the site has no such
   * request (another site's is not its own), `parts missing` when not all parts of the result are there.
   */
  report(site: string, id: string, said: RequestReport, nowMs: number): Promise<'stored' | 'unknown' | 'parts missing'>;
  /** Keeps a part of a result of one of the site's requests; the same part again replaces it. False: not the site's. */
  keepPart(site: string, id: string, part: number, result: RequestResult): Promise<boolean>;
  part(id: string, part: number): Promise<RequestResult | undefined>;
}

export interface TargetStore {
  replace(list: TargetList): Promise<void>;
  list(): Promise<TargetList>;
}

/** Which connection, of which process, speaks with a site: one at a time, the newest wins. */
export interface LeaseStore {
  /** Takes the link of a site over, whoever had it. */
  take(site: string, holder: string, expiresAtMs: number): Promise<void>;
  /** Keeps the link; false when another one has taken it. */
  renew(site: string, holder: string, expiresAtMs: number): Promise<boolean>;
  /** Gives the link up, if it is still held. */
  release(site: string, holder: string): Promise<void>;
  holder(site: string, nowMs: number): Promise<string | undefined>;
}
