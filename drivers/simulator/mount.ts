import { horizontalOf } from '../../sky/horizontal.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import type { Command, Mount, MountState, Reading } from '../contract.ts';
import { busy, refused } from '../errors.ts';
import { besides, obey, Travel, type World } from './world.ts';

const siderealDegPerS = 360 / 86_164.0905;

/** A mount that takes its time, refuses to look into the ground, and points a little beside where it says. */
export class SimulatedMount implements Mount {
  readonly #world: World;
  readonly #travel: Travel;
  #motion: MountState['motion'] = 'parked';
  /** Where the motion under way leads; undefined for the parking position. */
  #goal: SkyPosition | undefined;
  #reported: SkyPosition = { raDeg: 0, decDeg: 90 };
  #true: SkyPosition = this.#reported;
  /** Since when it stands still and the sky drifts through the field. */
  #stillSinceMs: number;
  /** Number of the latest command to move: one that was overtaken no longer stops the mount when it ends. */
  #latest = 0;

  constructor(world: World) {
    this.#world = world;
    this.#travel = new Travel(world);
    this.#stillSinceMs = world.clock.nowMs();
  }

  async read(): Promise<Reading<MountState>> {
    if (this.#travel.arrives()) this.#arrive();
    return { value: { ...this.#drifted(this.#reported), motion: this.#motion }, atMs: this.#world.clock.nowMs() };
  }

  async slewTo(position: SkyPosition, command: Command): Promise<Reading<MountState>> {
    command.signal.throwIfAborted();
    if (this.#motion === 'parked') throw refused('The mount', 'it is parked');
    if (this.#motion === 'slewing') throw busy('The mount', 'slewing');
    const { clock, site, options } = this.#world;
    const { altitudeDeg } = horizontalOf(position, site, clock.nowMs());
    const horizonDeg = options.horizonDeg ?? 10;
    if (altitudeDeg < horizonDeg)
      throw refused('The mount', `${altitudeDeg.toFixed(1)} deg altitude is below its limit of ${horizonDeg} deg`);
    return this.#moveTo(position, 'points at the target and tracks', 'tracking', command);
  }

  async park(command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (this.#motion !== 'parked') await this.#moveTo(undefined, 'is parked', 'parked', command);
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

  /** Where the telescope really looks, errors included. */
  truePosition(): SkyPosition {
    return this.#drifted(this.#true);
  }

  /** From now on (or no longer) no motion comes to its end, as with a slipping clutch. */
  jam(jammed = true): void {
    this.#travel.jam(jammed);
  }

  async #moveTo(
    goal: SkyPosition | undefined,
    wish: string,
    end: MountState['motion'],
    command: Command,
  ): Promise<Reading<MountState>> {
    this.#standStill();
    this.#goal = goal;
    this.#motion = 'slewing';
    this.#travel.start(this.#world.options.slewSeconds);
    const own = ++this.#latest;
    try {
      return await this.#confirm(wish, (motion) => motion === end, command);
    } catch (error) {
      if (own === this.#latest) this.#standStill();
      throw error;
    }
  }

  #arrive(): void {
    if (this.#goal) {
      this.#reported = this.#goal;
      this.#true = besides(this.#goal, this.#world.options.pointingErrorArcsec ?? 15, this.#world.random);
      this.#motion = 'tracking';
    } else {
      this.#stillSinceMs = this.#world.clock.nowMs();
      this.#motion = 'parked';
    }
  }

  #standStill(): void {
    if (this.#motion === 'parked') return;
    this.#travel.stop();
    this.#reported = this.#drifted(this.#reported);
    this.#true = this.#drifted(this.#true);
    this.#stillSinceMs = this.#world.clock.nowMs();
    this.#motion = 'still';
  }

  #drifted(position: SkyPosition): SkyPosition {
    if (this.#motion !== 'still' && this.#motion !== 'parked') return position;
    const seconds = (this.#world.clock.nowMs() - this.#stillSinceMs) / 1000;
    return { ...position, raDeg: (position.raDeg + seconds * siderealDegPerS) % 360 };
  }

  #confirm(
    wish: string,
    done: (motion: MountState['motion']) => boolean,
    command: Command,
  ): Promise<Reading<MountState>> {
    const what = { device: 'The mount', wish, read: () => this.read(), done: (s: MountState) => done(s.motion) };
    return obey(this.#world, what, command);
  }
}
