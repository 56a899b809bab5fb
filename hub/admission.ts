import type { Clock } from '../base/clock.ts';
import { Allowance } from './allowance.ts';
import { Refusal } from './http.ts';

/** What one token may ask of the hub. */
export interface AdmissionLimits {
  readonly calls: { readonly perSecond: number; readonly burst: number };
  readonly bytes: { readonly perSecond: number; readonly burst: number };
  /** Bodies under way at once: how many, and how many bytes together. */
  readonly bodies: { readonly count: number; readonly bytes: number };
}

/** A site that empties a backlog stays below these; one that goes astray does not keep the others from the hub. */
export const usualAdmission: AdmissionLimits = {
  calls: { perSecond: 200, burst: 1000 },
  bytes: { perSecond: 8 * 2 ** 20, burst: 128 * 2 ** 20 },
  bodies: { count: 64, bytes: 48 * 2 ** 20 },
};

interface Account {
  readonly calls: Allowance;
  readonly bytes: Allowance;
  bodies: number;
  bodyBytes: number;
}

/** Lets callers in as far as the limits of each allow. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #clock: Clock;
  readonly #accounts = new Map<string, Account>();

  constructor(limits: AdmissionLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Lets a call with a body of so many bytes in; the returned function says that it is over. Throws Refusal that says
   * when to come again. A single body is always let in, however large: its own limit is elsewhere.
   */
  enter(site: string, bytes: number): () => void {
    const account = this.#accountOf(site);
    const waitMs = Math.max(account.calls.waitMs(), bytes > 0 ? account.bytes.waitMs() : 0);
    if (waitMs > 0) throw busy(`${site} asks more of this hub than one site may.`, waitMs);
    account.calls.use(1);
    if (bytes === 0) return () => undefined;
    const { count, bytes: mostBytes } = this.#limits.bodies;
    if (account.bodies >= count || (account.bodies > 0 && account.bodyBytes + bytes > mostBytes)) {
      throw busy(`Too much of ${site} is under way already.`, 1000);
    }
    account.bytes.use(bytes);
    account.bodies++;
    account.bodyBytes += bytes;
    return () => {
      account.bodies--;
      account.bodyBytes -= bytes;
    };
  }

  #accountOf(site: string): Account {
    let account = this.#accounts.get(site);
    if (account === undefined) {
      const { calls, bytes } = this.#limits;
      const [ofCalls, ofBytes] = [new Allowance(calls, this.#clock), new Allowance(bytes, this.#clock)];
      account = { calls: ofCalls, bytes: ofBytes, bodies: 0, bodyBytes: 0 };
      this.#accounts.set(site, account);
    }
    return account;
  }
}

function busy(reason: string, waitMs: number): Refusal {
  return new Refusal('BUSY', reason, { 'retry-after': String(Math.ceil(waitMs / 1000)) });
}
