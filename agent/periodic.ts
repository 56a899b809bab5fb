import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { type Health, well } from './health/health.ts';
import type { Logger } from './health/log.ts';
import type { Part } from './part.ts';

/**
 * A part that looks at something again and again. A look that fails (a database on a failing disk) is told and repeated: it
 * ends nothing else, and shows in the health until one succeeds.
 */
export class Periodic implements Part {
  readonly name: string;
  readonly #everyMs: number;
  readonly #look: () => void;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #health: Health = well;
  #running: Promise<void> = Promise.resolve();

  constructor(name: string, everyMs: number, look: () => void, clock: Clock, log: Logger) {
    this.name = name;
    this.#everyMs = everyMs;
    this.#look = look;
    this.#clock = clock;
    this.#log = log;
  }

  start(onFault: (error: unknown) => void): void {
    this.#running = this.#loop().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  health(): Health {
    return this.#health;
  }

  async #loop(): Promise<void> {
    for (;;) {
      try {
        this.#look();
        this.#health = well;
      } catch (error) {
        if (this.#health === well) this.#log.error({ err: error, part: this.name }, 'a look failed; it is repeated');
        this.#health = { state: 'away', reason: describeError(error) };
      }
      await this.#clock.sleep(this.#everyMs, this.#stopping.signal);
    }
  }
}
