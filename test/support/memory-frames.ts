import Database from 'better-sqlite3';
import type { Identity } from '../../agent/store/frame.ts';
import { FrameStore } from '../../agent/store/frames.ts';
import { migrations } from '../../agent/store/migrations.ts';
import { ReductionStore } from '../../agent/store/reductions.ts';
import { ManualClock } from '../../base/clock.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import { dialectTable } from '../../config/dialects.ts';
import { headerFromText } from '../../pipeline/fits/header.ts';
import { resolveHeader } from '../../pipeline/header/resolve.ts';

/** A ledger in memory. */
export function memoryFrames(codeVersion = 'test') {
  const database: SqliteDatabase = new Database(':memory:');
  database.pragma('foreign_keys = ON');
  for (const migration of migrations) database.exec(migration.sql);
  const clock = new ManualClock(1_000_000);
  const frames = new FrameStore(database, clock, codeVersion);
  const upgraded = (version: string) => new FrameStore(database, clock, version);
  return { clock, frames, upgraded, reductions: new ReductionStore(database, frames, clock) };
}

const facts = resolveHeader(headerFromText("IMAGETYP= 'Light Frame'"), dialectTable);

/** What reading a file told; everything about it may be given. */
export function identityOf(given: Partial<Identity> & { fileHash: string }): Identity {
  return { exposureId: `exposure of ${given.fileHash}`, factsKey: 'facts', kind: 'light', facts, ...given };
}
