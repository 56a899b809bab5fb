import { describeError } from '../../base/errors.ts';
import { inTime } from '../../drivers/confirm.ts';
import { type RoofParts, secure } from './roof.ts';
import type { SafetyState, SafetyVerdict } from './state.ts';

export interface GuardOptions {
  readonly safety: SafetyVerdict;
  readonly roof: RoofParts;
  /** Makes whoever uses the devices let go of them; waited for a little, not for ever. */
  readonly release: () => Promise<void>;
  readonly alarm: (message: string) => void;
}

const releaseMs = 15_000;

/**
 * Brings the observatory into safety each time it turns unsafe, also when it is unsafe from the start, once the sensors
 * were asked. One sequence at a time. While the local lock bars it, it only calls for help; when the lock goes, the
 * sequence follows.
 */
export class Guard {
  readonly #options: GuardOptions;
  #running: Promise<void> = Promise.resolve();
  /** How this spell of unsafety was answered. */
  #answered: 'not' | 'called for help' | 'secured' = 'not';

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Answers every change until the returned function is called. */
  start(): () => void {
    return this.#options.safety.onChange((state) => this.#answer(state));
  }

  /** Resolves when no sequence is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #answer(state: SafetyState): void {
    const due = state.safe ? 'not' : state.attended ? 'called for help' : 'secured';
    if (due === this.#answered) return;
    this.#answered = due;
    if (due === 'not') return;
    const { roof, alarm } = this.#options;
    this.#running = this.#running.then(async () => {
      const { alarms } = await secure(roof, () => this.#release());
      for (const message of alarms) alarm(message);
    });
  }

  async #release(): Promise<void> {
    const { release, roof, alarm } = this.#options;
    const { signal } = new AbortController();
    try {
      const released = await inTime(release(), releaseMs, signal, roof.clock);
      if (released === 'too late')
        alarm('The visit under way did not let go of the devices in time; going on without it.');
    } catch (error) {
      alarm(`The visit under way could not let go of the devices (${describeError(error)}); going on without it.`);
    }
  }
}
