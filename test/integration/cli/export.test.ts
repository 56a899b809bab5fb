import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { toEcsv } from '../../../pipeline/tables/ecsv.ts';
import { readAavso } from '../../support/aavso-reader.ts';
import { pastRecord } from '../../support/frame-records.ts';
import { databaseOnDisk, sha256, storeReduction, temporaryFolder } from '../../support/parcels.ts';

const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');

interface Point {
  readonly exposure: string;
  /** Its name, where it is not SS Cyg. */
  readonly target?: string;
  /** Where its source was found, ICRS, degrees, in a catalogue of its own. */
  readonly found?: readonly [raDeg: number, decDeg: number];
  readonly mjdMid: number;
  readonly mag?: number;
  readonly limit?: number;
  readonly timeVerdict?: string;
  readonly reduction?: string;
}

/** A site whose database holds these points of the target "SS Cyg" in V. */
function site(t: TestContext, points: readonly Point[]) {
  const folder = temporaryFolder(t);
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `site: { name: hill, latitudeDeg: 50, longitudeDeg: 20 }\ndataDir: ${folder}\ninstruments: [{ folders: [${folder}/frames] }]\n`,
  );
  const database = databaseOnDisk(folder);
  for (const { exposure, reduction = exposure, mjdMid, mag, limit, timeVerdict = 'good', ...more } of points) {
    const record = pastRecord() as { targets: object[]; planes: { plane: string; band: string }[] };
    const brightness = { mag: mag ?? null, magErr: mag === undefined ? null : 0.02, limit: limit ?? null };
    const target = {
      ...record.targets[0],
      name: more.target ?? 'SS Cyg',
      raDeg: 325.68,
      decDeg: 43.59,
      plane: record.planes[0]!.plane,
    };
    const planes = record.planes.map((plane) => ({ ...plane, band: 'V' }));
    const exposureId = sha256(exposure);
    const catalogue = join(folder, `${exposure}.cat.ecsv`);
    if (more.found) writeFileSync(catalogue, catalogueOf(record.targets[0] as { x: number; y: number }, more.found));
    const stored = {
      ...record,
      planes,
      exposureId,
      mjdMid,
      timeVerdict,
      exposureS: 60,
      targets: [{ ...target, ...brightness }],
      catalogues: more.found ? [catalogue] : [],
    };
    storeReduction(database, exposureId, stored, sha256(reduction));
  }
  database.close();
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [program, 'export', '--config', config, ...words], { encoding: 'utf8' });
  return { run, file: join(folder, 'out.txt') };
}

/** A catalogue with a source half a pixel from where the target was predicted, and another one far away. */
function catalogueOf({ x, y }: { readonly x: number; readonly y: number }, [ra, dec]: readonly [number, number]) {
  const column = (name: string, values: number[]) => ({
    ...{ name, datatype: name === 'flags' ? ('int32' as const) : ('float64' as const) },
    values: Float64Array.from(values),
  });
  return toEcsv(
    [
      ...[column('x', [x + 40, x + 0.5]), column('y', [y, y]), column('ra', [1, ra]), column('dec', [2, dec])],
      ...[column('flux', [9e4, 5000]), column('flux_err', [300, 50]), column('flags', [0, 0])],
    ],
    {},
  );
}

describe('bhtom-edge export', () => {
  it('writes what is sure, the newest reduction of each exposure only, and tells what stays', (t) => {
    const { run, file } = site(t, [
      { exposure: 'a', mjdMid: 61_000.1, mag: 12 },
      { exposure: 'a', reduction: 'a again', mjdMid: 61_000.1, mag: 12.5 },
      { exposure: 'b', mjdMid: 61_000.2, limit: 17 },
      { exposure: 'c', mjdMid: 61_000.3, mag: 12.7, timeVerdict: 'doubtful' },
    ]);
    const { status, stdout } = run('--format', 'aavso', '--obscode', 'ABC', '--out', file);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^2 points in /);
    assert.match(stdout, /stays here: SS Cyg: its time is doubtful/);
    assert.deepEqual(
      readAavso(readFileSync(file, 'utf8')).map(({ mag, isLimit }) => [mag, isLimit]),
      [
        [12.5, false],
        [17, true],
      ],
    );
  });

  it('writes a target and a night, never over a file, and none where there is no point', (t) => {
    const { run, file } = site(t, [
      { exposure: 'a', mjdMid: 61_000.1, mag: 12 },
      { exposure: 'b', mjdMid: 61_001.1, mag: 13 },
    ]);
    const night = ['--from', '2025-11-21', '--to', '2025-11-22'];
    const { stdout } = run('--format', 'bhtom', '--out', file, '--target', 'SS Cyg', ...night, '--json');
    assert.equal((JSON.parse(stdout) as { nPoints: number }).nPoints, 1);
    assert.match(
      readFileSync(file, 'utf8'),
      /^time,filter,magnitude,error\n61000\.100000,GaiaSP\/V,12\.0000,0\.0200\n$/,
    );
    const again = run('--format', 'tom', '--out', file);
    assert.equal(again.status, 3);
    assert.match(again.stderr, /is there already and is left as it is/);
    const none = run('--format', 'tom', '--out', `${file}.none`, '--target', 'nobody');
    assert.deepEqual([none.status, existsSync(`${file}.none`)], [1, false]);
    assert.equal(run('--format', 'aavso', '--out', `${file}.2`).status, 2);
  });

  it('writes the measured places of moving targets for the Minor Planet Center', (t) => {
    const eros = { target: '(433) Eros', mag: 11.234 };
    const { run, file } = site(t, [
      { exposure: 'a', mjdMid: 61_000.1, ...eros, found: [31.123_456_7, -4.5] },
      { exposure: 'copy', mjdMid: 61_000.1, ...eros, found: [31.123_456_7, -4.5] },
      { exposure: 'blank', mjdMid: 61_000.2, ...eros },
      { exposure: 'b', mjdMid: 61_000.3, target: 'SS Cyg', mag: 12, found: [1, 2] },
    ]);
    const observatory = ['--mpc-station', 'L01', '--submitter', 'A. Kowalska', '--aperture', '0.4'];
    assert.equal(run('--format', 'ades', '--out', file, '--target', '(433) Eros').status, 2);
    const { stdout } = run('--format', 'ades', '--out', file, '--target', '(433) Eros', ...observatory);
    assert.match(stdout, /^1 points in /);
    assert.match(stdout, /another measurement of the same moment/);
    assert.match(stdout, /no clean source was found/);
    const lines = readFileSync(file, 'utf8').split('\n');
    assert.deepEqual(lines.slice(0, 3), ['# version=2022', '# observatory', '! mpcCode L01']);
    assert.deepEqual(lines.slice(-3), [
      'permID|provID|trkSub|mode|stn|obsTime|ra|dec|astCat|mag|rmsMag|band|logSNR|exp',
      '433|||CMO|L01|2025-11-21T02:24:00.0Z|31.123457|-4.500000|UNK|11.23|0.02|Vj|2.00|60',
      '',
    ]);
    const none = run('--format', 'ades', '--out', `${file}.2`, ...observatory);
    assert.equal(none.status, 1, 'no target is known to move');
  });

  it('takes a night from noon to noon at the site', (t) => {
    // 20 degrees east, the noon of 2025-11-21 is at 10:40 UTC, MJD 61000.4444.
    const { run, file } = site(t, [
      { exposure: 'afternoon before', mjdMid: 61_000.44, mag: 11 },
      { exposure: 'evening', mjdMid: 61_000.45, mag: 12 },
      { exposure: 'morning', mjdMid: 61_001.44, mag: 13 },
      { exposure: 'next', mjdMid: 61_001.45, mag: 14 },
    ]);
    assert.equal(run('--format', 'bhtom', '--out', file, '--night', '2025-11-21').status, 0);
    assert.deepEqual(readFileSync(file, 'utf8').match(/(?<=V,)\d+/g), ['12', '13']);
    assert.equal(run('--format', 'bhtom', '--out', `${file}.2`, '--night', 'yesterday').status, 2);
  });
});
