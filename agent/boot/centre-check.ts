import type { Clock } from '../../base/clock.ts';
import { EdgeError } from '../../base/errors.ts';
import { type Health, well } from '../health/health.ts';
import type { Part } from '../part.ts';

/** What was mended, or could not be asked, is seen within the hour; what was well may change later. */
const againMs = { soon: 60 * 60_000, later: 24 * 60 * 60_000 };

/**
 * Asks a centre, at start and now and then, what stands in the way of deliveries, and shows that as its health: a camera
 * that is not registered is known before the first night and not by it. Nothing waits for it.
 */
export function centreCheck(
  destination: string,
  obstacles: (signal: AbortSignal) => Promise<readonly string[]>,
  clock: Clock,
): Part {
  const stopping = new AbortController();
  const { signal } = stopping;
  let health: Health = well;
  let running = Promise.resolve();

  async function check(): Promise<Health> {
    try {
      const found = await obstacles(signal);
      return found.length === 0 ? well : { state: 'needs-operator', reason: found.join(' ') };
    } catch (error) {
      if (!(error instanceof EdgeError) || error.reaction === 'programming-fault') throw error;
      return { state: error.reaction === 'tell-operator' ? 'needs-operator' : 'away', reason: error.message };
    }
  }

  async function watch(): Promise<void> {
    for (;;) {
      health = await check();
      await clock.sleep(health.state === 'well' ? againMs.later : againMs.soon, signal);
    }
  }

  return {
    name: `account at ${destination}`,
    start(onFault) {
      running = watch().catch((error: unknown) => {
        if (!signal.aborted) onFault(error);
      });
    },
    async stop() {
      stopping.abort();
      await running;
    },
    health: () => health,
  };
}
