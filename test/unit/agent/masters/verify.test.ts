import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reconcileDetector } from '../../../../agent/masters/measure-detector.ts';
import { doubtAbout } from '../../../../agent/masters/verify.ts';
import { Random } from '../../../../base/random.ts';
import type { Master } from '../../../../pipeline/calibration/master.ts';

const width = 200;
const height = 150;

function master(kind: Master['kind'], seed: number, change: (value: number, i: number) => number = (v) => v): Master {
  const random = new Random(seed);
  const noise = kind === 'flat' ? 0.002 : 1;
  const pixels = new Float32Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    const pattern = kind === 'flat' ? 1 + 0.05 * Math.sin(i / 50) : 1000 + 20 * Math.sin(i / 50);
    pixels[i] = change(pattern, i) + noise * random.normal();
  }
  const facts = { exposureS: 0, sensorTemperatureC: -10, filter: undefined };
  return { kind, width, height, pixels, nCombined: 16, noise, id: String(seed), ...facts };
}

describe('a master beside its predecessor', () => {
  it('is trusted when it differs by noise, and by a level that drifts as bias levels do', () => {
    assert.equal(doubtAbout(master('bias', 1), master('bias', 2)), undefined);
    const drifted = master('bias', 1, (value) => value + 8);
    assert.equal(doubtAbout(drifted, master('bias', 2)), undefined);
  });

  it('is doubted when over 5 % of its pixels deviate by 6 sigma', () => {
    const changed = (share: number) => master('dark', 1, (value, i) => value + (i % 1000 < share * 1000 ? 30 : 0));
    assert.equal(doubtAbout(changed(0.04), master('dark', 2)), undefined);
    assert.match(doubtAbout(changed(0.07), master('dark', 2)) ?? '', /^7\.\d % of its pixels/);
  });

  it('is doubted when its level has jumped', () => {
    const jumped = master('bias', 1, (value) => value + 30);
    assert.match(doubtAbout(jumped, master('bias', 2)) ?? '', /level is 30\.\d ADU off/);
  });

  it('may show new dust, but not another vignetting', () => {
    const dust = master('flat', 1, (value, i) => value * (i % 1000 < 30 ? 0.95 : 1));
    assert.equal(doubtAbout(dust, master('flat', 2)), undefined);
    const tilted = master('flat', 1, (value, i) => value * (1 + 0.1 * ((i % width) / width - 0.5)));
    assert.match(doubtAbout(tilted, master('flat', 2)) ?? '', /% of its pixels deviate/);
  });

  it('ignores pixels without a value', () => {
    const holed = master('dark', 1, (value, i) => (i % 3 === 0 ? Number.NaN : value));
    assert.equal(doubtAbout(holed, master('dark', 2)), undefined);
  });
});

describe('a measured detector', () => {
  const measured = { gainEPerAdu: 0.8, gainErr: 0.001, readNoiseE: 5, readNoiseErrE: 0.05 };
  const said = (value: number) => ({ gainEPerAdu: { value, card: 'EGAIN', confidence: 'high' as const } });

  it('stays silent where all agree to 10 %', () => {
    const { configured, warnings } = reconcileDetector({ gainEPerAdu: 0.85 }, said(3), measured);
    assert.deepEqual([configured, warnings], [{ gainEPerAdu: 0.85 }, []]);
    assert.deepEqual(reconcileDetector({}, said(0.75), measured).warnings, []);
  });

  it('wins over a configuration that is wrong by more, and says so', () => {
    const found = reconcileDetector({ gainEPerAdu: 1.6, readNoiseE: 5.1 }, {}, measured);
    assert.deepEqual(found.configured, { readNoiseE: 5.1 });
    assert.deepEqual(found.measured, { gainEPerAdu: 0.8, readNoiseE: 5 });
    assert.match(found.warnings.join(), /configuration says a gain of 1\.6 e-\/ADU: 0\.800 e-\/ADU were measured/);
  });

  it('is told of against a header that lies', () => {
    assert.match(reconcileDetector({}, said(12.8), measured).warnings.join(), /header says a gain of 12\.8 .*EGAIN/);
  });

  it('changes nothing when there is none', () => {
    assert.deepEqual(reconcileDetector({ gainEPerAdu: 2 }, said(9), undefined), {
      configured: { gainEPerAdu: 2 },
      measured: {},
      warnings: [],
    });
  });
});
