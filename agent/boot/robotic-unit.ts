import { backoffMs } from '../../base/backoff.ts';
import { describeError, RetryLater } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { InstrumentConfig } from '../../config/schema.ts';
import type { Devices } from '../../drivers/contract.ts';
import { type Health, well } from '../health/health.ts';
import { Observatory } from '../observing/observatory.ts';
import type { BootContext } from './context.ts';
import type { Part } from './part.ts';

/** Opens the devices of an instrument. May take as long as it takes: nothing waits for it but the unit itself. */
export type LoadDevices = (instrument: InstrumentConfig) => Promise<Devices>;

/** A device did not do as it was told, and somebody must look. */
const deviceAlarm = 'DEVICE';
/** From a second to five minutes: a device server that was restarted should not be missed for long. */
const patience = { firstMs: 2_000, capMs: 5 * 60_000 };

/**
 * The robotic half of one instrument, which begins once its devices are there. A device server that is down is tried
 * again and again, one that is silent is waited for; nothing else stands still meanwhile.
 */
export class RoboticUnit implements Part {
  readonly name: string;
  /** Long enough for what brings telescope and roof into safety to confirm each of its steps. */
  readonly stopMs = 300_000;
  readonly instrument: InstrumentConfig;
  readonly #context: BootContext;
  readonly #loadDevices: LoadDevices;
  readonly #onRequests: () => void;
  readonly #onReady: () => void;
  readonly #stopping = new AbortController();
  #observatory: Observatory | undefined;
  #away = 'its devices do not answer yet';
  #isAway = false;
  #opening: Promise<void> = Promise.resolve();

  /** `onRequests`: the requests of the store have changed · `onReady`: requests can be judged from now on. */
  constructor(
    context: BootContext,
    instrument: InstrumentConfig,
    on: { loadDevices: LoadDevices; onRequests: () => void; onReady: () => void },
  ) {
    this.name = `telescope ${instrument.id}`;
    this.instrument = instrument;
    this.#context = context;
    this.#loadDevices = on.loadDevices;
    this.#onRequests = on.onRequests;
    this.#onReady = on.onReady;
  }

  /** What works with the devices; undefined while they are away. */
  get observatory(): Observatory | undefined {
    return this.#observatory;
  }

  start(onFault: (error: unknown) => void): void {
    this.#opening = this.#open(onFault).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new RetryLater('TELESCOPE_STOPPED', 'The program is stopping.'));
    await this.#opening;
    await this.#observatory?.stop();
  }

  health(): Health {
    return this.#observatory ? well : { state: 'away', reason: this.#away };
  }

  async #open(onFault: (error: unknown) => void): Promise<void> {
    const devices = await this.#devices();
    const wasAway = this.#isAway;
    const { signal } = this.#stopping;
    if (signal.aborted) {
      await devices.close();
      return;
    }
    const { config, store, clock, log, happenings, alarms, software } = this.#context;
    const { tell } = happenings;
    const { id } = this.instrument;
    const observatory = new Observatory({
      ...{ config, instrument: this.instrument, devices, store, clock, log, software },
      onChange: this.#onRequests,
      onAlarm: (text) => alarms.raise({ code: deviceAlarm, subject: id, severity: 'critical', text }),
      tell(happening) {
        tell(happening);
        // The devices have done all that was asked of them.
        if (happening.kind === 'visit-ended' && happening.state === 'COMPLETED') alarms.clear(deviceAlarm, id);
      },
    });
    observatory.start(onFault);
    this.#observatory = observatory;
    if (wasAway) tell({ kind: 'devices-back', instrument: id, reason: '' });
    this.#onReady();
  }

  /** The devices, as soon as they are there. What only a person can mend is thrown. */
  async #devices(): Promise<Devices> {
    const { clock, random, log } = this.#context;
    const { signal } = this.#stopping;
    for (let failures = 1; ; failures++) {
      const loading = this.#loadDevices(this.instrument);
      try {
        return await untilAborted(loading, signal);
      } catch (error) {
        if (signal.aborted) void loading.then((late) => late.close()).catch(() => undefined); // it was given up
        if (!(error instanceof RetryLater) || signal.aborted) throw error;
        this.#away = describeError(error);
        if (!this.#isAway)
          this.#context.happenings.tell({ kind: 'devices-lost', instrument: this.instrument.id, reason: this.#away });
        this.#isAway = true;
        log.warn({ instrument: this.instrument.id, reason: this.#away }, 'the devices are away; trying again');
        await clock.sleep(Math.max(patience.firstMs / 2, backoffMs(failures, random, patience)), signal);
      }
    }
  }
}
