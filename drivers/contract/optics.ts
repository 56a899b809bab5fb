import type { Command, Device, Range, Reading } from './device.ts';

export interface FilterWheel extends Device {
  /** Names of the filters, in the order of the wheel. */
  readonly filters: readonly string[];
  /** The filter in the beam; undefined while the wheel turns. */
  read(): Promise<Reading<string | undefined>>;
  /** @throws Parked for a filter that the wheel does not hold */
  select(filter: string, command: Command): Promise<void>;
}

export interface FocuserState {
  /** In the focuser's own steps. */
  readonly position: number;
  readonly moving: boolean;
  readonly temperatureC: number | undefined;
}

export interface Focuser extends Device {
  /** Positions it can reach; undefined until it has told. */
  readonly range: Range | undefined;
  /** Undefined where it does not tell. */
  readonly stepUm: number | undefined;
  read(): Promise<Reading<FocuserState>>;
  /** @throws Parked for a position outside the range */
  moveTo(position: number, command: Command): Promise<void>;
  stop(command: Command): Promise<void>;
}

export interface RotatorState {
  /** Position angle of the camera's +y, north through east, as synced. */
  readonly angleDeg: number;
  /** Of the mechanics, which a sync does not change: what a bound on the cables counts. */
  readonly mechanicalDeg: number | undefined;
  readonly moving: boolean;
}

export interface Rotator extends Device {
  read(): Promise<Reading<RotatorState>>;
  rotateTo(angleDeg: number, command: Command): Promise<void>;
  /** Tells the rotator what its angle is now; moves nothing. */
  sync(angleDeg: number, command: Command): Promise<void>;
  stop(command: Command): Promise<void>;
}

export interface FlatPanelState {
  /** `absent`: a panel that covers nothing · `unknown`: neither end was confirmed. */
  readonly cover: 'open' | 'closed' | 'moving' | 'absent' | 'unknown';
  /** 0 dark to 1 full brightness. */
  readonly brightness: number;
}

export interface FlatPanel extends Device {
  readonly hasCover: boolean;
  readonly hasLight: boolean;
  read(): Promise<Reading<FlatPanelState>>;
  /** @throws Parked without a cover */
  moveCover(to: 'open' | 'closed', command: Command): Promise<void>;
  /** @throws Parked without a light or beyond 0 to 1 */
  illuminate(brightness: number, command: Command): Promise<void>;
}
