import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { inTime } from '../../drivers/confirm.ts';
import type { RoofControl } from './roof-control.ts';
import type { SafetyState, SafetyVerdict } from './state.ts';

export interface GuardOptions {
  readonly safety: SafetyVerdict;
  readonly roof: Pick<RoofControl, 'secure'>;
  readonly clock: Clock;
  /** Makes whoever uses the devices let go of them; waited for a little, not for ever. */
  readonly release: () => Promise<void>;
  readonly alarm: (message: string) => void;
}

const releaseMs = 15_000;
/** What was not confirmed is commanded again this often while it is unsafe. */
const againMs = 180_000;

/**
 * Brings the observatory into safety each time it turns unsafe, also when it is unsafe from the start, once the sensors
 * were asked, and again every few minutes until all of it is confirmed. While the local lock bars it, it only calls for
 * help; when the lock goes, the sequence follows. Once confirmed, a spell is answered: what a person then does by hand
 * is theirs.
 */
export class Guard {
  readonly #options: GuardOptions;
  #running: Promise<void> = Promise.resolve();
  /** How this spell of unsafety was answered. */
  #answered: 'not' | 'called for help' | 'secured' = 'not';
  /** Ends the wait for another try. */
  #spell = new AbortController();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Answers every change until the returned function is called. */
  start(): () => void {
    const forget = this.#options.safety.onChange((state) => this.#answer(state));
    return () => {
      forget();
      this.#spell.abort();
    };
  }

  /** Resolves when no sequence is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Brings the observatory into safety now, whatever the sensors say: what a stop of the program does. */
  secureNow(): Promise<boolean> {
    return this.#secure(new Set());
  }

  #answer(state: SafetyState): void {
    const due = state.safe ? 'not' : state.attended ? 'called for help' : 'secured';
    if (due === this.#answered) return;
    this.#answered = due;
    this.#spell.abort();
    if (due === 'not') return;
    this.#spell = new AbortController();
    void this.#answerSpell(this.#spell.signal);
  }

  async #answerSpell(spell: AbortSignal): Promise<void> {
    const told = new Set<string>();
    for (;;) {
      const confirmed = await this.#secure(told);
      if (confirmed || spell.aborted || this.#answered !== 'secured') return;
      try {
        await this.#options.clock.sleep(againMs, spell);
      } catch (error) {
        if (!spell.aborted) throw error;
        return;
      }
    }
  }

  /** One sequence; whether all of it was confirmed. What was told before in this spell is not told again. */
  async #secure(told: Set<string>): Promise<boolean> {
    const { roof, alarm } = this.#options;
    const sequence = roof.secure(() => this.#release());
    this.#running = sequence.then(
      () => undefined,
      () => undefined, // reported below
    );
    const alarms = await sequence.then(
      (secured) => secured.alarms,
      (error: unknown) => [`The sequence that brings the observatory into safety failed: ${describeError(error)}`],
    );
    for (const message of alarms) if (!told.has(message)) alarm(message);
    for (const message of alarms) told.add(message);
    return alarms.length === 0;
  }

  async #release(): Promise<void> {
    const { release, clock, alarm } = this.#options;
    const { signal } = new AbortController();
    try {
      const released = await inTime(release(), releaseMs, signal, clock);
      if (released === 'too late')
        alarm('The visit under way did not let go of the devices in time; going on without it.');
    } catch (error) {
      alarm(`The visit under way could not let go of the devices (${describeError(error)}); going on without it.`);
    }
  }
}
