import type { Clock } from '../../base/clock.ts';
import { describeError, RetryLater } from '../../base/errors.ts';
import type { Logger } from '../health/log.ts';
import type { Part, Stage } from '../part.ts';

/** A start that fails is over within these two together: its reason must be read before a service manager gives up. */
const startMs = 5_000;
const unwindMs = 4_000;
const usualStopMs = 10_000;

/** Starts the stages of the daemon in order and stops them in reverse. Both always come to an end. */
export class LifeCycle {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onFault: (error: unknown, part: string) => void;
  /** What was started, or at least begun to start. */
  #started: Part[][] = [];
  #isStopping = false;

  /** `onFault` hears of each part that ended for good, and why. */
  constructor(clock: Clock, log: Logger, onFault: (error: unknown, part: string) => void) {
    this.#clock = clock;
    this.#log = log;
    this.#onFault = onFault;
  }

  /**
   * Starts all parts, one after the other. When one rejects, or does not start in time, those before it are stopped in
   * reverse and its error is thrown.
   * @throws RetryLater when a part did not start in time; else what the part threw
   */
  async start(stages: readonly Stage[]): Promise<void> {
    try {
      for (const stage of stages) {
        const begun: Part[] = [];
        this.#started.push(begun);
        for (const part of stage) {
          begun.push(part);
          await this.#startPart(part);
        }
      }
    } catch (error) {
      if (!(await this.#inTime(this.stop(), unwindMs))) this.#log.error('what was started did not stop in time');
      throw error;
    }
  }

  /** What was started and not stopped. */
  parts(): Part[] {
    return this.#started.flat();
  }

  /** Stops what was started. A part that fails to stop, or takes too long, is told in the log and left behind. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const stages = this.#started.reverse();
    this.#started = [];
    for (const stage of stages) await Promise.all(stage.reverse().map((part) => this.#stopPart(part)));
  }

  async #startPart(part: Part): Promise<void> {
    const fault = (error: unknown) => {
      this.#log.fatal({ err: error, part: part.name }, `a part of the program has ended: ${describeError(error)}`);
      // One that ends while all ends has nobody left to tell.
      if (!this.#isStopping) this.#onFault(error, part.name);
    };
    if (await this.#inTime((async () => part.start(fault))(), startMs)) return;
    throw new RetryLater('PART_START', `The ${part.name} did not start within ${startMs / 1000} s.`);
  }

  async #stopPart(part: Part): Promise<void> {
    const { name, stopMs = usualStopMs } = part;
    try {
      if (!(await this.#inTime((async () => part.stop())(), stopMs))) {
        this.#log.error({ part: name }, `a part did not stop within ${stopMs / 1000} s and is left behind`);
      }
    } catch (error) {
      this.#log.error({ err: error, part: name }, 'a part failed while it was stopped');
    }
  }

  /** Whether the work ended within `ms`; rejects when the work does. */
  async #inTime(work: Promise<void>, ms: number): Promise<boolean> {
    const over = new AbortController();
    const late = this.#clock.sleep(ms, over.signal).then(
      () => false,
      () => false, // the work ended first
    );
    try {
      return await Promise.race([work.then(() => true), late]);
    } finally {
      over.abort();
    }
  }
}
