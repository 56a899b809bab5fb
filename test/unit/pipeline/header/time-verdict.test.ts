import assert from 'node:assert/strict';
import test from 'node:test';
import { combineEvidence, type TimeEvidence } from '../../../../pipeline/header/time-verdict.ts';
import { unixMsOfMjd } from '../../../../pipeline/time/mjd.ts';

const good = { verdict: 'good', reasons: [] } as const;
/** HAT-P-32 from Amado on 20 December 2017 at 5 h UTC: high in a dark sky. */
const evidence: TimeEvidence = {
  midUtc: { day: 58107, fraction: 5 / 24 },
  exposureS: 60,
  site: { latitudeDeg: 31.68, longitudeDeg: -110.88, heightM: 1268 },
  solved: { raDeg: 31.04, decDeg: 46.69 },
  writtenMs: undefined,
  headerAltitudeDeg: undefined,
};
const writtenAfter = (seconds: number) => unixMsOfMjd(evidence.midUtc) + (30 + seconds) * 1000;

test('a time that everything agrees with stays good', () => {
  assert.deepEqual(combineEvidence(good, { ...evidence, writtenMs: writtenAfter(12), headerAltitudeDeg: 67.5 }), good);
});

test('whole quarters of an hour between header and file mean local time', () => {
  for (const hours of [-7, 1, 5.75]) {
    const verdict = combineEvidence(good, { ...evidence, writtenMs: writtenAfter(hours * 3600 + 8) });
    assert.equal(verdict.verdict, 'doubtful');
    assert.match(verdict.reasons.join(), new RegExp(`${hours.toFixed(2)} h .*local time`));
  }
  assert.match(combineEvidence(good, { ...evidence, writtenMs: writtenAfter(-40) }).reasons.join(), /clock is wrong/);
});

test('a copy of an old frame is no wrong clock, a file before its exposure is', () => {
  for (const hours of [14.5, 30, 24 * 365, 24 * 365 * 9 + 0.003]) {
    assert.deepEqual(combineEvidence(good, { ...evidence, writtenMs: writtenAfter(hours * 3600) }), good, `${hours} h`);
  }
  for (const hours of [-24 * 365, -14.5, -0.3, 0.4, 9.1]) {
    const { verdict, reasons } = combineEvidence(good, { ...evidence, writtenMs: writtenAfter(hours * 3600) });
    assert.deepEqual([verdict, reasons.length], ['doubtful', 1], `${hours} h`);
  }
});

test('a sky that is impossible makes the time unusable', () => {
  const set = combineEvidence(good, {
    ...evidence,
    midUtc: { day: 58107, fraction: 0.7 },
    solved: { raDeg: 200, decDeg: 46 },
  });
  assert.equal(set.verdict, 'unusable');
  assert.match(
    combineEvidence(good, { ...evidence, midUtc: { day: 58106, fraction: 0.85 } }).reasons.join(),
    /Sun stood/,
  );
});

test('an altitude unlike the header makes it doubtful', () => {
  const verdict = combineEvidence(good, { ...evidence, headerAltitudeDeg: 40 });
  assert.equal(verdict.verdict, 'doubtful');
  assert.match(verdict.reasons.join(), /altitude differs/);
});

test('what the header makes unusable stays so', () => {
  const unusable = { verdict: 'unusable', reasons: ['no card'] } as const;
  assert.deepEqual(combineEvidence(unusable, evidence), unusable);
});
