import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../../../base/random.ts';
import { fitTransit } from '../../../bench/transit-fit.ts';

const shape = { duration: 0.13, ingress: 0.02 };

it('the transit fit finds depth and middle with true errors', () => {
  const pulls: number[][] = [];
  for (let seed = 0; seed < 40; seed++) {
    const random = new Random(seed);
    const times = Array.from({ length: 48 }, (_, k) => k * 0.006);
    const fluxes = times.map((time) => {
      const inside = Math.min(1, Math.max(0, (0.065 - Math.abs(time - 0.15)) / 0.02));
      return 1 + 0.02 * time - 0.025 * inside + 0.005 * random.normal();
    });
    const fit = fitTransit(times, fluxes, shape, 0.14, 0.06);
    pulls.push([(fit.depth - 0.025) / fit.depthErr, (fit.middle - 0.15) / fit.middleErr]);
  }
  for (const at of [0, 1]) {
    const width = Math.sqrt(pulls.reduce((sum, pull) => sum + pull[at]! ** 2, 0) / pulls.length);
    assert.ok(width > 0.7 && width < 1.4, `${width}`);
  }
});
