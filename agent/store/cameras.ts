import type { Clock } from '../../base/clock.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/**
 * What a camera is to an instrument: `own` its frames are the instrument's · `asked` a person has not said yet · `other` a
 * person said that they are not.
 */
export type CameraStanding = 'own' | 'asked' | 'other';

/** What tells one camera from another; sizes are of the whole sensor, not binned. */
export interface CameraIdentity {
  readonly name: string | null;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
}

export interface StoredCamera extends CameraIdentity {
  readonly id: number;
  readonly instrument: string;
  readonly standing: CameraStanding;
  /** The first frame seen of it. */
  readonly path: string;
  readonly seenAtMs: number;
}

const columns =
  'id, instrument, name, width_px AS widthPx, height_px AS heightPx, standing, path, seen_at_ms AS seenAtMs';

/** The cameras that the frames of each instrument came from. */
export class CameraStore {
  readonly #statements: Statements;
  readonly #clock: Clock;

  constructor(database: SqliteDatabase, clock: Clock) {
    this.#statements = new Statements(database);
    this.#clock = clock;
  }

  /**
   * The camera of a frame, written down when it is new: the first of an instrument is its own, of every later one a
   * person is asked. A frame that says nothing of its camera is of the instrument's own.
   */
  notice(instrument: string, camera: CameraIdentity, path: string): StoredCamera | undefined {
    if (camera.name === null && camera.widthPx === null) return undefined;
    const known = this.#of(instrument);
    const found =
      known.find(({ name }) => name !== null && name === camera.name) ?? known.find((one) => isSame(one, camera));
    if (found) return this.#complete(found, camera);
    const standing: CameraStanding = known.length === 0 ? 'own' : 'asked';
    const row = { ...camera, instrument, standing, path, seenAtMs: this.#clock.nowMs() };
    return this.#statements
      .prepare<[object], StoredCamera>(
        `INSERT INTO cameras (instrument, name, width_px, height_px, standing, path, seen_at_ms)
         VALUES (@instrument, @name, @widthPx, @heightPx, @standing, @path, @seenAtMs) RETURNING ${columns}`,
      )
      .get(row);
  }

  list(): StoredCamera[] {
    return this.#statements.prepare<[], StoredCamera>(`SELECT ${columns} FROM cameras ORDER BY id`).all();
  }

  /** A person has said what it is. Returns it as it is then; undefined when there is none of this number. */
  answer(id: number, standing: Exclude<CameraStanding, 'asked'>): StoredCamera | undefined {
    return this.#statements
      .prepare<[string, number], StoredCamera>(`UPDATE cameras SET standing = ? WHERE id = ? RETURNING ${columns}`)
      .get(standing, id);
  }

  /** Writes down what was not known of a camera yet: once it has a name, one of another name is another. */
  #complete(known: StoredCamera, { name, widthPx, heightPx }: CameraIdentity): StoredCamera {
    const learnsName = known.name === null && name !== null;
    const learnsSize = known.widthPx === null && widthPx !== null;
    if (!learnsName && !learnsSize) return known;
    const now = { ...known, ...(learnsName && { name }), ...(learnsSize && { widthPx, heightPx }) };
    this.#statements
      .prepare('UPDATE cameras SET name = @name, width_px = @widthPx, height_px = @heightPx WHERE id = @id')
      .run({ id: now.id, name: now.name, widthPx: now.widthPx, heightPx: now.heightPx });
    return now;
  }

  #of(instrument: string): StoredCamera[] {
    return this.#statements
      .prepare<[string], StoredCamera>(`SELECT ${columns} FROM cameras WHERE instrument = ? ORDER BY id`)
      .all(instrument);
  }
}

/** By their names where both have one; else by the sizes of their sensors, where both are known. */
function isSame(a: CameraIdentity, b: CameraIdentity): boolean {
  if (a.name !== null && b.name !== null) return a.name === b.name;
  if (a.widthPx === null || b.widthPx === null) return true;
  return a.widthPx === b.widthPx && a.heightPx === b.heightPx;
}
