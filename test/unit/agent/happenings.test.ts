import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Happening, Happenings, type ToldHappening } from '../../../agent/happenings.ts';
import { ManualClock } from '../../../base/clock.ts';
import { silent } from '../../support/parcels.ts';

const happening: Happening = { kind: 'alarm-raised', code: 'DEVICE', subject: 'main' };

describe('happenings', () => {
  it('reach all listeners with their time, though one throws, until they are gone', () => {
    const happenings = new Happenings(new ManualClock(5_000), silent);
    const heard: ToldHappening[] = [];
    happenings.onEach(() => {
      throw new Error('a listener with a fault');
    });
    const forget = happenings.onEach((one) => heard.push(one));
    happenings.tell(happening);
    forget();
    happenings.tell(happening);
    assert.deepEqual(heard, [{ ...happening, atMs: 5_000 }]);
  });
});
