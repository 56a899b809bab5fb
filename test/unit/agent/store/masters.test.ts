import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MasterStore } from '../../../../agent/store/masters.ts';
import { NetworkTargetStore } from '../../../../agent/store/network-targets.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { calibrationFacts } from '../../../support/calibration-facts.ts';
import { databaseInMemory } from '../../../support/parcels.ts';

describe('the ledger of masters', () => {
  const record = (setKey: string) => ({
    ...{ instrument: 'main', setKey, id: setKey, kind: 'dark' as const, state: 'good' as const, reason: null },
    ...{ facts: calibrationFacts(), path: `/${setKey}.fits`, nCombined: 9, noise: 1, nBad: 0 },
    rejected: [{ name: 'a.fits', reason: 'too bright' }],
    detector: {
      ...{ gainEPerAdu: 1.2, gainErr: 0.01, readNoiseE: 5, readNoiseErrE: 0.1, linearToAdu: null },
      linearity: { table: [[1, 1.1] as const, [2, 2.2] as const], limitAdu: 60_000, from: 'own flats' },
    },
  });

  it('gives back what was entered, and ignores keys of a later program', (t) => {
    const database = databaseInMemory(t);
    const masters = new MasterStore(database, new ManualClock(5), 'test');
    masters.put(record('a'));
    database.prepare("UPDATE masters SET facts = json_set(facts, '$.addedLater', 1, '$.setup.mode', 'new')").run();
    assert.deepEqual(masters.all('main'), [{ ...record('a'), builtAtMs: 5, redoDue: true }]);
  });

  it('reads what an earlier program entered without the keys that came later', (t) => {
    const database = databaseInMemory(t);
    const masters = new MasterStore(database, new ManualClock(5), 'test');
    masters.put(record('a'));
    database
      .prepare(
        "UPDATE masters SET facts = json_remove(facts, '$.rotatorDeg'), detector = json_remove(detector, '$.linearity')",
      )
      .run();
    const [read] = masters.all('main');
    assert.deepEqual([read!.facts.rotatorDeg, read!.detector!.linearity], [null, null]);
  });

  for (const [column, damage] of [
    ['facts', '{"setup": 5}'],
    ['rejected', '{}'],
    ['detector', '{"gainEPerAdu": "much"}'],
  ] as const) {
    it(`leaves out a master whose ${column} cannot be read, tells of it, and keeps the others`, (t) => {
      const database = databaseInMemory(t);
      const masters = new MasterStore(database, new ManualClock(5), 'test');
      for (const key of ['a', 'b']) masters.put(record(key));
      database.prepare(`UPDATE masters SET ${column} = ? WHERE set_key = 'a'`).run(damage);
      const told: string[] = [];
      const read = masters.all('main', (setKey, reason) => told.push(`${setKey} ${reason}`));
      assert.deepEqual(
        read.map(({ setKey }) => setKey),
        ['b'],
      );
      assert.equal(told.length, 1);
      assert.match(told[0]!, /^a \S+/);
    });
  }
});

describe('stored light curves of archives', () => {
  const points = [{ mjd: 61000, mag: 15, magErr: 0.1, band: 'V' }];

  it('that cannot be read count as never asked for, so that they are fetched again', (t) => {
    const database = databaseInMemory(t);
    const targets = new NetworkTargetStore(database, new ManualClock(5));
    targets.writeArchive('centre', 'A', [...points, { mjd: 61001, mag: 17, magErr: Number.NaN, band: 'V' }]);
    assert.equal(targets.archive('centre', 'A')!.points!.length, 2);
    targets.writeArchive('centre', 'B', points);
    targets.writeArchive('centre', 'A', [{ ...points[0]!, mag: 'bright' as unknown as number }]);
    assert.equal(targets.archive('centre', 'A'), undefined);
    assert.deepEqual(targets.archive('centre', 'B')!.points, points);
  });
});
