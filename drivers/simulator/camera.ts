import type { SkyPosition } from '../../sky/sphere.ts';
import { inTime } from '../confirm.ts';
import type {
  Camera,
  CameraFacts,
  CameraState,
  Command,
  ExposureOrder,
  PixelFrame,
  Reading,
  Subframe,
} from '../contract.ts';
import { busy, notConfirmed, refused } from '../errors.ts';
import { readOutPart } from './chip.ts';
import { ambientC, Cooler, coolestC } from './cooler.ts';
import { SimulatedDevice } from './device.ts';
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

export interface SimulatedFrame extends PixelFrame {
  /** The stars as they really are, brightest first; empty for a calibration frame. */
  readonly truth: readonly TrueStar[];
}

const usualSetPointC = -15;
/** Gain in tenths of a decibel, as CMOS cameras count it; 0 is the gain of the spec. */
const gainRange = { min: 0, max: 300, step: 1 };
const offsetRange = { min: 0, max: 5000, step: 1 };

/** A camera that sees the simulated sky where the mount truly points. */
export class SimulatedCameraDevice extends SimulatedDevice implements Camera {
  readonly sensor;
  readonly abilities;
  readonly #path: LightPath;
  readonly #renderer = new Renderer();
  readonly #modes = ['normal', 'low noise'] as const;
  #cooler: Cooler;
  #activity: CameraState['activity'] = 'idle';
  #gain = 0;
  #offset: number;
  #mode: string = 'normal';
  #jammed = false;
  #lastTruth: readonly TrueStar[] = [];

  constructor(world: World, path: LightPath) {
    super(world, 'The camera');
    const { widthPx, heightPx, pixelSizeUm, adcBits, bayer, biasAdu } = world.camera;
    this.#path = path;
    this.#cooler = new Cooler(world.clock, usualSetPointC);
    this.#offset = biasAdu;
    this.sensor = { widthPx, heightPx, pixelSizeUm, bitDepth: adcBits, bayer };
    this.abilities = {
      binnings: bayer === undefined ? [1, 2, 3, 4] : [1],
      exposureS: { min: 0, max: 3600 },
      gain: gainRange,
      offset: offsetRange,
      readoutModes: this.#modes,
      canSubframe: true,
      coolingC: { min: coolestC, max: ambientC },
      canRamp: true,
    };
  }

  async read(): Promise<Reading<CameraState>> {
    return this.reading({
      activity: this.#activity,
      temperatureC: this.#cooler.temperatureC(),
      cooler: this.#cooler.state(),
      gain: this.#gain,
      offset: this.#offset,
      readoutMode: this.#mode,
    });
  }

  async expose(order: ExposureOrder, command: Command): Promise<SimulatedFrame> {
    command.signal.throwIfAborted();
    if (this.#activity !== 'idle') throw busy(this.name, this.#activity);
    const part = this.#checked(order);
    this.#gain = order.gain ?? this.#gain;
    this.#offset = order.offset ?? this.#offset;
    this.#mode = order.readoutMode ?? this.#mode;
    const { clock, sky, random } = this.world;
    const camera = this.#spec();
    const startMs = clock.nowMs();
    const exposure = this.#exposure(order, startMs);
    this.#activity = 'exposing';
    try {
      await clock.sleep((order.exposureS * 1000) / this.world.options.timeFactor, command.signal);
      if (this.#jammed) await clock.sleep(command.deadlineMs, command.signal);
      if (this.#jammed) throw notConfirmed(this.name, 'ended its exposure', command.deadlineMs, this.#activity);
      this.#activity = 'reading out';
      const job = { sky, camera, exposure, seed: random.uint32() };
      const frame = await inTime(this.#renderer.render(job), command.deadlineMs, command.signal, clock);
      if (frame === 'too late')
        throw notConfirmed(this.name, 'delivered its frame', command.deadlineMs, this.#activity);
      const plain = part.width === frame.width && part.height === frame.height && order.binning === 1;
      const { adu, width, height, truth } = plain ? frame : readOutPart(frame, part, order.binning);
      this.#lastTruth = truth;
      const facts = this.#facts(order, frame.saturationAdu);
      return { form: 'pixels', adu, width, height, startMs, exposureS: order.exposureS, facts, truth };
    } finally {
      this.#activity = 'idle';
    }
  }

  async cool(setPointC: number, command: Command, rampCPerMin?: number): Promise<void> {
    command.signal.throwIfAborted();
    if (!(setPointC >= coolestC && setPointC <= ambientC))
      throw refused(this.name, `it cools to ${coolestC} to ${ambientC} C, not ${setPointC} C`);
    this.#cooler.cool(setPointC, rampCPerMin);
    const done = ({ cooler }: CameraState) => cooler?.on === true && cooler.setPointC === setPointC;
    await this.confirmed(`regulates to ${setPointC} C`, () => this.read(), done, command);
  }

  async warm(command: Command): Promise<void> {
    command.signal.throwIfAborted();
    this.#cooler.warm();
    await this.confirmed(
      'has its cooler off',
      () => this.read(),
      ({ cooler }) => cooler?.on === false,
      command,
    );
  }

  /** The truth of the last light frame. */
  lastTruth(): readonly TrueStar[] {
    return this.#lastTruth;
  }

  /** Resolves when no frame is being rendered. */
  rendered(): Promise<void> {
    return this.#renderer.idle();
  }

  override jam(jammed = true): void {
    this.#jammed = jammed;
  }

  restart(): void {
    this.#cooler.warm();
    this.#gain = 0;
    this.#offset = this.world.camera.biasAdu;
    this.#mode = 'normal';
  }

  close(): Promise<void> {
    return this.#renderer.close();
  }

  /** The part of the chip that is asked for. @throws Parked for what this camera cannot do */
  #checked({ binning, exposureS, gain, offset, readoutMode, subframe }: ExposureOrder): Subframe {
    const { binnings, exposureS: exposures, readoutModes } = this.abilities;
    const { widthPx, heightPx } = this.sensor;
    const part = subframe ?? { x: 0, y: 0, width: widthPx, height: heightPx };
    const within = (value: number, { min, max }: { min: number; max: number }) => value >= min && value <= max;
    const whole = [part.x, part.y, part.width, part.height].every((value) => Number.isInteger(value) && value >= 0);
    if (!binnings.includes(binning)) throw refused(this.name, `it cannot bin ${binning} x ${binning}`);
    if (!within(exposureS, exposures)) throw refused(this.name, `it cannot expose for ${exposureS} s`);
    if (gain !== undefined && !within(gain, gainRange)) throw refused(this.name, `it has no gain ${gain}`);
    if (offset !== undefined && !within(offset, offsetRange)) throw refused(this.name, `it has no offset ${offset}`);
    if (readoutMode !== undefined && !readoutModes.some((mode) => mode === readoutMode))
      throw refused(this.name, `it has no readout mode "${readoutMode}"`);
    if (!whole || part.width < 1 || part.height < 1 || part.x + part.width > widthPx || part.y + part.height > heightPx)
      throw refused(this.name, `its chip of ${widthPx} x ${heightPx} has no such part`);
    return part;
  }

  #spec(): World['camera'] {
    const plain = this.world.camera;
    return { ...plain, gainEPerAdu: plain.gainEPerAdu / 10 ** (this.#gain / 200), biasAdu: this.#offset };
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
    const { skyEPerS } = this.world.options;
    return { kind: 'light', ...lightExposure(skyEPerS === undefined ? light : { ...light, skyEPerS }) };
  }

  #facts({ binning, subframe }: ExposureOrder, saturationAdu: number): CameraFacts {
    const { name, pixelSizeUm, gainEPerAdu, readNoiseE, bayer } = this.#spec();
    return {
      camera: name,
      binning,
      pixelSizeUm: pixelSizeUm * binning,
      gainEPerAdu,
      readNoiseE: readNoiseE * binning, // each pixel that is added brings its own
      saturationAdu,
      temperatureC: this.#cooler.temperatureC(),
      setPointC: this.#cooler.state().setPointC,
      bayer,
      gain: this.#gain,
      offset: this.#offset,
      readoutMode: this.#mode,
      subframe,
    };
  }
}
