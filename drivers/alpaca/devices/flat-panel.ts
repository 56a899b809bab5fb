import type { Command, FlatPanel, FlatPanelState, Reading } from '../../contract.ts';
import { refused } from '../../errors.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';

/** CoverState and CalibratorState by their numbers; 0 is a part that is not there. */
const covers = ['absent', 'closed', 'moving', 'open', 'unknown', 'unknown'] as const;
const light = { off: 1, ready: 3 } as const;

/** A light panel, a dust cap, or both in one, by Alpaca (CoverCalibrator). */
export class AlpacaFlatPanel extends AlpacaDevice implements FlatPanel {
  #hasCover = false;
  #hasLight = false;

  constructor(reach: AlpacaReach) {
    super(reach, 'covercalibrator', ['maxbrightness']);
  }

  get hasCover(): boolean {
    return this.#hasCover;
  }

  get hasLight(): boolean {
    return this.#hasLight;
  }

  read(): Promise<Reading<FlatPanelState>> {
    return this.reading(async () => {
      const state = await this.state('coverstate', 'calibratorstate', 'brightness');
      const isLit = state.number('calibratorstate') === light.ready;
      return {
        cover: this.#hasCover ? (covers[state.number('coverstate') ?? -1] ?? 'unknown') : 'absent',
        brightness: isLit ? (state.number('brightness') ?? Number.NaN) / this.#full : 0,
      };
    });
  }

  async moveCover(to: 'open' | 'closed', command: Command): Promise<void> {
    if (!this.#hasCover) throw refused(this.name, 'it has no cover');
    await this.obeyed(
      {
        write: (writing) => this.put(to === 'open' ? 'opencover' : 'closecover', {}, writing),
        wish: `has its cover ${to}`,
        read: () => this.read(),
        done: ({ cover }) => cover === to,
        end: (ending) => this.#haltCover(ending),
      },
      command,
    );
  }

  async illuminate(brightness: number, command: Command): Promise<void> {
    if (!this.#hasLight) throw refused(this.name, 'it has no light');
    if (!(brightness >= 0 && brightness <= 1))
      throw refused(this.name, `brightness goes from 0 to 1, not ${brightness}`);
    const level = Math.round(brightness * this.#full);
    await this.obeyed(
      {
        write: (writing) =>
          level > 0 ? this.put('calibratoron', { Brightness: level }, writing) : this.put('calibratoroff', {}, writing),
        wish: `shines at ${level / this.#full}`,
        read: () => this.read(),
        done: (state) => Math.round(state.brightness * this.#full) === level,
      },
      command,
    );
  }

  protected override async learn(): Promise<void> {
    const state = await this.state('coverstate', 'calibratorstate');
    this.#hasCover = (state.number('coverstate') ?? 0) !== 0;
    this.#hasLight = (state.number('calibratorstate') ?? 0) !== 0;
  }

  get #full(): number {
    return this.traits.number('maxbrightness') ?? 1;
  }

  async #haltCover(command: Command): Promise<void> {
    await this.obeyed(
      {
        write: (writing) => this.put('haltcover', {}, writing),
        wish: 'holds its cover still',
        read: () => this.read(),
        done: ({ cover }) => cover !== 'moving',
      },
      command,
    );
  }
}
