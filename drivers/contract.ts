/**
 * What a device can do, one small interface for each capability; a driver implements those its hardware has. The rules
 * that hold for all of them:
 * - every reading carries the time at which it was true; the reader decides what is too old;
 * - every command takes a signal and a deadline, and resolves only when the device's own values show that it was done;
 * - an aborted command stops what it started before it rejects with the signal's reason;
 * - failures are errors of base/errors.ts, made in drivers/errors.ts;
 * - positions are ICRS degrees (a driver turns them into what its mount speaks), angles degrees, times Unix milliseconds.
 */

import type { SkyPosition } from '../sky/sphere.ts';

export interface Reading<Value> {
  readonly value: Value;
  /** When the device or its sensor took the value, not when it was fetched. */
  readonly atMs: number;
}

export interface Command {
  readonly signal: AbortSignal;
  /** How long the device may take until its values confirm the command. */
  readonly deadlineMs: number;
}

export interface MountState extends SkyPosition {
  readonly motion: 'tracking' | 'slewing' | 'still' | 'parked';
}

export interface Mount {
  read(): Promise<Reading<MountState>>;
  /**
   * Points at the position and tracks it; resolves with the position the mount then reports.
   * @throws Parked when the mount cannot or may not point there; TellOperator when it does not confirm
   */
  slewTo(position: SkyPosition, command: Command): Promise<Reading<MountState>>;
  /** Ends all motion, tracking too. */
  stop(command: Command): Promise<void>;
  park(command: Command): Promise<void>;
  unpark(command: Command): Promise<void>;
}

export type FrameKind = 'light' | 'dark' | 'bias' | 'flat';

export interface ExposureOrder {
  readonly kind: FrameKind;
  readonly exposureS: number;
  readonly binning: number;
}

/** Pixels and facts, not a file: whoever asked for the exposure writes it. */
export interface CameraFrame {
  /** Row-major, in the order of the FITS file that will hold them. */
  readonly adu: Uint16Array;
  readonly width: number;
  readonly height: number;
  /** Shutter open, and for how long. */
  readonly startMs: number;
  readonly exposureS: number;
  readonly facts: CameraFacts;
}

/** What the camera says of itself; undefined where it says nothing. */
export interface CameraFacts {
  readonly camera: string;
  readonly binning: number;
  readonly pixelSizeUm: number | undefined;
  readonly gainEPerAdu: number | undefined;
  readonly readNoiseE: number | undefined;
  readonly saturationAdu: number | undefined;
  readonly temperatureC: number | undefined;
  readonly bayer: 'RGGB' | 'BGGR' | 'GRBG' | 'GBRG' | undefined;
}

export interface CameraState {
  readonly activity: 'idle' | 'exposing' | 'reading out';
  readonly temperatureC: number | undefined;
}

export interface Camera {
  read(): Promise<Reading<CameraState>>;
  /**
   * Takes one exposure; the deadline counts beyond the exposure itself. Aborting closes the shutter and gives no frame.
   * @throws RetryLater when the camera is busy
   */
  expose(order: ExposureOrder, command: Command): Promise<CameraFrame>;
}

export interface FilterWheel {
  /** Names of the filters, in the order of the wheel. */
  readonly filters: readonly string[];
  /** The filter in the beam; undefined while the wheel turns. */
  read(): Promise<Reading<string | undefined>>;
  /** @throws Parked for a filter that the wheel does not hold */
  select(filter: string, command: Command): Promise<void>;
}

export interface Focuser {
  /** Position in the focuser's own steps. */
  read(): Promise<Reading<number>>;
  moveTo(position: number, command: Command): Promise<void>;
}

export interface DomeState {
  /** `unknown`: neither end switch is reached and nothing moves. Whether the way to the sky is free, not whether it may be. */
  readonly shutter: 'open' | 'closed' | 'opening' | 'closing' | 'unknown';
}

/** A dome's shutter or a roof that rolls off. */
export interface Dome {
  read(): Promise<Reading<DomeState>>;
  open(command: Command): Promise<void>;
  close(command: Command): Promise<void>;
}

/** Undefined where the station has no such sensor. */
export interface WeatherState {
  readonly rain: boolean | undefined;
  readonly windMPerS: number | undefined;
  readonly humidityPercent: number | undefined;
  readonly temperatureC: number | undefined;
  /** The station's own verdict, where it gives one. */
  readonly safe: boolean | undefined;
}

export interface Weather {
  read(): Promise<Reading<WeatherState>>;
}

export interface GuiderState {
  readonly activity: 'idle' | 'calibrating' | 'guiding' | 'star lost';
  /** Root mean square of the last corrections. */
  readonly rmsArcsec: number | undefined;
}

export interface Guider {
  read(): Promise<Reading<GuiderState>>;
  /** Resolves when guiding has settled. */
  start(command: Command): Promise<void>;
  stop(command: Command): Promise<void>;
}

export interface Rotator {
  /** Position angle of the camera's +y, north through east. */
  read(): Promise<Reading<number>>;
  rotateTo(angleDeg: number, command: Command): Promise<void>;
}

export interface FlatPanelState {
  readonly cover: 'open' | 'closed' | 'moving' | 'absent';
  /** 0 dark to 1 full brightness. */
  readonly brightness: number;
}

export interface FlatPanel {
  read(): Promise<Reading<FlatPanelState>>;
  illuminate(brightness: number, command: Command): Promise<void>;
}

/** What one driver brings; a site may take its mount from one and its weather from another. */
export interface Devices {
  readonly mount?: Mount;
  readonly camera?: Camera;
  readonly filterWheel?: FilterWheel;
  readonly focuser?: Focuser;
  readonly dome?: Dome;
  readonly weather?: Weather;
  readonly guider?: Guider;
  readonly rotator?: Rotator;
  readonly flatPanel?: FlatPanel;
  /** Lets go of the hardware; moves nothing. */
  close(): Promise<void>;
}
