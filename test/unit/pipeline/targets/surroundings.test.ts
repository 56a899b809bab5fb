import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SourceFlag } from '../../../../pipeline/flags.ts';
import { MaskBit, type Plane } from '../../../../pipeline/plane.ts';
import { newSourceTable } from '../../../../pipeline/sources.ts';
import { surroundings } from '../../../../pipeline/targets/surroundings.ts';

const side = 64;
const fwhmPx = 3;
function plane(mark: (x: number, y: number) => number = () => 0): Plane {
  const mask = Uint8Array.from({ length: side * side }, (_, p) => mark(p % side, Math.floor(p / side)));
  const noise = {
    gainEPerAdu: 1,
    gainKnown: true,
    readNoiseE: 5,
    pedestalKnown: true,
    flatError: 0,
    saturationE: 60000,
  };
  return {
    ...{ name: 'mono', width: side, height: side, electrons: new Float32Array(side * side).fill(100), mask, noise },
    mosaic: { step: 1, offsetX: 0, offsetY: 0 },
  };
}
const none = newSourceTable(0);
const look = (of: Plane, x: number, y: number) => surroundings(of, none, fwhmPx, { x, y });

describe('the surroundings of a position', () => {
  it('are clean in the open', () => {
    assert.deepEqual(look(plane(), 30, 30), {
      ...{ flags: 0, troubles: [], found: undefined, host: undefined },
    });
  });

  it('name the edge, a bad column, a cosmic ray and a trail', () => {
    assert.match(look(plane(), 30, 1).troubles[0]!, /edge of the frame \(1\.0 px/);
    const column = look(
      plane((x) => (x === 31 ? MaskBit.bad : 0)),
      30,
      30,
    );
    assert.deepEqual([column.flags, column.troubles.length], [SourceFlag.badPixel, 1]);
    assert.match(column.troubles[0]!, /bad pixels \(\d+ % of its core\)/);
    const hit = look(
      plane((x, y) => (x === 30 && y === 30 ? MaskBit.cosmicRay : 0)),
      30,
      30,
    );
    assert.equal(hit.flags, SourceFlag.cosmicRay);
    const trail = look(
      plane((_, y) => (y === 29 ? MaskBit.trail : 0)),
      30,
      30,
    );
    assert.match(trail.troubles.join(), /satellite/);
  });

  it('know a saturated star beside, by mask or by level, and none farther off', () => {
    const masked = plane((x, y) => (Math.hypot(x - 30, y - 30) < 3 ? MaskBit.saturated : 0));
    assert.equal(look(masked, 40, 30).flags, SourceFlag.nearSaturated);
    assert.equal(look(masked, 30, 30).flags, SourceFlag.saturated);
    assert.equal(look(masked, 50, 30).flags, 0);
    const bright = plane();
    bright.electrons[30 * side + 30] = 60001;
    assert.deepEqual(look(bright, 38, 30).troubles, ['next to a saturated star']);
  });

  it('find the source at the position and a host about it', () => {
    const sources = newSourceTable(3);
    sources.x.set([30.4, 37, 60]);
    sources.y.set([30, 30, 60]);
    sources.flux.set([1000, 800, 1e6]);
    sources.flags.set([0, SourceFlag.extended, SourceFlag.extended]);
    const about = surroundings(plane(), sources, fwhmPx, { x: 30, y: 30 });
    assert.equal(about.found, 0);
    assert.deepEqual(about.host, { where: 'near', distancePx: 7, row: 1 });
    const on = surroundings(plane(), sources, fwhmPx, { x: 37, y: 31 });
    assert.deepEqual([on.found, on.host!.where], [1, 'under']);
  });
});
