import type { Clock } from '../../base/clock.ts';

/** Lines that were left out of the log. */
export interface LeftOut {
  readonly message: string;
  readonly lines: number;
}

/** So many lines with the same message a minute: more than a busy night writes, and no disk is filled by them. */
const mostPerWindow = 300;
const windowMs = 60_000;

/**
 * Decides which lines a log takes, so that a loop gone wrong cannot fill the disk: lines with the same message are
 * limited within each minute, and what was left out is counted.
 */
export class LineLimit {
  readonly #clock: Clock;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #lines = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What was left out in the minute that has ended, once; empty within a minute. */
  leftOut(): LeftOut[] {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#windowStartMs < windowMs) return [];
    const ended = this.#lines;
    this.#windowStartMs = nowMs;
    this.#lines = new Map();
    return [...ended]
      .filter(([, lines]) => lines > mostPerWindow)
      .map(([message, lines]) => ({ message, lines: lines - mostPerWindow }));
  }

  /** Whether another line with this message may be written. */
  admits(message: string): boolean {
    const lines = (this.#lines.get(message) ?? 0) + 1;
    this.#lines.set(message, lines);
    return lines <= mostPerWindow;
  }
}
