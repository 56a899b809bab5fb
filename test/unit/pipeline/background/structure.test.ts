import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { emptySky } from '../../../../pipeline/background/map.ts';
import { scatterExcess, settleStructure } from '../../../../pipeline/background/structure.ts';

/** Cells of 100 pixels of sigma 1, each level known to a tenth, measured with noise of seed 5. */
function settled(truth: (i: number, j: number) => number, spoil?: (level: Float32Array) => void) {
  const map = emptySky(500, 500, 10);
  const random = new Random(5);
  const level = map.level.map((_, c) => truth(c % map.nx, Math.floor(c / map.nx)) + 0.1 * random.normal());
  const variance = new Float32Array(level.length).fill(1);
  spoil?.(level);
  assert.ok(settleStructure(map, level, variance, 0.01));
  return map.level.map((value, c) => value - truth(c % map.nx, Math.floor(c / map.nx)));
}

const rms = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);

describe('small cells of a sky with structure', () => {
  it('lose most of their noise where the sky is smooth', () => {
    // A cell smoothed by 1 2 1 along both axes has 3/8 of its noise; a little comes back where chance looks like detail.
    const left = rms(settled((i, j) => 3 + 0.02 * i - 0.01 * j));
    assert.ok(left < 0.06, String(left));
  });

  it('keep waves of five cells, of which smoothing and median would take nine tenths', () => {
    const wave = (i: number, j: number) => Math.sin((2 * Math.PI * i) / 5) * Math.cos((2 * Math.PI * j) / 9);
    const left = rms(settled(wave));
    // Their rms is a half; the noise of a cell is a tenth.
    assert.ok(left < 0.13, String(left));
  });

  it('take the level of their neighbours where a galaxy or a bad star spoils one', () => {
    const spoilt = 20 * 50 + 30;
    const errors = settled(
      () => 3,
      (level) => {
        level[spoilt] = 40;
        level[10] = Number.NaN;
      },
    );
    assert.ok(Math.abs(errors[spoilt]!) < 0.2, String(errors[spoilt]));
    assert.ok(Math.abs(errors[10]!) < 0.2, String(errors[10]));
  });
});

describe('the scatter of cells', () => {
  const excess = (scatter: number, truth: (i: number, j: number) => number) => {
    const map = emptySky(600, 600, 10);
    const random = new Random(6);
    const level = map.level.map((_, c) => truth(c % map.nx, Math.floor(c / map.nx)) + scatter * random.normal());
    return scatterExcess(map, level, 0.01);
  };

  it('tells what stands alone in each cell from the noise of its pixels', () => {
    // A median of 3,364 squares of normal deviates, each cell in nine of them: known to some 6 %.
    const unseenStars = excess(0.2, () => 5);
    assert.ok(Math.abs(unseenStars / 4 - 1) < 0.2, String(unseenStars));
  });

  it('takes no gradient or ripple for it', () => {
    const smooth = excess(0.1, (i, j) => 3 * i - j + 2 * Math.sin(i / 2) + 2 * Math.sin(j / 2));
    assert.ok(smooth < 1.2, String(smooth));
  });
});
