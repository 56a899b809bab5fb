import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How long the event loop of this thread stood still, milliseconds. */
export interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly samples: number;
  /** How many samples fell into each of `delayBins`, and beyond the last. */
  readonly counts: readonly number[];
}

/** Upper ends, milliseconds. */
export const delayBins = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const sampleMs = 5;

/** Measures from its making on. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: sampleMs });

  constructor() {
    this.#histogram.enable();
  }

  stop(): Delays {
    this.#histogram.disable();
    // A sample is the whole time between two ticks; what is beyond the interval is the block.
    const block = (ns: number) => Math.max(0, ns / 1e6 - sampleMs);
    const { count, max } = this.#histogram;
    const below = delayBins.map((endMs) => this.#countBelow(endMs + sampleMs));
    return {
      p50: block(this.#histogram.percentile(50)),
      p99: block(this.#histogram.percentile(99)),
      max: block(max),
      samples: count,
      counts: [...below, count].map((n, k) => n - (below[k - 1] ?? 0)),
    };
  }

  /** The histogram gives percentiles only: the cumulated share is found by halving. */
  #countBelow(intervalMs: number): number {
    const { count } = this.#histogram;
    if (this.#histogram.max <= intervalMs * 1e6) return count;
    let low = 0;
    let high = 100;
    while (high - low > 1e-4) {
      const middle = (low + high) / 2;
      if (this.#histogram.percentile(middle) <= intervalMs * 1e6) low = middle;
      else high = middle;
    }
    return Math.round((low / 100) * count);
  }
}
