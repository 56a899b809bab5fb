import type { Clock } from '../../../base/clock.ts';
import type { Command, Focuser, FocuserState, Range, Reading } from '../../contract.ts';
import { refused } from '../../errors.ts';
import { IndiDevice } from '../device.ts';
import type { IndiServer } from '../server.ts';

/** A focuser by INDI that knows where it is. */
export class IndiFocuser extends IndiDevice implements Focuser {
  readonly stepUm = undefined;

  constructor(server: IndiServer, device: string, clock: Clock) {
    super(server, device, clock, ['ABS_FOCUS_POSITION']);
  }

  get range(): Range | undefined {
    const { min, max } = this.property('ABS_FOCUS_POSITION')?.members.get('FOCUS_ABSOLUTE_POSITION') ?? {};
    return min !== undefined && max !== undefined && max > min ? { min, max, step: 1 } : undefined;
  }

  read(): Promise<Reading<FocuserState>> {
    return this.reading(() => ({
      position: this.number('ABS_FOCUS_POSITION', 'FOCUS_ABSOLUTE_POSITION') ?? Number.NaN,
      moving: this.isBusy('ABS_FOCUS_POSITION'),
      temperatureC: this.number('FOCUS_TEMPERATURE', 'TEMPERATURE'),
    }));
  }

  async moveTo(position: number, command: Command): Promise<void> {
    const { range } = this;
    if (range && (position < range.min || position > range.max)) {
      throw refused(this.name, `it reaches ${range.min} to ${range.max}, not ${position}`);
    }
    const steps = Math.round(position);
    const isThere = (state: FocuserState) => !state.moving && Math.abs(state.position - steps) <= 1;
    const move = async () => {
      this.setNumbers('ABS_FOCUS_POSITION', { FOCUS_ABSOLUTE_POSITION: steps });
      await this.confirmed(`stands at ${steps}`, () => this.read(), isThere, command);
    };
    await this.carryOut(command, move, (ending) => this.stop(ending));
  }

  async stop(command: Command): Promise<void> {
    // Some drivers cannot be stopped: that matters only while they move.
    if (this.property('FOCUS_ABORT_MOTION') || this.isBusy('ABS_FOCUS_POSITION'))
      this.turnOn('FOCUS_ABORT_MOTION', 'ABORT');
    await this.confirmed(
      'stands still',
      () => this.read(),
      ({ moving }) => !moving,
      command,
    );
  }
}
