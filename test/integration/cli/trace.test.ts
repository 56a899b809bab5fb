import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ExposureTrace } from '../../../agent/lineage/trace.ts';
import { writeMaster } from '../../../agent/masters/master-file.ts';
import { configHashOf } from '../../../agent/reduction/job-of.ts';
import { MasterStore } from '../../../agent/store/masters.ts';
import { Outbox } from '../../../agent/store/outbox.ts';
import { systemClock } from '../../../base/clock.ts';
import { loadConfig } from '../../../config/load.ts';
import { calibrationFacts } from '../../support/calibration-facts.ts';
import { commandSite } from '../../support/command-site.ts';
import { pastRecord } from '../../support/frame-records.ts';
import { databaseOnDisk, parcelOf, sha256, storeReduction } from '../../support/parcels.ts';

const flatId = sha256('the flat').slice(0, 32);

/** Two exposures with one flat; the points of the first are at BHTOM and, refused, at a TOM. */
async function site(t: TestContext) {
  const { folder, config, run } = commandSite(t);
  const configHash = configHashOf(await loadConfig(config));
  const flat = {
    kind: 'flat' as const,
    ...{ width: 2, height: 2, pixels: Float32Array.of(1, 1, 1, 1), nCombined: 2, noise: 0.01, exposureS: 1 },
    ...{ sensorTemperatureC: undefined, filter: 'V', id: flatId },
  } as const;
  const members = ['flat-1.fits', 'flat-2.fits'].map((name) => ({ name, exposureId: sha256(name) }));
  const path = await writeMaster(folder, flat, {
    facts: calibrationFacts(),
    members,
    pedestalId: undefined,
    software: 'x',
  });
  const database = databaseOnDisk(folder);
  new MasterStore(database, systemClock, 'test').put({
    ...{ instrument: 'main', setKey: 'set', id: flatId, kind: 'flat', state: 'good', reason: null, path, nCombined: 2 },
    ...{ facts: calibrationFacts(), noise: 0.01, nBad: 0, rejected: [], detector: null },
  });
  for (const exposure of ['first', 'second']) {
    const record = { ...pastRecord(), masters: { bias: null, dark: null, flat: flatId }, configHash };
    storeReduction(database, sha256(exposure), record, sha256(`${exposure} r1`));
  }
  const outbox = new Outbox(database, systemClock);
  const parcels = [
    await parcelOf('first', { destination: 'bhtom', target: 'star' }),
    await parcelOf('first', { destination: 'tom', target: 'star' }),
  ];
  database.transaction(() => outbox.enqueue(parcels))();
  outbox.settle(1, { state: 'done', receipt: { remoteId: '1454270', words: 'Received.' }, verdict: 'V 17.01' });
  outbox.settle(2, { state: 'rejected', reason: 'no such target' });
  database.close();
  const trace = (...words: string[]) => run('trace', ...words);
  return { trace, parcels, path };
}

const exposuresIn = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as ExposureTrace).exposureId);

describe('bhtom-edge trace', () => {
  it('tells the way of a point at a centre back to the raw file, and forward again', async (t) => {
    const { trace, parcels, path } = await site(t);
    const { status, stdout } = trace('1454270');
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^exposure ${sha256('first')}$`, 'm'));
    assert.match(stdout, new RegExp(`^ {2}file ${sha256('first')} of main: gone; it was reduced`, 'm'));
    assert.match(stdout, new RegExp(`^reduction ${sha256('first r1')}: measured`, 'm'));
    assert.match(stdout, /configuration [0-9a-f]{16} \(as it is today\)/);
    assert.ok(stdout.includes(`  flat ${flatId.slice(0, 16)} ${path}: of flat-1.fits, flat-2.fits`));
    assert.match(stdout, /-> bhtom: star done at .*, there 1454270 .*\n {5}Received\.\n {5}V 17\.01$/m);
    assert.match(
      stdout,
      new RegExp(`-> tom: star rejected .*key ${parcels[1]!.key.slice(0, 16)}\\)\n {5}no such target`),
    );
  });

  it('understands what centres and exports call a point, and the first digits of any hash', async (t) => {
    const { trace, parcels } = await site(t);
    for (const word of [
      `bhtom-edge:${parcels[1]!.key}`,
      `/mnt/share/star/20261122T120000_${parcels[0]!.key.slice(0, 12)}.tom.csv`,
      `hill/main/${sha256('first')}/mono`,
      sha256('first r1').slice(0, 8),
    ])
      assert.deepEqual(exposuresIn(trace(word, '--json').stdout), [sha256('first')], word);
  });

  it('tells all exposures that a master went into', async (t) => {
    const { trace, path } = await site(t);
    for (const word of [flatId.slice(0, 10), path]) {
      assert.deepEqual(exposuresIn(trace(word, '--json').stdout), [sha256('first'), sha256('second')]);
    }
    assert.match(trace(path).stdout, /^2 exposures:\n.*: bhtom done, tom rejected\n.*: sent nowhere\n$/);
  });

  it('says so when nothing is known by a word', async (t) => {
    const { trace } = await site(t);
    const { status, stderr } = trace('abc');
    assert.equal(status, 2);
    assert.match(stderr, /nothing here is known as "abc"/);
  });
});
