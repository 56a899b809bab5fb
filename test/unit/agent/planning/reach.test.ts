import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { beyondReach, exposuresFor, limitIn, reachOf } from '../../../../agent/planning/reach.ts';

const frame = (filter: string, exposureS: number, limitingMag: number) => ({
  filter,
  exposureS,
  limitingMag,
  band: null,
});

describe('the reach of a telescope', () => {
  const [reach] = reachOf([
    frame('V', 60, 17.0),
    frame('V', 240, 17.75),
    frame('V', 60, 12),
    frame('V', 60, 17),
    frame('B', 60, 16),
  ]);

  it('is the median of its frames in each filter, exposures of other lengths scaled to a minute', () => {
    assert.equal(reach!.filter, 'V');
    // Four times the time is 0.75 mag, and one frame through clouds changes nothing.
    assert.ok(Math.abs(reach!.minuteLimitMag - 17) < 0.01, `${reach!.minuteLimitMag}`);
    assert.ok(Math.abs(limitIn(reach!, 600) - 18.25) < 0.01);
  });

  it('bounds what is worth a visit', () => {
    // Half an hour is 30 times a minute: 1.25 log 30 = 1.85 mag deeper.
    assert.equal(beyondReach(reach!, 18.8), undefined);
    assert.match(
      beyondReach(reach!, 18.9)!,
      /at magnitude 18\.9 it is too faint: this telescope reaches 18\.8 in 30 min through the filter V, by 4 of its own frames/,
    );
  });

  it('gives exposures for S/N 50, divided where one would be too long, half an hour at most', () => {
    // S/N 5 at 17.0 in 60 s is S/N 50 at 14.5, and at 16 in 15.85 times the time, 951 s.
    const exact = { ...reach!, minuteLimitMag: 17 };
    assert.deepEqual(exposuresFor(exact, 14.5, 600), { exposureS: 60, exposureCount: 1 });
    assert.deepEqual(exposuresFor(exact, 16, 600), { exposureS: 475, exposureCount: 2 });
    assert.deepEqual(exposuresFor(exact, 18, 300), { exposureS: 300, exposureCount: 6 });
    assert.deepEqual(exposuresFor(exact, 5, 300), { exposureS: 5, exposureCount: 1 });
  });
});
