import { horizontalOf } from '../../sky/horizontal.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import type { Command, Mount, MountState, PierSide, Reading } from '../contract.ts';
import { busy, refused } from '../errors.ts';
import { SimulatedDevice } from './device.ts';
import { besides, type World } from './world.ts';

const siderealDegPerS = 360 / 86_164.0905;
const parkedAt: SkyPosition = { raDeg: 0, decDeg: 90 };

/** A German mount that takes its time, refuses to look into the ground, and points a little beside where it says. */
export class SimulatedMount extends SimulatedDevice implements Mount {
  readonly abilities;
  #motion: MountState['motion'] = 'parked';
  #pierSide: PierSide = 'west';
  /** Where the motion under way leads; undefined for the parking position. */
  #goal: SkyPosition | undefined;
  #goalSide: PierSide | undefined;
  #reported: SkyPosition = parkedAt;
  #true: SkyPosition = parkedAt;
  /** Since when it stands still and the sky drifts through the field. */
  #stillSinceMs: number;
  /** Number of the latest command to move: one that was overtaken no longer stops the mount when it ends. */
  #latest = 0;

  constructor(world: World) {
    super(world, 'The mount');
    this.#stillSinceMs = world.clock.nowMs();
    this.abilities = {
      canFlip: true,
      canSync: true,
      canOffset: true,
      canSetTracking: true,
      canSetSite: true,
      limits: { altitudeDeg: { min: world.options.horizonDeg ?? 10, max: 90 }, pastMeridianH: 1 },
    } as const;
  }

  async read(): Promise<Reading<MountState>> {
    if (this.travel.arrives()) this.#arrive();
    const position = this.#drifted(this.#reported);
    const horizontal = horizontalOf(position, this.world.site, this.world.clock.nowMs());
    return this.reading({ ...position, motion: this.#motion, pierSide: this.#pierSide, horizontal });
  }

  async slewTo(position: SkyPosition, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    this.#requireFree();
    const { clock, site } = this.world;
    const { altitudeDeg, azimuthDeg } = horizontalOf(position, site, clock.nowMs());
    const { min } = this.abilities.limits.altitudeDeg;
    if (altitudeDeg < min)
      throw refused(this.name, `${altitudeDeg.toFixed(1)} deg altitude is below its limit of ${min} deg`);
    // Looking east it stands on the west of its pier, and the other way round.
    const side = azimuthDeg < 180 ? 'west' : 'east';
    await this.#moveTo(position, side, 'points at the target and tracks', 'tracking', command);
  }

  async offset(by: { eastArcsec: number; northArcsec: number }, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (this.#motion !== 'tracking') throw refused(this.name, `it is ${this.#motion}, and offsets need tracking`);
    this.#reported = moved(this.#reported, by.eastArcsec, by.northArcsec);
    this.#true = moved(this.#true, by.eastArcsec, by.northArcsec);
    await this.#confirm('tracks', (motion) => motion === 'tracking', command);
  }

  async sync(position: SkyPosition, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (this.#motion !== 'tracking') throw refused(this.name, `it is ${this.#motion}, and a sync needs tracking`);
    this.#reported = position;
    await this.#confirm('tracks', (motion) => motion === 'tracking', command);
  }

  async flip(to: 'east' | 'west', command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (this.#motion !== 'tracking') throw refused(this.name, `it is ${this.#motion}, and a flip needs tracking`);
    if (this.#pierSide !== to)
      await this.#moveTo(this.#reported, to, `is ${to} of its pier and tracks`, 'tracking', command);
  }

  async setTracking(on: boolean, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    this.#requireFree();
    if (!on) this.#standStill();
    else if (this.#motion === 'still') {
      this.#reported = this.#drifted(this.#reported);
      this.#true = this.#drifted(this.#true);
      this.#motion = 'tracking';
    }
    const wanted = on ? 'tracking' : 'still';
    await this.#confirm(on ? 'tracks' : 'does not track', (motion) => motion === wanted, command);
  }

  async park(command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (this.#motion !== 'parked') await this.#moveTo(undefined, 'west', 'is parked', 'parked', command);
  }

  async unpark(command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (this.#motion === 'parked') this.#motion = 'still';
    await this.#confirm('is unparked', (motion) => motion !== 'parked', command);
  }

  async stop(command: Command): Promise<void> {
    this.#standStill();
    await this.#confirm('stands still', (motion) => motion === 'still' || motion === 'parked', command);
  }

  async setSite(_site: unknown, _utcMs: number, command: Command): Promise<void> {
    command.signal.throwIfAborted(); // it knows where it stands
  }

  /** Where the telescope really looks, errors included. */
  truePosition(): SkyPosition {
    return this.#drifted(this.#true);
  }

  /** Somebody turns it on or off by hand, or its drive fails: `still`, `parked` or `tracking` from now on. */
  byHand(motion: 'still' | 'parked' | 'tracking'): void {
    this.#motion = 'still';
    this.#standStill();
    this.#motion = motion;
  }

  restart(): void {
    this.#motion = 'still';
    this.#standStill();
    this.#reported = parkedAt;
    this.#pierSide = 'unknown';
  }

  #requireFree(): void {
    if (this.#motion === 'parked') throw refused(this.name, 'it is parked');
    if (this.#motion === 'slewing') throw busy(this.name, 'slewing');
  }

  async #moveTo(
    goal: SkyPosition | undefined,
    side: PierSide,
    wish: string,
    end: MountState['motion'],
    command: Command,
  ): Promise<void> {
    this.#standStill();
    this.#goal = goal;
    this.#goalSide = side;
    this.#motion = 'slewing';
    this.travel.start(this.world.options.slewSeconds);
    const own = ++this.#latest;
    try {
      await this.#confirm(wish, (motion) => motion === end, command);
    } catch (error) {
      if (own === this.#latest) this.#standStill();
      throw error;
    }
  }

  #arrive(): void {
    this.#pierSide = this.#goalSide ?? this.#pierSide;
    if (this.#goal) {
      this.#reported = this.#goal;
      this.#true = besides(this.#goal, this.world.options.pointingErrorArcsec ?? 15, this.world.random);
      this.#motion = 'tracking';
    } else {
      this.#stillSinceMs = this.world.clock.nowMs();
      this.#motion = 'parked';
    }
  }

  #standStill(): void {
    if (this.#motion === 'parked') return;
    this.travel.stop();
    this.#reported = this.#drifted(this.#reported);
    this.#true = this.#drifted(this.#true);
    this.#stillSinceMs = this.world.clock.nowMs();
    this.#motion = 'still';
  }

  #drifted(position: SkyPosition): SkyPosition {
    if (this.#motion !== 'still' && this.#motion !== 'parked') return position;
    const seconds = (this.world.clock.nowMs() - this.#stillSinceMs) / 1000;
    return { ...position, raDeg: (position.raDeg + seconds * siderealDegPerS) % 360 };
  }

  #confirm(wish: string, done: (motion: MountState['motion']) => boolean, command: Command): Promise<void> {
    return this.confirmed(
      wish,
      () => this.read(),
      ({ motion }) => done(motion),
      command,
    );
  }
}

/** A position so many arc seconds further east and north. */
function moved({ raDeg, decDeg }: SkyPosition, eastArcsec: number, northArcsec: number): SkyPosition {
  const perRa = Math.max(Math.cos((decDeg * Math.PI) / 180), 0.01);
  return {
    raDeg: (((raDeg + eastArcsec / 3600 / perRa) % 360) + 360) % 360,
    decDeg: Math.min(90, Math.max(-90, decDeg + northArcsec / 3600)),
  };
}
