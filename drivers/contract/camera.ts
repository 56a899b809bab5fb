import type { Command, Device, Range, Reading } from './device.ts';

export type FrameKind = 'light' | 'dark' | 'bias' | 'flat';

/** Part of the chip in unbinned pixels, 0-based from the first pixel of the file. */
export interface Subframe {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ExposureOrder {
  readonly kind: FrameKind;
  readonly exposureS: number;
  readonly binning: number;
  /** In the camera's own units; as it is set when absent. */
  readonly gain?: number;
  readonly offset?: number;
  /** One of the camera's readout modes. */
  readonly readoutMode?: string;
  /** The whole chip when absent. */
  readonly subframe?: Subframe;
}

/** The chip as the camera describes it; undefined where it says nothing. */
export interface Sensor {
  /** Unbinned pixels. */
  readonly widthPx: number | undefined;
  readonly heightPx: number | undefined;
  /** Unbinned. */
  readonly pixelSizeUm: number | undefined;
  /** Bits of one pixel as the camera sends it. */
  readonly bitDepth: number | undefined;
  readonly bayer: BayerPattern | undefined;
}

export type BayerPattern = 'RGGB' | 'BGGR' | 'GRBG' | 'GBRG';

/** What the camera accepts, as it says; empty and undefined for what it cannot set. */
export interface CameraAbilities {
  /** Binnings, the same in both directions; at least 1. */
  readonly binnings: readonly number[];
  readonly exposureS: Range | undefined;
  readonly gain: Range | undefined;
  readonly offset: Range | undefined;
  readonly readoutModes: readonly string[];
  readonly canSubframe: boolean;
  /** Set points of the cooler; undefined without one. */
  readonly coolingC: Range | undefined;
  /** Whether the cooler keeps to a given rate by itself. */
  readonly canRamp: boolean;
}

export interface CoolerState {
  readonly on: boolean;
  readonly setPointC: number | undefined;
  readonly powerPercent: number | undefined;
}

export interface CameraState {
  readonly activity: 'idle' | 'exposing' | 'reading out';
  readonly temperatureC: number | undefined;
  /** Undefined for a camera without a cooler. */
  readonly cooler: CoolerState | undefined;
  readonly gain: number | undefined;
  readonly offset: number | undefined;
  readonly readoutMode: string | undefined;
}

/** What the camera says of the frame; undefined where it says nothing. */
export interface CameraFacts {
  readonly camera: string;
  readonly binning: number;
  /** Of a binned pixel. */
  readonly pixelSizeUm: number | undefined;
  readonly gainEPerAdu: number | undefined;
  readonly readNoiseE: number | undefined;
  readonly saturationAdu: number | undefined;
  readonly temperatureC: number | undefined;
  readonly setPointC?: number | undefined;
  readonly bayer: BayerPattern | undefined;
  readonly gain?: number | undefined;
  readonly offset?: number | undefined;
  readonly readoutMode?: string | undefined;
  readonly subframe?: Subframe | undefined;
}

interface Exposed {
  /** Shutter open, Unix milliseconds, by the camera's word where it has one, else by ours. */
  readonly startMs: number;
  readonly exposureS: number;
  readonly facts: CameraFacts;
}

/** Row-major in the order of the FITS file that will hold them. */
export interface PixelFrame extends Exposed {
  readonly form: 'pixels';
  readonly adu: Uint16Array | Int32Array;
  readonly width: number;
  readonly height: number;
}

/** The bytes of a file as the driver sent them. */
export interface FitsFrame extends Exposed {
  readonly form: 'fits';
  readonly bytes: Uint8Array;
}

/** A file that the driver wrote, whole: its own for whoever asked, who takes it away. For sensors too large for memory. */
export interface FileFrame extends Exposed {
  readonly form: 'file';
  readonly path: string;
}

/** What an exposure gives. Whoever asked for it puts it into the watched folder. */
export type CameraFrame = PixelFrame | FitsFrame | FileFrame;

export interface Camera extends Device {
  readonly sensor: Sensor;
  readonly abilities: CameraAbilities;
  read(): Promise<Reading<CameraState>>;
  /**
   * Takes one exposure; the deadline counts beyond the exposure itself. Aborting closes the shutter and gives no frame;
   * a frame that comes after all is dropped, never given to another exposure.
   * @throws RetryLater when the camera is busy; Parked for what it cannot do
   */
  expose(order: ExposureOrder, command: Command): Promise<CameraFrame>;
  /**
   * Sets the cooler and resolves when it regulates to the set point, not when it is reached; `rampCPerMin` where
   * `canRamp`. @throws Parked without a cooler
   */
  cool(setPointC: number, command: Command, rampCPerMin?: number): Promise<void>;
  /** Turns the cooler off. */
  warm(command: Command): Promise<void>;
}
