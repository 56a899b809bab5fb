import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Periodic } from '../../../agent/periodic.ts';
import { ManualClock } from '../../../base/clock.ts';
import { silent } from '../../support/parcels.ts';

it('a periodic part goes on after a look that failed, and says so until one succeeds', async (t) => {
  const clock = new ManualClock(0);
  let looks = 0;
  let fault: Error | undefined;
  const look = () => {
    looks++;
    if (fault) throw fault;
  };
  const part = new Periodic('test', 1000, look, clock, silent);
  part.start((error) => assert.fail(String(error)));
  t.after(() => part.stop());
  await clock.advance(3000);
  assert.equal(looks, 4);
  fault = new Error('disk I/O error');
  await clock.advance(2000);
  assert.deepEqual(part.health(), { state: 'away', reason: 'disk I/O error' });
  fault = undefined;
  await clock.advance(1000);
  assert.equal(part.health().state, 'well');
  await part.stop();
  await clock.advance(5000);
  assert.equal(looks, 7);
});
