import type { Clock } from '../../base/clock.ts';
import { RetryLater } from '../../base/errors.ts';
import type { StarTiles, StoredTile } from '../store/star-tiles.ts';
import { tileOfStars } from './keep.ts';
import type { StarService } from './services/cone.ts';
import { gaiaSource } from './sources.ts';
import { starRows } from './star-table.ts';
import { circleAround, tileOf } from './tiling.ts';

export interface FetchTools {
  readonly store: StarTiles;
  /** Best first. */
  readonly services: readonly StarService[];
  readonly clock: Clock;
  /** Hears of each tile that was stored, and of each service that failed. */
  readonly onTile: (tile: StoredTile, service: string) => void;
  readonly onFailure: (service: string, error: RetryLater) => void;
}

/** Stars asked for in one query; a tile in the Milky Way is then whole to a lesser depth. */
const maxStars = 20_000;
/** A whole tile with this many is not asked for again, however deep it should go. */
const enoughStars = 5000;
/** Between two queries. */
const pauseMs = 2000;

/** Those of the tiles that are not there yet as they should be. */
export function missingTiles(store: StarTiles, tiles: readonly number[], depthMag: number): number[] {
  const known = new Map(store.known(gaiaSource.id, tiles).map((tile) => [tile.tile, tile]));
  return tiles.filter((tile) => {
    const found = known.get(tile);
    const isDeep = found && (found.depthMag === null || found.depthMag >= depthMag || found.nStars >= enoughStars);
    return !(found?.complete && isDeep);
  });
}

/**
 * Fetches Gaia's stars of the tiles that are missing, one query at a time, and stores each tile as soon as it is whole.
 * A service that fails is left alone for the rest; the next one is asked.
 * @throws RetryLater when no service is left; what was stored by then stays
 */
export async function fetchTiles(
  wanted: readonly number[],
  depthMag: number,
  { store, services, clock, onTile, onFailure }: FetchTools,
  signal: AbortSignal,
): Promise<number> {
  const left = [...services];
  const reasons: string[] = [];
  let stored = 0;
  for (const tile of missingTiles(store, wanted, depthMag)) {
    for (;;) {
      const service = left[0];
      if (!service) {
        throw new RetryLater('NO_SERVICE', `No service gave the reference stars: ${reasons.join(' · ')}`);
      }
      try {
        if (stored > 0 || reasons.length > 0) await clock.sleep(pauseMs, signal);
        const found = await fetchTile(tile, depthMag, service, signal);
        store.write(gaiaSource, service.id, [found], false);
        onTile(found, service.id);
        stored++;
        break;
      } catch (error) {
        if (!(error instanceof RetryLater)) throw error;
        onFailure(service.id, error);
        reasons.push(`${service.id}: ${error.message}`);
        left.shift();
      }
    }
  }
  return stored;
}

/** One tile, cut out of the smallest cone about it. Without synthetic photometry it is not called complete. */
async function fetchTile(
  tile: number,
  wantedDepthMag: number,
  service: StarService,
  signal: AbortSignal,
): Promise<StoredTile> {
  const { stars, depthMag } = await service.cone({ ...circleAround(tile), depthMag: wantedDepthMag }, maxStars, signal);
  const rows = [...stars.raDeg.keys()].filter(
    (row) => tileOf({ raDeg: stars.raDeg[row]!, decDeg: stars.decDeg[row]! }) === tile,
  );
  return tileOfStars(tile, starRows(stars, rows), service.hasAllBands, depthMag);
}
