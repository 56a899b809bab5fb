import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { StarCatalogue } from '../../../../pipeline/astrometry/catalogue.ts';
import type { SolveInput } from '../../../../pipeline/astrometry/problem.ts';
import { type Solved, solveField } from '../../../../pipeline/astrometry/solve.ts';
import { numbersOf, readCsv } from '../../../../pipeline/tables/read-csv.ts';
import { separationDeg } from '../../../../sky/sphere.ts';
import { realFile, withPython, withRealData } from '../../../support/outside.ts';

/** Detections of FITS files by sep, as JSON: {file: {shape, x, y, flux}} with 0-based pixels. */
const detect = `
import sys, json, numpy as np, sep
from astropy.io import fits
out = {}
for path in sys.argv[1:]:
    image = np.ascontiguousarray(fits.getdata(path).astype(float))
    sky = sep.Background(image)
    found = sep.extract(image - sky, 3.0, err=sky.globalrms, minarea=4)
    out[path] = dict(shape=image.shape, x=found['x'].tolist(), y=found['y'].tolist(), flux=found['flux'].tolist())
json.dump(out, sys.stdout)
`;

interface Detections {
  readonly shape: [number, number];
  readonly x: number[];
  readonly y: number[];
  readonly flux: number[];
}

function detections(paths: readonly string[]): Record<string, Detections> {
  const run = spawnSync('/usr/bin/python3', ['-c', detect, ...paths], { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Record<string, Detections>;
}

function catalogue(name: string): StarCatalogue {
  const path = realFile('catalogs', name);
  const table = readCsv(readFileSync(path, 'utf8'), path);
  const column = (column: string): Float64Array => numbersOf(table, column)!;
  return { raDeg: column('ra_deg'), decDeg: column('dec_deg'), mag: column('vt_mag'), epochYear: 2000 };
}

function solved(found: Detections, rest: Pick<SolveInput, 'hint' | 'scale' | 'catalogue'>, epochYear: number): Solved {
  const [height, width] = found.shape;
  const [x, y, flux] = [found.x, found.y, found.flux].map((column) => Float64Array.from(column)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const solution = solveField({ x, y, flux, width, height, epochYear, ...rest });
  assert.ok(solution.solved, 'reason' in solution ? solution.reason : '');
  return solution;
}

const skip = withRealData.skip || withPython('sep', 'astropy').skip;

test('all 48 frames of a night are solved from the commanded position', { skip }, () => {
  const folder = realFile('hatp32-microobs');
  const paths = readdirSync(folder)
    .filter((name) => name.endsWith('.FITS'))
    .sort()
    .map((name) => `${folder}/${name}`);
  assert.equal(paths.length, 48);
  const found = detections(paths);
  const known = {
    hint: { raDeg: 31.0428, decDeg: 46.6879, radiusDeg: 1 },
    scale: { arcsecPerPx: 5.2, toleranceFraction: 0.1 },
    catalogue: catalogue('tycho2-hatp32.csv'),
  };
  let last: Solved | undefined;
  for (const path of paths) {
    const solution = solved(found[path]!, known, 2017.97);
    assert.ok(Math.abs(solution.scaleArcsecPerPx - 5.163) < 0.01, path);
    assert.equal(solution.parity, 1, path);
    assert.ok(solution.nMatched >= 25 && solution.rmsArcsec < 2, path);
    // The mount drifts by 270 pixels in seven hours, never by a minute of arc between frames nine minutes apart.
    if (last) assert.ok(separationDeg(last, solution) < 2 / 60, path);
    last = solution;
    if (path.includes('050012')) {
      // Against solve-field 0.93.
      assert.ok(separationDeg(solution, { raDeg: 30.97876, decDeg: 46.82714 }) * 3600 < 10);
    }
  }
});

test('a colour frame of the Milky Way is solved', { skip }, () => {
  const path = realFile('ccd-frames', 'panoptes', 'unsolved.fits');
  const solution = solved(
    detections([path])[path]!,
    {
      hint: { raDeg: 302, decDeg: 46.5, radiusDeg: 2 },
      scale: { arcsecPerPx: 11, toleranceFraction: 0.2 },
      catalogue: catalogue('tycho2-panoptes.csv'),
    },
    2016,
  );
  // Against solve-field 0.93, whose scale at the centre is bent by its distortion of second order.
  assert.ok(separationDeg(solution, { raDeg: 303.21096, decDeg: 46.01955 }) * 3600 < 10);
  assert.ok(Math.abs(solution.scaleArcsecPerPx - 10.3) < 0.03);
  assert.ok(solution.nMatched > 200);
});
