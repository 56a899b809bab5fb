import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CalibrationFrame, collectSets, factsOfSet, setKey } from '../../../../agent/masters/sets.ts';
import type { MasterKind } from '../../../../agent/store/master.ts';
import { calibrationFacts } from '../../../support/calibration-facts.ts';

let count = 0;
function frame(kind: MasterKind, changes: Parameters<typeof calibrationFacts>[0] = {}): CalibrationFrame {
  const exposureId = `exposure ${count++}`;
  const version = { sizeBytes: 1, mtimeMs: 1 };
  const facts = calibrationFacts(changes);
  return { kind, path: `/${exposureId}`, version, exposureId, facts, saturationAdu: undefined, filedMs: 0 };
}
const hours = (n: number) => n * 3_600_000;
const sizes = (frames: readonly CalibrationFrame[]) =>
  collectSets(frames)
    .map((set) => set.frames.length)
    .sort((a, b) => b - a);

describe('sets of calibration frames', () => {
  it('hold one kind and one setup each', () => {
    const odd = { setup: { ...calibrationFacts().setup, gainSetting: 200 } };
    assert.deepEqual(sizes([frame('bias'), frame('dark'), frame('bias', odd), frame('bias')]), [2, 1, 1]);
  });

  it('end with a pause of more than twelve hours', () => {
    const taken = [0, 1, 12.9, 26].map((n) => frame('bias', { takenMs: hours(n) }));
    assert.deepEqual(sizes(taken), [3, 1]);
    assert.deepEqual(
      collectSets(taken, false).map((set) => set.frames.length),
      [4],
    );
  });

  it('tell darks apart by exposure and temperature, within what cameras scatter', () => {
    const dark = (exposureS: number, temperatureC: number | null) => frame('dark', { exposureS, temperatureC });
    assert.deepEqual(
      sizes([dark(60, -10), dark(60.004, -10.3), dark(60, -8), dark(120, -10), dark(60, null)]),
      [2, 1, 1, 1],
    );
  });

  it('tell flats apart by filter and rotator, whatever their exposures', () => {
    const flat = (filter: string, rotatorDeg: number | null, exposureS: number) =>
      frame('flat', { filter, rotatorDeg, exposureS });
    assert.deepEqual(
      sizes([flat('V', 359.8, 1), flat('v', 0.3, 9), flat('R', 0, 1), flat('V', 180, 1), flat('V', null, 1)]),
      [2, 1, 1, 1],
    );
  });

  it('have one key whatever the order of arrival, another for another pedestal', () => {
    const [a, b] = [frame('flat', { takenMs: 1 }), frame('flat', { takenMs: 2 })];
    const [one] = collectSets([a, b]);
    const [other] = collectSets([b, a]);
    assert.equal(setKey(one!, 'bias'), setKey(other!, 'bias'));
    assert.notEqual(setKey(one!, 'bias'), setKey(one!, 'flat-dark'));
    assert.notEqual(setKey(one!, 'bias'), setKey({ ...one!, frames: [a] }, 'bias'));
  });

  it('tell the middle of their facts', () => {
    const [set] = collectSets([
      frame('dark', { exposureS: 60, temperatureC: -10, takenMs: 1000 }),
      frame('dark', { exposureS: 60, temperatureC: -9.6, takenMs: 3000 }),
    ]);
    const { temperatureC, takenMs } = factsOfSet(set!);
    assert.deepEqual([temperatureC, takenMs], [-9.8, 2000]);
  });
});
