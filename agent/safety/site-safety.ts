import type { Clock } from '../../base/clock.ts';
import { describeError, TellOperator } from '../../base/errors.ts';
import type { SafetyConfig } from '../../config/schema.ts';
import type { Mount, SiteDevices } from '../../drivers/contract.ts';
import type { Site } from '../../sky/site.ts';
import { daylightSensor } from './daylight-sensor.ts';
import { Guard } from './guard.ts';
import { clockSensor, monitorSensor, powerSensor } from './other-sensors.ts';
import { RoofControl } from './roof-control.ts';
import { Safety } from './safety.ts';
import type { SafetyState, Sensor } from './state.ts';
import { weatherSensor } from './weather-sensor.ts';

export interface SiteSafetyParts {
  readonly config: SafetyConfig;
  readonly site: Site;
  readonly devices: SiteDevices;
  readonly clock: Clock;
  readonly attended: () => boolean;
  readonly alarm: (message: string) => void;
  /** How wrong the computer's clock is by another's word, milliseconds; undefined while nobody has told. */
  readonly clockDifferenceMs: () => number | undefined;
}

/** A telescope under the roof. */
export interface UnderRoof {
  readonly mount: Mount | undefined;
  /** Ends what uses the devices, and resolves when it has let go of them. */
  readonly release: (reason: string) => Promise<void>;
}

/** With it a sequence of all steps, each as slow as it may be, ends within what the program's stop is given. */
const roofDeadlineMs = 100_000;

/**
 * The safety of a site: one verdict, one roof and one guard for all telescopes under it. What uses it sees a verdict and
 * a roof, so that it can move into a thread or process of its own.
 */
export class SiteSafety {
  readonly safety: Safety;
  readonly roof: RoofControl;
  readonly #parts: SiteSafetyParts;
  readonly #guard: Guard;
  readonly #telescopes = new Set<UnderRoof>();
  readonly #mounts: Mount[] = [];
  readonly #stopping = new AbortController();
  #forget: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  /** @throws TellOperator when the configuration does not say how the roof and the telescopes depend on each other */
  constructor(parts: SiteSafetyParts) {
    const { config, devices, clock, attended, alarm } = parts;
    requireRoofPolicy(config, devices);
    this.#parts = parts;
    this.safety = new Safety({
      sensors: sensorsOf(parts),
      clock,
      pollMs: config.pollS * 1000,
      reopenAfterMs: config.reopenAfterS * 1000,
      attended,
    });
    const { dome } = devices;
    const policy = config.roof ?? 'none';
    const roof = { policy, mounts: this.#mounts, dome, clock, attended, deadlineMs: roofDeadlineMs };
    this.roof = new RoofControl(roof, this.safety);
    const release = () => this.#release('the observatory is brought into safety');
    this.#guard = new Guard({ safety: this.safety, roof: this.roof, clock, release, alarm });
  }

  /** Begins to watch. `onFault` hears of the fault that ended the loop: from then on the verdict grows stale, and unsafe. */
  start(onFault: (error: unknown) => void): void {
    this.#forget = this.#guard.start();
    this.#running = this.safety.run(this.#stopping.signal).catch(onFault);
  }

  /** From now on the telescope is under this roof. */
  join(telescope: UnderRoof): void {
    this.#telescopes.add(telescope);
    if (telescope.mount) this.#mounts.push(telescope.mount);
  }

  state(): SafetyState {
    return this.safety.state();
  }

  onChange(listener: (state: SafetyState) => void): () => void {
    return this.safety.onChange(listener);
  }

  /** Ends all visits and leaves roof and mounts as the policy of the site says (`safety.onStop`). */
  async stop(): Promise<void> {
    const { config, alarm, devices } = this.#parts;
    this.#forget();
    this.safety.bar('the program is stopping');
    const policy = config.onStop ?? (devices.dome !== undefined && config.roof !== 'none' ? 'secure' : 'leave');
    await this.#guard.idle();
    if (policy === 'secure') await this.#guard.secureNow();
    else {
      await this.#release('the program is stopping');
      await this.#tellWhatIsLeft(alarm);
    }
    this.#stopping.abort();
    await this.#running;
  }

  async #release(reason: string): Promise<void> {
    await Promise.all([...this.#telescopes].map((telescope) => telescope.release(reason)));
  }

  async #tellWhatIsLeft(alarm: (message: string) => void): Promise<void> {
    const closed = await this.roof.isClosed().catch((error: unknown) => describeError(error));
    if (closed === true) return;
    const why = closed === false ? 'it is not closed' : closed;
    alarm(
      `The program has stopped and leaves the roof as it is (safety.onStop: leave): ${why}. Nobody watches it now.`,
    );
  }
}

function requireRoofPolicy({ roof }: SafetyConfig, { dome }: SiteDevices): void {
  if (dome !== undefined && roof === undefined)
    throw new TellOperator(
      'ROOF_POLICY_MISSING',
      'There is a roof among the devices of the site, and safety.roof does not say how it and the telescopes depend on ' +
        'each other. Set it to interlocked (the roof may travel only over parked mounts), independent (it may travel at ' +
        'any time) or none (it is never commanded).',
    );
  if (dome === undefined && roof !== undefined && roof !== 'none')
    throw new TellOperator(
      'ROOF_MISSING',
      `safety.roof is ${roof}, but no driver of the site brings a roof: name one under devices, or set it to none.`,
    );
}

function sensorsOf({ config, site, devices, clock, clockDifferenceMs }: SiteSafetyParts): Sensor[] {
  const { weather, safetyMonitor, power } = devices;
  const maxAgeMs = config.weatherMaxAgeS * 1000;
  const outside = [
    ...(weather ? [weatherSensor('weather', weather, config, clock)] : []),
    ...(safetyMonitor ? [monitorSensor(safetyMonitor, maxAgeMs)] : []),
  ];
  // Without anybody who knows the weather nothing is known: the others alone make no verdict.
  if (outside.length === 0) return [];
  return [
    ...outside,
    ...(power ? [powerSensor(power, maxAgeMs)] : []),
    clockSensor(clockDifferenceMs, clock),
    daylightSensor(site, clock),
  ];
}
