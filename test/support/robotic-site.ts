import { Executor, type ExecutorOptions, usualDeadlines } from '../../agent/observing/executor.ts';
import { checkVisibility } from '../../agent/observing/visibility.ts';
import type { Limits } from '../../agent/planning/constraints.ts';
import { daylightSensor } from '../../agent/safety/daylight-sensor.ts';
import { Guard } from '../../agent/safety/guard.ts';
import type { RoofParts, RoofPolicy } from '../../agent/safety/roof.ts';
import { RoofControl } from '../../agent/safety/roof-control.ts';
import { Safety } from '../../agent/safety/safety.ts';
import { weatherSensor } from '../../agent/safety/weather-sensor.ts';
import { ManualClock } from '../../base/clock.ts';
import { simulatedObservatory } from '../../drivers/simulator/observatory.ts';
import { FolderOfFrames, PlainCamera, reductionsAfter, VisitRows } from './visits.ts';

export const place = { latitudeDeg: 50, longitudeDeg: 19.8, heightM: 300 };
export const limits: Limits = {
  minAltitudeDeg: 25,
  horizon: [],
  maxSunAltitudeDeg: -12,
  minMoonDistanceDeg: 15,
  fullMoonDistanceDeg: 0,
  maxExposureS: 600,
  filters: ['B', 'V', 'clear'],
};
/** Deep night; the target of `requestFor` stands at 76 deg. */
export const nightMs = Date.UTC(2026, 10, 22, 22);

/** A robotic site on a clock that stands still until it is moved: hardware and disk, which outlive the program. */
export class Site {
  readonly clock: ManualClock;
  readonly observatory;
  readonly camera: PlainCamera;
  readonly rows = new VisitRows();
  readonly folder = new FolderOfFrames();
  readonly alarms: string[] = [];
  attended = false;
  readonly roofPolicy: RoofPolicy;

  constructor(startMs = nightMs, roofPolicy: RoofPolicy = 'interlocked') {
    this.clock = new ManualClock(startMs);
    this.roofPolicy = roofPolicy;
    const options = {
      seed: 1,
      widthPx: 64,
      heightPx: 64,
      scaleArcsecPerPx: 2,
      fwhmPx: 3,
      starsPerFrame: 5,
      slewSeconds: 10,
      timeFactor: 1,
      filters: limits.filters,
    };
    this.observatory = simulatedObservatory(options, place, this.clock);
    this.camera = new PlainCamera(this.clock);
  }

  /** Starts the program: safety, guard and executor, until the returned `stop` is called. */
  start(changes: (options: ExecutorOptions) => Partial<ExecutorOptions> = () => ({}), reopenAfterMs = 0) {
    const { clock, observatory, camera } = this;
    const lifetime = new AbortController();
    const attended = () => this.attended;
    const weatherLimits = { weatherMaxAgeS: 120, maxWindMPerS: 12, maxGustMPerS: 17, maxHumidityPercent: 88 };
    const sensors = [weatherSensor('weather', observatory.weather, weatherLimits, clock), daylightSensor(place, clock)];
    const safety = new Safety({ sensors, clock, pollMs: 5000, reopenAfterMs, attended });
    const { mount, dome, filterWheel } = observatory;
    const parts: RoofParts = { policy: this.roofPolicy, mounts: [mount], dome, clock, attended, deadlineMs: 120_000 };
    const roof = new RoofControl(parts, safety);
    const alarm = (message: string) => this.alarms.push(message);
    const options: ExecutorOptions = {
      store: this.rows,
      devices: { mount, camera, filterWheel, close: async () => {} },
      writer: this.folder,
      reductions: reductionsAfter(30_000, clock),
      safety,
      clock,
      checkVisibility: (request, atMs, durationS) => checkVisibility(request, place, atMs, limits, durationS),
      roof,
      alarm,
      deadlines: { ...usualDeadlines, reductionMs: 600_000 },
      pointingToleranceDeg: 0.1,
      lifetime: lifetime.signal,
    };
    const executor = new Executor({ ...options, ...changes(options) });
    const release = () => executor.abort('the observatory is being secured');
    const guard = new Guard({ safety, roof, clock, release, alarm });
    const stopGuard = guard.start();
    const loop = safety.run(lifetime.signal);
    const stop = async () => {
      lifetime.abort(new Error('the program ends'));
      stopGuard();
      await loop;
    };
    return { executor, safety, guard, stop };
  }

  async mountMotion(): Promise<string> {
    return (await this.observatory.mount.read()).value.motion;
  }

  async shutter(): Promise<string> {
    return (await this.observatory.dome.read()).value.shutter;
  }
}
