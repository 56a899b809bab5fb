import { createHash } from 'node:crypto';
import type { SkyPosition } from '../../sky/sphere.ts';
import type { StoredTile } from '../store/star-tiles.ts';
import { orderingMagnitude, type StarTable, starRows } from './star-table.ts';
import { encodeTile } from './tile-body.ts';
import { isInside, rowsByTile, tileCount, tilesAround } from './tiling.ts';

/** Where, and how deep, a table of stars leaves none out. */
export interface Completeness {
  /** Undefined: over the whole sky. */
  readonly region: (SkyPosition & { readonly radiusDeg: number }) | undefined;
  /** Null: all that the source has. */
  readonly depthMag: number | null;
}

/** One tile with the given stars, brightest first. */
export function tileOfStars(tile: number, table: StarTable, complete: boolean, depthMag: number | null): StoredTile {
  const mag = orderingMagnitude(table);
  const rank = (row: number): number => (Number.isNaN(mag[row]!) ? 99 : mag[row]!);
  const rows = Array.from({ length: table.count }, (_, row) => row).sort((a, b) => rank(a) - rank(b));
  const body = encodeTile(starRows(table, rows));
  const checksum = createHash('sha256').update(body).digest('hex');
  return { tile, complete, depthMag, nStars: table.count, checksum, body };
}

/**
 * Deals stars to their tiles. Tiles that lie wholly where the table leaves none out are complete, also when they are
 * empty; without `completeness` none is.
 */
export function* tilesOfStars(table: StarTable, completeness: Completeness | undefined): Generator<StoredTile> {
  const rows = rowsByTile(table.raDeg, table.decDeg);
  const complete = completeTiles(completeness);
  for (const tile of new Set([...rows.keys(), ...complete])) {
    const isComplete = complete.has(tile);
    const stars = starRows(table, rows.get(tile) ?? []);
    yield tileOfStars(tile, stars, isComplete, isComplete ? completeness!.depthMag : null);
  }
}

function completeTiles(completeness: Completeness | undefined): Set<number> {
  if (!completeness) return new Set();
  const { region } = completeness;
  if (!region) return new Set(Array.from({ length: tileCount }, (_, tile) => tile));
  return new Set(tilesAround(region, region.radiusDeg).filter((tile) => isInside(tile, region, region.radiusDeg)));
}
