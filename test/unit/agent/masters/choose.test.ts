import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assessMaster, isClearlyBetter, type MasterCandidate } from '../../../../agent/masters/assess.ts';
import { chooseMasters } from '../../../../agent/masters/choose.ts';
import type { CalibrationFacts } from '../../../../agent/store/master.ts';
import { calibrationFacts } from '../../../support/calibration-facts.ts';

const ages = { biasDays: 365, darkDays: 90, flatDays: 30 };
const light = calibrationFacts();
const dayMs = 86_400_000;

interface Changes extends Partial<CalibrationFacts> {
  readonly days?: number;
  readonly nCombined?: number;
  readonly aside?: string;
}
function master(kind: 'bias' | 'dark' | 'flat', id: string, changes: Changes = {}): MasterCandidate {
  const { days = 0, nCombined = 10, aside, ...facts } = changes;
  const takenMs = light.takenMs - days * dayMs;
  return { id, kind, facts: calibrationFacts({ takenMs, ...facts }), nCombined, ...(aside !== undefined && { aside }) };
}
function choose(candidates: readonly MasterCandidate[], frame = light, given = false) {
  const { chosen, warnings, assessed } = chooseMasters(candidates, frame, { ages, given });
  return {
    bias: chosen.bias?.master.id,
    dark: chosen.dark?.master.id,
    flat: chosen.flat?.master.id,
    warnings,
    assessed,
  };
}
const otherSetup = (changes: Partial<CalibrationFacts['setup']>) => ({ setup: { ...light.setup, ...changes } });

describe('the choice of masters', () => {
  it('takes what fits without a word, and no bias beside a dark that fits', () => {
    const { bias, dark, flat, warnings } = choose([master('bias', 'b'), master('dark', 'd'), master('flat', 'f')]);
    assert.deepEqual({ bias, dark, flat, warnings }, { bias: undefined, dark: 'd', flat: 'f', warnings: [] });
  });

  for (const [name, changes] of [
    ['camera', { camera: 'Another' }],
    ['gain setting', { gainSetting: 0 }],
    ['offset setting', { offsetSetting: 10 }],
    ['binning', { binning: '2x2' }],
    ['readout mode', { readoutMode: 'fast' }],
    ['Bayer pattern', { bayer: 'RGGB' }],
    ['size', { widthPx: 50 }],
  ] as const) {
    it(`refuses another ${name}`, () => {
      const frame = calibrationFacts(otherSetup({ readoutMode: 'slow', bayer: 'GRBG' }));
      const { dark, assessed } = choose(
        [master('dark', 'd', otherSetup({ readoutMode: 'slow', bayer: 'GRBG', ...changes }))],
        frame,
      );
      assert.equal(dark, undefined);
      assert.match(assessed.dark[0]!.forbids.join(), new RegExp(`^${name}: `));
    });
  }

  it('uses a master whose setup is not fully stated, and says so', () => {
    const { dark, warnings } = choose([master('dark', 'd', otherSetup({ gainSetting: null }))]);
    assert.equal(dark, 'd');
    assert.match(warnings.join(), /gain setting: not stated/);
  });

  it('takes darks within half a degree, flags them within two, refuses them beyond', () => {
    const at = (temperatureC: number) => choose([master('dark', 'd', { temperatureC })]);
    assert.deepEqual([at(-9.6).dark, at(-9.6).warnings], ['d', []]);
    assert.equal(at(-8.2).dark, 'd');
    assert.match(at(-8.2).warnings.join(), /sensor temperature: -8\.2 C/);
    assert.equal(at(-7.9).dark, undefined);
  });

  it('scales a dark of another exposure only with a bias, and prefers one that need not be scaled', () => {
    const long = master('dark', 'long', { exposureS: 300 });
    const scaled = choose([long, master('bias', 'b')]);
    assert.deepEqual([scaled.dark, scaled.bias], ['long', 'b']);
    assert.match(scaled.warnings.join(), /scaled/);
    const alone = choose([long]);
    assert.deepEqual([alone.dark, alone.bias], ['long', undefined]);
    assert.match(alone.warnings.join(), /stands in for a bias/);
    const fitting = master('dark', 'fitting', { exposureS: 60.5, nCombined: 5, days: 60 });
    assert.equal(choose([long, master('bias', 'b'), fitting]).dark, 'fitting');
    const short = choose([master('dark', 'short', { exposureS: 10 }), master('bias', 'b')]);
    assert.deepEqual([short.dark, short.bias], [undefined, 'b'], 'not stretched to six times its exposure');
    assert.match(short.warnings.join(), /no dark frame/);
  });

  it('takes flats of the same filter and rotator only', () => {
    assert.equal(choose([master('flat', 'f', { filter: 'R' })]).flat, undefined);
    assert.equal(choose([master('flat', 'f', { filter: 'v' })]).flat, 'f');
    const turned = (master_: number, frame: number) =>
      choose([master('flat', 'f', { rotatorDeg: master_ })], calibrationFacts({ rotatorDeg: frame })).flat;
    assert.equal(turned(359, 0.5), 'f');
    assert.equal(turned(90, 180), undefined);
  });

  it('uses a stale master for want of a better one, and says so', () => {
    const old = master('flat', 'old', { days: 31 });
    const { flat, warnings } = choose([old]);
    assert.equal(flat, 'old');
    assert.match(warnings.join(), /stale: taken 31 days apart from the frame, 30 are allowed/);
    assert.equal(choose([old, master('flat', 'new', { days: 29, nCombined: 5 })]).flat, 'new');
    assert.deepEqual(choose([master('bias', 'b', { days: 364 }), master('dark', 'd', { days: 89 })]).warnings, []);
  });

  it('prefers the nearer in time, then the one of more frames', () => {
    const near = master('flat', 'near', { days: 1, nCombined: 5 });
    const far = master('flat', 'far', { days: 10, nCombined: 50 });
    const more = master('flat', 'more', { days: -1.5, nCombined: 20 });
    assert.equal(choose([far, near]).flat, 'near');
    assert.equal(choose([far, near, more]).flat, 'more');
  });

  it('leaves alone what is kept aside', () => {
    const { flat, assessed } = choose([master('flat', 'f', { aside: '12 % deviate' })]);
    assert.equal(flat, undefined);
    assert.match(assessed.flat[0]!.forbids.join(), /kept aside: 12 % deviate/);
  });

  it('says that dark current stays in when there is only a bias', () => {
    assert.match(choose([master('bias', 'b')]).warnings.join(), /no dark frame/);
  });

  it('uses what a person gave for every frame of its size, and says what does not fit', () => {
    const given = [master('flat', 'f', { filter: 'R' }), master('dark', 'd', { temperatureC: 5, days: 1000 })];
    const { flat, dark, warnings } = choose(given, light, true);
    assert.deepEqual([flat, dark], ['f', 'd']);
    assert.match(warnings.join('\n'), /filter: R, the frame V/);
    assert.match(warnings.join('\n'), /sensor temperature/);
    assert.equal(choose([...given, master('flat', 'right')], light, true).flat, 'right');
    assert.equal(choose([master('flat', 'f', otherSetup({ widthPx: 50 }))], light, true).flat, undefined);
  });
});

describe('a better master', () => {
  const assessed = (changes: Changes) =>
    assessMaster(master('flat', 'f', changes), light, { ages, hasBias: true, given: false });

  it('is one where there was none, a fresh for a stale one, a much nearer one, or one of half as many frames more', () => {
    assert.equal(isClearlyBetter(assessed({}), undefined), true);
    assert.equal(isClearlyBetter(assessed({ days: 1 }), assessed({ days: 40 })), true);
    assert.equal(isClearlyBetter(assessed({ days: 1 }), assessed({ days: 10 })), true);
    assert.equal(isClearlyBetter(assessed({ nCombined: 15 }), assessed({ nCombined: 10 })), true);
  });

  it('is not one that is about as good, so that a night is not reduced again for every flat', () => {
    assert.equal(isClearlyBetter(assessed({ nCombined: 12 }), assessed({ nCombined: 10, days: 1 })), false);
    assert.equal(isClearlyBetter(assessed({ days: 40 }), assessed({ days: 1 })), false);
    assert.equal(isClearlyBetter(assessed({ filter: 'R' }), undefined), false);
  });
});
