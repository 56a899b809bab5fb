import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { HeldParcel } from '../../protocol/photometry.ts';
import type { ArrivedParcel, ParcelQuery, ParcelStore, StoredParcel } from '../ports.ts';

/**
 * The parcels the hub holds, in SQLite. A cursor is given inside the one write transaction that there can be, so cursors
 * follow the order of commits.
 */
export class SqliteParcels implements ParcelStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async store(
    parcels: readonly ArrivedParcel[],
    nowMs: number,
  ): Promise<(StoredParcel & { readonly fresh: boolean })[]> {
    return this.#database
      .transaction(() => {
        const insert = this.#database.prepare(
          `INSERT INTO parcels (site, key, revision, instrument, subject, exposure_id, file_hash, checksum, body, received_at_ms)
           VALUES (@site, @key, @revision, @instrument, @subject, @exposureId, @fileHash, @checksum, @body, @nowMs)`,
        );
        return parcels.map(({ index, key, revision, checksum, body }) => {
          const held = this.#find(index.site, key, revision);
          if (held !== undefined) return { ...held, fresh: false };
          insert.run({ ...index, key, revision, checksum, body, nowMs });
          return { checksum, receivedAtMs: nowMs, fresh: true };
        });
      })
      .immediate();
  }

  async find(site: string, key: string, revision: string): Promise<StoredParcel | undefined> {
    return this.#find(site, key, revision);
  }

  #find(site: string, key: string, revision: string): StoredParcel | undefined {
    return this.#database
      .prepare<string[], StoredParcel>(
        'SELECT checksum, received_at_ms AS receivedAtMs FROM parcels WHERE site = ? AND key = ? AND revision = ?',
      )
      .get(site, key, revision);
  }

  async body(site: string, key: string, revision: string): Promise<Uint8Array | undefined> {
    return this.#database
      .prepare<string[], Uint8Array>('SELECT body FROM parcels WHERE site = ? AND key = ? AND revision = ?')
      .pluck()
      .get(site, key, revision);
  }

  async list(query: ParcelQuery): Promise<HeldParcel[]> {
    const conditions = ['cursor > @afterCursor', 'received_at_ms >= @sinceMs'];
    if (query.site !== undefined) conditions.push('site = @site');
    if (query.subject !== undefined) conditions.push('subject = @subject');
    return this.#database
      .prepare<[ParcelQuery], Omit<HeldParcel, 'receivedAt'> & { receivedAtMs: number }>(
        `SELECT site, instrument, subject, key, revision, exposure_id AS exposureId, file_hash AS fileHash, checksum,
           received_at_ms AS receivedAtMs, cursor
         FROM parcels WHERE ${conditions.join(' AND ')} ORDER BY cursor LIMIT @limit`,
      )
      .all(query)
      .map(({ receivedAtMs, ...row }) => ({ ...row, receivedAt: new Date(receivedAtMs).toISOString() }));
  }
}
