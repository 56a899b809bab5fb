import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger } from './log.ts';

/** Longer than this, once ready, the daemon's event loop must not stand still. */
export const longestBlockMs = 50;
const sampleMs = 10;
const lookMs = 60_000;

export interface LoopLag {
  /** The longest block since the last look, milliseconds. */
  worstMs(): number;
  stop(): void;
}

/**
 * Watches how long the event loop stands still, and says so once a minute when it was too long: whatever blocks it
 * belongs into a thread or the reduction process.
 */
export function watchLoop(log: Logger): LoopLag {
  const histogram = monitorEventLoopDelay({ resolution: sampleMs });
  histogram.enable();
  // The histogram counts the whole interval between samples; what is beyond the interval is the block.
  const worstMs = () => Math.max(0, histogram.max / 1e6 - sampleMs);
  const timer = setInterval(() => {
    const worst = worstMs();
    if (worst > longestBlockMs) log.warn({ worstMs: Math.round(worst) }, 'the event loop stood still');
    histogram.reset();
  }, lookMs);
  timer.unref();
  return {
    worstMs,
    stop() {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
