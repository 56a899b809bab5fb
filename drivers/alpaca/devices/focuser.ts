import type { Command, Focuser, FocuserState, Range, Reading } from '../../contract.ts';
import { refused } from '../../errors.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';

/** A focuser by Alpaca that knows where it is. Its own temperature compensation is turned off: focus is the site's. */
export class AlpacaFocuser extends AlpacaDevice implements Focuser {
  constructor(reach: AlpacaReach) {
    super(reach, 'focuser', ['absolute', 'maxstep', 'maxincrement', 'stepsize']);
  }

  get range(): Range | undefined {
    const max = this.traits.number('maxstep');
    return this.traits.flag('absolute') === true && max !== undefined && max > 0 ? { min: 0, max, step: 1 } : undefined;
  }

  get stepUm(): number | undefined {
    return this.traits.number('stepsize');
  }

  read(): Promise<Reading<FocuserState>> {
    return this.reading(async () => {
      const state = await this.state('position', 'ismoving', 'temperature');
      return {
        position: state.number('position') ?? Number.NaN,
        moving: state.flag('ismoving') !== false,
        temperatureC: state.number('temperature'),
      };
    });
  }

  async moveTo(position: number, command: Command): Promise<void> {
    const { range } = this;
    if (!range) throw refused(this.name, 'it does not know where it is, and moves by steps only');
    if (!(position >= range.min && position <= range.max))
      throw refused(this.name, `it reaches ${range.min} to ${range.max}, not ${position}`);
    const goal = Math.round(position);
    const longest = this.traits.number('maxincrement') || range.max;
    const from = (await this.read()).value.position;
    const legs = Math.max(1, Math.ceil(Math.abs(goal - from) / longest));
    for (let leg = 1; leg <= legs; leg++) await this.#goTo(Math.round(from + ((goal - from) * leg) / legs), command);
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

  async #goTo(step: number, command: Command): Promise<void> {
    await this.obeyed(
      {
        write: async (writing) => {
          if (String(await this.ask('tempcomp')).toLowerCase() === 'true')
            await this.put('tempcomp', { TempComp: false }, writing);
          await this.put('move', { Position: step }, writing);
        },
        wish: `stands at ${step}`,
        read: () => this.read(),
        done: ({ moving, position }) => !moving && Math.abs(position - step) <= 1,
        end: (ending) => this.stop(ending),
      },
      command,
    );
  }
}
