import { RetryLater } from '../../../base/errors.ts';
import type {
  Camera,
  CameraAbilities,
  CameraFacts,
  CameraFrame,
  CameraState,
  Command,
  ExposureOrder,
  Range,
  Reading,
  Sensor,
  Subframe,
} from '../../contract.ts';
import { busy, notConfirmed, refused, silent } from '../../errors.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';
import type { Facts } from '../facts.ts';
import type { AlpacaImage } from '../wire/image-bytes.ts';
import { bayerOf, checkedPart, exposureStartMs, levelsOf } from './camera-facts.ts';

const traitMembers = [
  'sensorname',
  'cameraxsize',
  'cameraysize',
  'pixelsizex',
  'maxadu',
  'sensortype',
  'bayeroffsetx',
  'bayeroffsety',
  'maxbinx',
  'maxbiny',
  'exposuremin',
  'exposuremax',
  'gains',
  'gainmin',
  'gainmax',
  'offsets',
  'offsetmin',
  'offsetmax',
  'readoutmodes',
  'cansetccdtemperature',
  'canabortexposure',
  'canstopexposure',
];
const stateMembers = [
  'camerastate',
  'ccdtemperature',
  'cooleron',
  'coolerpower',
  'setccdtemperature',
  'gain',
  'offset',
  'readoutmode',
];
/** CameraState by its numbers; 5 is an error. */
const activities = ['idle', 'exposing', 'exposing', 'reading out', 'reading out'] as const;
/** A frame that is ready before this share of its exposure was over is the one before. */
const earliestShare = 0.9;
const settingMs = 10_000;
const pollMs = 100;
const warmestC = 50;

/**
 * A camera by Alpaca. Gain and offset are in the camera's own units; where it has lists of them, the place in the list.
 */
export class AlpacaCamera extends AlpacaDevice implements Camera {
  readonly #coolestC: number;
  #exposing = false;

  /** `coolestC`: lowest set point of the cooler, which Alpaca does not tell. */
  constructor(reach: AlpacaReach, coolestC: number) {
    super(reach, 'camera', traitMembers);
    this.#coolestC = coolestC;
  }

  get sensor(): Sensor {
    const maxAdu = this.traits.number('maxadu');
    return {
      widthPx: this.traits.number('cameraxsize'),
      heightPx: this.traits.number('cameraysize'),
      pixelSizeUm: this.traits.number('pixelsizex'),
      bitDepth: maxAdu && Math.ceil(Math.log2(maxAdu + 1)),
      bayer: bayerOf(this.traits),
    };
  }

  get abilities(): CameraAbilities {
    const { traits } = this;
    const most = Math.max(1, Math.min(traits.number('maxbinx') ?? 1, traits.number('maxbiny') ?? 1, 16));
    const [min, max] = [traits.number('exposuremin'), traits.number('exposuremax')];
    return {
      binnings: Array.from({ length: most }, (_, i) => i + 1),
      exposureS: min !== undefined && max !== undefined && max > min ? { min, max } : undefined,
      gain: levelsOf(traits, 'gain'),
      offset: levelsOf(traits, 'offset'),
      readoutModes: traits.names('readoutmodes'),
      canSubframe: true,
      coolingC: traits.flag('cansetccdtemperature') === true ? { min: this.#coolestC, max: warmestC } : undefined,
      canRamp: false,
    };
  }

  read(): Promise<Reading<CameraState>> {
    return this.reading(async () => {
      const state = await this.state(...stateMembers);
      const on = state.flag('cooleron');
      return {
        activity: this.#activityOf(state),
        temperatureC: state.number('ccdtemperature'),
        cooler:
          on === undefined
            ? undefined
            : {
                on,
                setPointC: on ? state.number('setccdtemperature') : undefined,
                powerPercent: state.number('coolerpower'),
              },
        gain: state.number('gain'),
        offset: state.number('offset'),
        readoutMode: this.abilities.readoutModes[state.number('readoutmode') ?? -1],
      };
    });
  }

  async expose(order: ExposureOrder, command: Command): Promise<CameraFrame> {
    command.signal.throwIfAborted();
    const part = this.#checked(order);
    if (this.#exposing) throw busy(this.name, 'exposing');
    this.#exposing = true;
    try {
      const { activity } = (await this.read()).value;
      if (activity !== 'idle') throw busy(this.name, activity);
      return await this.presence.needed(async (gone) => {
        const signal = AbortSignal.any([command.signal, gone]);
        await this.#prepare(order, part, signal);
        try {
          return await this.#exposed(order, part, command.deadlineMs, signal);
        } catch (error) {
          if (!gone.aborted) await this.#abort();
          throw error;
        }
      });
    } finally {
      this.#exposing = false;
    }
  }

  async cool(setPointC: number, command: Command): Promise<void> {
    const { coolingC } = this.abilities;
    if (!coolingC) throw refused(this.name, 'it has no cooler that could be set');
    if (!(setPointC >= coolingC.min && setPointC <= coolingC.max))
      throw refused(this.name, `it cools to ${coolingC.min} to ${coolingC.max} C, not ${setPointC} C`);
    await this.obeyed(
      {
        write: async (writing) => {
          await this.put('setccdtemperature', { SetCCDTemperature: setPointC }, writing);
          await this.put('cooleron', { CoolerOn: true }, writing);
        },
        wish: `cools to ${setPointC} C`,
        read: () => this.read(),
        done: ({ cooler }) => cooler?.on === true && Math.abs((cooler.setPointC ?? Number.NaN) - setPointC) < 0.1,
      },
      command,
    );
  }

  async warm(command: Command): Promise<void> {
    if ((await this.read()).value.cooler === undefined) throw refused(this.name, 'it has no cooler');
    await this.obeyed(
      {
        write: (writing) => this.put('cooleron', { CoolerOn: false }, writing),
        wish: 'has its cooler off',
        read: () => this.read(),
        done: ({ cooler }) => cooler?.on === false,
      },
      command,
    );
  }

  /** Refuses what the camera says it cannot do, and gives the part of the chip in binned pixels. */
  #checked({ binning, exposureS, gain, offset, readoutMode, subframe }: ExposureOrder): Subframe {
    const { abilities } = this;
    if (!abilities.binnings.includes(binning)) throw refused(this.name, `it cannot bin ${binning} x ${binning}`);
    if (!(exposureS >= 0) || (abilities.exposureS && exposureS > abilities.exposureS.max))
      throw refused(this.name, `it cannot expose for ${exposureS} s`);
    if (gain !== undefined) this.#requireLevel('gain', gain, abilities.gain);
    if (offset !== undefined) this.#requireLevel('offset', offset, abilities.offset);
    if (readoutMode !== undefined && !abilities.readoutModes.includes(readoutMode))
      throw refused(this.name, `it has no readout mode "${readoutMode}"`);
    return checkedPart(this.name, this.sensor, binning, subframe);
  }

  #requireLevel(what: string, level: number, range: Range | undefined): void {
    if (!range) throw refused(this.name, `its ${what} cannot be set`);
    if (!(level >= range.min && level <= range.max))
      throw refused(this.name, `its ${what} goes from ${range.min} to ${range.max}, not ${level}`);
  }

  /** Settings one after the other, then all read back: cameras do not scale the part when the binning changes. */
  async #prepare(order: ExposureOrder, part: Subframe, signal: AbortSignal): Promise<void> {
    const { binning, gain, offset, readoutMode } = order;
    const settings = [
      ['BinX', binning],
      ['BinY', binning],
      ['StartX', part.x],
      ['StartY', part.y],
      ['NumX', part.width],
      ['NumY', part.height],
      ['Gain', gain],
      ['Offset', offset],
      ['ReadoutMode', readoutMode === undefined ? undefined : this.abilities.readoutModes.indexOf(readoutMode)],
    ] as const;
    const wanted = settings.filter((setting): setting is [(typeof setting)[0], number] => setting[1] !== undefined);
    await this.obeyed(
      {
        write: async (writing) => {
          for (const [name, value] of wanted) await this.put(name.toLowerCase(), { [name]: value }, writing);
        },
        wish: `has ${wanted.map(([name, value]) => `${name} ${value}`).join(', ')}`,
        read: () =>
          this.reading(async () =>
            Promise.all(wanted.map(async ([name]) => Number(await this.ask(name.toLowerCase())))),
          ),
        done: (shown) => shown.every((value, i) => value === wanted[i]![1]),
      },
      { signal, deadlineMs: settingMs },
    );
  }

  async #exposed(order: ExposureOrder, part: Subframe, deadlineMs: number, signal: AbortSignal): Promise<CameraFrame> {
    const isLight = order.kind === 'light' || order.kind === 'flat';
    // A bias is as short as the camera can.
    const exposureS = Math.max(order.exposureS, this.abilities.exposureS?.min ?? 0);
    const before = await this.state('lastexposurestarttime', 'imageready');
    const facts = await this.#facts(order);
    const startMs = this.clock.nowMs();
    const endMs = this.clock.monotonicMs() + exposureS * 1000 + deadlineMs;
    const leftMs = () => Math.max(0, endMs - this.clock.monotonicMs());
    const command = { signal, deadlineMs: leftMs() };
    if (!(await this.put('startexposure', { Duration: exposureS, Light: isLight }, command)))
      throw silent(this.name, 'whether the exposure began is not known');
    await this.#ready(before, exposureS, deadlineMs, leftMs, signal);
    const image = await this.image({ signal, deadlineMs: Math.max(1, leftMs()) });
    const told = await this.#ofLastExposure(startMs);
    return {
      form: 'pixels',
      ...this.#plain(image, part),
      exposureS: told.exposureS ?? exposureS,
      startMs: told.startMs,
      facts,
    };
  }

  /**
   * Waits until this exposure's image is ready: not the one before, which some cameras call ready until they have begun.
   * It is a new one when its start is another, or when the camera was seen without one.
   */
  async #ready(
    before: Facts,
    exposureS: number,
    deadlineMs: number,
    leftMs: () => number,
    signal: AbortSignal,
  ): Promise<void> {
    const startBefore = before.text('lastexposurestarttime');
    let isNew = before.flag('imageready') === false;
    let state = before;
    for (let waitMs = exposureS * 1000 * earliestShare; leftMs() > 0; waitMs = pollMs) {
      state = await this.state('imageready', 'camerastate', 'lastexposurestarttime');
      const isReady = state.flag('imageready') === true;
      const start = state.text('lastexposurestarttime');
      isNew ||= !isReady || this.#activityOf(state) !== 'idle' || (start !== undefined && start !== startBefore);
      if (isReady && isNew) return;
      await this.clock.sleep(Math.min(waitMs, leftMs()), signal);
    }
    const seen = `ImageReady ${state.flag('imageready')}, CameraState ${state.number('camerastate')}`;
    throw notConfirmed(this.name, 'had its new image ready', deadlineMs, seen);
  }

  /** Start and length as the camera tells them, where its clock agrees with ours. */
  async #ofLastExposure(startMs: number): Promise<{ startMs: number; exposureS: number | undefined }> {
    const state = await this.state('lastexposureduration', 'lastexposurestarttime');
    const exposureS = state.number('lastexposureduration');
    return {
      startMs: exposureStartMs(state.text('lastexposurestarttime'), startMs),
      exposureS: exposureS !== undefined && exposureS > 0 ? exposureS : undefined,
    };
  }

  #plain({ pixels, width, height, planes }: AlpacaImage, part: Subframe) {
    if (planes !== 1 || pixels instanceof Float64Array)
      throw refused(this.name, `it makes ${planes > 1 ? 'colours' : 'fractions'} of its counts; set it to raw images`);
    if (width !== part.width || height !== part.height)
      throw new RetryLater(
        'ALPACA_IMAGE',
        `${this.name} gave an image of ${width} x ${height} in place of ${part.width} x ${part.height} pixels. ` +
          'The exposure has to be repeated.',
      );
    return { adu: pixels, width, height };
  }

  /** Closes the shutter; a camera that can neither abort nor stop is busy until its exposure is over. */
  async #abort(): Promise<void> {
    const isAbortable = this.traits.flag('canabortexposure') === true;
    if (!this.present || (!isAbortable && this.traits.flag('canstopexposure') !== true)) return;
    await this.obeyed(
      {
        write: (writing) => this.put(isAbortable ? 'abortexposure' : 'stopexposure', {}, writing),
        wish: 'is idle',
        read: () => this.read(),
        done: ({ activity }) => activity === 'idle',
      },
      { signal: new AbortController().signal, deadlineMs: settingMs },
    );
  }

  /** @throws RetryLater `ALPACA_CAMERA` for a camera in error */
  #activityOf(state: Facts): CameraState['activity'] {
    const activity = activities[state.number('camerastate') ?? -1];
    if (activity) return activity;
    throw new RetryLater('ALPACA_CAMERA', `${this.name} is in an error state; turn it off and on if that lasts.`);
  }

  async #facts({ binning, subframe }: ExposureOrder): Promise<CameraFacts> {
    const { pixelSizeUm, bayer } = this.sensor;
    const state = await this.state(...stateMembers, 'electronsperadu', 'fullwellcapacity');
    const gainEPerAdu = state.number('electronsperadu') || undefined;
    const fullWellE = state.number('fullwellcapacity');
    const full = gainEPerAdu && fullWellE ? fullWellE / gainEPerAdu : Number.POSITIVE_INFINITY;
    const saturationAdu = Math.min(full, this.traits.number('maxadu') ?? Number.POSITIVE_INFINITY);
    return {
      camera: this.traits.text('sensorname') ?? this.id,
      binning,
      pixelSizeUm: pixelSizeUm && pixelSizeUm * binning,
      gainEPerAdu,
      readNoiseE: undefined,
      saturationAdu: Number.isFinite(saturationAdu) ? saturationAdu : undefined,
      temperatureC: state.number('ccdtemperature'),
      setPointC: state.flag('cooleron') ? state.number('setccdtemperature') : undefined,
      bayer,
      gain: state.number('gain'),
      offset: state.number('offset'),
      readoutMode: this.abilities.readoutModes[state.number('readoutmode') ?? -1],
      subframe,
    };
  }
}
