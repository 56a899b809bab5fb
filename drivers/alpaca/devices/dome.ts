import { positiveDeg, turnDeg } from '../../angles.ts';
import type { Command, Dome, DomeState, Reading } from '../../contract.ts';
import { busy, refused } from '../../errors.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';

/** How near a dome has to come to the azimuth it was sent to. */
const arrivedDeg = 0.9;
/** ShutterStatus by its numbers; 4 is an error, and stands for all that is not clear. */
const shutters = ['open', 'closed', 'opening', 'closing'] as const;

/** A dome or roof by Alpaca. */
export class AlpacaDome extends AlpacaDevice implements Dome {
  constructor(reach: AlpacaReach) {
    super(reach, 'dome', ['cansetazimuth', 'canslave', 'cansetshutter']);
  }

  get canRotate(): boolean {
    return this.traits.flag('cansetazimuth') === true;
  }

  read(): Promise<Reading<DomeState>> {
    return this.reading(async () => {
      const state = await this.state('shutterstatus', ...(this.canRotate ? ['azimuth', 'slewing', 'slaved'] : []));
      const shutter = shutters[state.number('shutterstatus') ?? -1] ?? 'unknown';
      if (!this.canRotate) return { shutter, rotation: undefined };
      // Slewing tells of any motion, the shutter's too.
      const isShutterMoving = shutter === 'opening' || shutter === 'closing';
      const moving = state.flag('slewing') !== false && !isShutterMoving;
      const azimuthDeg = state.number('azimuth') ?? Number.NaN;
      return { shutter, rotation: { azimuthDeg, moving, slaved: state.flag('slaved') === true } };
    });
  }

  open(command: Command): Promise<void> {
    return this.#move('openshutter', 'open', command, (ending) => this.stop(ending));
  }

  close(command: Command): Promise<void> {
    // A close that is late is not ended half way: it may still arrive, and is commanded again.
    const end = (ending: Command) => (command.signal.aborted ? this.stop(ending) : Promise.resolve());
    return this.#move('closeshutter', 'closed', command, end);
  }

  async stop(command: Command): Promise<void> {
    await this.obeyed(
      {
        write: (writing) => this.put('abortslew', {}, writing),
        wish: 'stands still',
        read: () => this.read(),
        done: ({ shutter, rotation }) => shutter !== 'opening' && shutter !== 'closing' && rotation?.moving !== true,
      },
      command,
    );
  }

  async rotateTo(azimuthDeg: number, command: Command): Promise<void> {
    if (!this.canRotate) throw refused(this.name, 'it cannot rotate');
    if ((await this.read()).value.rotation?.slaved) throw busy(this.name, 'following the mount');
    await this.obeyed(
      {
        write: (writing) => this.put('slewtoazimuth', { Azimuth: positiveDeg(azimuthDeg) }, writing),
        wish: `stands at azimuth ${azimuthDeg} deg`,
        read: () => this.read(),
        done: ({ rotation }) =>
          rotation !== undefined && !rotation.moving && turnDeg(rotation.azimuthDeg, azimuthDeg) <= arrivedDeg,
        end: (ending) => this.stop(ending),
      },
      command,
    );
  }

  async setSlaved(slaved: boolean, command: Command): Promise<void> {
    if (!this.canRotate) throw refused(this.name, 'it cannot rotate');
    if (slaved && this.traits.flag('canslave') === false) throw refused(this.name, 'it cannot follow the mount itself');
    await this.obeyed(
      {
        write: (writing) => this.put('slaved', { Slaved: slaved }, writing),
        wish: slaved ? 'follows the mount' : 'does not follow the mount',
        read: () => this.read(),
        done: ({ rotation }) => rotation?.slaved === slaved,
      },
      command,
    );
  }

  async #move(
    member: string,
    shutter: 'open' | 'closed',
    command: Command,
    end: (command: Command) => Promise<void>,
  ): Promise<void> {
    if (this.traits.flag('cansetshutter') === false) throw refused(this.name, 'its shutter cannot be moved');
    await this.obeyed(
      {
        write: (writing) => this.put(member, {}, writing),
        wish: `is ${shutter}`,
        read: () => this.read(),
        done: (state) => state.shutter === shutter,
        end,
      },
      command,
    );
  }
}
