import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TargetListForm, targetList } from '../../../../agent/planning/target-lists.ts';
import { candidate, planned } from '../../../support/planning.ts';

/** The columns that each program looks for, in lower case as they compare them. */
const columns: Record<TargetListForm, { name: string; ra: string; dec: string }> = {
  telescopius: { name: 'familiar name', ra: 'right ascension', dec: 'declination' },
  nina: { name: 'pane', ra: 'ra', dec: 'dec' },
  'target-scheduler': { name: 'name', ra: 'ra', dec: 'dec' },
};

/** Reads such a list as these programs do: divided at every comma, the numbers of an angle taken in their order. */
function read(csv: string, form: TargetListForm) {
  const [header, ...rows] = csv
    .trimEnd()
    .split(/\r\n/)
    .map((row) => row.split(','));
  const cell = (row: string[], name: string) => row[header!.findIndex((one) => one.toLowerCase().trim() === name)]!;
  const angle = (text: string) => {
    const [whole, minutes, seconds] = text.match(/[0-9.]+/g)!.map(Number);
    return (text.includes('-') ? -1 : 1) * (whole! + minutes! / 60 + seconds! / 3600);
  };
  const { name, ra, dec } = columns[form];
  return rows.map((row) => ({
    name: cell(row, name),
    raDeg: 15 * angle(cell(row, ra)),
    decDeg: angle(cell(row, dec)),
  }));
}

const near = (a: number, b: number) => Math.abs(a - b) < 0.1 / 3600;

describe('a list of targets for another program', () => {
  for (const form of ['telescopius', 'nina', 'target-scheduler'] as const)
    it(`holds positions that ${form} reads back, the sign of a declination just below the equator too`, () => {
      const { visits } = planned([
        candidate('M 31, core', { position: { raDeg: 10.684708, decDeg: 41.26875 } }),
        candidate('equator', { position: { raDeg: 359.99999, decDeg: -0.25 } }),
      ]);
      assert.equal(visits.length, 2);
      const list = read(targetList(visits, form), form);
      for (const [i, { position }] of visits.entries()) {
        assert.ok(
          near(list[i]!.decDeg, position.decDeg) && near(((list[i]!.raDeg - position.raDeg + 540) % 360) - 180, 0),
          JSON.stringify(list[i]),
        );
      }
      assert.ok(list.some(({ name }) => name === 'M 31 core'));
    });

  it('holds a target once that is visited again', () => {
    const { visits } = planned([candidate('series', { cadenceDays: 0.1 })]);
    assert.ok(visits.length > 1);
    assert.equal(targetList(visits, 'nina').trimEnd().split('\r\n').length, 2);
  });
});
