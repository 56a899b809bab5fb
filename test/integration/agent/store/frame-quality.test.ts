import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FrameQualityStore } from '../../../../agent/store/frame-quality.ts';
import { FrameStore } from '../../../../agent/store/frames.ts';
import { ReductionStore } from '../../../../agent/store/reductions.ts';
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
  return { quality: new FrameQualityStore(database), reduce };
}

const record = (mjdMid: number | null, fwhmPx: number) => ({
  ...{ mjdMid, filter: 'V', airmass: 1.2, scaleArcsecPerPx: 1.5 },
  planes: [{ plane: 'mono', band: 'V', zeroPoint: 22.1, fwhmPx, transparency: { share: 0.8 }, limitingMag: 18.5 }],
});

describe('the quality of frames', () => {
  it('is what the newest record of an exposure says, from the plane that has a zero point', (t) => {
    const { quality, reduce } = setUp(t);
    reduce('a', record(60000.4, 4));
    const frameId = reduce('a', {
      ...record(60000.4, 4),
      planes: [{ plane: 'R', fwhmPx: 9 }, ...record(60000.4, 2).planes],
    });
    assert.deepEqual(quality.between(60000, 60001), [
      {
        ...{ frameId, instrument: 'main', mjdMid: 60000.4, filter: 'V', band: 'V', zeroPoint: 22.1, fwhmArcsec: 3 },
        ...{ share: 0.8, limitingMag: 18.5, airmass: 1.2 },
      },
    ]);
    assert.deepEqual(quality.between(60000.5, 60001), []);
  });

  it('is gathered by nights that begin at noon over the site', (t) => {
    const { quality, reduce } = setUp(t);
    reduce('evening', record(60000.8, 2));
    reduce('morning', record(60001.2, 4));
    reduce('next', record(60001.8, 2));
    reduce('no time', record(null, 2));
    assert.deepEqual(
      quality.nights(0, 10).map(({ night, nMeasured, fwhmArcsec }) => [night, nMeasured, fwhmArcsec]),
      [
        [60001, 1, 3],
        [60000, 2, 4.5],
      ],
    );
    // Half the world to the east, noon comes half a day earlier.
    assert.deepEqual(
      quality.nights(180, 1).map(({ night, nMeasured }) => [night, nMeasured]),
      [[60001, 2]],
    );
  });

  it('is nothing of odd records, and keeps none of them out', (t) => {
    const { quality, reduce } = setUp(t);
    for (const odd of [
      'no JSON',
      '[]',
      '{"planes":7,"mjdMid":"x"}',
      '{"planes":[7,{"zeroPoint":[1]}],"mjdMid":60000.1}',
    ])
      reduce(odd, odd);
    assert.equal(quality.between(60000, 60001).length, 1);
  });
});
