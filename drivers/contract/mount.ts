import type { SkyPosition } from '../../sky/sphere.ts';
import type { Command, Device, Reading } from './device.ts';

/**
 * The side of the pier on which the telescope stands: `east` normally looks west of the meridian. Several mounts tell it
 * inverted: the sign is learned at commissioning and confirmed by a solve, never trusted alone.
 */
export type PierSide = 'east' | 'west' | 'unknown';

export interface MountState extends SkyPosition {
  /**
   * `tracking` and `still`: the drive follows the sky or is off · `parked`: the mount's own at-park flag, never a
   * remembered command · `unknown`: it gives no clear word, which counts as moving.
   */
  readonly motion: 'tracking' | 'slewing' | 'still' | 'parked' | 'unknown';
  readonly pierSide: PierSide;
  /** From the mount's own encoders; undefined where it does not tell. Nearer to the truth than RA and Dec turned round. */
  readonly horizontal: { readonly altitudeDeg: number; readonly azimuthDeg: number } | undefined;
}

/** What the mount says that it can; false and undefined until it has said so. */
export interface MountAbilities {
  /** A German mount that can be told the side of the pier. */
  readonly canFlip: boolean;
  readonly canSync: boolean;
  readonly canOffset: boolean;
  readonly canSetTracking: boolean;
  readonly canSetSite: boolean;
  /** Limits that the mount itself reports; this site's own limits hold besides. */
  readonly limits: {
    readonly altitudeDeg: { readonly min: number; readonly max: number } | undefined;
    /** How far past the meridian it tracks, hours; undefined where it tells nothing. */
    readonly pastMeridianH: number | undefined;
  };
}

export interface Mount extends Device {
  readonly abilities: MountAbilities;
  read(): Promise<Reading<MountState>>;
  /**
   * Points at the position and tracks it.
   * @throws Parked when the mount cannot or may not point there; TellOperator when it does not confirm
   */
  slewTo(position: SkyPosition, command: Command): Promise<void>;
  /** Moves by a small angle on the sky, east and north, and tracks on. @throws Parked without `canOffset` */
  offset(by: { readonly eastArcsec: number; readonly northArcsec: number }, command: Command): Promise<void>;
  /** Tells the mount where it points now; moves nothing. @throws Parked without `canSync` */
  sync(position: SkyPosition, command: Command): Promise<void>;
  /** Points where it points, from that side of the pier; confirmed by the side. @throws Parked without `canFlip` */
  flip(to: 'east' | 'west', command: Command): Promise<void>;
  /** Turns the drive on or off; moves nothing else. @throws Parked without `canSetTracking` */
  setTracking(on: boolean, command: Command): Promise<void>;
  /** Ends all motion, tracking too. */
  stop(command: Command): Promise<void>;
  park(command: Command): Promise<void>;
  unpark(command: Command): Promise<void>;
  /** Gives place and time to a mount that has no receiver of its own. @throws Parked without `canSetSite` */
  setSite(
    site: { readonly latitudeDeg: number; readonly longitudeDeg: number; readonly heightM: number },
    utcMs: number,
    command: Command,
  ): Promise<void>;
}
