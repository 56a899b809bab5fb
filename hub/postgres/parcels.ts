import type { HeldParcel } from '../../protocol/photometry.ts';
import type { ArrivedParcel, ParcelQuery, ParcelStore, StoredParcel } from '../ports.ts';
import { advisoryLocks, type PostgresDatabase, type Queryable } from './database.ts';

type Stored = StoredParcel & { readonly fresh: boolean };

/** Parcels that came together and wait for one transaction. */
interface Arrival {
  readonly parcels: readonly ArrivedParcel[];
  readonly nowMs: number;
  readonly resolve: (stored: Stored[]) => void;
  readonly reject: (error: unknown) => void;
}

/** So much goes into one transaction at most. */
const mostParcels = 1000;
const mostBytes = 32 * 2 ** 20;

interface HeldRow {
  site: string;
  key: string;
  revision: string;
  checksum: string;
  receivedAtMs: number;
}

/**
 * The parcels the hub holds, in PostgreSQL. Whoever stores holds one lock from before the cursors are given until after
 * the commit, across all processes: cursors follow the order of commits, which a sequence alone does not give. So that
 * the lock costs little, what arrives while a transaction is under way goes into the next one together.
 */
export class PostgresParcels implements ParcelStore {
  readonly #database: PostgresDatabase;
  #arrivals: Arrival[] = [];
  #isStoring = false;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  store(parcels: readonly ArrivedParcel[], nowMs: number): Promise<Stored[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Stored[]>();
    this.#arrivals.push({ parcels, nowMs, resolve, reject });
    if (!this.#isStoring) void this.#storeAll();
    return promise;
  }

  async find(site: string, key: string, revision: string): Promise<StoredParcel | undefined> {
    const { rows } = await this.#database.query<{ checksum: string; receivedAtMs: number }>(
      'SELECT checksum, received_at_ms AS "receivedAtMs" FROM parcels WHERE site = $1 AND key = $2 AND revision = $3',
      [site, key, revision],
    );
    return rows[0];
  }

  async body(site: string, key: string, revision: string): Promise<Uint8Array | undefined> {
    const { rows } = await this.#database.query<{ body: Buffer }>(
      'SELECT body FROM parcels WHERE site = $1 AND key = $2 AND revision = $3',
      [site, key, revision],
    );
    return rows[0]?.body;
  }

  async list({ site, afterCursor, sinceMs, subject, limit }: ParcelQuery): Promise<HeldParcel[]> {
    const { rows } = await this.#database.query<Omit<HeldParcel, 'receivedAt'> & { receivedAtMs: number }>(
      `SELECT site, instrument, subject, key, revision, exposure_id AS "exposureId", file_hash AS "fileHash", checksum,
         received_at_ms AS "receivedAtMs", cursor
       FROM parcels WHERE cursor > $1 AND received_at_ms >= $2 AND ($3::text IS NULL OR site = $3)
         AND ($4::text IS NULL OR subject = $4) ORDER BY cursor LIMIT $5`,
      [afterCursor, sinceMs, site ?? null, subject ?? null, limit],
    );
    return rows.map(({ receivedAtMs, ...row }) => ({ ...row, receivedAt: new Date(receivedAtMs).toISOString() }));
  }

  /** Stores what waits, in one transaction after the other. Never rejects: who waits is told. */
  async #storeAll(): Promise<void> {
    this.#isStoring = true;
    while (this.#arrivals.length > 0) {
      const together = this.#takeSome();
      try {
        await this.#storeTogether(together);
      } catch (error) {
        if (together.length === 1 || !isOfContent(error)) for (const one of together) one.reject(error);
        // One of them is at fault: none suffers for another.
        else for (const one of together) await this.#storeTogether([one]).catch(one.reject);
      }
    }
    this.#isStoring = false;
  }

  #takeSome(): Arrival[] {
    let [parcels, bytes, count] = [0, 0, 0];
    for (const arrival of this.#arrivals) {
      parcels += arrival.parcels.length;
      for (const { body } of arrival.parcels) bytes += body.length;
      if (count > 0 && (parcels > mostParcels || bytes > mostBytes)) break;
      count++;
    }
    return this.#arrivals.splice(0, count);
  }

  async #storeTogether(arrivals: readonly Arrival[]): Promise<void> {
    const all = arrivals.flatMap(({ parcels, nowMs }) => parcels.map((parcel) => ({ parcel, nowMs })));
    const { fresh, held } = await this.#database.transaction(async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLocks.parcels]);
      return {
        fresh: await insert(client, all),
        held: await heldOf(
          client,
          all.map(({ parcel }) => parcel),
        ),
      };
    });
    for (const { parcels, resolve } of arrivals) {
      resolve(
        parcels.map((parcel) => {
          const name = nameOf(parcel);
          // The first of two that are the same is the fresh one.
          return { ...held.get(name)!, fresh: fresh.delete(name) };
        }),
      );
    }
  }
}

/** Whether the server refuses what a row holds (SQLSTATE classes 22 and 23), rather than being away or broken. */
function isOfContent(error: unknown): boolean {
  return /^2[23]/.test(String((error as { code?: unknown }).code));
}

function nameOf({ index, key, revision }: ArrivedParcel): string {
  return JSON.stringify([index.site, key, revision]);
}

/** Stores what is not there, in its order; gives the names of that. */
async function insert(
  client: Queryable,
  all: readonly { readonly parcel: ArrivedParcel; readonly nowMs: number }[],
): Promise<Set<string>> {
  const column = (of: (parcel: ArrivedParcel) => unknown) => all.map(({ parcel }) => of(parcel));
  const { rows } = await client.query<{ site: string; key: string; revision: string }>(
    `INSERT INTO parcels (site, key, revision, instrument, subject, exposure_id, file_hash, checksum, body, received_at_ms)
     SELECT site, key, revision, instrument, subject, exposure_id, file_hash, checksum, body, received_at_ms
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[],
       $10::bigint[]) WITH ORDINALITY AS arrived (site, key, revision, instrument, subject, exposure_id, file_hash, checksum,
       body, received_at_ms, place)
     ORDER BY place
     ON CONFLICT (site, key, revision) DO NOTHING RETURNING site, key, revision`,
    [
      column(({ index }) => index.site),
      column(({ key }) => key),
      column(({ revision }) => revision),
      column(({ index }) => index.instrument),
      column(({ index }) => index.subject),
      column(({ index }) => index.exposureId),
      column(({ index }) => index.fileHash),
      column(({ checksum }) => checksum),
      column(({ body }) => Buffer.from(body.buffer, body.byteOffset, body.byteLength)),
      all.map(({ nowMs }) => nowMs),
    ],
  );
  return new Set(rows.map(({ site, key, revision }) => JSON.stringify([site, key, revision])));
}

/** What is held of parcels now, by name. */
async function heldOf(client: Queryable, parcels: readonly ArrivedParcel[]): Promise<Map<string, StoredParcel>> {
  const { rows } = await client.query<HeldRow>(
    `SELECT site, key, revision, checksum, received_at_ms AS "receivedAtMs"
     FROM parcels JOIN unnest($1::text[], $2::text[], $3::text[]) AS named (site, key, revision) USING (site, key, revision)`,
    [parcels.map(({ index }) => index.site), parcels.map(({ key }) => key), parcels.map(({ revision }) => revision)],
  );
  return new Map(rows.map(({ site, key, revision, ...held }) => [JSON.stringify([site, key, revision]), held]));
}
