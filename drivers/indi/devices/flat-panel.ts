import type { Clock } from '../../../base/clock.ts';
import type { Command, FlatPanel, FlatPanelState, Reading } from '../../contract.ts';
import { refused } from '../../errors.ts';
import { IndiDevice } from '../device.ts';
import type { IndiServer } from '../server.ts';

/** A light panel, a dust cap, or both in one, by INDI. */
export class IndiFlatPanel extends IndiDevice implements FlatPanel {
  constructor(server: IndiServer, device: string, clock: Clock) {
    super(server, device, clock, []);
  }

  get hasCover(): boolean {
    return this.property('CAP_PARK') !== undefined;
  }

  get hasLight(): boolean {
    return this.property('FLAT_LIGHT_CONTROL') !== undefined;
  }

  read(): Promise<Reading<FlatPanelState>> {
    return this.reading(() => ({ cover: this.#cover(), brightness: this.#brightness() }));
  }

  async moveCover(to: 'open' | 'closed', command: Command): Promise<void> {
    if (!this.hasCover) throw refused(this.name, 'it has no cover');
    this.turnOn('CAP_PARK', to === 'closed' ? 'PARK' : 'UNPARK');
    await this.confirmed(
      `has its cover ${to}`,
      () => this.read(),
      ({ cover }) => cover === to,
      command,
    );
  }

  async illuminate(brightness: number, command: Command): Promise<void> {
    if (!this.hasLight) throw refused(this.name, 'it has no light');
    if (!(brightness >= 0 && brightness <= 1))
      throw refused(this.name, `brightness goes from 0 to 1, not ${brightness}`);
    const level = this.property('FLAT_LIGHT_INTENSITY')?.members.get('FLAT_LIGHT_INTENSITY_VALUE');
    const { min = 0, max = 1 } = level ?? {};
    const wanted = Math.round(min + brightness * (max - min));
    if (level && brightness > 0) this.setNumbers('FLAT_LIGHT_INTENSITY', { FLAT_LIGHT_INTENSITY_VALUE: wanted });
    this.turnOn('FLAT_LIGHT_CONTROL', brightness > 0 ? 'FLAT_LIGHT_ON' : 'FLAT_LIGHT_OFF');
    const reached = brightness === 0 ? 0 : level ? (wanted - min) / (max - min) : 1;
    const isThere = (state: FlatPanelState) => Math.abs(state.brightness - reached) < 0.01;
    await this.confirmed(`shines at ${reached}`, () => this.read(), isThere, command);
  }

  #cover(): FlatPanelState['cover'] {
    const park = this.property('CAP_PARK');
    if (!park) return 'absent';
    if (park.state === 'Busy') return 'moving';
    if (park.state !== 'Ok') return 'unknown';
    return this.isOn('CAP_PARK', 'PARK') === true ? 'closed' : 'open';
  }

  #brightness(): number {
    if (this.isOn('FLAT_LIGHT_CONTROL', 'FLAT_LIGHT_ON') !== true) return 0;
    const level = this.property('FLAT_LIGHT_INTENSITY')?.members.get('FLAT_LIGHT_INTENSITY_VALUE');
    const { value, min = 0, max = 1 } = level ?? {};
    return typeof value === 'number' ? (value - min) / (max - min) : 1;
  }
}
