import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Reading } from '../../drivers/contract.ts';
import type { SafetyState, SafetyVerdict, Sensor } from './state.ts';

export interface SafetyOptions {
  readonly sensors: readonly Sensor[];
  readonly clock: Clock;
  readonly pollMs: number;
  /** Safe again only after this long without a pause. */
  readonly reopenAfterMs: number;
  readonly attended: () => boolean;
}

/** What one sensor last said. */
interface Watched {
  readonly sensor: Sensor;
  last: Received | undefined;
  trouble: string | undefined;
  /** Monotonic time at which the reading under way was asked for. */
  askedAtMs: number | undefined;
  /** Questions are numbered: an answer that comes after that to a later question tells nothing new. */
  asked: number;
  answered: number;
}

/** A reading with its age, which from its arrival on is counted by the clock that never jumps. */
interface Received {
  readonly reading: Reading<readonly string[]>;
  /** Monotonic. */
  readonly receivedMs: number;
  /** By the wall clock, on arrival; negative when it came from the future. */
  readonly ageOnReceiptMs: number;
}

/**
 * The safety loop. It listens to no plan and no centre; it never waits for a sensor; and the verdict it gives is
 * computed when it is asked for, so that even a loop that stands still lets readings grow stale, which is unsafe.
 */
export class Safety implements SafetyVerdict {
  readonly #options: SafetyOptions;
  readonly #watched: Watched[];
  readonly #listeners = new Set<(state: SafetyState) => void>();
  /** Monotonic time since when every update found nothing against it. */
  #fineSinceMs: number | undefined;
  #lastUpdateMs: number | undefined;
  readonly #startMs: number;
  #barred: string | undefined;
  #state: SafetyState;

  constructor(options: SafetyOptions) {
    this.#options = options;
    this.#watched = options.sensors.map((sensor) => ({
      sensor,
      last: undefined,
      trouble: undefined,
      askedAtMs: undefined,
      asked: 0,
      answered: 0,
    }));
    this.#startMs = options.clock.monotonicMs();
    const sinceMs = options.clock.nowMs();
    this.#state = { safe: false, reasons: ['nothing is known yet'], sinceMs, attended: options.attended() };
  }

  /** Watches until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pollMs } = this.#options;
    while (!signal.aborted) {
      for (const watched of this.#watched) this.#question(watched);
      try {
        await clock.sleep(pollMs, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
        return;
      }
      this.#update();
    }
  }

  state(): SafetyState {
    this.#update();
    return this.#state;
  }

  /** From now on it is not safe, for this reason, whatever the sensors say. */
  bar(reason: string): void {
    this.#barred = reason;
    this.#become([reason], this.#options.attended());
  }

  onChange(listener: (state: SafetyState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #question(watched: Watched): void {
    const nowMs = this.#options.clock.monotonicMs();
    // A reading that did not come within its own maximum age is given up; an answer that comes after all is welcome.
    if (watched.askedAtMs !== undefined && nowMs - watched.askedAtMs < watched.sensor.maxAgeMs) return;
    watched.askedAtMs = nowMs;
    const question = ++watched.asked;
    watched.sensor.read().then(
      (reading) => {
        watched.askedAtMs = undefined;
        watched.trouble = undefined;
        if (question > watched.answered) this.#receive(watched, reading);
        watched.answered = Math.max(watched.answered, question);
        this.#update();
      },
      (error: unknown) => {
        watched.askedAtMs = undefined;
        watched.trouble = describeError(error);
      },
    );
  }

  /** A reading that is told again as it was has not become younger: its age goes on from its first arrival. */
  #receive(watched: Watched, reading: Reading<readonly string[]>): void {
    const { clock } = this.#options;
    const { last } = watched;
    if (last !== undefined && reading.atMs === last.reading.atMs) watched.last = { ...last, reading };
    else {
      const ageOnReceiptMs = clock.nowMs() - reading.atMs;
      watched.last = { reading, receivedMs: clock.monotonicMs(), ageOnReceiptMs };
    }
  }

  #update(): void {
    const { clock, reopenAfterMs, attended } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#barred !== undefined || this.#starting(nowMs)) return;
    const reasons = this.#against();
    // Between two updates far apart (the computer slept) nobody knows how it was.
    const gap = this.#lastUpdateMs !== undefined && nowMs - this.#lastUpdateMs > this.#longestGapMs();
    if (reasons.length > 0 || gap) this.#fineSinceMs = undefined;
    this.#lastUpdateMs = nowMs;
    if (reasons.length === 0) {
      this.#fineSinceMs ??= nowMs;
      const waitMs = this.#fineSinceMs + reopenAfterMs - nowMs;
      if (waitMs > 0) reasons.push(`fine, but not yet for ${reopenAfterMs / 1000} s without a pause`);
    }
    this.#become(reasons, attended());
  }

  /** Not every sensor has had its time to answer: the verdict stays "nothing is known yet". */
  #starting(nowMs: number): boolean {
    return this.#watched.some(
      ({ sensor, last, trouble }) =>
        last === undefined && trouble === undefined && nowMs - this.#startMs < sensor.maxAgeMs,
    );
  }

  #against(): string[] {
    const { clock } = this.#options;
    if (this.#watched.length === 0) return ['no sensor tells whether it is safe'];
    return this.#watched.flatMap(({ sensor, last, trouble }) => {
      const why = trouble === undefined ? '' : ` (${trouble})`;
      if (last === undefined) return [`${sensor.name}: no reading yet${why}`];
      const { reading, receivedMs, ageOnReceiptMs } = last;
      if (!Number.isFinite(reading.atMs)) return [`${sensor.name}: the reading does not say when it was taken`];
      const ageMs = Math.max(0, ageOnReceiptMs) + clock.monotonicMs() - receivedMs;
      if (ageMs > sensor.maxAgeMs)
        return [`${sensor.name}: the last reading is ${Math.round(sensor.maxAgeMs / 1000)} s old or more${why}`];
      if (ageOnReceiptMs < -sensor.maxAgeMs)
        return [`${sensor.name}: the reading is from the future; a clock is wrong`];
      return reading.value.map((reason) => `${sensor.name}: ${reason}`);
    });
  }

  #longestGapMs(): number {
    return Math.max(3 * this.#options.pollMs, ...this.#watched.map(({ sensor }) => sensor.maxAgeMs));
  }

  #become(reasons: readonly string[], attended: boolean): void {
    const safe = reasons.length === 0;
    const before = this.#state;
    if (safe === before.safe && attended === before.attended && reasons.join() === before.reasons.join()) return;
    const sinceMs = safe === before.safe ? before.sinceMs : this.#options.clock.nowMs();
    this.#state = { safe, reasons, sinceMs, attended };
    for (const listener of [...this.#listeners]) listener(this.#state);
  }
}
