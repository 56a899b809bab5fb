import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { candidatesFor } from '../../../agent/planning/candidates.ts';
import { planInThread } from '../../../agent/planning/in-thread.ts';
import { type Plan, planSpan } from '../../../agent/planning/plan.ts';
import { NetworkTargetStore } from '../../../agent/store/network-targets.ts';
import { readStore } from '../../../agent/store/open.ts';
import { RequestStore } from '../../../agent/store/requests.ts';
import { ManualClock } from '../../../base/clock.ts';
import { loadConfig } from '../../../config/load.ts';
import { pastRecord } from '../../support/frame-records.ts';
import { databaseOnDisk, observingRequestOf, sha256, storeReduction, temporaryFolder } from '../../support/parcels.ts';
import { darkNight } from '../../support/planning.ts';

const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');
const clock = new ManualClock(Date.UTC(2026, 10, 22, 12));
const mjdNow = 61_366.5;
const windows = [{ start: '2026-11-22T17:00:00Z', end: '2026-11-23T04:00:00Z' }];

/** A site with two requests, a target of its own and three of a centre, and ten frames of 60 s that reach 17.0 in V. */
function site(t: TestContext) {
  const folder = temporaryFolder(t);
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `site: { name: hill, latitudeDeg: 50, longitudeDeg: 19.8 }
dataDir: ${folder}
instruments: [{ folders: [${folder}/frames], filters: [B, V] }]
targets: [{ name: own, raDeg: 60, decDeg: 40 }]
destinations: [{ id: centre, kind: hub, url: "http://127.0.0.1:1", tokenEnv: NO_TOKEN }]
observing: { fullMoonDistanceDeg: 0 }
`,
  );
  const database = databaseOnDisk(folder);
  for (let i = 0; i < 10; i++)
    storeReduction(database, sha256(`frame ${i}`), {
      ...pastRecord(),
      filter: 'V',
      exposureS: 60,
      limitingMag: 17,
      band: 'V',
    });
  database.prepare('UPDATE reductions SET reduced_at_ms = ?').run(clock.nowMs() - 86_400_000);
  const requests = new RequestStore(database, clock);
  requests.receiveOffer('centre', 1, observingRequestOf('wanted', { windows, priority: 20 }));
  requests.answer('centre', 'wanted', 'accept', '');
  requests.receiveOffer(
    'centre',
    2,
    observingRequestOf('impossible', {
      windows,
      instrumentConfigs: [{ filter: 'H-alpha', exposureS: 10, exposureCount: 1, binning: 1 }],
    }),
  );
  requests.receiveOffer('centre', 3, observingRequestOf('declined', { windows }));
  requests.answer('centre', 'declined', 'decline', 'no');
  const targets = new NetworkTargetStore(database, clock);
  const interest = { importance: 9, priority: 1, cadenceDays: 2 };
  targets.replaceList('centre', [
    { name: 'bright', raDeg: 80, decDeg: 50, interest },
    { name: 'faint', raDeg: 90, decDeg: 50, interest: { ...interest, cadenceDays: 0 } },
    { name: 'fresh', raDeg: 70, decDeg: 50, interest },
    // The target of the request, by another name.
    { name: 'alias', raDeg: 31.0428, decDeg: 46.6878, interest },
  ]);
  const point = { band: 'V', magErr: 0.05 };
  targets.writeArchive('centre', 'bright', [
    { ...point, mjd: mjdNow - 30, mag: 14.5 },
    { ...point, magErr: Number.NaN, mjd: mjdNow - 25, mag: 20 },
  ]);
  targets.writeArchive('centre', 'faint', [{ ...point, mjd: mjdNow - 30, mag: 19.9 }]);
  targets.writeArchive('centre', 'fresh', [{ ...point, mjd: mjdNow - 0.2, mag: 15 }]);
  database.close();
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'plan', '--config', config, ...words], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const candidates = async () => {
    const loaded = await loadConfig(config);
    const store = readStore(folder, clock);
    const limits = { ...loaded.observing, filters: ['B', 'V'] };
    try {
      const found = candidatesFor({
        config: loaded,
        instrument: loaded.instruments[0]!,
        limits,
        store,
        nowMs: clock.nowMs(),
      });
      return { site: loaded.site, limits, candidates: found, span: darkNight };
    } finally {
      store.close();
    }
  };
  return { run, folder, candidates };
}

describe('what can be planned', () => {
  it('is each request that waits and each wanted target once, with exposures by what own frames reach', async (t) => {
    const { candidates } = await site(t).candidates();
    assert.deepEqual(candidates.map(({ kind, id }) => `${kind} ${id}`).sort(), [
      'request impossible',
      'request wanted',
      'target bright',
      'target faint',
      'target fresh',
      'target own',
    ]);
    const named = (id: string) => candidates.find((one) => one.id === id)!;
    // S/N 5 at 17.0 is S/N 50 at 14.5; the limit in the archive is no magnitude.
    assert.deepEqual(named('bright').exposures, [{ filter: 'V', exposureS: 60, exposureCount: 1 }]);
    assert.deepEqual(named('own').exposures, [{ filter: 'V', exposureS: 60, exposureCount: 1 }]);
    assert.match(named('faint').obstacle!, /at magnitude 19\.9 it is too faint: this telescope reaches 18\.8/);
    assert.match(named('impossible').obstacle!, /no filter "H-alpha"/);
    assert.equal(named('bright').cadenceDays, 2);
    assert.equal(named('faint').cadenceDays, null);
    assert.equal(named('bright').lastObservedMs, clock.nowMs() - 25 * 86_400_000);
  });

  it('is planned alike in a thread', async (t) => {
    const input = await site(t).candidates();
    const plan = await planInThread(input);
    assert.deepEqual(plan, planSpan(input));
    assert.ok(plan.visits.length >= 3);
    await assert.rejects(planInThread(input, AbortSignal.abort(new Error('stop'))), /stop/);
  });
});

describe('bhtom-edge plan', () => {
  it('prints the visits of a night and the reasons of the rest, called a prediction', (t) => {
    const { run } = site(t);
    const { status, stdout } = run('--date', '2026-11-22');
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^Plan of hill main, night of 2026-11-22: a prediction\nsunset 14:48 UTC, dark from 16:43 UTC to 04:10 UTC/,
    );
    assert.match(stdout, /\d\d:\d\d-\d\d:\d\d +HAT-P-32 +V 1x10s +\d\d +1\.\d\d +\d+ +(first|the only)/);
    assert.match(stdout, /Not planned:\n {2}HAT-P-32: there is no filter/);
    assert.match(stdout, /faint: at magnitude 19\.9 it is too faint/);
    assert.match(stdout, /fresh: observed on 2026-11-22 07:12 UTC and wanted every 2 days/);
  });

  it('gives the same as JSON, as CSV and as a figure that is never written over', (t) => {
    const { run, folder } = site(t);
    const figure = join(folder, 'plan.svg');
    const told = JSON.parse(run('--date', '2026-11-22', '--json', '--svg', figure).stdout) as Plan & {
      prediction: boolean;
    };
    assert.equal(told.prediction, true);
    assert.deepEqual(told.visits.map(({ name }) => name).sort(), ['HAT-P-32', 'bright', 'own']);
    const svg = readFileSync(figure, 'utf8');
    for (const { name } of told.visits) assert.ok(svg.includes(`  ${name}, airmass`));
    assert.equal(run('--date', '2026-11-22', '--svg', figure).status, 3);
    const csv = run('--date', '2026-11-22', '--csv', 'target-scheduler').stdout;
    assert.match(csv, /^Type,Name,RA,Dec,Rotation,ROI\r\n/);
    assert.equal(csv.trimEnd().split('\r\n').length, 4);
  });

  it('refuses a day that is none and an instrument that is not there', (t) => {
    const { run } = site(t);
    assert.equal(run('--date', 'tomorrow').status, 2);
    const { status, stderr } = run('--instrument', 'second');
    assert.equal(status, 2);
    assert.match(stderr, /there is no instrument "second"; there are: main/);
  });
});
