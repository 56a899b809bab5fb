import type { Clock } from '../../../base/clock.ts';
import { turnDeg } from '../../angles.ts';
import type { Command, Dome, DomeState, Reading } from '../../contract.ts';
import { busy, refused } from '../../errors.ts';
import { IndiDevice } from '../device.ts';
import type { IndiServer } from '../server.ts';

/** How near a dome has to come to the azimuth it was sent to. */
const arrivedDeg = 0.9;

/**
 * A dome by INDI. The shutter is told and moved by its own property alone: drivers have called a dome parked whose
 * shutter stood open. Only the state Ok is the word of an end switch; Idle and Alert are none.
 */
export class IndiDome extends IndiDevice implements Dome {
  constructor(server: IndiServer, device: string, clock: Clock) {
    super(server, device, clock, ['DOME_SHUTTER']);
  }

  get canRotate(): boolean {
    return this.property('ABS_DOME_POSITION') !== undefined;
  }

  read(): Promise<Reading<DomeState>> {
    return this.reading(() => ({ shutter: this.#shutter(), rotation: this.#rotation() }));
  }

  open(command: Command): Promise<void> {
    return this.#move('SHUTTER_OPEN', 'open', command);
  }

  close(command: Command): Promise<void> {
    return this.#move('SHUTTER_CLOSE', 'closed', command);
  }

  async stop(command: Command): Promise<void> {
    this.turnOn('DOME_ABORT_MOTION', 'ABORT');
    const isStill = ({ shutter, rotation }: DomeState) =>
      shutter !== 'opening' && shutter !== 'closing' && rotation?.moving !== true;
    await this.confirmed('stands still', () => this.read(), isStill, command);
  }

  async rotateTo(azimuthDeg: number, command: Command): Promise<void> {
    if (!this.canRotate) throw refused(this.name, 'it cannot rotate');
    if (this.#rotation()?.slaved) throw busy(this.name, 'following the mount');
    const isThere = ({ rotation }: DomeState) =>
      rotation !== undefined && !rotation.moving && turnDeg(rotation.azimuthDeg, azimuthDeg) <= arrivedDeg;
    const turn = async () => {
      this.setNumbers('ABS_DOME_POSITION', { DOME_ABSOLUTE_POSITION: azimuthDeg });
      await this.confirmed(`stands at azimuth ${azimuthDeg} deg`, () => this.read(), isThere, command);
    };
    await this.carryOut(command, turn, (ending) => this.stop(ending));
  }

  async setSlaved(slaved: boolean, command: Command): Promise<void> {
    if (!this.canRotate) throw refused(this.name, 'it cannot rotate');
    this.turnOn('DOME_AUTOSYNC', slaved ? 'DOME_AUTOSYNC_ENABLE' : 'DOME_AUTOSYNC_DISABLE');
    const wish = slaved ? 'follows the mount' : 'does not follow the mount';
    await this.confirmed(
      wish,
      () => this.read(),
      ({ rotation }) => rotation?.slaved === slaved,
      command,
    );
  }

  async #move(member: 'SHUTTER_OPEN' | 'SHUTTER_CLOSE', end: 'open' | 'closed', command: Command): Promise<void> {
    const move = async () => {
      this.turnOn('DOME_SHUTTER', member);
      await this.confirmed(
        `is ${end}`,
        () => this.read(),
        ({ shutter }) => shutter === end,
        command,
      );
    };
    // A close that is late is not ended half way: it may still arrive, and is commanded again.
    const isToEnd = () => end === 'open' || command.signal.aborted;
    await this.carryOut(command, move, async (ending) => (isToEnd() ? this.stop(ending) : undefined));
  }

  #shutter(): DomeState['shutter'] {
    const state = this.property('DOME_SHUTTER')?.state;
    const isOpen = this.isOn('DOME_SHUTTER', 'SHUTTER_OPEN') === true;
    const isClosed = this.isOn('DOME_SHUTTER', 'SHUTTER_CLOSE') === true;
    if (isOpen === isClosed) return 'unknown';
    if (state === 'Busy') return isOpen ? 'opening' : 'closing';
    if (state !== 'Ok') return 'unknown';
    return isOpen ? 'open' : 'closed';
  }

  #rotation(): DomeState['rotation'] {
    const azimuthDeg = this.number('ABS_DOME_POSITION', 'DOME_ABSOLUTE_POSITION');
    if (azimuthDeg === undefined) return undefined;
    const slaved = this.isOn('DOME_AUTOSYNC', 'DOME_AUTOSYNC_ENABLE') === true;
    return { azimuthDeg, moving: this.isBusy('ABS_DOME_POSITION'), slaved };
  }
}
