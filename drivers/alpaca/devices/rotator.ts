import { positiveDeg, turnDeg } from '../../angles.ts';
import type { Command, Reading, Rotator, RotatorState } from '../../contract.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';

const arrivedDeg = 0.5;

/** A rotator by Alpaca. Its position is the angle on the sky as synced. */
export class AlpacaRotator extends AlpacaDevice implements Rotator {
  constructor(reach: AlpacaReach) {
    super(reach, 'rotator', []);
  }

  read(): Promise<Reading<RotatorState>> {
    return this.reading(async () => {
      const state = await this.state('position', 'mechanicalposition', 'ismoving');
      return {
        angleDeg: state.number('position') ?? Number.NaN,
        mechanicalDeg: state.number('mechanicalposition'),
        moving: state.flag('ismoving') !== false,
      };
    });
  }

  rotateTo(angleDeg: number, command: Command): Promise<void> {
    return this.#standAt(angleDeg, 'moveabsolute', command, (ending) => this.stop(ending));
  }

  sync(angleDeg: number, command: Command): Promise<void> {
    return this.#standAt(angleDeg, 'sync', command);
  }

  async stop(command: Command): Promise<void> {
    await this.obeyed(
      {
        write: (writing) => this.put('halt', {}, writing),
        wish: 'stands still',
        read: () => this.read(),
        done: ({ moving }) => !moving,
      },
      command,
    );
  }

  async #standAt(
    angleDeg: number,
    member: string,
    command: Command,
    end?: (command: Command) => Promise<void>,
  ): Promise<void> {
    await this.obeyed(
      {
        write: (writing) => this.put(member, { Position: positiveDeg(angleDeg) }, writing),
        wish: `stands at ${angleDeg} deg`,
        read: () => this.read(),
        done: (state) => !state.moving && turnDeg(state.angleDeg, angleDeg) <= arrivedDeg,
        ...(end && { end }),
      },
      command,
    );
  }
}
