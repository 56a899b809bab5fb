import type { Clock } from '../../base/clock.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { FrameKind } from '../../pipeline/header/facts.ts';
import {
  type FileVersion,
  type Frame,
  type FrameRow,
  type FrameState,
  frameColumns,
  frameOf,
  type Identity,
  type Sighted,
  type Sighting,
} from './frame.ts';
import { Statements } from './statements.ts';

/** Reasons that a file's coming back takes away. */
const returning = new Set(['gone', 'replaced']);

/**
 * The ledger of files: which were seen, and what became of each. Every method is one transaction, and repeating one
 * after a crash changes nothing that was done. Times are Unix milliseconds.
 */
export class FrameStore {
  readonly #database: SqliteDatabase;
  readonly #statements: Statements;
  readonly #clock: Clock;
  /** Kept with each state, in `code_version`. */
  readonly #ranAs: string;

  /** `ranAs` stands for the version and the configuration of the program: what another one gave up is tried again. */
  constructor(database: SqliteDatabase, clock: Clock, ranAs: string) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#clock = clock;
    this.#ranAs = ranAs;
  }

  get(id: number): Frame | undefined {
    return this.#one('id = ?', id);
  }

  /** The newest version of a file. */
  atPath(instrument: string, path: string): Frame | undefined {
    return this.#one('instrument = ? AND path = ? ORDER BY id DESC', instrument, path);
  }

  /** All versions of a file, whichever instrument watches it, the newest first. */
  versionsOf(path: string): Frame[] {
    return this.#many('path = ? ORDER BY id DESC', path);
  }

  /** The frames of one state, newest file first. */
  inState(state: FrameState, limit: number): Frame[] {
    return this.#many('state = ? ORDER BY mtime_ms DESC, id DESC LIMIT ?', state, limit);
  }

  /** The newest frames, of one state where it is named: those before an id, so that pages follow each other. */
  page(beforeId: number, limit: number, state?: FrameState): Frame[] {
    return state === undefined
      ? this.#many('id < ? ORDER BY id DESC LIMIT ?', beforeId, limit)
      : this.#many('id < ? AND state = ? ORDER BY id DESC LIMIT ?', beforeId, state, limit);
  }

  byVisit(visitId: string): Frame[] {
    return this.#many('visit_id = ? ORDER BY id', visitId);
  }

  byExposure(exposureId: string): Frame[] {
    return this.#many('exposure_id = ? ORDER BY id', exposureId);
  }

  /** Frames of one kind in the calibration library, newest first, duplicates left out. */
  calibration(instrument: string, kind: FrameKind): Frame[] {
    return this.#many(
      "state = 'filed' AND duplicate_of IS NULL AND instrument = ? AND kind = ? ORDER BY mtime_ms DESC, id DESC",
      instrument,
      kind,
    );
  }

  /** Ids of all frames in the calibration library of an instrument, duplicates left out. */
  calibrationIds(instrument: string): number[] {
    return this.#statements
      .prepare<unknown[], { id: number }>(
        "SELECT id FROM frames WHERE state = 'filed' AND duplicate_of IS NULL AND instrument = ? AND kind <> 'light'",
      )
      .all(instrument)
      .map(({ id }) => id);
  }

  /** Ids of the light frames of an instrument that are reduced and whose files are newer than this. */
  reducedSince(instrument: string, mtimeMs: number): number[] {
    return this.#statements
      .prepare<unknown[], { id: number }>(
        "SELECT id FROM frames WHERE state = 'reduced' AND mtime_ms >= ? AND instrument = ? ORDER BY mtime_ms DESC",
      )
      .all(mtimeMs, instrument)
      .map(({ id }) => id);
  }

  /** Whether another file of the instrument was written within a time of this one. */
  isWrittenBeside({ id, instrument, path, mtimeMs }: Frame, withinMs: number): boolean {
    const beside = this.#statements
      .prepare<unknown[], { id: number }>(
        `SELECT id FROM frames WHERE state IN ('seen', 'settled', 'identified', 'reduced') AND mtime_ms > ? AND mtime_ms < ?
         AND instrument = ? AND id <> ? AND path <> ? LIMIT 1`,
      )
      .get(mtimeMs - withinMs, mtimeMs + withinMs, instrument, id, path);
    return beside !== undefined;
  }

  counts(): Partial<Record<FrameState, number>> {
    const rows = this.#statements
      .prepare<[], { state: FrameState; n: number }>('SELECT state, count(*) AS n FROM frames GROUP BY state')
      .all();
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  }

  /**
   * Compares what a look at the folders found with the ledger. A version not known yet becomes a frame, unless an
   * earlier version of the file is still settling: that one finds the change by itself. A frame at the same path that
   * waits for its reduction has lost its bytes to the new version, and says so.
   */
  see(instrument: string, sightings: readonly Sighting[]): Sighted {
    const fresh: Frame[] = [];
    const unreadable: Frame[] = [];
    const isKnown = this.#statements.prepare<unknown[], { state: FrameState; reasonCode: string | null }>(
      'SELECT state, reason_code AS reasonCode FROM frames WHERE instrument = ? AND path = ? AND size_bytes = ? AND mtime_ms = ?',
    );
    // Nearly every sighting is known and final: they cost no write transaction.
    const unsettled = sightings.filter(({ path, sizeBytes, mtimeMs }) => {
      const known = isKnown.get(instrument, path, sizeBytes, mtimeMs);
      return known === undefined || known.state === 'seen' || (known.state === 'rejected' && known.reasonCode !== null);
    });
    if (unsettled.length === 0) return { fresh, unreadable };
    this.#transaction(() => {
      for (const sighting of unsettled) {
        const known = this.#version(instrument, sighting.path, sighting);
        if (known === undefined) {
          const frame = this.#seeNew(instrument, sighting);
          if (frame) fresh.push(frame);
        } else if (known.state === 'seen') fresh.push(known);
        else if (known.reasonCode === 'unreadable') unreadable.push(known);
        else if (returning.has(known.reasonCode ?? '')) fresh.push(this.#reopen(known.id));
      }
    });
    return { fresh, unreadable };
  }

  /** Looks at a rejected frame anew. */
  reopen(id: number): Frame {
    return this.#transaction(() => this.#reopen(id));
  }

  /** A seen file is whole, in this version. Undefined when the ledger knew the version already, under another row. */
  settle(id: number, version: FileVersion): Frame | undefined {
    return this.#transaction(() => {
      if (this.get(id)?.state !== 'seen') return undefined;
      const other = this.#adopt(id, version);
      if (other === undefined) return this.#move(id, 'settled');
      if (other.state !== 'rejected') return undefined;
      this.#reopen(other.id);
      return this.#move(other.id, 'settled');
    });
  }

  /** A settled file turned out to be changing again. */
  unsettle(id: number): Frame | undefined {
    return this.#transaction(() => (this.get(id)?.state === 'settled' ? this.#move(id, 'seen') : undefined));
  }

  /** The file cannot be used as it is; any change of it is looked at again. */
  reject(id: number, code: string, reason: string, version?: FileVersion): Frame | undefined {
    return this.#transaction(() => {
      const { state } = this.get(id) ?? {};
      if (state !== 'seen' && state !== 'settled') return undefined;
      const other = version && this.#adopt(id, version);
      if (other && other.state !== 'rejected') return other;
      return this.#move(other?.id ?? id, 'rejected', code, reason);
    });
  }

  /** The reduction of an identified frame found that its file cannot be used after all. */
  rejectIdentified(id: number, code: string, reason: string): Frame | undefined {
    return this.#transaction(() =>
      this.get(id)?.state === 'identified' ? this.#move(id, 'rejected', code, reason) : undefined,
    );
  }

  /**
   * A settled file was read. What it becomes:
   * - the same bytes are in the ledger already: filed as their duplicate;
   * - the same exposure is in the ledger with the same facts that a measurement depends on (a solver wrote its
   *   solution into the header): filed as another version of it;
   * - a calibration frame: filed;
   * - else identified: it waits for its reduction, also when it is a known exposure with other facts, or one that
   *   failed before: that one is filed as its duplicate.
   */
  identify(id: number, identity: Identity): Frame | undefined {
    return this.#transaction(() => {
      if (this.get(id)?.state !== 'settled') return undefined;
      this.#statements
        .prepare(
          `UPDATE frames SET file_hash = @fileHash, exposure_id = @exposureId, facts_key = @factsKey, kind = @kind,
           request_id = @requestId, visit_id = @visitId, facts = @facts, attempts = 0 WHERE id = @id`,
        )
        .run({
          id,
          fileHash: identity.fileHash,
          exposureId: identity.exposureId,
          factsKey: identity.factsKey,
          kind: identity.kind,
          requestId: identity.facts.requestId?.value ?? null,
          visitId: identity.facts.visitId?.value ?? null,
          facts: JSON.stringify(identity.facts),
        });
      const live = "id <> ? AND duplicate_of IS NULL AND state IN ('identified','reduced','filed') ORDER BY id";
      const same = this.#one(`file_hash = ? AND ${live}`, identity.fileHash, id);
      if (same)
        return this.#fileAsDuplicate(id, same, 'same-bytes', `The same bytes as ${same.path}, taken in before.`);
      const version = this.#one(
        `exposure_id = ? AND facts_key = ? AND ${live}`,
        identity.exposureId,
        identity.factsKey,
        id,
      );
      if (version) {
        const reason = `The same exposure as ${version.path}, taken in before; only header cards differ that change no measurement.`;
        return this.#fileAsDuplicate(id, version, 'same-exposure', reason);
      }
      const frame = this.#move(id, identity.kind === 'light' ? 'identified' : 'filed');
      for (const failed of this.#many("file_hash = ? AND state = 'failed' AND id <> ?", identity.fileHash, id)) {
        this.#statements.prepare('UPDATE frames SET duplicate_of = ? WHERE duplicate_of = ?').run(id, failed.id);
        this.#fileAsDuplicate(failed.id, frame, 'same-bytes', `The same bytes are tried again as ${frame.path}.`);
      }
      return frame;
    });
  }

  /** The newest settled frame that is not in `except`. */
  nextSettled(except: ReadonlySet<number>): Frame | undefined {
    return this.#first("state = 'settled' ORDER BY mtime_ms DESC, id DESC", except);
  }

  /** The next light frame to reduce that is not in `except`: those that a centre asked for first, then the newest. */
  nextLight(except: ReadonlySet<number>): Frame | undefined {
    return (
      this.#first("state = 'identified' AND request_id IS NOT NULL ORDER BY mtime_ms DESC", except) ??
      this.#first("state = 'identified' ORDER BY mtime_ms DESC, id DESC", except)
    );
  }

  /**
   * One try at a settled or identified frame went wrong through no fault of the file. After `maxAttempts` it has
   * failed, until version, configuration or file change or somebody asks for a retry.
   */
  attemptFailed(id: number, reason: string, maxAttempts: number): Frame | undefined {
    return this.#transaction(() => {
      const { state } = this.get(id) ?? {};
      if (state !== 'settled' && state !== 'identified') return undefined;
      this.#statements.prepare('UPDATE frames SET attempts = attempts + 1 WHERE id = ?').run(id);
      const frame = this.get(id)!;
      return frame.attempts < maxAttempts ? frame : this.#move(id, 'failed', 'attempts', reason);
    });
  }

  /**
   * The file is gone. A frame whose reduction is still due is rejected as gone, and the first duplicate of its bytes,
   * where there is one, is looked at in its place; one that was not read yet is forgotten.
   */
  vanished(id: number): void {
    this.#transaction(() => {
      const frame = this.get(id);
      if (!frame || !['seen', 'settled', 'identified', 'failed'].includes(frame.state)) return;
      this.#bequeath(id);
      if ((frame.state === 'seen' || frame.state === 'settled') && !this.#isReferred(id)) this.#delete(id);
      else
        this.#move(
          id,
          'rejected',
          'gone',
          'The file disappeared before it was reduced. It is taken up when it is back.',
        );
    });
  }

  /** The file of a frame whose reduction is still due is another one now. */
  replaced(id: number): void {
    this.#transaction(() => {
      if (this.get(id)?.state === 'identified') this.#replaced(id);
    });
  }

  /** Looks again at what another version or configuration of the program rejected or failed at. Gives their number. */
  retryAfterChange(): number {
    return this.#transaction(
      () =>
        this.#statements
          .prepare(
            `UPDATE frames SET state = 'seen', state_at_ms = @nowMs, reason_code = NULL, reason = NULL, attempts = 0
             WHERE (state = 'failed' OR (state = 'rejected' AND reason_code NOT IN ('gone', 'replaced')))
               AND code_version IS NOT @ranAs`,
          )
          .run({ nowMs: this.#clock.nowMs(), ranAs: this.#ranAs }).changes,
    );
  }

  /** Looks again at the rejected and failed frames that are meant, in the version their file had last. Gives them. */
  retry(isMeant: (frame: Frame) => boolean): Frame[] {
    return this.#transaction(() =>
      this.#many(
        `(state = 'failed' OR (state = 'rejected' AND reason_code NOT IN ('gone', 'replaced'))) AND NOT EXISTS (
           SELECT 1 FROM frames AS newer
           WHERE newer.instrument = frames.instrument AND newer.path = frames.path AND newer.id > frames.id)
         ORDER BY id`,
      )
        .filter(isMeant)
        .map(({ id }) => this.#reopen(id)),
    );
  }

  /** A reduced frame waits for its reduction again. For those who hold a transaction of their own around it. */
  reduceAgain(id: number): void {
    if (this.get(id)?.state !== 'reduced') return;
    this.#statements.prepare('UPDATE frames SET attempts = 0 WHERE id = ?').run(id);
    this.#move(id, 'identified');
  }

  /** Marks a light frame as reduced. For `ReductionStore`, inside its transaction. */
  markReduced(id: number): void {
    this.#move(id, 'reduced');
  }

  #seeNew(instrument: string, sighting: Sighting): Frame | undefined {
    const atPath = 'instrument = ? AND path = ?';
    for (const frame of this.#many(`${atPath} AND state IN ('identified','failed')`, instrument, sighting.path)) {
      this.#replaced(frame.id);
    }
    const settling = this.#one(`${atPath} AND state IN ('seen','settled')`, instrument, sighting.path);
    if (settling) return settling.state === 'seen' ? settling : this.#move(settling.id, 'seen');
    const nowMs = this.#clock.nowMs();
    const { lastInsertRowid } = this.#statements
      .prepare(
        `INSERT INTO frames (instrument, path, size_bytes, mtime_ms, state, seen_at_ms, state_at_ms)
         VALUES (?, ?, ?, ?, 'seen', ?, ?)`,
      )
      .run(instrument, sighting.path, sighting.sizeBytes, sighting.mtimeMs, nowMs, nowMs);
    return this.get(Number(lastInsertRowid))!;
  }

  /** Gives a row the version its file has now. Where another row has it, this one is forgotten and the other given. */
  #adopt(id: number, version: FileVersion): Frame | undefined {
    const frame = this.get(id)!;
    const other = this.#version(frame.instrument, frame.path, version);
    if (other?.id === id) return undefined;
    if (other) {
      if (this.#isReferred(id)) this.#move(id, 'rejected', 'replaced', 'The file went back to an earlier version.');
      else this.#delete(id);
      return other;
    }
    this.#statements
      .prepare('UPDATE frames SET size_bytes = ?, mtime_ms = ? WHERE id = ?')
      .run(version.sizeBytes, version.mtimeMs, id);
    return undefined;
  }

  #isReferred(id: number): boolean {
    const duplicate = this.#statements.prepare('SELECT 1 FROM frames WHERE duplicate_of = ? LIMIT 1').get(id);
    return (
      duplicate !== undefined ||
      this.#statements.prepare('SELECT 1 FROM reductions WHERE frame_id = ? LIMIT 1').get(id) !== undefined
    );
  }

  #replaced(id: number): void {
    this.#bequeath(id);
    const reason = 'Another file took its place before it was reduced; that one is taken up instead.';
    this.#move(id, 'rejected', 'replaced', reason);
  }

  /** The first duplicate of a frame takes its place: it is looked at anew, and the others are its duplicates now. */
  #bequeath(id: number): void {
    const heir = this.#one('duplicate_of = ? ORDER BY id', id);
    if (!heir) return;
    this.#reopen(heir.id);
    this.#statements.prepare('UPDATE frames SET duplicate_of = ? WHERE duplicate_of = ?').run(heir.id, id);
  }

  #delete(id: number): void {
    this.#statements.prepare('DELETE FROM frames WHERE id = ?').run(id);
  }

  #reopen(id: number): Frame {
    this.#statements.prepare('UPDATE frames SET duplicate_of = NULL, attempts = 0 WHERE id = ?').run(id);
    return this.#move(id, 'seen');
  }

  #fileAsDuplicate(id: number, original: Frame, code: string, reason: string): Frame {
    this.#statements.prepare('UPDATE frames SET duplicate_of = ? WHERE id = ?').run(original.id, id);
    return this.#move(id, 'filed', code, reason);
  }

  #move(id: number, state: FrameState, code: string | null = null, reason: string | null = null): Frame {
    this.#statements
      .prepare(
        'UPDATE frames SET state = ?, reason_code = ?, reason = ?, code_version = ?, state_at_ms = ? WHERE id = ?',
      )
      .run(state, code, reason, this.#ranAs, this.#clock.nowMs(), id);
    return this.get(id)!;
  }

  #version(instrument: string, path: string, version: FileVersion): Frame | undefined {
    return this.#one(
      'instrument = ? AND path = ? AND size_bytes = ? AND mtime_ms = ?',
      instrument,
      path,
      version.sizeBytes,
      version.mtimeMs,
    );
  }

  #first(where: string, except: ReadonlySet<number>): Frame | undefined {
    return this.#many(`${where} LIMIT ?`, except.size + 1).find((frame) => !except.has(frame.id));
  }

  #one(where: string, ...values: unknown[]): Frame | undefined {
    const row = this.#statements
      .prepare<unknown[], FrameRow>(`SELECT ${frameColumns} FROM frames WHERE ${where} LIMIT 1`)
      .get(...values);
    return row && frameOf(row);
  }

  #many(where: string, ...values: unknown[]): Frame[] {
    return this.#statements
      .prepare<unknown[], FrameRow>(`SELECT ${frameColumns} FROM frames WHERE ${where}`)
      .all(...values)
      .map(frameOf);
  }

  #transaction<T>(work: () => T): T {
    return this.#database.transaction(work).immediate();
  }
}
