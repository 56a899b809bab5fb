import cron from 'node-cron';
import type { Clock } from '../../base/clock.ts';
import type { SiteConfig } from '../../config/schema.ts';
import { nightAfter } from '../../sky/night.ts';
import type { Store } from '../store/open.ts';
import type { Logger } from './log.ts';

export interface HousekeepingParts {
  readonly store: Pick<Store, 'frames' | 'outbox' | 'compact'>;
  readonly site: SiteConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** Brings what the night ahead will need, such as reference stars. */
  readonly prepareNight: () => void;
}

/** What is done once a day, when no telescope observes: the books in the log, room on the disk, the night ahead. */
function keepHouse({ store, site, clock, log, prepareNight }: HousekeepingParts): void {
  store.compact();
  const parcels = store.outbox.counts().map(({ destination, state, count }) => `${destination} ${state}: ${count}`);
  log.info({ frames: store.frames.counts(), parcels }, 'the books of the day');
  const { sunsetMs, darkFromMs, darkUntilMs, sunriseMs } = nightAfter(site, clock.nowMs());
  const [sunset, darkFrom, darkUntil, sunrise] = [sunsetMs, darkFromMs, darkUntilMs, sunriseMs].map(
    (ms) => ms && new Date(ms).toISOString(),
  );
  log.info({ sunset, darkFrom, darkUntil, sunrise }, 'the night ahead');
  prepareNight();
}

/** Keeps house at noon, local solar time to the hour, from `start` to `stop`. A day on which it fails is told, and the next one comes. */
export function keepHouseDaily(parts: HousekeepingParts): { start(): Promise<void>; stop(): Promise<void> } {
  const hourUtc = (((Math.round(12 - parts.site.longitudeDeg / 15) % 24) + 24) % 24).toString();
  const work = () => {
    try {
      keepHouse(parts);
    } catch (error) {
      parts.log.error({ err: error }, 'the housekeeping of the day failed');
    }
  };
  const task = cron.createTask(`0 ${hourUtc} * * *`, work, { timezone: 'UTC', name: 'housekeeping' });
  return {
    start: async () => void (await task.start()),
    stop: async () => void (await task.destroy()),
  };
}
