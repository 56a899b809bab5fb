import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../base/clock.ts';
import { Admission } from '../../../hub/admission.ts';
import { Refusal } from '../../../hub/http.ts';
import { isTooDeep } from '../../../hub/json-depth.ts';

const limits = {
  calls: { perSecond: 2, burst: 4 },
  bytes: { perSecond: 100, burst: 1000 },
  bodies: { count: 2, bytes: 500 },
};

function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Refusal && error.status === 429, String(error));
    return error.headers['retry-after'] ?? assert.fail('it does not say when to come again');
  }
  return assert.fail('it was let in');
}

describe('the limits of a caller', () => {
  it('let a burst in, then so many calls a second, and another caller beside', async () => {
    const clock = new ManualClock(0);
    const admission = new Admission(limits, clock);
    for (let i = 0; i < 4; i++) admission.enter('here', 0);
    assert.equal(
      refused(() => admission.enter('here', 0)),
      '1',
    );
    admission.enter('there', 0);
    await clock.advance(500);
    admission.enter('here', 0);
    refused(() => admission.enter('here', 0));
  });

  it('let so many bytes in over time, and say how long to wait', async () => {
    const clock = new ManualClock(0);
    const admission = new Admission(limits, clock);
    admission.enter('here', 1400)();
    assert.equal(
      refused(() => admission.enter('here', 1)),
      '5',
    );
    admission.enter('here', 0);
    await clock.advance(5000);
    admission.enter('here', 1)();
  });

  it('bound the bodies under way, in number and in bytes, until they are over', () => {
    const manyCalls = { ...limits, calls: { perSecond: 2, burst: 100 } };
    const admission = new Admission(manyCalls, new ManualClock(0));
    const over = admission.enter('here', 300);
    refused(() => admission.enter('here', 300));
    const second = admission.enter('here', 100);
    refused(() => admission.enter('here', 1));
    over();
    second();
    admission.enter('here', 501);
  });
});

describe('the depth of JSON', () => {
  it('counts what is open, not what has been, and nothing in strings', () => {
    assert.equal(isTooDeep(Buffer.from('[[[]],[[]],[[]]]'), 3), false);
    assert.equal(isTooDeep(Buffer.from('[{"a":[{}]}]'), 3), true);
    assert.equal(isTooDeep(Buffer.from('["[[[[", "\\"[[[["]'), 1), false);
  });
});
