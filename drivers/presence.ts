import type { DeviceEvents, Listener } from './contract/device.ts';
import { silent } from './errors.ts';

/** Whether a device is there, who listens to it, and the end of what was asked of it when it goes. For every driver. */
export class Presence<Events extends DeviceEvents = DeviceEvents> {
  readonly #name: string;
  readonly #listeners = new Map<keyof Events, Set<(...facts: never[]) => void>>();
  #away: string | undefined;
  #gone = new AbortController();

  /** `away`: why it has not come yet, for a device that is not there from the start. */
  constructor(name: string, away?: string) {
    this.#name = name;
    this.#away = away;
    if (away !== undefined) this.#gone.abort(silent(name, away));
  }

  get present(): boolean {
    return this.#away === undefined;
  }

  on<Name extends keyof Events>(name: Name, listener: Listener<Events, Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener as (...facts: never[]) => void);
    return () => void listeners.delete(listener as (...facts: never[]) => void);
  }

  tell<Name extends keyof Events>(name: Name, ...facts: Events[Name] extends unknown[] ? Events[Name] : never): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(...(facts as never[]));
  }

  /** Ends what is under way with `DEVICE_SILENT`; told once until it is back. */
  lose(reason: string): void {
    if (this.#away !== undefined) return;
    this.#away = reason;
    this.#gone.abort(silent(this.#name, reason));
    (this as Presence).tell('lost', reason);
  }

  /** Why it is away, where more was learned since; nobody is told again, but whoever asks hears it. */
  explain(reason: string): void {
    if (this.#away === undefined || this.#away === reason) return;
    this.#away = reason;
    this.#gone = new AbortController();
    this.#gone.abort(silent(this.#name, reason));
  }

  comeBack(): void {
    if (this.#away === undefined) return;
    this.#away = undefined;
    this.#gone = new AbortController();
    (this as Presence).tell('back');
  }

  /**
   * What `work` gives. `signal` is aborted when the device is lost, so that the work can let go.
   * @throws RetryLater `DEVICE_SILENT` while the device is away, and as soon as it goes
   */
  async needed<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const { signal } = this.#gone;
    signal.throwIfAborted();
    const { promise: gone, reject } = Promise.withResolvers<never>();
    const onGone = () => reject(signal.reason);
    signal.addEventListener('abort', onGone, { once: true });
    try {
      return await Promise.race([work(signal), gone]);
    } finally {
      signal.removeEventListener('abort', onGone);
    }
  }
}
