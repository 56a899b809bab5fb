import type { Clock } from '../../base/clock.ts';
import type { Config } from '../../config/schema.ts';
import { type FrameRecord, readFrameRecord } from '../../protocol/frame-record.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import type { Logger } from '../health/log.ts';
import { isThere } from '../masters/redo.ts';
import type { Frame } from '../store/frame.ts';
import type { Store } from '../store/open.ts';
import { readStarTiles, type SourceSummary, type StarTiles } from '../store/star-tiles.ts';
import { bestSource } from './stars-in-field.ts';
import { tilesAround } from './tiling.ts';

export interface LateStarsParts {
  readonly config: Pick<Config, 'calibration' | 'catalogue' | 'dataDir' | 'instruments'>;
  readonly store: Pick<Store, 'frames' | 'reductions' | 'transaction'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called for each frame that waits for its reduction again. */
  readonly onReduceAgain: (frameId: number) => void;
}

const dayMs = 86_400_000;
/** Half a usual field, where the record does not tell. */
const usualFieldRadiusDeg = 0.5;

/**
 * Has frames of the last nights reduced again when reference stars are there that they had to do without: their new products
 * are revisions. It goes by what is stored, not by news: stars that came while the program was down, or from the
 * command line, count too.
 */
export class LateStars {
  readonly #parts: LateStarsParts;
  #turn: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: LateStarsParts) {
    this.#parts = parts;
  }

  /** Looks at the frames of the last nights, one look at a time. */
  look(): Promise<void> {
    const turn = this.#turn.then(() => this.#look());
    this.#turn = turn.catch(() => undefined); // whoever asked for the look hears of it
    return turn;
  }

  /** Resolves when no look is under way; none is begun after. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#turn;
  }

  async #look(): Promise<void> {
    const { config, store, clock, log, onReduceAgain } = this.#parts;
    const { redoNights } = config.calibration;
    if (this.#isStopped) return;
    const tiles = config.catalogue.file === undefined ? readStarTiles(config.dataDir, clock) : undefined;
    if (!tiles) return;
    try {
      const sources = tiles.sources();
      for (const { id: instrument } of config.instruments) {
        const ids: number[] = [];
        for (const id of store.frames.reducedSince(instrument, clock.nowMs() - redoNights * dayMs)) {
          if (this.#isStopped) return;
          const frame = store.frames.get(id);
          if (frame && (await isThere(frame.path, frame)) && this.#isLate(frame, tiles, sources)) ids.push(id);
        }
        if (ids.length === 0) continue;
        store.transaction(() => {
          for (const id of ids) store.frames.reduceAgain(id);
        });
        log.info({ instrument, frames: ids.length }, 'reduced again with reference stars that have come since');
        for (const id of ids) onReduceAgain(id);
      }
    } finally {
      tiles.close();
    }
  }

  /** Whether stars were written since the frame's last reduction that it had none of, or not all. */
  #isLate(frame: Frame, tiles: StarTiles, sources: readonly SourceSummary[]): boolean {
    const last = this.#parts.store.reductions.byFrame(frame.id)[0];
    if (!last || sources.every(({ writtenAtMs }) => writtenAtMs <= last.reducedAtMs)) return false;
    const { value: record, unreadable } = readFrameRecord(last.record);
    if (!record) {
      const { path } = frame;
      this.#parts.log.warn({ path, reason: unreadable }, 'left as it is: the record of its reduction cannot be read');
      return false;
    }
    if (record.reference?.complete ?? false) return false;
    const place = placeOf(record, frame);
    if (!place) return false;
    const found = bestSource(tiles, sources, tilesAround(place, fieldRadiusOf(record)));
    return found !== undefined && (record.reference === null || found.isComplete);
  }
}

/** Where it was found to look, else where it was told to. */
function placeOf({ wcs }: FrameRecord, { facts }: Frame): SkyPosition | undefined {
  const [raDeg, decDeg] = [Number(wcs?.CRVAL1), Number(wcs?.CRVAL2)];
  if (Number.isFinite(raDeg) && Number.isFinite(decDeg)) return { raDeg, decDeg };
  return facts?.raDeg && facts.decDeg && { raDeg: facts.raDeg.value, decDeg: facts.decDeg.value };
}

function fieldRadiusOf({ width, height, scaleArcsecPerPx }: FrameRecord): number {
  return (Math.hypot(width, height) * Number(scaleArcsecPerPx)) / 7200 || usualFieldRadiusDeg;
}
