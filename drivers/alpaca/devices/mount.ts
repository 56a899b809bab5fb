import { EdgeError } from '../../../base/errors.ts';
import { j2000OfDate, ofDateOfJ2000 } from '../../../sky/equinox.ts';
import { horizontalOf } from '../../../sky/horizontal.ts';
import type { Site } from '../../../sky/site.ts';
import { gnomonicPosition, type SkyPosition, separationDeg } from '../../../sky/sphere.ts';
import { positiveDeg } from '../../angles.ts';
import type { Command, Mount, MountAbilities, MountState, PierSide, Reading } from '../../contract.ts';
import { busy, refused } from '../../errors.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';
import type { Facts } from '../facts.ts';

/** A mount has arrived when it says, in its own coordinates, that it is this near. */
const arrivedDeg = 0.05;
const syncedDeg = 0.003;
const siteDeg = 0.01;
const arcsecPerRad = 206_264.806;
/** SideOfPier by its numbers. */
const sides: Readonly<Record<number, PierSide>> = { 0: 'east', 1: 'west' };
/** EquatorialSystem by its numbers. `Other` is taken for the date; J2050 and B1950 nobody speaks. */
const equinoxes: Readonly<Record<number, 'date' | 'J2000'>> = { 0: 'date', 1: 'date', 2: 'J2000' };

const stateMembers = [
  'rightascension',
  'declination',
  'altitude',
  'azimuth',
  'slewing',
  'tracking',
  'atpark',
  'sideofpier',
];
const traitMembers = [
  'equatorialsystem',
  'canslewasync',
  'cansync',
  'cansettracking',
  'cansetpierside',
  'sitelatitude',
];

/**
 * A mount by Alpaca, moved by slews that end by themselves (`*async`) and never by `MoveAxis`. Precession and nutation are
 * counted, aberration (20") and refraction are left to the mount's model and to centring.
 */
export class AlpacaMount extends AlpacaDevice implements Mount {
  readonly #site: Site;
  #tellsSides = false;

  constructor(reach: AlpacaReach, site: Site) {
    super(reach, 'telescope', traitMembers);
    this.#site = site;
  }

  get abilities(): MountAbilities {
    const can = (member: string) => this.traits.flag(member) === true;
    return {
      canFlip: can('cansetpierside') || this.#tellsSides,
      canSync: can('cansync'),
      canOffset: can('canslewasync'),
      canSetTracking: can('cansettracking'),
      canSetSite: this.traits.number('sitelatitude') !== undefined,
      limits: { altitudeDeg: undefined, pastMeridianH: undefined },
    };
  }

  read(): Promise<Reading<MountState>> {
    return this.reading(async () => this.#stateOf(await this.state(...stateMembers)));
  }

  async slewTo(position: SkyPosition, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    const { motion } = await this.#free();
    this.#requireReachable(position);
    await this.obeyed(
      {
        write: async (writing) => {
          if (motion !== 'tracking' && this.abilities.canSetTracking)
            await this.put('tracking', { Tracking: true }, writing);
          await this.put('slewtocoordinatesasync', this.#coordinates(position), writing);
        },
        wish: 'points at the target and tracks',
        read: () => this.read(),
        done: (state) => state.motion === 'tracking' && separationDeg(state, position) < arrivedDeg,
        end: (ending) => this.stop(ending),
      },
      command,
    );
  }

  async offset(by: { readonly eastArcsec: number; readonly northArcsec: number }, command: Command): Promise<void> {
    const { value } = await this.read();
    if (value.motion !== 'tracking') throw refused(this.name, `it is ${value.motion}, and offsets need tracking`);
    const [east, north] = [by.eastArcsec / arcsecPerRad, by.northArcsec / arcsecPerRad];
    await this.slewTo(gnomonicPosition(value, east, north), command);
  }

  async sync(position: SkyPosition, command: Command): Promise<void> {
    if (!this.abilities.canSync) throw refused(this.name, 'it cannot be told where it points');
    const { value } = await this.read();
    if (value.motion !== 'tracking') throw refused(this.name, `it is ${value.motion}, and a sync needs tracking`);
    await this.obeyed(
      {
        write: (writing) => this.put('synctocoordinates', this.#coordinates(position), writing),
        wish: 'says that it points where it was told',
        read: () => this.read(),
        done: (state) => state.motion === 'tracking' && separationDeg(state, position) < syncedDeg,
      },
      command,
    );
  }

  /** By the word `SideOfPier`, or by a slew to where it points when it says that this ends on the other side. */
  async flip(to: 'east' | 'west', command: Command): Promise<void> {
    if (!this.abilities.canFlip) throw refused(this.name, 'its driver knows nothing of the side of the pier');
    const state = await this.#free();
    if (state.pierSide === to && state.motion === 'tracking') return;
    if (state.motion !== 'tracking') throw refused(this.name, `it is ${state.motion}, and a flip needs tracking`);
    const canSet = this.traits.flag('cansetpierside') === true;
    if (!canSet && (await this.#sideAt(state)) !== to)
      throw refused(this.name, `a slew to where it points would not bring it ${to} of its pier`);
    await this.obeyed(
      {
        write: (writing) =>
          canSet
            ? this.put('sideofpier', { SideOfPier: to === 'east' ? 0 : 1 }, writing)
            : this.put('slewtocoordinatesasync', this.#coordinates(state), writing),
        wish: `is ${to} of its pier and tracks`,
        read: () => this.read(),
        done: ({ pierSide, motion }) => pierSide === to && motion === 'tracking',
        end: (ending) => this.stop(ending),
      },
      command,
    );
  }

  async setTracking(on: boolean, command: Command): Promise<void> {
    if (!this.abilities.canSetTracking) throw refused(this.name, 'its tracking cannot be switched');
    await this.#free();
    const wanted = on ? 'tracking' : 'still';
    await this.obeyed(
      {
        write: (writing) => this.put('tracking', { Tracking: on }, writing),
        wish: on ? 'tracks' : 'does not track',
        read: () => this.read(),
        done: ({ motion }) => motion === wanted,
      },
      command,
    );
  }

  async stop(command: Command): Promise<void> {
    await this.obeyed(
      {
        write: async (writing) => {
          // Whatever they answer (a parked mount refuses both), the values tell whether it moves.
          await this.#attempt('abortslew', {}, writing);
          if (this.abilities.canSetTracking) await this.#attempt('tracking', { Tracking: false }, writing);
        },
        wish: 'stands still',
        read: () => this.read(),
        done: ({ motion }) => motion === 'still' || motion === 'parked',
      },
      command,
    );
  }

  async park(command: Command): Promise<void> {
    const isParked = (await this.read()).value.motion === 'parked';
    await this.obeyed(
      {
        write: async (writing) => isParked || this.put('park', {}, writing),
        wish: 'is parked',
        read: () => this.read(),
        done: ({ motion }) => motion === 'parked',
        // A park that is late may still arrive; only who aborts it wants it to end.
        end: (ending) => (command.signal.aborted ? this.stop(ending) : Promise.resolve()),
      },
      command,
    );
  }

  async unpark(command: Command): Promise<void> {
    const isParked = (await this.read()).value.motion === 'parked';
    await this.obeyed(
      {
        write: async (writing) => !isParked || this.put('unpark', {}, writing),
        wish: 'is unparked',
        read: () => this.read(),
        done: ({ motion }) => motion === 'still' || motion === 'tracking',
      },
      command,
    );
  }

  async setSite(site: Site, utcMs: number, command: Command): Promise<void> {
    if (!this.abilities.canSetSite) throw refused(this.name, 'it cannot be told where it stands');
    const longitudeDeg = positiveDeg(site.longitudeDeg + 180) - 180;
    await this.obeyed(
      {
        write: async (writing) => {
          await this.put('sitelatitude', { SiteLatitude: site.latitudeDeg }, writing);
          await this.put('sitelongitude', { SiteLongitude: longitudeDeg }, writing);
          await this.put('siteelevation', { SiteElevation: site.heightM }, writing);
          await this.put('utcdate', { UTCDate: new Date(utcMs).toISOString() }, writing);
        },
        wish: 'knows where it stands',
        read: () => this.reading(() => this.state('sitelatitude', 'sitelongitude')),
        done: (told) =>
          Math.abs((told.number('sitelatitude') ?? Number.NaN) - site.latitudeDeg) < siteDeg &&
          Math.abs((told.number('sitelongitude') ?? Number.NaN) - longitudeDeg) < siteDeg,
      },
      command,
    );
  }

  protected override async learn(): Promise<void> {
    const state = this.#stateOf(await this.state(...stateMembers));
    this.#tellsSides = this.#equinox() !== undefined && (await this.#sideAt(state)) !== 'unknown';
  }

  /** The side on which it would stand if it were sent there; `unknown` where it does not tell. */
  async #sideAt(position: SkyPosition): Promise<PierSide> {
    return sides[Number((await this.ask('destinationsideofpier', this.#coordinates(position))) ?? -1)] ?? 'unknown';
  }

  #stateOf(state: Facts): MountState {
    const [raHours, decDeg] = [state.number('rightascension'), state.number('declination')];
    const isKnown = raHours !== undefined && decDeg !== undefined && this.#equinox() !== undefined;
    const told = isKnown ? { raDeg: positiveDeg(raHours * 15), decDeg } : { raDeg: 0, decDeg: 0 };
    const [altitudeDeg, azimuthDeg] = [state.number('altitude'), state.number('azimuth')];
    return {
      ...(this.#equinox() === 'date' ? j2000OfDate(told, this.clock.nowMs()) : told),
      motion: isKnown ? motionOf(state) : 'unknown',
      pierSide: sides[state.number('sideofpier') ?? -1] ?? 'unknown',
      horizontal: altitudeDeg !== undefined && azimuthDeg !== undefined ? { altitudeDeg, azimuthDeg } : undefined,
    };
  }

  #equinox(): 'date' | 'J2000' | undefined {
    return equinoxes[this.traits.number('equatorialsystem') ?? 1];
  }

  /** A position in the mount's own coordinates, as its members take them. */
  #coordinates(position: SkyPosition): { RightAscension: number; Declination: number } {
    const equinox = this.#equinox();
    if (!equinox) throw refused(this.name, 'it speaks neither of the equinox of the date nor of J2000');
    const { raDeg, decDeg } = equinox === 'date' ? ofDateOfJ2000(position, this.clock.nowMs()) : position;
    return { RightAscension: positiveDeg(raDeg) / 15, Declination: decDeg };
  }

  async #free(): Promise<MountState> {
    const { value } = await this.read();
    if (value.motion === 'parked') throw refused(this.name, 'it is parked');
    if (value.motion === 'slewing') throw busy(this.name, 'slewing');
    return value;
  }

  /** Alpaca mounts say Ok to what does not exist, and slew below the horizon when they are told to. */
  #requireReachable(position: SkyPosition): void {
    if (this.traits.flag('canslewasync') !== true) throw refused(this.name, 'it has no slews that end by themselves');
    if (!(Math.abs(position.decDeg) <= 90) || !Number.isFinite(position.raDeg))
      throw refused(this.name, `the sky has no declination ${position.decDeg}`);
    const { altitudeDeg } = horizontalOf(position, this.#site, this.clock.nowMs());
    if (altitudeDeg < 0) throw refused(this.name, `the position is ${-altitudeDeg.toFixed(1)} deg below the horizon`);
  }

  async #attempt(...[member, parameters, command]: Parameters<AlpacaMount['put']>): Promise<void> {
    await this.put(member, parameters, command).catch((error: unknown) => {
      if (!this.present || command.signal.aborted || !(error instanceof EdgeError)) throw error;
    });
  }
}

function motionOf(state: Facts): MountState['motion'] {
  const [slewing, parked, tracking] = [state.flag('slewing'), state.flag('atpark'), state.flag('tracking')];
  if (slewing === undefined) return 'unknown';
  if (slewing) return 'slewing';
  if (parked === true) return 'parked';
  return tracking === undefined ? 'unknown' : tracking ? 'tracking' : 'still';
}
