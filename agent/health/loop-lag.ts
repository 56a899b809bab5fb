import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger } from './log.ts';

/** Longer than this, once ready, the daemon's event loop must not stand still. */
export const longestBlockMs = 50;
const sampleMs = 10;
const checkMs = 60_000;

/**
 * Watches how long the event loop stands still, and says so once a minute when it was too long: whatever blocks it
 * belongs into a thread or the reduction process.
 */
export class LoopLag {
  readonly #log: Logger;
  readonly #histogram = monitorEventLoopDelay({ resolution: sampleMs });
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  start(): void {
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#check(), checkMs).unref();
  }

  /** The longest block within the current minute, milliseconds. */
  worstMs(): number {
    // The histogram counts the whole interval between samples; what is beyond the interval is the block.
    return Math.max(0, this.#histogram.max / 1e6 - sampleMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #check(): void {
    const worst = this.worstMs();
    if (worst > longestBlockMs) this.#log.warn({ worstMs: Math.round(worst) }, 'the event loop stood still');
    this.#histogram.reset();
  }
}
