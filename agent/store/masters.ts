import type { Clock } from '../../base/clock.ts';
import { readJson } from '../../base/read-json.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { CalibrationFacts, MasterKind, MeasuredDetector, RejectedMember } from './master.ts';
import { calibrationFacts, measuredDetector, rejectedMembers } from './master-json.ts';
import { Statements } from './statements.ts';

/**
 * `good` in use · `aside` kept aside, not trusted · `cleared` its file was removed, a newer one serves its end ·
 * `refused` no master could be made of this set.
 */
export type MasterState = 'good' | 'aside' | 'cleared' | 'refused';

/** What became of one set of calibration frames. */
export interface MasterRecord {
  readonly instrument: string;
  /** Names the frames of the set: see `masters/sets.ts`. */
  readonly setKey: string;
  /** Names the master; null where none was made. */
  readonly id: string | null;
  readonly kind: MasterKind;
  readonly state: MasterState;
  /** Why it is kept aside, why there is none, or whom it was adopted from. */
  readonly reason: string | null;
  readonly facts: CalibrationFacts;
  readonly path: string | null;
  readonly nCombined: number;
  /** rms error of a pixel: ADU, for flats relative. */
  readonly noise: number;
  readonly nBad: number;
  /** Frames of the set that were left out. */
  readonly rejected: readonly RejectedMember[];
  /** What the set's flats told of the detector. */
  readonly detector: MeasuredDetector | null;
}

export interface StoredMaster extends MasterRecord {
  readonly builtAtMs: number;
  /** Frames reduced before are still to be held against it. */
  readonly redoDue: boolean;
}

type Row = Omit<StoredMaster, 'facts' | 'rejected' | 'detector' | 'redoDue'> & {
  redoDue: number;
  facts: string;
  rejected: string;
  detector: string | null;
};

const columns = `instrument, set_key AS setKey, id, kind, state, reason, facts, path, n_combined AS nCombined, noise,
  n_bad AS nBad, rejected, detector, redo_due AS redoDue, built_at_ms AS builtAtMs`;

/** The calibration library's ledger: which master was made of which frames. */
export class MasterStore {
  readonly #statements: Statements;
  readonly #clock: Clock;
  readonly #codeVersion: string;

  constructor(database: SqliteDatabase, clock: Clock, codeVersion: string) {
    this.#statements = new Statements(database);
    this.#clock = clock;
    this.#codeVersion = codeVersion;
  }

  /**
   * Everything known of an instrument's masters, newest first. What cannot be read is left out and told to `onUnreadable`:
   * its set counts as one of which nothing was made, and is built again.
   */
  all(instrument: string, onUnreadable: (setKey: string, reason: string) => void = () => undefined): StoredMaster[] {
    return this.#statements
      .prepare<unknown[], Row>(
        `SELECT ${columns} FROM masters WHERE instrument = ? ORDER BY built_at_ms DESC, rowid DESC`,
      )
      .all(instrument)
      .flatMap((row) => {
        const facts = readJson(calibrationFacts, row.facts);
        const rejected = readJson(rejectedMembers, row.rejected);
        const detector = row.detector === null ? null : readJson(measuredDetector, row.detector);
        const reason = facts.unreadable ?? rejected.unreadable ?? detector?.unreadable;
        if (!facts.value || !rejected.value || detector?.unreadable !== undefined) {
          onUnreadable(row.setKey, reason!);
          return [];
        }
        const read = { facts: facts.value, rejected: rejected.value, detector: detector?.value ?? null };
        return [{ ...row, ...read, redoDue: row.redoDue !== 0 }];
      });
  }

  /** Enters what became of a set, in the place of what was known of it before. */
  put(record: MasterRecord): void {
    this.#statements
      .prepare(
        `INSERT OR REPLACE INTO masters (instrument, set_key, id, kind, state, reason, facts, path, n_combined, noise, n_bad,
           rejected, detector, redo_due, code_version, built_at_ms)
         VALUES (@instrument, @setKey, @id, @kind, @state, @reason, @facts, @path, @nCombined, @noise, @nBad,
           @rejected, @detector, @redoDue, @codeVersion, @nowMs)`,
      )
      .run({
        ...record,
        facts: JSON.stringify(record.facts),
        rejected: JSON.stringify(record.rejected),
        detector: record.detector === null ? null : JSON.stringify(record.detector),
        redoDue: record.state === 'good' ? 1 : 0,
        codeVersion: this.#codeVersion,
        nowMs: this.#clock.nowMs(),
      });
  }

  /** A master that was kept aside turned out to be right. */
  trust(instrument: string, id: string): void {
    this.#statements
      .prepare(
        "UPDATE masters SET state = 'good', reason = NULL, redo_due = 1 WHERE instrument = ? AND id = ? AND state = 'aside'",
      )
      .run(instrument, id);
  }

  /** Every frame that an instrument's masters could have been better for is queued again, or needs nothing. */
  redone(instrument: string): void {
    this.#statements.prepare('UPDATE masters SET redo_due = 0 WHERE instrument = ? AND redo_due = 1').run(instrument);
  }

  /** The file of a master is removed; its set is not built again. */
  clear(instrument: string, setKey: string): void {
    this.#statements
      .prepare("UPDATE masters SET state = 'cleared', path = NULL WHERE instrument = ? AND set_key = ?")
      .run(instrument, setKey);
  }

  /** Forgets a set, so that it is built again. */
  forget(instrument: string, setKey: string): void {
    this.#statements.prepare('DELETE FROM masters WHERE instrument = ? AND set_key = ?').run(instrument, setKey);
  }

  /** After an upgrade, forgets the sets that another version of the program could make nothing of. */
  retryAfterUpgrade(): void {
    this.#statements
      .prepare("DELETE FROM masters WHERE state = 'refused' AND code_version <> ?")
      .run(this.#codeVersion);
  }
}
