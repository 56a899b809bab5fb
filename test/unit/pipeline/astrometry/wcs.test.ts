import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { evaluateSip } from '../../../../pipeline/astrometry/sip.ts';
import { orientation, pixelToSky, skyToPixel, type Wcs } from '../../../../pipeline/astrometry/wcs.ts';
import { wcsFromKeywords, wcsToKeywords } from '../../../../pipeline/astrometry/wcs-keywords.ts';
import { separationDeg } from '../../../../sky/sphere.ts';

interface Case {
  readonly name: string;
  readonly keywords: Record<string, string | number>;
  readonly pixels: [number, number][];
  readonly sky: [number, number][];
}

const fixture = new URL('../../../fixtures/astrometry/wcs-astropy.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Case[] };

function read(keywords: Record<string, unknown>): Wcs {
  const found = wcsFromKeywords((keyword) => keywords[keyword]);
  assert.ok(found.wcs, 'reason' in found ? found.reason : '');
  return found.wcs;
}

for (const { name, keywords, pixels, sky } of cases) {
  test(`pixels and positions as astropy has them: ${name}`, () => {
    const wcs = read(keywords);
    for (const [k, [x, y]] of pixels.entries()) {
      const [raDeg, decDeg] = sky[k]!;
      assert.ok(separationDeg(pixelToSky(wcs, x, y), { raDeg, decDeg }) < 1e-9);
      const back = skyToPixel(wcs, { raDeg, decDeg })!;
      assert.ok(Math.hypot(back.x - x, back.y - y) < 1e-6, `${back.x} ${back.y} for ${x} ${y}`);
    }
  });
}

test('written keywords read back as the same solution', () => {
  for (const { keywords } of cases) {
    const wcs = read(keywords);
    assert.deepEqual(read(wcsToKeywords(wcs)), wcs);
  }
});

const plain = {
  CTYPE1: 'RA---TAN',
  CTYPE2: 'DEC--TAN',
  CRVAL1: 10,
  CRVAL2: 20,
  CRPIX1: 51,
  CRPIX2: 51,
};

test('CDELT with CROTA2, PC with CDELT and CD say the same', () => {
  const s = 0.001;
  const [sin, cos] = [Math.sin(Math.PI / 6), Math.cos(Math.PI / 6)];
  const cd = read({ ...plain, CD1_1: -s * cos, CD1_2: -s * sin, CD2_1: -s * sin, CD2_2: s * cos });
  const crota = read({ ...plain, CDELT1: -s, CDELT2: s, CROTA2: 30 });
  const pc = read({ ...plain, CDELT1: -s, CDELT2: s, PC1_1: cos, PC1_2: sin, PC2_1: -sin, PC2_2: cos });
  for (const other of [crota, pc]) {
    for (const k of [0, 1, 2, 3] as const) assert.ok(Math.abs(other.cd[k] - cd.cd[k]) < 1e-15);
  }
});

test('swapped axes are understood', () => {
  const straight = read({ ...plain, CD1_1: -0.001, CD2_2: 0.002 });
  const swapped = read({
    ...plain,
    CTYPE1: 'DEC--TAN',
    CTYPE2: 'RA---TAN',
    CRVAL1: 20,
    CRVAL2: 10,
    CD1_2: 0.002,
    CD2_1: -0.001,
  });
  assert.deepEqual(swapped.crvalDeg, straight.crvalDeg);
  assert.deepEqual(swapped.cd.map(Math.abs), straight.cd.map(Math.abs));
});

test('distortion counts even where CTYPE forgets to say -SIP', () => {
  const wcs = read({ ...plain, CD1_1: -0.001, CD2_2: 0.001, A_ORDER: 2, B_ORDER: 2, A_2_0: 1e-4 });
  assert.equal(evaluateSip(wcs.sip!.a, 10, 0), 0.01);
});

test('what is not understood is refused with a reason', () => {
  const refused = (keywords: Record<string, unknown>): string => {
    const found = wcsFromKeywords((keyword) => keywords[keyword]);
    assert.equal(found.wcs, undefined);
    return 'reason' in found ? found.reason : '';
  };
  assert.match(refused({}), /no world coordinates/);
  assert.match(refused({ ...plain, CTYPE1: 'RA---ZPN', CTYPE2: 'DEC--ZPN' }), /not the gnomonic/);
  assert.match(refused({ ...plain }), /CD matrix/);
  assert.match(refused({ ...plain, CD1_1: 0, CD1_2: 0, CD2_1: 1, CD2_2: 1 }), /CD matrix/);
  assert.match(refused({ ...plain, CRVAL1: 'x', CD1_1: 1, CD2_2: 1 }), /CRVAL/);
  assert.match(refused({ ...plain, CD1_1: 1, CD2_2: 1, LONPOLE: 90 }), /LONPOLE/);
});

test('no pixel for what lies behind the tangent plane', () => {
  const wcs = read({ ...plain, CD1_1: -0.001, CD2_2: 0.001 });
  assert.equal(skyToPixel(wcs, { raDeg: 190, decDeg: -20 }), undefined);
  assert.equal(skyToPixel(wcs, { raDeg: 190, decDeg: 69 }), undefined);
  assert.equal(skyToPixel(wcs, { raDeg: Number.NaN, decDeg: 0 }), undefined);
});

test('a distortion that folds over has no inverse there, and says so', () => {
  const wcs = read({ ...plain, CD1_1: -0.001, CD2_2: 0.001, A_ORDER: 2, B_ORDER: 2, A_2_0: -0.01 });
  assert.equal(skyToPixel(wcs, pixelToSky(read({ ...plain, CD1_1: -0.001, CD2_2: 0.001 }), 150, 50)), undefined);
});

test('scale, position angle of +y and parity follow their definitions', () => {
  const at = (keywords: object) => orientation(read({ ...plain, ...keywords }));
  // Seen as the sky is: north up, east to the left.
  assert.deepEqual(at({ CD1_1: -0.001, CD2_2: 0.001 }), { scaleArcsecPerPx: 3.6, rotationDeg: 0, parity: -1 });
  // +y to the east, then +x is to the north.
  const east = at({ CD1_2: 0.001, CD2_1: 0.001 });
  assert.equal(east.rotationDeg, 90);
  assert.equal(east.parity, -1);
  // Mirrored and upside down.
  assert.deepEqual(at({ CD1_1: -0.001, CD2_2: -0.001 }), { scaleArcsecPerPx: 3.6, rotationDeg: 180, parity: 1 });
  // The direction of +y on the sky agrees.
  const wcs = read({ ...plain, CD1_2: 0.001, CD2_1: 0.001 });
  assert.ok(pixelToSky(wcs, 50, 60).raDeg > pixelToSky(wcs, 50, 50).raDeg);
});
