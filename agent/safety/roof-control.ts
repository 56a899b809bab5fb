import { RetryLater } from '../../base/errors.ts';
import { ensureOpen, type RoofParts, requireOpen, type Secured, secure, shutterNow } from './roof.ts';
import { mayMove, type SafetyVerdict, whyNot } from './state.ts';

/**
 * The one hand on the roof: opening and securing exclude each other, however fast safety turns. Who wants to open waits
 * until a sequence that secures has come to its end, and must then still be allowed to.
 */
export class RoofControl {
  readonly #parts: RoofParts;
  readonly #safety: SafetyVerdict;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: RoofParts, safety: SafetyVerdict) {
    this.#parts = parts;
    this.#safety = safety;
  }

  /** See `secure`. `release` does not wait for its turn: it also ends an opening that is under way. */
  secure(release: () => Promise<void>): Promise<Secured> {
    const released = Promise.resolve().then(release); // after all who hear of a change have heard, with its reason
    released.catch(() => undefined); // thrown where it is awaited
    return this.#exclusive(() => secure(this.#parts, () => released));
  }

  /** Opens where there is a roof. @throws RetryLater `NOT_SAFE` when it is no longer allowed once its turn has come */
  ensureOpen(signal: AbortSignal): Promise<void> {
    return this.#exclusive(async () => {
      signal.throwIfAborted();
      const state = this.#safety.state();
      if (!mayMove(state)) throw new RetryLater('NOT_SAFE', whyNot(state));
      await ensureOpen(this.#parts, signal);
    });
  }

  requireOpen(signal: AbortSignal): Promise<void> {
    return requireOpen(this.#parts, signal);
  }

  /** Whether the shutter says so now; true where there is no roof to command. */
  async isClosed(): Promise<boolean> {
    return (await shutterNow(this.#parts)) === 'closed';
  }

  #exclusive<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined); // the failure goes to whoever took the turn, not to the next
    return turn;
  }
}
