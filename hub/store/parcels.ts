import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { HeldParcel, ReadParcel } from '../../protocol/photometry.ts';

export interface ArrivedParcel {
  readonly key: string;
  readonly revision: string;
  readonly content: ReadParcel;
  readonly checksum: string;
  /** Gzip-compressed JSON. */
  readonly body: Uint8Array;
}

export interface StoredParcel {
  readonly checksum: string;
  readonly receivedAtMs: number;
}

/** The parcels the hub holds. */
export class Parcels {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** Stores a parcel unless this revision of it is there; gives what is held now, and whether it was stored just now. */
  store(parcel: ArrivedParcel, nowMs: number): StoredParcel & { readonly fresh: boolean } {
    const { content } = parcel;
    return this.#database.transaction(() => {
      const held = this.find(content.site, parcel.key, parcel.revision);
      if (held !== undefined) return { ...held, fresh: false };
      this.#database
        .prepare(
          `INSERT INTO parcels (site, key, revision, instrument, subject, exposure_id, file_hash, checksum, body, received_at_ms)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          content.site,
          parcel.key,
          parcel.revision,
          content.instrument,
          content.subject,
          content.frame.exposureId,
          content.frame.fileHash,
          parcel.checksum,
          parcel.body,
          nowMs,
        );
      return { checksum: parcel.checksum, receivedAtMs: nowMs, fresh: true };
    })();
  }

  find(site: string, key: string, revision: string): StoredParcel | undefined {
    return this.#database
      .prepare<string[], StoredParcel>(
        'SELECT checksum, received_at_ms AS receivedAtMs FROM parcels WHERE site = ? AND key = ? AND revision = ?',
      )
      .get(site, key, revision);
  }

  /** The content of a parcel, gzip-compressed JSON. */
  body(site: string, key: string, revision: string): Uint8Array | undefined {
    return this.#database
      .prepare<string[], Uint8Array>('SELECT body FROM parcels WHERE site = ? AND key = ? AND revision = ?')
      .pluck()
      .get(site, key, revision);
  }

  /** What is held, in order of arrival. `site` undefined: of all sites. */
  list(query: {
    site: string | undefined;
    afterCursor: number;
    sinceMs: number;
    subject: string | undefined;
    limit: number;
  }): HeldParcel[] {
    const conditions = ['cursor > @afterCursor', 'received_at_ms >= @sinceMs'];
    if (query.site !== undefined) conditions.push('site = @site');
    if (query.subject !== undefined) conditions.push('subject = @subject');
    return this.#database
      .prepare<[typeof query], Omit<HeldParcel, 'receivedAt'> & { receivedAtMs: number }>(
        `SELECT site, instrument, subject, key, revision, exposure_id AS exposureId, file_hash AS fileHash, checksum,
           received_at_ms AS receivedAtMs, cursor
         FROM parcels WHERE ${conditions.join(' AND ')} ORDER BY cursor LIMIT @limit`,
      )
      .all(query)
      .map(({ receivedAtMs, ...row }) => ({ ...row, receivedAt: new Date(receivedAtMs).toISOString() }));
  }
}
