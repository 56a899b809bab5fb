import { RetryLater } from '../../base/errors.ts';
import type { Devices } from '../../drivers/contract.ts';
import { type Health, well } from '../health/health.ts';
import { DeviceWatch } from '../observing/device-watch.ts';
import type { Part } from '../part.ts';
import { attendedLock, attendedPath } from '../safety/attended.ts';
import { SiteSafety } from '../safety/site-safety.ts';
import type { BootContext } from './context.ts';
import { OpeningDevices } from './open-devices.ts';

/** Roof, weather and power did not do as they were told, and somebody must look. */
const siteAlarm = 'SITE';

/**
 * The safety of the site, which begins once the devices of the site are there; the telescopes wait for it. It stops
 * before them, so that their devices still answer when roof and mounts are brought into safety.
 */
export class SiteUnit implements Part {
  readonly name = 'site safety';
  /** Long enough for what brings telescopes and roof into safety to confirm each of its steps. */
  readonly stopMs = 300_000;
  readonly #context: BootContext;
  readonly #opening: OpeningDevices;
  readonly #clockDifferenceMs: () => number | undefined;
  readonly #stopping = new AbortController();
  readonly #ready = Promise.withResolvers<SiteSafety>();
  #running: Promise<void> = Promise.resolve();
  #devices: Devices | undefined;
  #safety: SiteSafety | undefined;
  #watch: DeviceWatch | undefined;

  constructor(context: BootContext, load: () => Promise<Devices>, clockDifferenceMs: () => number | undefined) {
    this.#context = context;
    this.#opening = new OpeningDevices(context, 'site', load);
    this.#clockDifferenceMs = clockDifferenceMs;
    this.#ready.promise.catch(() => undefined); // told to whoever waits for it
  }

  /** Why its devices are not there yet; undefined once they are. */
  get away(): string | undefined {
    return this.#safety ? undefined : this.#opening.away;
  }

  /** The safety of the site, once its devices are there. */
  get ready(): Promise<SiteSafety> {
    return this.#ready.promise;
  }

  start(onFault: (error: unknown) => void): void {
    this.#running = this.#open(onFault).catch((error: unknown) => {
      this.#ready.reject(error);
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new RetryLater('SITE_STOPPED', 'The program is stopping.'));
    await this.#running;
    await this.#watch?.stop();
    await this.#safety?.stop();
    await this.#devices?.close();
  }

  health(): Health {
    const away = this.#safety ? (this.#watch?.away() ?? '') : this.#opening.away;
    return away === '' ? well : { state: 'away', reason: away };
  }

  async #open(onFault: (error: unknown) => void): Promise<void> {
    const { config, clock, log, alarms, happenings } = this.#context;
    const devices = await this.#opening.open(this.#stopping.signal);
    this.#devices = devices;
    const safety = new SiteSafety({
      ...{ config: config.safety, site: config.site, devices, clock },
      attended: attendedLock(attendedPath(config.dataDir)),
      alarm(text) {
        log.error({ alarm: text }, 'ALARM');
        alarms.raise({ code: siteAlarm, subject: 'site', severity: 'critical', text });
      },
      clockDifferenceMs: this.#clockDifferenceMs,
    });
    safety.onChange(({ safe }) => {
      if (safe) alarms.clear(siteAlarm, 'site');
    });
    const { tell } = happenings;
    this.#watch = new DeviceWatch({ ...{ subject: 'site', devices, clock, log, tell, alarms } });
    this.#watch.start(onFault);
    safety.start(onFault);
    this.#safety = safety;
    this.#ready.resolve(safety);
  }
}
