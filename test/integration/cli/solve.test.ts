import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { separationDeg } from '../../../sky/sphere.ts';
import { type ListCase, makeList } from '../../support/star-lists.ts';

const program = fileURLToPath(new URL('../../../bin/bhtom-edge.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-solve-'));
after(() => rmSync(folder, { recursive: true }));

const list = makeList(
  {
    fieldDeg: 0.6,
    widthPx: 1500,
    heightPx: 1000,
    stars: [60, 100],
    missing: 0.1,
    falseShare: 0.2,
    hintOffDeg: 0.5,
    scaleTolerance: 0.1,
    catalogueDeeper: [0.3, 1],
  },
  3,
);

function write(name: string, head: string, columns: readonly ArrayLike<number>[]): string {
  const rows = Array.from({ length: columns[0]!.length }, (_, i) => columns.map((column) => column[i]).join(','));
  const path = join(folder, name);
  writeFileSync(path, `${head}\n${rows.join('\n')}\n`);
  return path;
}

function files({ input }: ListCase): { stars: string; catalogue: string } {
  const { x, y, flux, catalogue } = input;
  const { raDeg, decDeg, mag, pmRaMasYr, pmDecMasYr } = catalogue;
  return {
    stars: write('stars.csv', 'x,y,flux', [x.map((v) => v + 1), y.map((v) => v + 1), flux]),
    catalogue: write('catalogue.csv', 'ra,dec,mag,pmra,pmdec', [raDeg, decDeg, mag, pmRaMasYr!, pmDecMasYr!]),
  };
}

const { stars, catalogue } = files(list);
const { hint, scale } = list.input;
const known = [
  ...['--size', '1500,1000', '--catalogue', catalogue, '--epoch', '2026.5'],
  ...['--hint', `${hint.raDeg},${hint.decDeg},0.5`, '--scale', `${scale.arcsecPerPx},0.1`],
];

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'solve', ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('a list is solved and told by the contract', () => {
  const { status, stdout, stderr } = run(stars, ...known, '--json');
  assert.equal(status, 0, stderr);
  const answer = JSON.parse(stdout) as Record<string, unknown> & { wcs: Record<string, unknown> };
  assert.equal(answer.solved, true);
  assert.equal(answer.parity, list.parity);
  const centre = { raDeg: answer.raDeg as number, decDeg: answer.decDeg as number };
  assert.ok(separationDeg(centre, list.centre) * 3600 < 3);
  for (const key of ['scaleArcsecPerPx', 'rotationDeg', 'rmsArcsec', 'nMatched', 'logOdds', 'seconds']) {
    assert.equal(typeof answer[key], 'number', key);
  }
  assert.equal(answer.wcs.CRPIX1, 750.5);
  assert.equal(answer.wcs.CRPIX2, 500.5);
  assert.match(answer.wcs.CTYPE1 as string, /^RA---TAN/);
  assert.match(stderr, /stars\.csv: centre /);
});

test('not solved is an outcome, with its reason', () => {
  const elsewhere = ['--hint', `${(hint.raDeg + 90) % 360},${-hint.decDeg},0.5`];
  const { status, stdout } = run(stars, ...known, ...elsewhere, '--json');
  assert.equal(status, 0);
  const answer = JSON.parse(stdout) as { solved: boolean; reason: string };
  assert.equal(answer.solved, false);
  assert.match(answer.reason, /catalogue holds fewer/);
  const blind = run(stars, '--size', '1500,1000', '--catalogue', catalogue, '--json');
  assert.equal(blind.status, 0);
  assert.match(blind.stdout, /--hint RA,DEC,RADIUS/);
});

test('wrong usage ends with 2, a file that cannot be used with 1', () => {
  assert.equal(run(stars, '--catalogue', catalogue).status, 2);
  assert.equal(run(stars).status, 2);
  assert.equal(run(stars, ...known, '--scale', 'x').status, 2);
  assert.equal(run(join(folder, 'absent.csv'), ...known).status, 2);
  const noColumns = write('no-columns.csv', 'a,b', [[1], [2]]);
  const bad = run(noColumns, ...known);
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /needs the columns x, y and flux/);
  assert.equal(run(stars, ...known, '--catalogue', noColumns).status, 1);
});
