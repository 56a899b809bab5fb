import type { Command, Reading, SwitchChannel, Switches, SwitchState } from '../../contract.ts';
import { refused } from '../../errors.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';
import { Facts } from '../facts.ts';

/** A box of switches by Alpaca, which knows them by number. */
export class AlpacaSwitches extends AlpacaDevice implements Switches {
  #channels: readonly SwitchChannel[] = [];

  constructor(reach: AlpacaReach) {
    super(reach, 'switch', ['maxswitch']);
  }

  get channels(): readonly SwitchChannel[] {
    return this.#channels;
  }

  read(): Promise<Reading<readonly SwitchState[]>> {
    return this.reading(async () => {
      const values = await Promise.all(this.#channels.map((_, i) => this.#of(i, ['getswitchvalue'])));
      return this.#channels.map(({ name }, i) => ({
        name,
        value: values[i]!.number('getswitchvalue') ?? Number.NaN,
      }));
    });
  }

  async set(channel: string, value: number, command: Command): Promise<void> {
    const number = this.#channels.findIndex(({ name }) => name === channel);
    const found = this.#channels[number];
    if (!found?.writable) throw refused(this.name, `it has no switch "${channel}" to set`);
    if (!(value >= found.min && value <= found.max))
      throw refused(this.name, `"${channel}" takes ${found.min} to ${found.max}, not ${value}`);
    const near = (found.max - found.min) / 1000;
    await this.obeyed(
      {
        write: (writing) => this.put('setswitchvalue', { Id: number, Value: value }, writing),
        wish: `has "${channel}" at ${value}`,
        read: () => this.read(),
        done: (states) => Math.abs(states[number]!.value - value) <= near,
      },
      command,
    );
  }

  protected override async learn(): Promise<void> {
    const count = this.traits.number('maxswitch') ?? 0;
    this.#channels = await Promise.all(Array.from({ length: count }, (_, i) => this.#channel(i)));
  }

  async #channel(number: number): Promise<SwitchChannel> {
    const told = await this.#of(number, ['getswitchname', 'minswitchvalue', 'maxswitchvalue', 'canwrite']);
    return {
      name: told.text('getswitchname') ?? String(number),
      min: told.number('minswitchvalue') ?? 0,
      max: told.number('maxswitchvalue') ?? 1,
      writable: told.flag('canwrite') === true,
    };
  }

  async #of(number: number, members: readonly string[]): Promise<Facts> {
    const told = await Promise.all(
      members.map(async (member) => [member, await this.ask(member, { Id: number })] as const),
    );
    return new Facts(new Map(told));
  }
}
