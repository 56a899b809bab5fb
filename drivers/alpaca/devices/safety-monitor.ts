import type { Reading, SafetyMonitor } from '../../contract.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';

/** A program or box that says whether it is safe, by Alpaca; it gives no reasons. */
export class AlpacaSafetyMonitor extends AlpacaDevice implements SafetyMonitor {
  constructor(reach: AlpacaReach) {
    super(reach, 'safetymonitor', []);
  }

  read(): Promise<Reading<{ readonly safe: boolean | undefined; readonly reason: undefined }>> {
    return this.reading(async () => ({ safe: (await this.state('issafe')).flag('issafe'), reason: undefined }));
  }
}
