import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import pino from 'pino';
import { packProduct, parcelFor } from '../../agent/delivery/pack.ts';
import { migrations } from '../../agent/store/migrations.ts';
import type { NewParcel, NewProduct, Parcel } from '../../agent/store/outbox.ts';
import { openDatabase, type SqliteDatabase } from '../../base/sqlite.ts';
import type { PhotometryParcel } from '../../protocol/photometry.ts';
import type { ObservingRequest } from '../../protocol/request.ts';

export const silent = pino({ level: 'silent' });
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A folder that is gone after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The agent's database, in memory. */
export function databaseInMemory(t: TestContext): SqliteDatabase {
  const database = new Database(':memory:');
  database.pragma('foreign_keys = ON');
  for (const { sql } of migrations) database.exec(sql);
  t.after(() => database.close());
  return database;
}

/** The agent's database in a file of this folder. */
export function databaseOnDisk(folder: string): SqliteDatabase {
  return openDatabase(join(folder, 'agent.sqlite'), migrations, Date.now()).database;
}

export function photometry(exposure: string, changes: Partial<PhotometryParcel> = {}): PhotometryParcel {
  return {
    schema: 1,
    site: 'here',
    instrument: 'main',
    oname: null,
    subject: 'frame',
    frame: {
      file: `${exposure}.fits`,
      exposureId: sha256(exposure),
      fileHash: sha256(`file of ${exposure}`),
      plane: 'mono',
      object: null,
      filter: 'V',
      mjdMid: 61366.5,
      timeVerdict: 'good',
      exposureS: 30,
      width: 100,
      height: 100,
      nSources: 1,
      fwhmPx: 3,
      skyE: 100,
      gainEPerAdu: 1,
      readNoiseE: 5,
      limitFluxE: 500,
      masters: [],
      requestId: null,
      visitId: null,
      software: 'test',
      configHash: sha256('configuration'),
      warnings: [],
    },
    targets: [],
    sources: { x: [1.5], y: [2.5], flux: [1234.5] },
    ...changes,
  };
}

export function measured(name: string) {
  return {
    name,
    raDeg: 10,
    decDeg: 20,
    x: 1,
    y: 2,
    bjdTdb: 2461366.5,
    flux: 1000,
    fluxErr: 10,
    flags: 0,
    verdict: 'measured',
  };
}

/** A parcel as it is enqueued and as it is handed to a centre. */
export type WholeParcel = NewParcel & NewProduct & Parcel;

/** A parcel of the exposure: of the named target in it, or of the whole frame. */
export async function parcelOf(
  exposure: string,
  options: { destination?: string; revision?: string; target?: string } = {},
): Promise<WholeParcel> {
  const { destination = 'centre', revision = 'r1', target } = options;
  const content =
    target === undefined
      ? photometry(exposure)
      : photometry(exposure, { subject: 'target', targets: [measured(target)] });
  const product = await packProduct(sha256(`${exposure} ${revision}`), content);
  return { ...product, ...parcelFor(destination, product) };
}

/** Stores a reduction of an exposure, with its frame. */
export function storeReduction(database: SqliteDatabase, exposureId: string, record: object, id = exposureId): void {
  database
    .prepare(
      `INSERT OR IGNORE INTO frames (instrument, path, size_bytes, mtime_ms, state, exposure_id, seen_at_ms, state_at_ms)
       VALUES ('main', ?, 1, 1, 'reduced', ?, 1, 1)`,
    )
    .run(exposureId, exposureId);
  database
    .prepare(
      `INSERT OR IGNORE INTO reductions (id, frame_id, exposure_id, outcome, record, reduced_at_ms)
       SELECT ?, id, ?, 'measured', ?, 1 FROM frames WHERE path = ?`,
    )
    .run(id, exposureId, JSON.stringify(record), exposureId);
}

/** Does what the end of a reduction does: stores the parcels together with the reduction they come from. */
export function storeReduced(database: SqliteDatabase, parcels: readonly NewParcel[], enqueue: () => void): void {
  database.transaction(() => {
    for (const { exposureId, reductionId } of parcels.map(({ product }) => product))
      storeReduction(database, exposureId, {}, reductionId);
    enqueue();
  })();
}

export function observingRequestOf(id: string, changes: Partial<ObservingRequest> = {}): ObservingRequest {
  return {
    id,
    name: 'test',
    observationType: 'NORMAL',
    priority: 50,
    target: { name: 'HAT-P-32', raDeg: 31.0428, decDeg: 46.6878 },
    instrumentConfigs: [{ filter: 'V', exposureS: 10, exposureCount: 1, binning: 1 }],
    constraints: { maxAirmass: 2.5, minLunarDistanceDeg: 20 },
    windows: [{ start: '2026-11-22T18:00:00Z', end: '2026-11-23T04:00:00Z' }],
    test: false,
    ...changes,
  };
}
