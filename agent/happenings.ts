import type { Clock } from '../base/clock.ts';
import type { Health } from './health/health.ts';
import type { Logger } from './health/log.ts';
import type { Frame } from './store/frame.ts';

/** The file a happening is about. */
interface FrameFacts {
  /** Its row in the ledger. */
  readonly frame: number;
  readonly instrument: string;
  readonly path: string;
}

/** Something that happened, for whoever watches. Nothing is done because of it: commands are calls. */
export type Happening =
  | ({ readonly kind: 'frame-seen' | 'frame-settled' | 'frame-identified' | 'frame-filed' } & FrameFacts)
  | ({ readonly kind: 'frame-reduced'; readonly exposureId: string; readonly outcome: string } & FrameFacts)
  | ({ readonly kind: 'frame-rejected' | 'frame-failed'; readonly reason: string } & FrameFacts)
  | { readonly kind: 'parcel-delivered'; readonly destination: string; readonly key: string }
  | { readonly kind: 'parcel-parked'; readonly destination: string; readonly key: string; readonly reason: string }
  | { readonly kind: 'request-received'; readonly destination: string; readonly request: string }
  | {
      readonly kind: 'request-answered';
      readonly destination: string;
      readonly request: string;
      readonly accepted: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'visit-begun'; readonly instrument: string; readonly request: string }
  | { readonly kind: 'visit-step'; readonly instrument: string; readonly visit: string; readonly step: string }
  | {
      readonly kind: 'visit-ended';
      readonly instrument: string;
      readonly visit: string;
      readonly state: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'safety-changed';
      readonly instrument: string;
      readonly safe: boolean;
      readonly reasons: readonly string[];
      readonly attended: boolean;
    }
  | { readonly kind: 'devices-back' | 'devices-lost'; readonly instrument: string; readonly reason: string }
  | { readonly kind: 'device-lost'; readonly instrument: string; readonly device: string; readonly reason: string }
  | { readonly kind: 'device-back'; readonly instrument: string; readonly device: string }
  | { readonly kind: 'alarm-raised' | 'alarm-cleared'; readonly code: string; readonly subject: string }
  /** A part fares otherwise: a destination that needs the operator, a link that is back, an intake that pauses. */
  | ({ readonly kind: 'part-health'; readonly part: string } & Health);

/** What to tell of a frame that has come to a state other than `reduced`. */
export function frameHappening({ id, instrument, path, state, reason }: Frame): Happening | undefined {
  const facts = { frame: id, instrument, path };
  if (state === 'reduced') return undefined;
  if (state === 'rejected' || state === 'failed') return { kind: `frame-${state}`, ...facts, reason: reason ?? '' };
  return { kind: `frame-${state}`, ...facts };
}

/** A happening with its time, Unix milliseconds. */
export type ToldHappening = Happening & { readonly atMs: number };

/** What a part calls to tell of a happening. */
export type Tell = (happening: Happening) => void;

/** Where happenings go, and are heard. Made once, at boot, and handed to whoever tells or listens. */
export class Happenings {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners = new Set<(happening: ToldHappening) => void>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Tells all listeners, at once and in the order they came. A listener that throws harms neither teller nor others. */
  readonly tell: Tell = (happening) => {
    const told = { ...happening, atMs: this.#clock.nowMs() };
    for (const listener of [...this.#listeners]) {
      try {
        listener(told);
      } catch (error) {
        this.#log.error({ err: error, happening: told.kind }, 'a listener could not take what happened');
      }
    }
  };

  /** Calls the listener with each happening until the returned function is called. */
  onEach(listener: (happening: ToldHappening) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
