import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { startDaemon } from '../../../../agent/daemon.ts';
import { systemClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import { saveFrame } from '../../../../cli/demo/camera-program.ts';
import { configSchema } from '../../../../config/schema.ts';
import { magnitudeIn } from '../../../../drivers/simulator/sky/bands.ts';
import { Renderer } from '../../../../drivers/simulator/sky/renderer.ts';
import { makeSky, starsAround } from '../../../../drivers/simulator/sky/stars.ts';
import type { FrameSummary } from '../../../../pipeline/products/summary.ts';
import { type GaiaRow, gaiaService } from '../../../support/gaia-service.ts';
import { serverFor } from '../../../support/http.ts';
import { until } from '../../../support/intake.ts';
import { silent } from '../../../support/parcels.ts';

const site = { name: 'test', latitudeDeg: 50, longitudeDeg: 20, heightM: 200 };
const field = { raDeg: 83.5, decDeg: 30.5, sky: makeSky(5, { starsPerSquareDegree: 2000 }), site };

/** The simulated sky about the field, as the archive has it. */
function rowsOfSky(): GaiaRow[] {
  return starsAround(field.sky, field.raDeg, field.decDeg, 2)
    .filter(({ gMag }) => gMag < 17.5)
    .map(({ raDeg, decDeg, gMag, bpRp }, k) => {
      const row: GaiaRow = {
        ...{ source_id: String(1000 + k), ra: String(raDeg), dec: String(decDeg), ref_epoch: '2016.0' },
        ...{ pmra: '0', pmdec: '0', ruwe: '1.02', phot_variable_flag: 'NOT_AVAILABLE', non_single_star: '0' },
        ...{ phot_g_mean_mag: String(gMag), c_star: '0.001' },
        ...{ phot_bp_mean_mag: String(gMag + 0.5 * bpRp), phot_rp_mean_mag: String(gMag - 0.5 * bpRp) },
      };
      for (const band of ['g', 'bp', 'rp']) row[`phot_${band}_mean_flux_over_error`] = '500.0';
      for (const band of ['B', 'V', 'R', 'I'] as const) {
        const stem = `${band.toLowerCase()}_jkc`;
        row[`${stem}_mag`] = magnitudeIn(band, gMag, bpRp).toFixed(5);
        Object.assign(row, { [`${stem}_flux`]: '1.0E-16', [`${stem}_flux_error`]: '1.0E-18', [`${stem}_flag`]: '1' });
      }
      return row;
    });
}

it('a frame that came before its reference stars is reduced again with them, as a revision', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'bhtom-edge-late-stars-'));
  const folder = join(root, 'frames');
  mkdirSync(folder);
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const url = `${await serverFor(t, gaiaService(rowsOfSky()))}/tap`;
  const service = { id: 'local', kind: 'tap', url, format: 'votable', tables: 'archive' };
  const config = configSchema.parse({
    ...{ site, dataDir: join(root, 'data'), instruments: [{ folders: [folder], camera: { scaleArcsecPerPx: 1 } }] },
    catalogue: { online: true, radiusDeg: 0.3, depthMag: 17, services: [service] },
    destinations: [{ id: 'away', kind: 'hub', url: 'http://127.0.0.1:9', tokenEnv: 'PATH', requests: false }],
    intake: { settleS: 0.1, rescanS: 1, minFreeMb: 0 },
    reduction: { threads: 1 },
  });
  const parts = { config, clock: systemClock, random: new Random(1), log: silent, version: 'test' };
  const renderer = new Renderer();
  let daemon = await startDaemon(parts);
  const records = () => daemon.store.reductions.recent(9).map(({ record }) => JSON.parse(record) as FrameSummary);
  try {
    await saveFrame(renderer, folder, 1, field, Date.now() - 7_200_000);
    await until(() => records().length === 2);
    const [late, early] = records();
    assert.deepEqual([early!.reference, early!.zeroPoint], [null, null]);
    assert.equal(late!.reference?.complete, true);
    assert.equal(late!.exposureId, early!.exposureId);
    assert.ok(late!.located.from === 'solver' && late!.zeroPoint !== null);
    const waiting = daemon.store.outbox.ofExposure(late!.exposureId).filter(({ state }) => state === 'queued');
    assert.equal(waiting.length, 1, 'only the newest revision is on its way');
    // Now it has what there is: a start looks again and leaves it alone.
    await daemon.stop();
    daemon = await startDaemon(parts);
    await systemClock.sleep(1500);
    assert.equal(records().length, 2);
    assert.deepEqual(daemon.store.frames.counts(), { reduced: 1 });
  } finally {
    await daemon.stop();
    await renderer.close();
  }
});
