/**
 * What an INDI server and its client say to each other (INDI protocol 1.7, Downey 2007, and what servers send beyond
 * it): a stream of XML elements without a root. Numbers are read, everything else stays text.
 */

export type IndiState = 'Idle' | 'Ok' | 'Busy' | 'Alert';
export type VectorKind = 'Text' | 'Number' | 'Switch' | 'Light' | 'BLOB';

/** One member of a vector as a server defines it. A number that cannot be read is NaN. */
export interface MemberDefinition {
  readonly name: string;
  readonly label: string;
  readonly value: string | number;
  /** Of numbers only. */
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
}

export interface MemberValue {
  readonly name: string;
  readonly value: string | number;
}

/** A property comes to be, or is told once more. */
export interface Definition {
  readonly type: 'define';
  readonly kind: VectorKind;
  readonly device: string;
  readonly name: string;
  readonly group: string;
  readonly state: IndiState;
  readonly permission: 'ro' | 'wo' | 'rw';
  readonly message: string;
  readonly members: readonly MemberDefinition[];
}

/** New values of a property; members that did not change may be left out. */
export interface Update {
  readonly type: 'set';
  readonly kind: Exclude<VectorKind, 'BLOB'>;
  readonly device: string;
  readonly name: string;
  /** Undefined where the server did not say. */
  readonly state: IndiState | undefined;
  readonly message: string;
  readonly members: readonly MemberValue[];
}

/** What a server says of a BLOB vector: its state, and the BLOBs that came with it whole. */
export interface BlobUpdate {
  readonly type: 'blobs';
  readonly device: string;
  readonly name: string;
  readonly state: IndiState | undefined;
  readonly message: string;
  readonly received: readonly ReceivedBlob[];
}

export interface BlobHead {
  readonly device: string;
  readonly property: string;
  readonly member: string;
  /** For example `.fits`, `.fits.z`, `.fits.fz`. */
  readonly format: string;
  /** Bytes after decompression, as the server says; wrong for some formats. */
  readonly statedBytes: number | undefined;
}

export interface ReceivedBlob extends BlobHead {
  /** Where its bytes are, once they are all there; rejects when it did not come whole. Undefined where nobody wanted it. */
  readonly content: Promise<BlobContent> | undefined;
}

/** Decompressed where the format ended in `.z`. */
export type BlobContent =
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly sizeBytes: number };

/** A property is gone, or with no name the whole device. */
export interface Deletion {
  readonly type: 'delete';
  readonly device: string;
  readonly name: string | undefined;
}

/** Words for people, of a device or of the server itself. */
export interface Message {
  readonly type: 'message';
  readonly device: string | undefined;
  readonly text: string;
}

export type IndiEvent = Definition | Update | BlobUpdate | Deletion | Message;
