import type { Command, Device, Reading } from './device.ts';

export interface DomeState {
  /**
   * Whether the way to the sky is free, not whether it may be. `open` and `closed` are the word of the shutter's own end
   * switch (its own property, where the controller hides the switch), never of a park flag or of a remembered command.
   * `unknown`: neither end is reached and nothing moves.
   */
  readonly shutter: 'open' | 'closed' | 'opening' | 'closing' | 'unknown';
  /** Undefined for a roof that rolls off. */
  readonly rotation: DomeRotationState | undefined;
}

export interface DomeRotationState {
  readonly azimuthDeg: number;
  readonly moving: boolean;
  /** Whether the dome follows the mount by itself. */
  readonly slaved: boolean;
}

/** A dome's shutter or a roof that rolls off. A command that finds its end reached is a success. */
export interface Dome extends Device {
  readonly canRotate: boolean;
  read(): Promise<Reading<DomeState>>;
  open(command: Command): Promise<void>;
  /** Always commands the hardware, whatever is believed of the shutter. */
  close(command: Command): Promise<void>;
  /** Ends all motion of shutter and dome. */
  stop(command: Command): Promise<void>;
  /** @throws Parked when it cannot rotate, RetryLater while slaved */
  rotateTo(azimuthDeg: number, command: Command): Promise<void>;
  /** @throws Parked when it cannot rotate */
  setSlaved(slaved: boolean, command: Command): Promise<void>;
}

/** Undefined where the station has no such sensor. */
export interface WeatherState {
  readonly rain: boolean | undefined;
  readonly windMPerS: number | undefined;
  readonly gustMPerS: number | undefined;
  readonly humidityPercent: number | undefined;
  readonly temperatureC: number | undefined;
  readonly dewPointC: number | undefined;
  readonly cloudPercent: number | undefined;
  /** Of the sky in the thermal infrared, as the sensor gives it. */
  readonly skyTemperatureC: number | undefined;
  /** The station's own verdict, where it gives one. */
  readonly safe: boolean | undefined;
}

export interface Weather extends Device {
  read(): Promise<Reading<WeatherState>>;
}

/** A verdict of another program or box. */
export interface SafetyMonitor extends Device {
  /** Undefined when it gives no clear word (idle, not connected): that is unsafe. */
  read(): Promise<Reading<{ readonly safe: boolean | undefined; readonly reason: string | undefined }>>;
}

export interface PowerState {
  readonly source: 'mains' | 'battery' | 'unknown';
  readonly chargePercent: number | undefined;
  /** How long the battery lasts. */
  readonly remainingS: number | undefined;
}

export interface Power extends Device {
  read(): Promise<Reading<PowerState>>;
}

/** The quality of the sky; nothing of it says whether it is safe. Undefined where there is no such sensor. */
export interface ConditionsState {
  readonly skyBrightnessMagPerArcsec2: number | undefined;
  readonly seeingArcsec: number | undefined;
}

export interface ObservingConditions extends Device {
  read(): Promise<Reading<ConditionsState>>;
}

export interface SwitchState {
  readonly name: string;
  /** 0 and 1 for a plain switch. */
  readonly value: number;
}

export interface SwitchChannel {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly writable: boolean;
}

/** A box of switches, relays and dimmers. */
export interface Switches extends Device {
  readonly channels: readonly SwitchChannel[];
  read(): Promise<Reading<readonly SwitchState[]>>;
  /** @throws Parked for a channel that does not exist, cannot be written or does not take the value */
  set(channel: string, value: number, command: Command): Promise<void>;
}
