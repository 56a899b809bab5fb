import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { solveField } from '../../../../pipeline/astrometry/solve.ts';
import { pixelToSky } from '../../../../pipeline/astrometry/wcs.ts';
import { wcsToKeywords } from '../../../../pipeline/astrometry/wcs-keywords.ts';
import { separationDeg } from '../../../../sky/sphere.ts';
import { withPython } from '../../../support/outside.ts';
import { makeList } from '../../../support/star-lists.ts';

/** Keywords and pixels in, astropy's positions and its way back by AP and BP out. */
const ask = `
import sys, json, warnings
warnings.simplefilter('ignore')
from astropy.io import fits
from astropy.wcs import WCS
answers = []
for keywords, pixels in json.load(sys.stdin):
    header = fits.Header()
    for name, value in keywords.items(): header[name] = value
    wcs = WCS(header)
    focal = wcs.sip_pix2foc(pixels, 0)
    answers.append(dict(sky=wcs.all_pix2world(pixels, 0).tolist(), back=wcs.sip_foc2pix(focal, 0).tolist()))
json.dump(answers, sys.stdout)
`;

test('astropy reads the keywords of solutions as they are meant', { skip: withPython('astropy').skip }, () => {
  const lists = (['anywhere', 'pole', 'ra0'] as const).map((at, seed) =>
    makeList(
      {
        fieldDeg: 3,
        stars: [200, 300],
        missing: 0.1,
        falseShare: 0.1,
        hintOffDeg: 1,
        scaleTolerance: 0.1,
        catalogueDeeper: [0.3, 1],
        at,
      },
      seed,
    ),
  );
  const pixels = [
    [0, 0],
    [2047, 0],
    [0, 2047],
    [2047, 2047],
    [700.25, 1300.5],
  ];
  const solutions = lists.map(({ input }) => solveField(input)).filter((solution) => solution.solved);
  assert.equal(solutions.length, 3);
  assert.ok(solutions.some(({ wcs }) => wcs.sip?.ap));
  const input = JSON.stringify(solutions.map(({ wcs }) => [wcsToKeywords(wcs), pixels]));
  const run = spawnSync('/usr/bin/python3', ['-c', ask], { input, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const answers = JSON.parse(run.stdout) as { sky: [number, number][]; back: [number, number][] }[];
  for (const [n, { wcs }] of solutions.entries()) {
    for (const [k, [x, y]] of (pixels as [number, number][]).entries()) {
      const [raDeg, decDeg] = answers[n]!.sky[k]!;
      assert.ok(separationDeg(pixelToSky(wcs, x, y), { raDeg, decDeg }) < 1e-9);
      if (!wcs.sip) continue;
      // The inverse polynomials are good to 0.01 px.
      const [backX, backY] = answers[n]!.back[k]!;
      assert.ok(Math.hypot(backX - x, backY - y) < 0.01, `${backX} ${backY} for ${x} ${y}`);
    }
  }
});
