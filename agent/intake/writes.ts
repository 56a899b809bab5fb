import { setImmediate as turn } from 'node:timers/promises';
import { type DiskSpace, isDiskFull } from './disk-space.ts';

interface Write {
  readonly work: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** So many writes share one transaction at most: a few milliseconds of work, and then the event loop has its turn. */
const batchSize = 50;

export interface WritesOptions {
  /** Runs `work` in one transaction; transactions inside it become part of it. */
  readonly transaction: <Result>(work: () => Result) => Result;
  readonly disk: DiskSpace;
  /** Ends all writing. */
  readonly signal: AbortSignal;
}

/**
 * The writes of the intake, those of the same moment together: each flush to the disk takes milliseconds, and a
 * thousand files that come at once must not hold the event loop for as many. A write is told done when it is on the
 * disk. Where the disk is full, all wait until there is room.
 */
export class Writes {
  readonly #options: WritesOptions;
  #queue: Write[] = [];
  #isWriting = false;

  constructor(options: WritesOptions) {
    this.#options = options;
  }

  /** Does `work`, which is all or nothing, once there is room; rejects with what it threw, or when writing has ended. */
  write<Result>(work: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    const { disk, signal } = this.#options;
    this.#isWriting = true;
    try {
      while (this.#queue.length > 0) {
        await turn(undefined, { signal });
        await disk.room(signal);
        this.#writeBatch(this.#queue.splice(0, batchSize));
      }
    } catch (error) {
      const given = this.#queue;
      this.#queue = [];
      for (const { reject } of given) reject(signal.aborted ? signal.reason : error);
    } finally {
      this.#isWriting = false;
    }
  }

  #writeBatch(batch: readonly Write[]): void {
    const { disk, transaction } = this.#options;
    let outcomes: Outcome[];
    try {
      outcomes = transaction(() => batch.map(attempt));
    } catch (error) {
      if (isDiskFull(error)) {
        this.#queue.unshift(...batch);
        disk.foundFull();
      } else {
        for (const { reject } of batch) reject(error);
      }
      return;
    }
    outcomes.forEach((outcome, i) => {
      if ('error' in outcome) batch[i]!.reject(outcome.error);
      else batch[i]!.resolve(outcome.result as never);
    });
  }
}

function attempt({ work }: Write): Outcome {
  try {
    return { result: work() };
  } catch (error) {
    if (isDiskFull(error)) throw error;
    return { error };
  }
}
