import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transparency } from '../../../../pipeline/standardisation/history.ts';

describe('zero-point history', () => {
  const nights = [22.41, 22.38, 22.44, 22.4, 22.36, 21.1, 22.42];

  it('warns of lost light, whatever one cloudy night did before', () => {
    const cloudy = transparency(21.65, nights)!;
    assert.ok(Math.abs(cloudy.share - 0.5) < 0.01);
    assert.match(cloudy.warning!, /50 %.*clouds/);
  });

  it('is quiet on usual and on better nights, and while there is no habit', () => {
    assert.equal(transparency(22.3, nights)!.warning, undefined);
    assert.equal(transparency(22.9, nights)!.warning, undefined);
    assert.equal(transparency(21, nights.slice(0, 4)), undefined);
    assert.equal(transparency(Number.NaN, nights), undefined);
  });
});
