import type { Clock } from '../../base/clock.ts';
import { Random } from '../../base/random.ts';
import type { Site } from '../../sky/site.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import { confirm } from '../confirm.ts';
import type { Command, Reading } from '../contract.ts';
import type { CameraSpec } from './sky/camera.ts';
import { cameraSpec } from './sky/camera.ts';
import { makeSky, type Sky, type SpecialStar } from './sky/stars.ts';

/** What a simulated observatory is made of; the names agree with the configuration's. */
export interface SimulatorOptions {
  readonly seed: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly scaleArcsecPerPx: number;
  readonly fwhmPx: number;
  readonly starsPerFrame: number;
  readonly slewSeconds: number;
  /** Exposures and motions take this many times less than they claim. */
  readonly timeFactor: number;
  /** Names of the filters in the wheel; those that are no known band see G. */
  readonly filters: readonly string[];
  /** A dome that turns, in place of a roof that rolls off. */
  readonly domeRotates?: boolean;
  /** The mount does not point lower. */
  readonly horizonDeg?: number;
  /** rms error of each slew in each direction. */
  readonly pointingErrorArcsec?: number;
  readonly skyEPerS?: number;
  readonly camera?: Partial<CameraSpec>;
  readonly specialStars?: readonly SpecialStar[];
}

/** What the devices of one simulated observatory share: the sky above it and the time that passes there. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly site: Site;
  readonly options: SimulatorOptions;
  readonly sky: Sky;
  readonly camera: CameraSpec;
}

export function makeWorld(options: SimulatorOptions, site: Site, clock: Clock): World {
  const { seed, widthPx, heightPx, scaleArcsecPerPx, fwhmPx } = options;
  const plain = cameraSpec();
  const frameSquareDegrees = (widthPx * heightPx * scaleArcsecPerPx ** 2) / 3600 ** 2;
  return {
    clock,
    random: new Random(seed),
    site,
    options,
    sky: makeSky(seed, {
      starsPerSquareDegree: options.starsPerFrame / frameSquareDegrees,
      specialStars: options.specialStars ?? [],
    }),
    camera: { ...plain, seed, widthPx, heightPx, scaleArcsecPerPx, psf: { ...plain.psf, fwhmPx }, ...options.camera },
  };
}

/** A motion that is over when its time has passed; a jammed one never is. */
export class Travel {
  readonly #world: World;
  #endMs = 0;
  #under = false;
  #jammed = false;

  constructor(world: World) {
    this.#world = world;
  }

  start(seconds: number): void {
    this.#endMs = this.#world.clock.monotonicMs() + (seconds * 1000) / this.#world.options.timeFactor;
    this.#under = true;
  }

  /** True once, when the motion that was started has come to its end. */
  arrives(): boolean {
    if (!this.#under || this.#jammed || this.#world.clock.monotonicMs() < this.#endMs) return false;
    this.#under = false;
    return true;
  }

  stop(): void {
    this.#under = false;
  }

  /** Seconds of the simulated motion that are still to go; 0 when nothing moves. */
  leftS(): number {
    if (!this.#under) return 0;
    return (Math.max(0, this.#endMs - this.#world.clock.monotonicMs()) / 1000) * this.#world.options.timeFactor;
  }

  jam(jammed: boolean): void {
    this.#jammed = jammed;
  }
}

/** Waits until a device's values confirm a command, looking as often as its time runs. */
export function obey<Value>(
  world: World,
  what: { device: string; wish: string; read: () => Promise<Reading<Value>>; done: (value: Value) => boolean },
  command: Command,
): Promise<Reading<Value>> {
  return confirm(what, command, world.clock, Math.max(10, 200 / world.options.timeFactor));
}

/** A position a little beside another: normal errors of `rmsArcsec` along each axis. */
export function besides(position: SkyPosition, rmsArcsec: number, random: Random): SkyPosition {
  const rmsDeg = rmsArcsec / 3600;
  const decDeg = Math.min(90, Math.max(-90, position.decDeg + rmsDeg * random.normal()));
  const perRa = Math.max(Math.cos((decDeg * Math.PI) / 180), 0.01);
  return { raDeg: (((position.raDeg + (rmsDeg * random.normal()) / perRa) % 360) + 360) % 360, decDeg };
}
