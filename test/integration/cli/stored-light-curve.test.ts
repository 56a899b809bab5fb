import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { NetworkTargetStore } from '../../../agent/store/network-targets.ts';
import { systemClock } from '../../../base/clock.ts';
import { numbersOf, readCsv } from '../../../pipeline/tables/read-csv.ts';
import { commandSite } from '../../support/command-site.ts';
import { pastRecord } from '../../support/frame-records.ts';
import { databaseOnDisk, sha256, storeReduction } from '../../support/parcels.ts';

/** A site that has measured SS Cyg three times in V, once only a limit and once at a doubtful time, and has BHTOM's archive of it. */
function site(t: TestContext) {
  const destination = 'destinations: [{ id: bhtom, kind: bhtom2, tokenFile: token, delivery: false }]\n';
  const { folder, run } = commandSite(t, destination);
  const database = databaseOnDisk(folder);
  const measure = (exposure: string, mjdMid: number, target: object, timeVerdict = 'good') => {
    const record = pastRecord() as { targets: object[]; planes: { plane: string }[] };
    const place = { name: 'SS Cyg', raDeg: 325.68, decDeg: 43.59, plane: record.planes[0]!.plane };
    const blank = { mag: null, magErr: null, limit: null };
    const stored = {
      ...{ ...record, mjdMid, timeVerdict, filter: 'V', exposureS: 60, airmass: 1.2, exposureId: sha256(exposure) },
      planes: record.planes.map((plane) => ({ ...plane, band: 'V' })),
      targets: [{ ...record.targets[0], ...place, ...blank, ...target }],
    };
    storeReduction(database, sha256(exposure), stored);
  };
  measure('b', 61_000.2, { mag: 12.5, magErr: 0.02 });
  measure('a', 61_000.1, { mag: 12, magErr: 0.01 });
  measure('limit', 61_000.3, { limit: 17, verdict: 'limit' });
  measure('doubtful', 61_000.4, { mag: 12.2, magErr: 0.02 }, 'doubtful');
  new NetworkTargetStore(database, systemClock).writeArchive(
    ...(['bhtom', 'SS Cyg', [{ mjd: 60_999, mag: 11.5, magErr: 0.03, band: 'V' }], 'thank the network'] as const),
  );
  database.close();
  const out = join(folder, 'out');
  const curve = (...words: string[]) => run('lightcurve', ...words, '--out', out);
  return { run: curve, file: (name: string) => join(out, name) };
}

describe('the light curve of a target that a site has measured', () => {
  it('is told by its name, whatever its capitals, in the order of time, with HJD and BJD', (t) => {
    const { run, file } = site(t);
    const { status, stdout, stderr } = run('sscyg');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^SS Cyg: 4 points, 3 detections: /);
    const table = readCsv(readFileSync(file('SS_Cyg.csv'), 'utf8'), 'table');
    const column = (name: string) => [...numbersOf(table, name)!];
    assert.deepEqual(column('mag'), [12, 12.5, Number.NaN, 12.2]);
    assert.deepEqual(column('limit')[2], 17);
    // By astropy; a microday is the last digit of the table.
    assert.ok(Math.abs(column('bjd_tdb')[0]! - 2_461_000.602_078_4) < 1e-6);
    assert.ok(Math.abs(column('hjd_utc')[0]! - 2_461_000.601_285_4) < 1e-6);
    assert.match(readFileSync(file('SS_Cyg.svg'), 'utf8'), /V: 4 points</);
    assert.ok(existsSync(file('SS_Cyg.ecsv')));
  });

  it('comes as a measurement table of AstroImageJ, of detections at a sure time', (t) => {
    const { run, file } = site(t);
    run('SS Cyg');
    const [head, ...rows] = readFileSync(file('SS_Cyg.V.tbl'), 'utf8').trimEnd().split('\n');
    const names = head!.split('\t');
    const cells = rows.map((row) => row.split('\t'));
    assert.equal(rows.length, 2);
    const column = (name: string) => cells.map((row) => Number(row[names.indexOf(name)]));
    // Half a magnitude apart; the second one is the median of two.
    assert.deepEqual(column('rel_flux_T1'), [1.584893, 1]);
    assert.deepEqual(column('rel_flux_err_T1'), [0.014597, 0.018421]);
    assert.deepEqual(column('JD_UTC'), [2_461_000.6, 2_461_000.7]);
  });

  it('has what the archive of a centre holds beside it, below its acknowledgement', (t) => {
    const { run, file } = site(t);
    const { stderr } = run('SS Cyg');
    assert.match(stderr, /^bhtom: thank the network$/m);
    assert.equal(
      readFileSync(file('SS_Cyg.bhtom.csv'), 'utf8'),
      '# thank the network\nmjd_utc,mag,mag_err,band\n60999,11.5,0.03,V\n',
    );
  });

  it('asks whether another name was meant', (t) => {
    const { run } = site(t);
    const { status, stderr } = run('SX Cyg');
    assert.equal(status, 2);
    assert.match(stderr, /no target "SX Cyg" was measured here: did you mean SS Cyg\?/);
    assert.match(run('Betelgeuse').stderr, /measured here: SS Cyg/);
  });
});
