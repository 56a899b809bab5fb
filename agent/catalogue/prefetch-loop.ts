import { backoffMs } from '../../base/backoff.ts';
import { RetryLater } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { Wake } from '../../base/wake.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import { type FetchTools, fetchTiles } from './fetch-tiles.ts';
import { tilesAround } from './tiling.ts';

export interface PrefetchParts extends FetchTools {
  readonly radiusDeg: number;
  readonly depthMag: number;
  readonly random: Random;
  /** Hears when work on a position has ended that brought stars, also where some are still missing. */
  readonly onNews: () => void;
  /** Hears why a position has to wait. */
  readonly onWait: (error: RetryLater) => void;
}

/** From a minute to six hours: what is fetched is needed tonight, not now. */
const patience = { firstMs: 60_000, capMs: 6 * 3_600_000 };

/** Fetches the stars around positions as they come, and comes back to those that failed, ever more slowly. */
export class PrefetchLoop {
  readonly #parts: PrefetchParts;
  readonly #waiting: SkyPosition[] = [];
  readonly #wake = new Wake();

  constructor(parts: PrefetchParts) {
    this.#parts = parts;
  }

  add(positions: readonly SkyPosition[]): void {
    this.#waiting.push(...positions);
    this.#wake.wake();
  }

  /** Works until aborted: rejects with the signal's reason, or with a fault that is not the services'. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, radiusDeg, depthMag, random, onNews, onWait } = this.#parts;
    let failures = 0;
    for (;;) {
      const position = this.#waiting.shift();
      if (!position) {
        await this.#wake.wait(clock, signal);
        continue;
      }
      let stored = 0;
      const onTile: FetchTools['onTile'] = (tile, service) => {
        stored++;
        this.#parts.onTile(tile, service);
      };
      try {
        await fetchTiles(tilesAround(position, radiusDeg), depthMag, { ...this.#parts, onTile }, signal);
        if (stored > 0) onNews();
        failures = 0;
      } catch (error) {
        if (!(error instanceof RetryLater) || signal.aborted) throw error;
        if (stored > 0) onNews();
        onWait(error);
        this.#waiting.push(position);
        const ownMs = Math.max(patience.firstMs / 2, backoffMs(++failures, random, patience));
        await clock.sleep(Math.max(ownMs, (error.notBeforeMs ?? 0) - clock.nowMs()), signal);
      }
    }
  }
}
