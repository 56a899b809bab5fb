import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Clock } from '../../base/clock.ts';
import { TellOperator } from '../../base/errors.ts';
import { busyTimeoutMs, isUpToDate, openDatabase, type SqliteDatabase } from '../../base/sqlite.ts';
import { AlarmStore } from './alarms.ts';
import { CameraStore } from './cameras.ts';
import { FrameQualityStore } from './frame-quality.ts';
import { FrameStore } from './frames.ts';
import { Journal } from './journal.ts';
import { LineageStore } from './lineage.ts';
import { MasterStore } from './masters.ts';
import { migrations } from './migrations.ts';
import { NetworkTargetStore } from './network-targets.ts';
import { NightStore } from './nights.ts';
import { NoticeStore } from './notices.ts';
import { ObservingHistory } from './observing-history.ts';
import { Outbox } from './outbox.ts';
import { ReductionStore } from './reductions.ts';
import { RequestStore } from './requests.ts';
import { TargetPointStore } from './target-points.ts';
import { VisitStore } from './visits.ts';
import { ZeroPointStore } from './zero-points.ts';

/** Everything the agent remembers. */
export interface Store {
  readonly frames: FrameStore;
  readonly cameras: CameraStore;
  readonly masters: MasterStore;
  readonly reductions: ReductionStore;
  readonly outbox: Outbox;
  readonly lineage: LineageStore;
  readonly journal: Journal;
  readonly requests: RequestStore;
  readonly visits: VisitStore;
  readonly networkTargets: NetworkTargetStore;
  readonly zeroPoints: ZeroPointStore;
  readonly history: ObservingHistory;
  readonly targetPoints: TargetPointStore;
  readonly alarms: AlarmStore;
  readonly notices: NoticeStore;
  readonly nights: NightStore;
  readonly frameQuality: FrameQualityStore;
  /** Where a damaged database was set aside at this opening: its frames are found again by the first rescan. */
  readonly setAside: string | undefined;
  /** Where the copy made before a migration lies, when one was made at this opening. */
  readonly backup: string | undefined;
  /** Runs `work` in one transaction: all of it is on the disk afterwards, or nothing. */
  transaction<Result>(work: () => Result): Result;
  /** A number that is another one after any other process wrote to the database. */
  outsideVersion(): number;
  /** Gives the space of the write-ahead log back, for a disk that ran full. */
  compact(): void;
  close(): void;
}

/** Of a data folder that is made: what is in it is for the agent's user alone. */
export const privateMode = 0o700;

export const databaseName = 'agent.sqlite';

/**
 * Opens the agent's database in `dataDir` for writing. One process at a time may: the claim is a lock held by the
 * operating system, gone with the process however it ends. Rejects with TellOperator when another process has it.
 * Frames that were given up under another `codeVersion` or `configKey` may be tried again.
 */
export function openStore(dataDir: string, clock: Clock, codeVersion: string, configKey = ''): Store {
  mkdirSync(dataDir, { recursive: true, mode: privateMode });
  const unlock = lock(dataDir);
  try {
    const { database, setAside, backup } = openDatabase(join(dataDir, databaseName), migrations, clock.nowMs());
    return assemble(database, clock, { codeVersion, configKey }, { setAside, backup }, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Opens the agent's database for reading only, beside a running agent or without one. */
export function readStore(dataDir: string, clock: Clock): Store {
  return openBeside(dataDir, clock, true);
}

/**
 * Opens the agent's database for a small change, beside a running agent, which notices, or without one. It is never
 * brought to another schema here: rejects with TellOperator when it is of another version.
 */
export function editStore(dataDir: string, clock: Clock): Store {
  return openBeside(dataDir, clock, false);
}

function openBeside(dataDir: string, clock: Clock, readonly: boolean): Store {
  const path = join(dataDir, databaseName);
  if (!existsSync(path)) {
    throw new TellOperator('NO_DATABASE', `There is no database ${path}: the agent has not run with this dataDir yet.`);
  }
  const database = new Database(path, { readonly, fileMustExist: true, timeout: busyTimeoutMs });
  if (!readonly) {
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    if (!isUpToDate(database, migrations)) {
      database.close();
      throw new TellOperator(
        'DATABASE_OTHER_VERSION',
        `The database ${path} is of another version of this program. Start the agent of this version once, then try again.`,
      );
    }
  }
  const none = { codeVersion: '', configKey: '' };
  return assemble(database, clock, none, { setAside: undefined, backup: undefined }, () => undefined);
}

function assemble(
  database: SqliteDatabase,
  clock: Clock,
  { codeVersion, configKey }: { readonly codeVersion: string; readonly configKey: string },
  opened: Pick<Store, 'setAside' | 'backup'>,
  unlock: () => void,
): Store {
  const frames = new FrameStore(database, clock, `${codeVersion} ${configKey}`.trim());
  return {
    frames,
    cameras: new CameraStore(database, clock),
    masters: new MasterStore(database, clock, codeVersion),
    reductions: new ReductionStore(database, frames, clock),
    outbox: new Outbox(database, clock),
    lineage: new LineageStore(database),
    journal: new Journal(database),
    requests: new RequestStore(database, clock),
    visits: new VisitStore(database, clock),
    zeroPoints: new ZeroPointStore(database),
    history: new ObservingHistory(database),
    targetPoints: new TargetPointStore(database),
    alarms: new AlarmStore(database),
    notices: new NoticeStore(database),
    nights: new NightStore(database),
    frameQuality: new FrameQualityStore(database),
    networkTargets: new NetworkTargetStore(database, clock),
    ...opened,
    transaction: (work) => database.transaction(work).immediate(),
    outsideVersion: () => database.pragma('data_version', { simple: true }) as number,
    compact: () => {
      // A reader that is at it keeps the log long until the next time; nothing stands still to wait for it.
      database.pragma('busy_timeout = 0');
      try {
        database.pragma('wal_checkpoint(TRUNCATE)');
      } finally {
        database.pragma(`busy_timeout = ${busyTimeoutMs}`);
      }
    },
    close() {
      database.close();
      unlock();
    },
  };
}

/** Holds an exclusive transaction on a database of its own: the lock that every platform releases with the process. */
function lock(dataDir: string): () => void {
  const holder = new Database(join(dataDir, 'agent.lock'), { timeout: 0 });
  try {
    holder.pragma('journal_mode = MEMORY');
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw error;
    throw new TellOperator(
      'AGENT_RUNNING',
      `Another bhtom-edge runs with ${dataDir} already. Stop it first, or give this one a dataDir of its own.`,
      { cause: error },
    );
  }
  return () => holder.close();
}
