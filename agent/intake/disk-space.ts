import { statfs } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { Wake } from '../../base/wake.ts';
import type { Logger } from '../health/log.ts';

export interface DiskSpaceOptions {
  readonly dataDir: string;
  readonly minFreeMb: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly everyMs?: number;
  /** Free space of a folder in bytes; the system's figure unless a test gives its own. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  /** Called when a write found the disk full, to give back what can be given back. */
  readonly onFull?: () => void;
}

/** After a write found the disk full, so much must be free before another is tried. */
const afterFullMb = 8;

/** Holds the intake back while there is no room in dataDir, says so, and lets it go on by itself. */
export class DiskSpace {
  readonly #options: DiskSpaceOptions;
  readonly #resumed = new Wake();
  #paused: string | undefined;
  #foundFull = false;

  constructor(options: DiskSpaceOptions) {
    this.#options = options;
  }

  /** Why the intake is paused; undefined while it is not. */
  get paused(): string | undefined {
    return this.#paused;
  }

  /** Measures the free space once, and pauses or resumes. */
  async check(): Promise<void> {
    const { dataDir, minFreeMb, freeBytes = freeBytesOf, log } = this.#options;
    let freeMb: number;
    try {
      freeMb = (await freeBytes(dataDir)) / 1048576;
    } catch (error) {
      this.#pause(
        `The folder ${dataDir} cannot be reached: ${describeError(error)}. No new frames are taken in until it is back.`,
      );
      return;
    }
    const neededMb = this.#foundFull ? Math.max(minFreeMb, afterFullMb) : minFreeMb;
    if (freeMb < neededMb) {
      this.#pause(
        `Only ${freeMb.toFixed(0)} MB are free in ${dataDir}, and ${neededMb} MB are needed (intake.minFreeMb). ` +
          'No new frames are taken in until there is room; none is lost. Free some space.',
      );
    } else if (this.#paused !== undefined) {
      this.#paused = undefined;
      this.#foundFull = false;
      log.info({ freeMb: Math.round(freeMb) }, 'there is room again: the intake goes on');
      this.#resumed.wake();
    }
  }

  /** Checks from time to time until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, everyMs = 10_000 } = this.#options;
    for (;;) {
      await clock.sleep(everyMs, signal);
      await this.check();
    }
  }

  /** Resolves once the intake is not paused. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#paused !== undefined) await this.#resumed.wait(this.#options.clock, signal);
  }

  /** A write found the disk full: nothing more is written until there is room. */
  foundFull(): void {
    this.#foundFull = true;
    this.#pause(
      `The disk of ${this.#options.dataDir} is full. No new frames are taken in until there is room; none is lost. Free some space.`,
    );
    this.#giveBack();
  }

  #giveBack(): void {
    try {
      this.#options.onFull?.();
    } catch (error) {
      if (!isDiskFull(error)) throw error; // giving space back may need some
    }
  }

  #pause(reason: string): void {
    if (this.#paused === undefined) this.#options.log.error({ dataDir: this.#options.dataDir }, reason);
    this.#paused = reason;
  }
}

export function isDiskFull(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'SQLITE_IOERR_WRITE';
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
