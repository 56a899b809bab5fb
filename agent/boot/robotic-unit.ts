import { RetryLater } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { InstrumentConfig } from '../../config/schema.ts';
import type { Devices } from '../../drivers/contract.ts';
import { type Health, well } from '../health/health.ts';
import { DeviceWatch } from '../observing/device-watch.ts';
import { Observatory } from '../observing/observatory.ts';
import type { Part } from '../part.ts';
import type { BootContext } from './context.ts';
import { OpeningDevices } from './open-devices.ts';
import type { SiteUnit } from './site-unit.ts';

/**
 * Opens the devices of an instrument, or of the site. May take as long as it takes: nothing waits for it but what needs
 * them.
 */
export type LoadDevices = (wanted: InstrumentConfig | 'site') => Promise<Devices>;

/** A device did not do as it was told, and somebody must look. */
const deviceAlarm = 'DEVICE';

/**
 * The robotic half of one instrument, which begins once its devices are there. A device server that is down is tried
 * again and again, one that is silent is waited for; nothing else stands still meanwhile.
 */
export class RoboticUnit implements Part {
  readonly name: string;
  readonly instrument: InstrumentConfig;
  readonly #context: BootContext;
  readonly #devices: OpeningDevices;
  readonly #site: SiteUnit;
  readonly #onRequests: () => void;
  readonly #onReady: () => void;
  readonly #stopping = new AbortController();
  #observatory: Observatory | undefined;
  #watch: DeviceWatch | undefined;
  #opening: Promise<void> = Promise.resolve();

  /** `onRequests`: the requests of the store have changed · `onReady`: requests can be checked from now on. */
  constructor(
    context: BootContext,
    instrument: InstrumentConfig,
    site: SiteUnit,
    on: { loadDevices: LoadDevices; onRequests: () => void; onReady: () => void },
  ) {
    this.name = `telescope ${instrument.id}`;
    this.instrument = instrument;
    this.#context = context;
    this.#site = site;
    this.#devices = new OpeningDevices(context, instrument.id, () => on.loadDevices(instrument));
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
    await this.#watch?.stop();
    await this.#observatory?.stop();
  }

  health(): Health {
    if (this.#observatory) {
      const away = this.#watch?.away() ?? '';
      return away === '' ? well : { state: 'away', reason: away };
    }
    // It is opened after the site: until that is there, what keeps the site keeps the telescope.
    return { state: 'away', reason: this.#site.away ?? this.#devices.away };
  }

  async #open(onFault: (error: unknown) => void): Promise<void> {
    const { signal } = this.#stopping;
    const site = await untilAborted(this.#site.ready, signal);
    const devices = await this.#devices.open(signal);
    if (signal.aborted) {
      await devices.close();
      return;
    }
    const { config, store, clock, log, happenings, alarms, software } = this.#context;
    const { tell } = happenings;
    const { id } = this.instrument;
    const observatory = new Observatory({
      ...{ config, instrument: this.instrument, devices, site, store, clock, log, software },
      onChange: this.#onRequests,
      onAlarm: (text) => alarms.raise({ code: deviceAlarm, subject: id, severity: 'critical', text }),
      tell(happening) {
        tell(happening);
        // The devices have done all that was asked of them.
        if (happening.kind === 'visit-ended' && happening.state === 'COMPLETED') alarms.clear(deviceAlarm, id);
      },
    });
    this.#watch = new DeviceWatch({ ...{ subject: id, devices, clock, log, tell, alarms } });
    this.#watch.start(onFault);
    observatory.start(onFault);
    this.#observatory = observatory;
    this.#onReady();
  }
}
