import assert from 'node:assert/strict';
import test from 'node:test';
import { circumstancesStage } from '../../../../pipeline/stages/circumstances.ts';
import type { LocatedState, RawState, ReduceTools } from '../../../../pipeline/stages/state.ts';
import { builtInLeapTable } from '../../../../pipeline/time/leap.ts';
import { type Mjd, unixMsOfMjd } from '../../../../pipeline/time/mjd.ts';

/** A frame of HAT-P-32 from Amado, in the night of 19 December 2017 (MST), solved. */
async function circumstancesAt(midUtc: Mjd, changes: Partial<RawState> = {}) {
  const fact = <T>(value: T) => ({ value, card: 'test', confidence: 'high' });
  const state = {
    facts: { midUtc: fact(midUtc), exposureS: fact(60), time: { verdict: 'good', reasons: [] } },
    size: { width: 650, height: 500 },
    location: {
      kind: 'located',
      from: 'solver',
      wcs: { crvalDeg: { raDeg: 31.04, decDeg: 46.69 }, crpix: { x: 324.5, y: 249.5 }, cd: [-0.0014, 0, 0, 0.0014] },
    },
    site: { latitudeDeg: 31.68, longitudeDeg: -110.88, heightM: 1268 },
    writtenMs: undefined,
    leapTable: builtInLeapTable,
    ...changes,
  } as unknown as RawState & LocatedState;
  return (await circumstancesStage.run(state, {} as ReduceTools)).circumstances;
}
const night: Mjd = { day: 58107, fraction: 5 / 24 };

test('the sky over an exposure, and a time that it bears out', async () => {
  const { time, sky, warnings } = await circumstancesAt(night);
  assert.deepEqual([time.verdict, warnings.length], ['good', 0]);
  assert.ok(sky && Math.abs(sky.altDeg! - 67.5) < 1 && sky.sunAltDeg < -18);
  assert.ok(Math.abs(sky.airmass! - 1 / Math.sin((sky.altDeg! * Math.PI) / 180)) < 0.005);
});

test('a time that the sky or the file contradicts is not called good', async () => {
  assert.equal((await circumstancesAt({ day: 58106, fraction: 0.85 })).time.verdict, 'unusable', 'the Sun was up');
  const writtenMs = unixMsOfMjd(night) + 38_000 - 7 * 3_600_000;
  const local = await circumstancesAt(night, { writtenMs });
  assert.equal(local.time.verdict, 'doubtful');
  assert.match(local.time.reasons.join(), /-7.00 h.*local time/);
});

test('past the end of the list of leap seconds the operator is told', async () => {
  const { warnings } = await circumstancesAt({ day: builtInLeapTable.validUntilMjd, fraction: 0.2 });
  assert.match(warnings.join(), /^leap seconds are known until \d{4}-\d\d-28 only: .*leapSecondsFile/);
  const leapTable = { ...builtInLeapTable, validUntilMjd: builtInLeapTable.validUntilMjd + 180 };
  const newer = await circumstancesAt({ day: builtInLeapTable.validUntilMjd, fraction: 0.2 }, { leapTable });
  assert.deepEqual(newer.warnings, []);
});
