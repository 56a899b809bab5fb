import assert from 'node:assert/strict';
import test from 'node:test';
import { separationDeg } from '../../../sky/sphere.ts';

test('a separation keeps its digits when it is tiny and when it is nearly half a turn', () => {
  const tinyDeg = 1e-9;
  const off = (apartDeg: number, trueDeg: number) => Math.abs(apartDeg - trueDeg);
  assert.ok(off(separationDeg({ raDeg: 80, decDeg: 20 }, { raDeg: 80, decDeg: 20 + tinyDeg }), tinyDeg) < 1e-13);
  assert.ok(off(separationDeg({ raDeg: 0, decDeg: 0 }, { raDeg: 180 - tinyDeg, decDeg: 0 }), 180 - tinyDeg) < 1e-12);
  assert.ok(off(separationDeg({ raDeg: 359.5, decDeg: 0 }, { raDeg: 0.5, decDeg: 0 }), 1) < 1e-13);
});
