import type { Clock } from '../../base/clock.ts';
import { siteCapabilities, telescopeCapabilities } from '../../config/sections/drivers.ts';
import type { Device, Devices } from '../../drivers/contract.ts';
import type { Tell } from '../happenings.ts';
import type { Alarms } from '../health/alarms.ts';
import type { Logger } from '../health/log.ts';

export interface DeviceWatchParts {
  /** The instrument whose devices they are, or `site`. */
  readonly subject: string;
  readonly devices: Devices;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tell: Tell;
  readonly alarms: Alarms;
}

const everyMs = 10_000;
/** A driver that is started again is back in seconds: only one that stays away is worth an alarm. */
const graceMs = 2 * 60_000;
const lostAlarm = 'DEVICE_LOST';

interface Absence {
  readonly reason: string;
  readonly sinceMonotonicMs: number;
}

/**
 * Tells when devices are lost and when they are back, and raises an alarm for each that stays away: one that was lost, and
 * one that has not come since the program started. What they do meanwhile is the drivers' and the safety's affair.
 */
export class DeviceWatch {
  readonly #parts: DeviceWatchParts;
  readonly #devices: readonly Device[];
  readonly #absences = new Map<Device, Absence>();
  readonly #stopping = new AbortController();
  #forget: (() => void)[] = [];
  #running: Promise<void> = Promise.resolve();

  constructor(parts: DeviceWatchParts) {
    this.#parts = parts;
    this.#devices = [...telescopeCapabilities, ...siteCapabilities].flatMap((name) => parts.devices[name] ?? []);
  }

  /** Begins to watch. `onFault` hears of a fault that ended it for good. */
  start(onFault: (error: unknown) => void): void {
    for (const device of this.#devices) {
      if (!device.present) this.#lost(device, 'it has not come since the program started');
      this.#forget.push(
        device.on('lost', (reason) => this.#lost(device, reason)),
        device.on('back', () => this.#back(device)),
      );
    }
    this.#running = this.#loop().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  async stop(): Promise<void> {
    for (const forget of this.#forget) forget();
    this.#stopping.abort();
    await this.#running;
  }

  /** The devices that are away, each with the reason, in plain words; empty when all are there. */
  away(): string {
    return [...this.#absences].map(([{ name }, { reason }]) => `${name} is away: ${reason}`).join('; ');
  }

  #lost(device: Device, reason: string): void {
    const { subject, clock, log, tell } = this.#parts;
    // Told anew when more is known of the reason; it is away since the first word of it.
    const sinceMonotonicMs = this.#absences.get(device)?.sinceMonotonicMs ?? clock.monotonicMs();
    const isNews = !this.#absences.has(device);
    this.#absences.set(device, { reason, sinceMonotonicMs });
    if (!isNews) return;
    log.warn({ instrument: subject, device: device.name, reason }, 'a device is away');
    tell({ kind: 'device-lost', instrument: subject, device: device.name, reason });
  }

  #back(device: Device): void {
    const { subject, log, tell, alarms } = this.#parts;
    if (!this.#absences.delete(device)) return;
    log.info({ instrument: subject, device: device.name }, 'a device is back');
    tell({ kind: 'device-back', instrument: subject, device: device.name });
    alarms.clear(lostAlarm, subjectOf(subject, device));
  }

  async #loop(): Promise<void> {
    const { subject, clock, alarms } = this.#parts;
    // What an earlier run left open may be over by now.
    for (const device of this.#devices) if (device.present) alarms.clear(lostAlarm, subjectOf(subject, device));
    for (;;) {
      await clock.sleep(everyMs, this.#stopping.signal);
      for (const [device, { reason, sinceMonotonicMs }] of this.#absences) {
        if (clock.monotonicMs() - sinceMonotonicMs < graceMs) continue;
        const text = `${device.name} of ${subject} is away: ${reason}. Nothing that needs it is done. Look at its power, its cable and its driver.`;
        alarms.follow(lostAlarm, subjectOf(subject, device), 'warning', text);
      }
    }
  }
}

function subjectOf(subject: string, { id }: Device): string {
  return `${subject}: ${id}`;
}
