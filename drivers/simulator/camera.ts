import type { SkyPosition } from '../../sky/sphere.ts';
import { inTime } from '../confirm.ts';
import type { Camera, CameraFacts, CameraFrame, CameraState, Command, ExposureOrder, Reading } from '../contract.ts';
import { busy, notConfirmed, refused } from '../errors.ts';
import { isBand } from './sky/bands.ts';
import { type Exposure, lightExposure, type TrueStar } from './sky/render.ts';
import { Renderer, type RenderJob } from './sky/renderer.ts';
import type { World } from './world.ts';

/** What stands between the sky and the chip at the moment of an exposure. */
export interface LightPath {
  readonly pointing: () => SkyPosition;
  readonly filter: () => string | undefined;
  /** Factor on the FWHM by the focus. */
  readonly defocus: () => number;
  /** False behind a closed roof. */
  readonly skyVisible: () => boolean;
  /** Electrons per pixel from a flat-field panel. */
  readonly panelElectrons: () => number;
}

export interface SimulatedFrame extends CameraFrame {
  /** The stars as they really are, brightest first; empty for a calibration frame. */
  readonly truth: readonly TrueStar[];
}

/** A camera that sees the simulated sky where the mount truly points. */
export class SimulatedCameraDevice implements Camera {
  readonly #world: World;
  readonly #path: LightPath;
  readonly #renderer = new Renderer();
  #activity: CameraState['activity'] = 'idle';
  #lastTruth: readonly TrueStar[] = [];

  constructor(world: World, path: LightPath) {
    this.#world = world;
    this.#path = path;
  }

  async read(): Promise<Reading<CameraState>> {
    return { value: { activity: this.#activity, temperatureC: -15 }, atMs: this.#world.clock.nowMs() };
  }

  async expose(order: ExposureOrder, command: Command): Promise<SimulatedFrame> {
    command.signal.throwIfAborted();
    if (this.#activity !== 'idle') throw busy('The camera', this.#activity);
    if (order.binning !== 1) throw refused('The camera', `it cannot bin ${order.binning} x ${order.binning}`);
    const { clock, camera, sky, random } = this.#world;
    const startMs = clock.nowMs();
    const exposure = this.#exposure(order, startMs);
    this.#activity = 'exposing';
    try {
      await clock.sleep((order.exposureS * 1000) / this.#world.options.timeFactor, command.signal);
      this.#activity = 'reading out';
      const job = { sky, camera, exposure, seed: random.uint32() };
      const frame = await inTime(this.#renderer.render(job), command.deadlineMs, command.signal, clock);
      if (frame === 'too late')
        throw notConfirmed('The camera', 'delivered its frame', command.deadlineMs, this.#activity);
      const { adu, width, height, truth, saturationAdu } = frame;
      this.#lastTruth = truth;
      return { adu, width, height, startMs, exposureS: order.exposureS, facts: this.#facts(saturationAdu), truth };
    } finally {
      this.#activity = 'idle';
    }
  }

  /** The truth of the last light frame. */
  lastTruth(): readonly TrueStar[] {
    return this.#lastTruth;
  }

  close(): Promise<void> {
    return this.#renderer.close();
  }

  #exposure(order: ExposureOrder, startMs: number): RenderJob['exposure'] {
    const { kind, exposureS } = order;
    if (kind === 'bias') return { kind };
    const electrons = this.#path.panelElectrons();
    if (kind === 'flat' && electrons > 0) return { kind, exposureS, electrons };
    if (kind !== 'light' || !this.#path.skyVisible()) return { kind: 'dark', exposureS };
    const filter = this.#path.filter() ?? '';
    const light: Partial<Exposure> = {
      ...this.#path.pointing(),
      exposureS,
      band: isBand(filter) ? filter : 'G',
      midMs: startMs + exposureS * 500,
      seeing: this.#path.defocus(),
    };
    const { skyEPerS } = this.#world.options;
    return { kind: 'light', ...lightExposure(skyEPerS === undefined ? light : { ...light, skyEPerS }) };
  }

  #facts(saturationAdu: number): CameraFacts {
    const { name, pixelSizeUm, gainEPerAdu, readNoiseE, bayer } = this.#world.camera;
    return { camera: name, binning: 1, pixelSizeUm, gainEPerAdu, readNoiseE, saturationAdu, temperatureC: -15, bayer };
  }
}
