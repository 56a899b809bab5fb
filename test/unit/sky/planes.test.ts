import assert from 'node:assert/strict';
import test from 'node:test';
import { positionOfText } from '../../../sky/position-text.ts';
import { localSiderealHours } from '../../../sky/sidereal.ts';
import { gnomonicPosition, localFrame, positionOf, separationDeg, stereographicPosition } from '../../../sky/sphere.ts';

const centres = [
  { raDeg: 0, decDeg: 0 },
  { raDeg: 80, decDeg: 40 },
  { raDeg: 200, decDeg: -65 },
  { raDeg: 330, decDeg: 89 },
];

test('right ascension is from 0 to below 360 degrees', () => {
  assert.deepEqual(positionOf(2, 0, 0), { raDeg: 0, decDeg: 0 });
  assert.deepEqual(positionOf(0, 3, 0), { raDeg: 90, decDeg: 0 });
  assert.deepEqual(positionOf(0, -1, 0), { raDeg: 270, decDeg: 0 });
  assert.equal(positionOf(0, 0, -1).decDeg, -90);
});

test('the local frame is of unit vectors at right angles that turn from east over north to up', () => {
  for (const centre of centres) {
    const { up, east, north } = localFrame(centre);
    const [ux, uy, uz] = up;
    const [ex, ey, ez] = east;
    const [nx, ny, nz] = north;
    const cross = [ey * nz - ez * ny, ez * nx - ex * nz, ex * ny - ey * nx];
    for (const [k, value] of [ux, uy, uz].entries()) assert.ok(Math.abs(cross[k]! - value) < 1e-14);
    for (const [x, y, z] of [up, east, north]) assert.ok(Math.abs(Math.hypot(x, y, z) - 1) < 1e-14);
  }
});

test('a point of a plane lies as far from its centre, and in the direction, that the projection says', () => {
  for (const centre of centres) {
    for (const [x, y] of [
      [0.01, 0],
      [0, 0.02],
      [-0.1, 0.2],
      [0.7, -0.3],
    ] as const) {
      const r = Math.hypot(x, y);
      // Gnomonic: r = tan(d). Stereographic with the unit of its centre: r = 2 tan(d / 2).
      for (const [position, distance] of [
        [gnomonicPosition(centre, x, y), Math.atan(r)],
        [stereographicPosition(centre, x, y), 2 * Math.atan(r / 2)],
      ] as const) {
        assert.ok(Math.abs((separationDeg(centre, position) * Math.PI) / 180 - distance) < 1e-13, `${x}, ${y}`);
        const { east, north } = localFrame(centre);
        const [px, py, pz] = localFrame(position).up;
        const dot = (v: readonly [number, number, number]) => px * v[0] + py * v[1] + pz * v[2];
        const turn = Math.atan2(dot(east), dot(north)) - Math.atan2(x, y);
        assert.ok(Math.abs(Math.sin(turn)) < 1e-12 && Math.cos(turn) > 0, `${x}, ${y}`);
      }
    }
  }
});

test('sidereal time at Greenwich at the epoch J2000, and that a day is four minutes shorter by the stars', () => {
  const j2000Ms = Date.UTC(2000, 0, 1, 12);
  // Mean sidereal time 18.697375 h (Meeus 1998, Astronomical Algorithms, ch. 12); the equinoxes differ by a second at most.
  assert.ok(Math.abs(localSiderealHours(0, j2000Ms) - 18.697375) < 1.2 / 3600);
  const west = localSiderealHours(-30, j2000Ms);
  assert.ok(Math.abs(west - (18.697375 - 2)) < 1.2 / 3600);
  assert.ok(Math.abs(localSiderealHours(120, j2000Ms) - (18.697375 + 8 - 24)) < 1.2 / 3600, 'below 24 hours');
  const nextDay = localSiderealHours(0, j2000Ms + 86_400_000);
  assert.ok(Math.abs(nextDay - 18.697375 - 236.5554 / 3600) < 1.2 / 3600);
});

test('a position of which either part is none is none', () => {
  assert.equal(positionOfText('nonsense', '10'), undefined);
  assert.equal(positionOfText('10', 'nonsense'), undefined);
  assert.deepEqual(positionOfText('10', '-20.5'), { raDeg: 10, decDeg: -20.5 });
});
