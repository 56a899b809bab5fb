import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lightReports } from '../../../../agent/health/light.ts';
import { openStore } from '../../../../agent/store/open.ts';
import type { StoredZeroPoint } from '../../../../agent/store/zero-points.ts';
import { systemClock } from '../../../../base/clock.ts';
import { temporaryFolder } from '../../../support/parcels.ts';

const setup = { instrument: 'main', setup: 'camera', filter: 'v' };
const row = (mjdMid: number, changes: Partial<StoredZeroPoint> = {}): StoredZeroPoint => ({
  ...{ ...setup, exposureId: String(mjdMid), plane: 'mono', mjdMid, band: 'V', certain: true, zeroPoint: 22.4 },
  ...{ airmass: 1.2, share: null, ...changes },
});

describe('the history of zero points', () => {
  it('gives what frames of one setup told before, each exposure once, by plane', (t) => {
    const store = openStore(temporaryFolder(t), systemClock, 'test');
    t.after(() => store.close());
    const { zeroPoints } = store;
    zeroPoints.write([row(61000.1), row(61000.2), row(61000.3, { certain: false, band: 'g' }), row(61000.9)]);
    zeroPoints.write([row(61000.2, { band: 'g', zeroPoint: 23 })]); // reduced again
    zeroPoints.write([row(61000.1, { filter: 'r' }), row(60900.1), row(61000.15, { plane: 'R', airmass: null })]);
    zeroPoints.write([row(61000.1)]);
    const history = zeroPoints.history(setup, 61000.5, 'none');
    assert.deepEqual(history.mono!.verdicts, { V: 1, g: 1 });
    assert.deepEqual(
      history.mono!.zeroPoints.map(({ mjd, zeroPoint }) => [mjd, zeroPoint]),
      [
        [61000.3, 22.4],
        [61000.2, 23],
        [61000.1, 22.4],
      ],
    );
    assert.ok(Number.isNaN(history.R!.zeroPoints[0]!.airmass));
    assert.equal(zeroPoints.history(setup, 61000.5, '61000.1').mono!.zeroPoints.length, 2, 'itself left out');
    assert.deepEqual(zeroPoints.history({ ...setup, instrument: 'other' }, 61000.5, 'none'), {});
  });

  it('shows a night of clouds, and a filter that dies', (t) => {
    const store = openStore(temporaryFolder(t), systemClock, 'test');
    t.after(() => store.close());
    for (let night = 0; night < 20; night++) {
      for (let k = 0; k < 3; k++) {
        const mjd = 61000.9 + night + k / 10; // over midnight UTC
        const dying = { filter: 'b', band: 'B', exposureId: `b${mjd}`, zeroPoint: 22 - 0.02 * night + 0.01 * (k - 1) };
        store.zeroPoints.write([
          row(mjd, night === 19 ? { zeroPoint: 21.4, share: 0.4 } : { zeroPoint: 22.4 + 0.02 * (night % 2) }),
          row(mjd, dying),
        ]);
      }
    }
    const reports = lightReports(store.zeroPoints.nights(61000, 0), 0);
    const [dying, cloudy] = ['b', 'v'].map((filter) => reports.find((one) => one.filter === filter)!);
    assert.deepEqual([cloudy!.nNights, cloudy!.lastFrames, cloudy!.worstShare], [20, 3, 0.4]);
    assert.ok(Math.abs(cloudy!.usualZeroPoint! - 22.45) < 0.03, 'brought to airmass 1');
    assert.match(cloudy!.warnings.join(), /40 % of the usual light/);
    assert.match(dying!.warnings.join(), /lost for 19 days, 0\.3\d mag in all.*failing filter/);
    assert.equal(cloudy!.warnings.length, 1);
  });
});
