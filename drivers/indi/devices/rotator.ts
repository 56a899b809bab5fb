import type { Clock } from '../../../base/clock.ts';
import { positiveDeg, turnDeg } from '../../angles.ts';
import type { Command, Reading, Rotator, RotatorState } from '../../contract.ts';
import { IndiDevice } from '../device.ts';
import type { IndiServer } from '../server.ts';

const arrivedDeg = 0.5;

/** A rotator by INDI; it does not tell the angle of its mechanics apart. */
export class IndiRotator extends IndiDevice implements Rotator {
  constructor(server: IndiServer, device: string, clock: Clock) {
    super(server, device, clock, ['ABS_ROTATOR_ANGLE']);
  }

  read(): Promise<Reading<RotatorState>> {
    return this.reading(() => ({
      angleDeg: this.number('ABS_ROTATOR_ANGLE', 'ANGLE') ?? Number.NaN,
      mechanicalDeg: undefined,
      moving: this.isBusy('ABS_ROTATOR_ANGLE'),
    }));
  }

  async rotateTo(angleDeg: number, command: Command): Promise<void> {
    const turn = async () => {
      this.setNumbers('ABS_ROTATOR_ANGLE', { ANGLE: positiveDeg(angleDeg) });
      await this.#stands(angleDeg, command);
    };
    await this.carryOut(command, turn, (ending) => this.stop(ending));
  }

  async sync(angleDeg: number, command: Command): Promise<void> {
    await this.carryOut(command, async () => {
      this.setNumbers('SYNC_ROTATOR_ANGLE', { ANGLE: positiveDeg(angleDeg) });
      await this.#stands(angleDeg, command);
    });
  }

  async stop(command: Command): Promise<void> {
    this.turnOn('ROTATOR_ABORT_MOTION', 'ABORT');
    await this.confirmed(
      'stands still',
      () => this.read(),
      ({ moving }) => !moving,
      command,
    );
  }

  async #stands(angleDeg: number, command: Command): Promise<void> {
    const isThere = (state: RotatorState) => {
      return !state.moving && turnDeg(state.angleDeg, angleDeg) <= arrivedDeg;
    };
    await this.confirmed(`stands at ${angleDeg} deg`, () => this.read(), isThere, command);
  }
}
