import type { Clock } from '../../base/clock.ts';
import { type Health, well } from '../health/health.ts';
import type { Store } from '../store/open.ts';

/** Under this name the requests are kept that people at the site add; no destination may have it. */
export const localSource = 'local';
const everyMs = 1000;

/**
 * Notices what `bhtom-edge requests` wrote into the database beside the running daemon, and has it answered and executed.
 * There is no centre to tell: whoever added a request sees its state with the same command.
 */
export class LocalRequests {
  readonly name = 'requests of the site';
  readonly #store: Pick<Store, 'outsideVersion'>;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(store: Pick<Store, 'outsideVersion'>, clock: Clock, onChange: () => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  start(onFault: (error: unknown) => void): void {
    this.#running = this.#watch().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  health(): Health {
    return well;
  }

  async #watch(): Promise<void> {
    for (let version = this.#store.outsideVersion(); ; ) {
      await this.#clock.sleep(everyMs, this.#stopping.signal);
      const now = this.#store.outsideVersion();
      if (now !== version) this.#onChange();
      version = now;
    }
  }
}
