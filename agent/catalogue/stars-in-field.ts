import { createHash } from 'node:crypto';
import { Parked } from '../../base/errors.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import type { SourceSummary, StarTiles, StoredTile } from '../store/star-tiles.ts';
import { type FieldStars, fieldStars } from './field-stars.ts';
import { joinTables, orderingMagnitude, type StarTable, starRows } from './star-table.ts';
import { decodeTile } from './tile-body.ts';
import { tilesAround } from './tiling.ts';

/** The part of the sky that a frame may show. */
export interface FieldOfInterest {
  readonly centre: SkyPosition;
  /** From the middle of the frame to its corner. */
  readonly fieldRadiusDeg: number;
  /** How far the middle of the frame may be from `centre`. */
  readonly hintRadiusDeg: number;
}

/** Brighter stars than these many are enough for any frame. */
const maxStars = 60_000;

let last: { key: string; stars: FieldStars } | undefined;

/**
 * Reference stars for a frame, of one source: the one that covers most of the field with the most stars. Undefined
 * where no source has any. Kept in memory while the same tiles are asked for.
 */
export function starsInField(store: StarTiles, { centre, fieldRadiusDeg, hintRadiusDeg }: FieldOfInterest) {
  const core = tilesAround(centre, fieldRadiusDeg);
  const best = bestSource(store, store.sources(), core);
  if (!best) return undefined;
  const { source } = best;
  const wide = tilesAround(centre, fieldRadiusDeg + hintRadiusDeg);
  const known = store.known(source.id, wide);
  const id = createHash('sha256')
    .update(JSON.stringify([source.id, known.map(({ checksum }) => checksum)]))
    .digest('hex');
  const key = `${id}|${core.join()}`;
  if (last?.key !== key) {
    const tables = store.read(source.id, wide).map(readTile);
    const stars = brightest(joinTables(tables, tables[0]!.epochYear));
    last = {
      key,
      stars: fieldStars(stars, {
        ...{ id, origin: `${source.title}: ${source.credit}` },
        ...{ isComplete: best.isComplete, warnings: best.warnings },
      }),
    };
  }
  return last.stars;
}

/** The source that has stars in most of the given tiles, and of several the one with most stars. */
export function bestSource(
  store: StarTiles,
  sources: readonly SourceSummary[],
  core: readonly number[],
): Choice | undefined {
  const choices = sources.map((source) => choiceAmong(source, store.known(source.id, core), core.length));
  return choices.filter(({ nStars }) => nStars > 0).sort((a, b) => b.share - a.share || b.nStars - a.nStars)[0];
}

function readTile({ tile, body, checksum }: StoredTile): StarTable {
  if (createHash('sha256').update(body).digest('hex') !== checksum) {
    throw new Parked('TILE_DAMAGED', `The stars of tile ${tile} are not those that were stored.`);
  }
  return decodeTile(body);
}

export interface Choice {
  readonly source: SourceSummary;
  /** Of the field's tiles, how many the source has anything of. */
  readonly share: number;
  readonly nStars: number;
  /** Whether they are known to be all. */
  readonly isComplete: boolean;
  readonly warnings: readonly string[];
}

function choiceAmong(source: SourceSummary, known: readonly Omit<StoredTile, 'body'>[], nCore: number): Choice {
  const nStars = known.reduce((sum, tile) => sum + tile.nStars, 0);
  const nComplete = known.filter(({ complete }) => complete).length;
  const isComplete = nComplete === nCore;
  const warnings = isComplete
    ? []
    : [
        `The reference stars of this field (${source.title}) are not known to be all: ${nComplete} of ${nCore} tiles ` +
          'are complete. Stars may be missing: fetch or import the rest of the field.',
      ];
  return { source, share: known.length / nCore, nStars, isComplete, warnings };
}

function brightest(table: StarTable): StarTable {
  if (table.count <= maxStars) return table;
  const mag = orderingMagnitude(table);
  const rank = (row: number): number => (Number.isNaN(mag[row]!) ? 99 : mag[row]!);
  const rows = Array.from({ length: table.count }, (_, row) => row).sort((a, b) => rank(a) - rank(b));
  return starRows(table, rows.slice(0, maxStars));
}
