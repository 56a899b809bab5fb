import type { Clock } from '../../../base/clock.ts';
import { inTime } from '../../confirm.ts';
import type {
  BayerPattern,
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
} from '../../contract.ts';
import { busy, notConfirmed, refused } from '../../errors.ts';
import { IndiDevice } from '../device.ts';
import type { IndiServer } from '../server.ts';
import type { BlobContent, ReceivedBlob } from '../wire/elements.ts';
import { headerNumber } from '../wire/fits-header.ts';

const frameTypes = { light: 'FRAME_LIGHT', bias: 'FRAME_BIAS', dark: 'FRAME_DARK', flat: 'FRAME_FLAT' } as const;
/** Gain and offset stand in a property of their own, or among the controls of the driver. */
const settings = {
  gain: [
    ['CCD_GAIN', 'GAIN'],
    ['CCD_CONTROLS', 'Gain'],
  ],
  offset: [
    ['CCD_OFFSET', 'OFFSET'],
    ['CCD_CONTROLS', 'Offset'],
  ],
} as const;
/** A frame that comes before this share of its exposure was over belongs to another one. */
const earliestShare = 0.9;
/** A header's exposure may differ from the ordered one by this much, seconds and share. */
const exposureTolerance = { s: 0.1, share: 0.02 };
/** How long an aborted exposure may take to end. */
const abortMs = 5_000;
const settingMs = 5_000;

/** A camera by INDI. Frames come as the FITS bytes that its driver wrote, large ones as a file. */
export class IndiCamera extends IndiDevice implements Camera {
  /** What the cooler was last set to; drivers tell the temperature only. */
  #setPointC: number | undefined;
  #waiting: ((blob: ReceivedBlob) => void) | undefined;

  constructor(server: IndiServer, device: string, clock: Clock) {
    super(server, device, clock, ['CCD_EXPOSURE', 'CCD_INFO']);
    server.on('blobs', ({ device: from, received }) => {
      if (from !== this.id) return;
      for (const blob of received) this.#waiting?.(blob);
    });
  }

  get sensor(): Sensor {
    const info = (member: string) => this.number('CCD_INFO', member) || undefined;
    return {
      widthPx: info('CCD_MAX_X'),
      heightPx: info('CCD_MAX_Y'),
      pixelSizeUm: info('CCD_PIXEL_SIZE'),
      bitDepth: info('CCD_BITSPERPIXEL'),
      bayer: bayerOf(this.server.properties.text(this.id, 'CCD_CFA', 'CFA_TYPE')),
    };
  }

  get abilities(): CameraAbilities {
    const most = this.#range('CCD_BINNING', 'HOR_BIN')?.max ?? 1;
    return {
      binnings: Array.from({ length: Math.min(Math.max(most, 1), 16) }, (_, i) => i + 1),
      exposureS: this.#range('CCD_EXPOSURE', 'CCD_EXPOSURE_VALUE'),
      gain: this.#setting('gain')?.range,
      offset: this.#setting('offset')?.range,
      readoutModes: [],
      canSubframe: this.property('CCD_FRAME')?.permission === 'rw',
      coolingC:
        this.property('CCD_TEMPERATURE')?.permission === 'rw'
          ? this.#range('CCD_TEMPERATURE', 'CCD_TEMPERATURE_VALUE')
          : undefined,
      canRamp: this.property('CCD_TEMP_RAMP') !== undefined,
    };
  }

  read(): Promise<Reading<CameraState>> {
    return this.reading(() => ({
      activity: this.#activity(),
      temperatureC: this.number('CCD_TEMPERATURE', 'CCD_TEMPERATURE_VALUE'),
      cooler: this.#cooler(),
      gain: this.#setting('gain')?.value,
      offset: this.#setting('offset')?.value,
      readoutMode: undefined,
    }));
  }

  async expose(order: ExposureOrder, command: Command): Promise<CameraFrame> {
    command.signal.throwIfAborted();
    const { activity } = (await this.read()).value;
    if (activity !== 'idle' || this.#waiting) throw busy(this.name, activity === 'idle' ? 'exposing' : activity);
    const signal = command.signal;
    await this.#prepare(order, signal);
    return this.presence.needed(async (gone) => {
      try {
        return await this.#exposed(order, command, AbortSignal.any([signal, gone]));
      } catch (error) {
        if (!gone.aborted) await this.#abort();
        throw error;
      }
    });
  }

  async cool(setPointC: number, command: Command, rampCPerMin?: number): Promise<void> {
    if (!this.abilities.coolingC) throw refused(this.name, 'it has no cooler that could be set');
    if (rampCPerMin !== undefined && this.abilities.canRamp)
      this.setNumbers('CCD_TEMP_RAMP', { RAMP_SLOPE: rampCPerMin });
    this.setNumbers('CCD_TEMPERATURE', { CCD_TEMPERATURE_VALUE: setPointC });
    // While it regulates the state is Busy; Ok says that the temperature is reached.
    const regulates = () => this.reading(() => ['Busy', 'Ok'].includes(this.property('CCD_TEMPERATURE')!.state));
    await this.confirmed(`cools to ${setPointC} C`, regulates, (does) => does, command);
    this.#setPointC = setPointC;
  }

  async warm(command: Command): Promise<void> {
    this.turnOn('CCD_COOLER', 'COOLER_OFF');
    await this.confirmed(
      'has its cooler off',
      () => this.read(),
      ({ cooler }) => cooler?.on === false,
      command,
    );
  }

  protected override setUp(): void {
    this.#setPointC = undefined;
    this.server.wantBlobs(this.id, 'Also');
    // Another program may have left it saving on its own computer, where the frame would never be seen.
    if (this.property('UPLOAD_MODE')) this.turnOn('UPLOAD_MODE', 'UPLOAD_CLIENT');
    if (this.property('CCD_TRANSFER_FORMAT')?.members.has('FORMAT_FITS'))
      this.turnOn('CCD_TRANSFER_FORMAT', 'FORMAT_FITS');
  }

  async #prepare(
    { kind, binning, gain, offset, readoutMode, subframe }: ExposureOrder,
    signal: AbortSignal,
  ): Promise<void> {
    if (readoutMode !== undefined) throw refused(this.name, 'it has no readout modes');
    const command = { signal, deadlineMs: settingMs };
    const type = frameTypes[kind];
    if (this.property('CCD_FRAME_TYPE') && this.isOn('CCD_FRAME_TYPE', type) !== true) {
      this.turnOn('CCD_FRAME_TYPE', type);
      await this.confirmed(
        `takes a ${kind}`,
        () => this.reading(() => this.isOn('CCD_FRAME_TYPE', type)),
        (on) => on === true,
        command,
      );
    }
    if (binning !== 1 || this.property('CCD_BINNING'))
      await this.#set('CCD_BINNING', { HOR_BIN: binning, VER_BIN: binning }, command);
    const { widthPx: width, heightPx: height } = this.sensor;
    const whole = width !== undefined && height !== undefined ? { x: 0, y: 0, width, height } : undefined;
    const part = subframe ?? whole;
    if (part && this.abilities.canSubframe) {
      await this.#set('CCD_FRAME', { X: part.x, Y: part.y, WIDTH: part.width, HEIGHT: part.height }, command);
    } else if (subframe) throw refused(this.name, 'it gives whole frames only');
    for (const [name, wanted] of [
      ['gain', gain],
      ['offset', offset],
    ] as const) {
      if (wanted === undefined) continue;
      const found = this.#setting(name);
      if (!found) throw refused(this.name, `its ${name} cannot be set`);
      await this.#set(found.property, { [found.member]: wanted }, command);
    }
  }

  /** Sets numbers where they differ, and waits until the camera shows them. */
  async #set(property: string, values: Readonly<Record<string, number>>, command: Command): Promise<void> {
    const shows = () =>
      Object.entries(values).every(
        ([member, value]) => Math.abs((this.number(property, member) ?? Number.NaN) - value) < 0.01,
      );
    if (shows()) return;
    this.setNumbers(property, values);
    const wish = `shows ${JSON.stringify(values)} in ${property}`;
    await this.confirmed(
      wish,
      () => this.reading(shows),
      (isSet) => isSet,
      command,
    );
  }

  async #exposed(order: ExposureOrder, { deadlineMs }: Command, signal: AbortSignal): Promise<CameraFrame> {
    // A bias is as short as the camera can.
    const exposureS = Math.max(order.exposureS, order.kind === 'bias' ? (this.abilities.exposureS?.min ?? 0) : 0);
    const facts = this.#facts(order);
    this.setNumbers('CCD_EXPOSURE', { CCD_EXPOSURE_VALUE: exposureS });
    const startMs = this.clock.nowMs();
    const beganMs = this.clock.monotonicMs();
    const leftMs = () => exposureS * 1000 + deadlineMs - (this.clock.monotonicMs() - beganMs);
    try {
      while (leftMs() > 0) {
        const blob = await inTime(this.#nextBlob(), leftMs(), signal, this.clock);
        if (blob === 'too late') break;
        const isEarly = this.clock.monotonicMs() - beganMs < 1000 * exposureS * earliestShare;
        const content = await blob.content;
        if (!content || isEarly || !belongs(content, exposureS)) continue; // of an exposure that was given up before
        return content.kind === 'file'
          ? { form: 'file', path: content.path, startMs, exposureS, facts }
          : { form: 'fits', bytes: content.bytes, startMs, exposureS, facts };
      }
    } finally {
      this.#waiting = undefined;
    }
    throw notConfirmed(
      this.name,
      'delivered its frame',
      exposureS * 1000 + deadlineMs,
      `CCD_EXPOSURE ${this.property('CCD_EXPOSURE')?.state}`,
    );
  }

  #nextBlob(): Promise<ReceivedBlob> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Closes the shutter; a camera that does not obey is busy, and says so at the next exposure. */
  async #abort(): Promise<void> {
    if (!this.present || this.#activity() === 'idle' || !this.property('CCD_ABORT_EXPOSURE')) return;
    this.turnOn('CCD_ABORT_EXPOSURE', 'ABORT');
    const command = { signal: new AbortController().signal, deadlineMs: abortMs };
    await this.confirmed(
      'is idle',
      () => this.read(),
      ({ activity }) => activity === 'idle',
      command,
    );
  }

  #activity(): CameraState['activity'] {
    if (!this.isBusy('CCD_EXPOSURE')) return 'idle';
    return (this.number('CCD_EXPOSURE', 'CCD_EXPOSURE_VALUE') ?? 0) > 0 ? 'exposing' : 'reading out';
  }

  #cooler(): CameraState['cooler'] {
    const on = this.isOn('CCD_COOLER', 'COOLER_ON');
    if (on === undefined) return undefined;
    return {
      on,
      setPointC: on ? this.#setPointC : undefined,
      powerPercent: this.number('CCD_COOLER_POWER', 'CCD_COOLER_VALUE'),
    };
  }

  #setting(name: keyof typeof settings) {
    for (const [property, member] of settings[name]) {
      const value = this.number(property, member);
      if (value !== undefined) return { property, member, value, range: this.#range(property, member) };
    }
    return undefined;
  }

  #range(property: string, member: string): Range | undefined {
    const { min, max, step } = this.property(property)?.members.get(member) ?? {};
    if (min === undefined || max === undefined || !(max > min)) return undefined;
    return { min, max, ...(step !== undefined && step > 0 && { step }) };
  }

  #facts({ binning, subframe }: ExposureOrder): CameraFacts {
    const { pixelSizeUm, bayer } = this.sensor;
    return {
      camera: this.id,
      binning,
      pixelSizeUm: pixelSizeUm && pixelSizeUm * binning,
      gainEPerAdu: undefined,
      readNoiseE: undefined,
      saturationAdu: undefined,
      temperatureC: this.number('CCD_TEMPERATURE', 'CCD_TEMPERATURE_VALUE'),
      bayer,
      gain: this.#setting('gain')?.value,
      offset: this.#setting('offset')?.value,
      subframe,
    };
  }
}

/** Whether a frame has the exposure that was ordered, where its header tells. */
function belongs(content: BlobContent, exposureS: number): boolean {
  if (content.kind === 'file') return true; // it came in time; what its header says the intake finds out
  const told = headerNumber(content.bytes, 'EXPTIME');
  if (told === undefined) return true;
  return Math.abs(told - exposureS) <= exposureTolerance.s + exposureTolerance.share * exposureS;
}

function bayerOf(text: string | undefined): BayerPattern | undefined {
  const found = text?.trim().toUpperCase();
  return found === 'RGGB' || found === 'BGGR' || found === 'GRBG' || found === 'GBRG' ? found : undefined;
}
