import type { Command, Device, DeviceEvents, Reading } from './device.ts';

export interface GuiderState {
  readonly activity: 'idle' | 'calibrating' | 'guiding' | 'settling' | 'star lost' | 'paused';
  /** Root mean square of the last corrections. */
  readonly rmsArcsec: number | undefined;
}

/** When guiding counts as settled: within so much for so long. */
export interface Settle {
  readonly withinArcsec: number;
  readonly forS: number;
}

export type GuiderEvents = DeviceEvents & {
  'star lost': [];
  'star found': [];
};

export interface Guider extends Device<GuiderEvents> {
  read(): Promise<Reading<GuiderState>>;
  /** Resolves when guiding has settled. */
  start(settle: Settle, command: Command): Promise<void>;
  /** Shifts the field by a random step of at most so much, and resolves when it has settled again. */
  dither(atMostArcsec: number, settle: Settle, command: Command): Promise<void>;
  stop(command: Command): Promise<void>;
}
