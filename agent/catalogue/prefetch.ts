import { Worker } from 'node:worker_threads';
import { siblingModule } from '../../base/sibling.ts';
import type { Config } from '../../config/schema.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import type { Logger } from '../health/log.ts';

/** What the thread is started with. */
export interface PrefetchSettings {
  readonly dataDir: string;
  readonly catalogue: Pick<Config['catalogue'], 'radiusDeg' | 'depthMag' | 'services'>;
  readonly software: string;
}

export type PrefetchWord =
  | {
      readonly level: 'info';
      readonly about: { readonly tile: number; readonly stars: number; readonly service: string };
    }
  | { readonly level: 'warn'; readonly about: { readonly reason: string } }
  /** All that a position asked for, or all that could be got now, is stored. */
  | { readonly level: 'news' };

/** Brings reference stars around positions, in its own time. */
export interface Prefetcher {
  /** Begins to work; what was asked for before is remembered. */
  start(): void;
  /** Asks for the stars around these; what is there already costs nothing. */
  prefetchFor(positions: readonly SkyPosition[]): void;
  close(): Promise<void>;
}

/**
 * A prefetcher in a thread of its own: answers of many megabytes are read there, not in the daemon's event loop. It
 * asks again, ever more slowly, until every position has its stars. `onNews` hears when stars have come. Losing it costs
 * the daemon nothing but the stars.
 */
export function threadPrefetcher(settings: PrefetchSettings, log: Logger, onNews: () => void): Prefetcher {
  let worker: Worker | undefined;
  let early: SkyPosition[] = [];
  const prefetchFor = (positions: readonly SkyPosition[]) => {
    if (worker) worker.postMessage(positions.map(({ raDeg, decDeg }) => ({ raDeg, decDeg })));
    else early.push(...positions);
  };
  return {
    prefetchFor,
    start() {
      worker = new Worker(siblingModule(import.meta.url, './prefetch-thread'), { workerData: settings });
      worker.unref();
      worker.on('message', (word: PrefetchWord) => {
        if (word.level === 'news') onNews();
        else if (word.level === 'info') log.info(word.about, 'reference stars fetched');
        else log.warn(word.about, 'reference stars could not be fetched; trying again later');
      });
      worker.on('error', (error) => log.error({ err: error }, 'the thread that fetches reference stars broke down'));
      prefetchFor(early);
      early = [];
    },
    async close() {
      await worker?.terminate();
    },
  };
}
