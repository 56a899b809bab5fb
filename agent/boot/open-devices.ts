import { backoffMs } from '../../base/backoff.ts';
import { describeError, RetryLater } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Devices } from '../../drivers/contract.ts';
import type { BootContext } from './context.ts';

/** From a second to five minutes: a device server that was restarted should not be missed for long. */
const patience = { firstMs: 2_000, capMs: 5 * 60_000 };

/** The devices, as soon as they are there, and why they are not while they are away. */
export class OpeningDevices {
  readonly #context: BootContext;
  /** The instrument whose they are, or the site. */
  readonly #subject: string;
  readonly #load: () => Promise<Devices>;
  #away = 'its devices do not answer yet';
  #wasAway = false;

  constructor(context: BootContext, subject: string, load: () => Promise<Devices>) {
    this.#context = context;
    this.#subject = subject;
    this.#load = load;
  }

  get away(): string {
    return this.#away;
  }

  /** What only a person can mend is thrown; a device server that is down is tried again and again. */
  async open(signal: AbortSignal): Promise<Devices> {
    const { clock, random, log, happenings } = this.#context;
    for (let failures = 1; ; failures++) {
      const loading = this.#load();
      try {
        const devices = await untilAborted(loading, signal);
        if (this.#wasAway) happenings.tell({ kind: 'devices-back', instrument: this.#subject, reason: '' });
        return devices;
      } catch (error) {
        if (signal.aborted) void loading.then((late) => late.close()).catch(() => undefined); // it was given up
        if (!(error instanceof RetryLater) || signal.aborted) throw error;
        this.#away = describeError(error);
        if (!this.#wasAway) happenings.tell({ kind: 'devices-lost', instrument: this.#subject, reason: this.#away });
        this.#wasAway = true;
        log.warn({ instrument: this.#subject, reason: this.#away }, 'the devices are away; trying again');
        await clock.sleep(Math.max(patience.firstMs / 2, backoffMs(failures, random, patience)), signal);
      }
    }
  }
}
