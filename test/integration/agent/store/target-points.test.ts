import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FrameStore } from '../../../../agent/store/frames.ts';
import { ReductionStore } from '../../../../agent/store/reductions.ts';
import { TargetPointStore } from '../../../../agent/store/target-points.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { databaseInMemory } from '../../../support/parcels.ts';

function setUp(t: TestContext) {
  const database = databaseInMemory(t);
  const clock = new ManualClock(0);
  const frames = new FrameStore(database, clock, 'test');
  const reductions = new ReductionStore(database, frames, clock);
  let count = 0;
  const reduce = (exposureId: string, record: unknown) => {
    const [frame] = frames.see('main', [{ path: `${++count}.fits`, sizeBytes: 1, mtimeMs: count }]).fresh;
    const json = typeof record === 'string' ? record : JSON.stringify(record);
    reductions.finish(
      { id: `r${count}`, frameId: frame!.id, exposureId, outcome: 'measured', record: json },
      () => undefined,
    );
    return frame!.id;
  };
  return { points: new TargetPointStore(database), reduce };
}

const planes = [
  { plane: 'G1', band: 'g' },
  { plane: 'R', band: 'r' },
];
const record = (mjdMid: number | null, targets: readonly object[]) => ({
  ...{ mjdMid, timeVerdict: 'good', filter: 'V', exposureS: 60, airmass: 1.2, planes, targets },
});

describe('the points of targets', () => {
  it('are what the records say, plane by plane, in the order of time', (t) => {
    const { points, reduce } = setUp(t);
    reduce('b', record(60001, [{ name: 'Gaia20fnr', plane: 'R', verdict: 'limit', limit: 19.5 }]));
    const frameId = reduce(
      'a',
      record(60000, [{ name: 'Gaia20fnr', plane: 'G1', verdict: 'detected', mag: 15.25, magErr: 0.02 }]),
    );
    const [first, second] = points.of('Gaia20fnr');
    assert.deepEqual(first, {
      ...{ exposureId: 'a', frameId, plane: 'G1', mjdMid: 60000, timeVerdict: 'good', verdict: 'detected', band: 'g' },
      ...{ filter: 'V', mag: 15.25, magErr: 0.02, limitMag: null, exposureS: 60, airmass: 1.2 },
    });
    assert.deepEqual([second!.verdict, second!.limitMag, second!.band], ['limit', 19.5, 'r']);
    assert.deepEqual(points.targets(), [{ name: 'Gaia20fnr', nPoints: 2, nDetections: 1, lastMjd: 60001 }]);
  });

  it('are those of the newest reduction of an exposure', (t) => {
    const { points, reduce } = setUp(t);
    reduce('a', record(60000, [{ name: 'x', plane: 'R', verdict: 'detected', mag: 15 }]));
    reduce('a', record(60000, [{ name: 'x', plane: 'R', verdict: 'detected', mag: 16 }]));
    assert.deepEqual(
      points.of('x').map(({ mag }) => mag),
      [16],
    );
    reduce('a', record(60000, []));
    assert.deepEqual(points.targets(), []);
  });

  it('are none where a record names no target, or cannot be read', (t) => {
    const { points, reduce } = setUp(t);
    reduce('a', record(null, [{ verdict: 'detected', mag: 15 }]));
    reduce('b', '{}');
    reduce('c', 'no JSON');
    reduce('d', { targets: ['x', 7, null, { name: 'odd', plane: 'R', mag: 'bright' }], planes: ['R', 5] });
    assert.deepEqual(
      points.targets().map(({ name }) => name),
      ['odd'],
    );
  });
});
