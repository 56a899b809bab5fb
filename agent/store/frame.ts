import type { FrameFacts, FrameKind } from '../../pipeline/header/facts.ts';
import { factsOfJson } from './facts-json.ts';

/**
 * `seen` a file with the name of a frame is there · `settled` it is whole · `identified` it is known what it holds; a
 * light frame waits for its reduction · `reduced` a light frame was measured · `filed` nothing more is to be done
 * (calibration frames, duplicates) · `rejected` the file cannot be used as it is · `failed` the program could not
 * cope with it. Both are left again when version, configuration or file change, and when somebody asks for it.
 */
export const frameStates = ['seen', 'settled', 'identified', 'reduced', 'filed', 'rejected', 'failed'] as const;
export type FrameState = (typeof frameStates)[number];

/** What tells one version of a file from another without reading it; the time is truncated to milliseconds. */
export interface FileVersion {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

/** One version of one file. */
export interface Frame extends FileVersion {
  readonly id: number;
  readonly instrument: string;
  readonly path: string;
  readonly state: FrameState;
  /** Stable and for programs, beside the reason for people. */
  readonly reasonCode: string | null;
  readonly reason: string | null;
  /** The frame that holds the same bytes, or the same exposure with the same facts. */
  readonly duplicateOf: number | null;
  /** SHA-256 of the bytes. */
  readonly fileHash: string | null;
  readonly exposureId: string | null;
  /** Hash of the facts that a measurement depends on: two versions of an exposure that share it measure the same. */
  readonly factsKey: string | null;
  readonly kind: FrameKind | null;
  readonly requestId: string | null;
  readonly visitId: string | null;
  readonly facts: FrameFacts | null;
  readonly attempts: number;
  readonly seenAtMs: number;
  readonly stateAtMs: number;
}

/** What reading a settled file told. */
export interface Identity {
  readonly fileHash: string;
  readonly exposureId: string;
  readonly factsKey: string;
  readonly kind: FrameKind;
  readonly facts: FrameFacts;
}

/** A file that a look at the folders found. */
export interface Sighting extends FileVersion {
  readonly path: string;
}

export interface Sighted {
  /** Frames that are new to the ledger, or back in it: they are to be settled. */
  readonly fresh: Frame[];
  /** Frames that were rejected because they could not be opened: worth another try if they can be now. */
  readonly unreadable: Frame[];
}

/** The columns of a `FrameRow`, for SELECT. */
export const frameColumns = `id, instrument, path, size_bytes AS sizeBytes, mtime_ms AS mtimeMs, state, reason_code AS reasonCode,
  reason, duplicate_of AS duplicateOf, file_hash AS fileHash, exposure_id AS exposureId, facts_key AS factsKey, kind,
  request_id AS requestId, visit_id AS visitId, facts, attempts, seen_at_ms AS seenAtMs, state_at_ms AS stateAtMs`;

export type FrameRow = Omit<Frame, 'facts'> & { facts: string | null };

export function frameOf(row: FrameRow): Frame {
  return { ...row, facts: factsOfJson(row.facts) };
}
