import type { Clock } from '../../../base/clock.ts';
import { j2000OfDate, ofDateOfJ2000 } from '../../../sky/equinox.ts';
import { horizontalOf } from '../../../sky/horizontal.ts';
import type { Site } from '../../../sky/site.ts';
import { gnomonicPosition, type SkyPosition, separationDeg } from '../../../sky/sphere.ts';
import type { Command, Mount, MountAbilities, MountState, PierSide, Reading } from '../../contract.ts';
import { busy, notConfirmed, refused } from '../../errors.ts';
import { IndiDevice } from '../device.ts';
import type { IndiServer } from '../server.ts';

/** A mount has arrived when it says, in its own coordinates, that it is this near. */
const arrivedDeg = 0.05;
/** One that tracks beside its target so long after it was told has ended its slew. */
const leastSlewMs = 4_000;
const mostAims = 3;
const arcsecPerRad = 206_264.806;

/**
 * A mount by INDI. It speaks of the equator and equinox of the date, or of J2000 where that is all it offers. Precession
 * and nutation are counted, aberration (20") and refraction are left to the mount's model and to centring.
 */
export class IndiMount extends IndiDevice implements Mount {
  readonly #site: Site;

  constructor(server: IndiServer, device: string, clock: Clock, site: Site) {
    super(server, device, clock, ['ON_COORD_SET', 'TELESCOPE_ABORT_MOTION']);
    this.#site = site;
  }

  get abilities(): MountAbilities {
    return {
      canFlip: this.property('TELESCOPE_PIER_SIDE')?.permission === 'rw',
      canSync: this.property('ON_COORD_SET')?.members.has('SYNC') ?? false,
      canOffset: true,
      canSetTracking: this.property('TELESCOPE_TRACK_STATE') !== undefined,
      canSetSite: this.property('GEOGRAPHIC_COORD') !== undefined,
      limits: { altitudeDeg: undefined, pastMeridianH: undefined },
    };
  }

  read(): Promise<Reading<MountState>> {
    return this.reading(() => this.#state());
  }

  async slewTo(position: SkyPosition, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    await this.#free();
    this.#requireAboveHorizon(position);
    const slew = async () => {
      this.turnOn('ON_COORD_SET', this.property('ON_COORD_SET')!.members.has('TRACK') ? 'TRACK' : 'SLEW');
      await this.#aim(position, command);
    };
    await this.carryOut(command, slew, (ending) => this.stop(ending));
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
    this.turnOn('ON_COORD_SET', 'SYNC');
    await this.#arrived(position, this.#sendPosition(position), command);
  }

  async flip(to: 'east' | 'west', command: Command): Promise<void> {
    if (!this.abilities.canFlip) throw refused(this.name, 'its driver cannot be told the side of the pier');
    await this.#free();
    this.turnOn('TELESCOPE_PIER_SIDE', to === 'east' ? 'PIER_EAST' : 'PIER_WEST');
    const done = ({ pierSide, motion }: MountState) => pierSide === to && motion === 'tracking';
    await this.confirmed(`is ${to} of its pier and tracks`, () => this.read(), done, command);
  }

  async setTracking(on: boolean, command: Command): Promise<void> {
    if (!this.abilities.canSetTracking) throw refused(this.name, 'its tracking cannot be switched');
    await this.#free();
    this.turnOn('TELESCOPE_TRACK_STATE', on ? 'TRACK_ON' : 'TRACK_OFF');
    const wanted = on ? 'tracking' : 'still';
    await this.confirmed(
      on ? 'tracks' : 'does not track',
      () => this.read(),
      ({ motion }) => motion === wanted,
      command,
    );
  }

  async stop(command: Command): Promise<void> {
    this.turnOn('TELESCOPE_ABORT_MOTION', 'ABORT');
    if (this.abilities.canSetTracking && this.#state().motion !== 'parked')
      this.turnOn('TELESCOPE_TRACK_STATE', 'TRACK_OFF');
    const isStill = ({ motion }: MountState) => motion === 'still' || motion === 'parked';
    await this.confirmed('stands still', () => this.read(), isStill, command);
  }

  async park(command: Command): Promise<void> {
    // A second command to a parked mount puts some drivers into alarm.
    const park = async () => {
      if ((await this.read()).value.motion !== 'parked') this.turnOn('TELESCOPE_PARK', 'PARK');
      await this.confirmed(
        'is parked',
        () => this.read(),
        ({ motion }) => motion === 'parked',
        command,
      );
    };
    // A park that is late may still arrive; only who aborts it wants it to end.
    await this.carryOut(command, park, (ending) => (command.signal.aborted ? this.stop(ending) : Promise.resolve()));
  }

  async unpark(command: Command): Promise<void> {
    if ((await this.read()).value.motion === 'parked') this.turnOn('TELESCOPE_PARK', 'UNPARK');
    const isFree = ({ motion }: MountState) => motion === 'still' || motion === 'tracking';
    await this.confirmed('is unparked', () => this.read(), isFree, command);
  }

  async setSite(
    site: { readonly latitudeDeg: number; readonly longitudeDeg: number; readonly heightM: number },
    utcMs: number,
    command: Command,
  ): Promise<void> {
    const long = ((site.longitudeDeg % 360) + 360) % 360;
    this.setNumbers('GEOGRAPHIC_COORD', { LAT: site.latitudeDeg, LONG: long, ELEV: site.heightM });
    if (this.property('TIME_UTC')) {
      this.server.send('Text', this.id, 'TIME_UTC', { UTC: new Date(utcMs).toISOString().slice(0, 19), OFFSET: '0' });
    }
    const near = (member: string, wanted: number) =>
      Math.abs((this.number('GEOGRAPHIC_COORD', member) ?? Number.NaN) - wanted) < 0.01;
    const set = () => this.reading(() => near('LAT', site.latitudeDeg) && near('LONG', long));
    await this.confirmed('knows where it stands', set, (isSet) => isSet, command);
  }

  #state(): MountState {
    const [raHours, decDeg] = [this.number(this.#coordinates(), 'RA'), this.number(this.#coordinates(), 'DEC')];
    const isKnown = raHours !== undefined && decDeg !== undefined;
    const told = { raDeg: isKnown ? raHours * 15 : 0, decDeg: isKnown ? decDeg : 0 };
    const altitudeDeg = this.number('HORIZONTAL_COORD', 'ALT');
    const azimuthDeg = this.number('HORIZONTAL_COORD', 'AZ');
    return {
      ...(this.#isOfDate() ? j2000OfDate(told, this.clock.nowMs()) : told),
      motion: isKnown ? this.#motion() : 'unknown',
      pierSide: this.#pierSide(),
      horizontal: altitudeDeg !== undefined && azimuthDeg !== undefined ? { altitudeDeg, azimuthDeg } : undefined,
    };
  }

  #motion(): MountState['motion'] {
    const park = this.property('TELESCOPE_PARK');
    if (this.isBusy(this.#coordinates()) || park?.state === 'Busy') return 'slewing';
    if (this.isOn('TELESCOPE_PARK', 'PARK') === true) return park?.state === 'Alert' ? 'unknown' : 'parked';
    const tracks = this.isOn('TELESCOPE_TRACK_STATE', 'TRACK_ON');
    if (tracks !== undefined) return tracks ? 'tracking' : 'still';
    // Drivers without a tracking switch tell it by the state of their coordinates.
    return this.property(this.#coordinates())?.state === 'Ok' ? 'tracking' : 'still';
  }

  #pierSide(): PierSide {
    if (this.isOn('TELESCOPE_PIER_SIDE', 'PIER_EAST') === true) return 'east';
    return this.isOn('TELESCOPE_PIER_SIDE', 'PIER_WEST') === true ? 'west' : 'unknown';
  }

  #isOfDate(): boolean {
    return this.property('EQUATORIAL_EOD_COORD') !== undefined;
  }

  #coordinates(): string {
    return this.#isOfDate() ? 'EQUATORIAL_EOD_COORD' : 'EQUATORIAL_COORD';
  }

  async #free(): Promise<void> {
    const { motion } = (await this.read()).value;
    if (motion === 'parked') throw refused(this.name, 'it is parked');
    if (motion === 'slewing') throw busy(this.name, 'slewing');
  }

  /** INDI mounts slew below the horizon when they are told to. */
  #requireAboveHorizon(position: SkyPosition): void {
    const { altitudeDeg } = horizontalOf(position, this.#site, this.clock.nowMs());
    if (altitudeDeg < 0) throw refused(this.name, `the position is ${-altitudeDeg.toFixed(1)} deg below the horizon`);
  }

  /** Gives how many times the server had spoken of the coordinates before: what it says after that is the answer. */
  #sendPosition(position: SkyPosition): number {
    const told = this.#isOfDate() ? ofDateOfJ2000(position, this.clock.nowMs()) : position;
    this.setNumbers(this.#coordinates(), { RA: told.raDeg / 15, DEC: told.decDeg });
    return this.#timesTold();
  }

  #timesTold(): number {
    return this.property(this.#coordinates())?.told ?? 0;
  }

  /**
   * Sends the mount to a position until it is there. Some aim at where the position stood when they were told, and end a
   * long slew as far beside it as the sky has turned meanwhile: they are told again, and the second way is short.
   */
  async #aim(position: SkyPosition, command: Command): Promise<void> {
    const endMs = this.clock.monotonicMs() + command.deadlineMs;
    for (let aims = 1; ; aims++) {
      const told = this.#sendPosition(position);
      const sentMs = this.clock.monotonicMs();
      const isNear = (state: MountState) => separationDeg(state, position) < arrivedDeg;
      const isOver = (state: MountState) => isNear(state) || this.clock.monotonicMs() - sentMs > leastSlewMs;
      const isAtRest = (state: MountState) => this.#timesTold() > told && state.motion === 'tracking' && isOver(state);
      const left = { ...command, deadlineMs: Math.max(0, endMs - sentMs) };
      await this.confirmed('points at the target and tracks', () => this.read(), isAtRest, left);
      const { value } = await this.read();
      if (isNear(value)) return;
      if (aims === mostAims)
        throw notConfirmed(this.name, 'points at the target', command.deadlineMs, JSON.stringify(value));
    }
  }

  async #arrived(position: SkyPosition, toldBefore: number, command: Command): Promise<void> {
    const isThere = (state: MountState) =>
      this.#timesTold() > toldBefore && state.motion === 'tracking' && separationDeg(state, position) < arrivedDeg;
    await this.confirmed('points at the target and tracks', () => this.read(), isThere, command);
  }
}
