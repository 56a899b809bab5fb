import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readStack } from '../../../agent/stacks/stack-file.ts';
import { openFile } from '../../../base/file-bytes.ts';
import { pixelToSky, type Wcs } from '../../../pipeline/astrometry/wcs.ts';
import { wcsFromKeywords, wcsToKeywords } from '../../../pipeline/astrometry/wcs-keywords.ts';
import { readHdus } from '../../../pipeline/fits/hdu.ts';
import { encodeFits } from '../../../pipeline/fits/write.ts';
import { exposeField, onFrame, type SkyStar, skyStars } from '../../support/host-field.ts';

const size = 300;
const program = resolve(import.meta.dirname, '../../../bin/bhtom-edge.mjs');
const stars = skyStars(120, 340, 3000, 3e5, 17, [{ x: 20, y: -30 }]);
const nova: SkyStar = { x: 20, y: -30, flux: 6000 };
const cd = 1.2 / 3600;

let folder: string;
const paths: string[] = [];
const target = { name: 'nova', ...place(0, 0, nova) };

function wcsOf(dx: number, dy: number): Wcs {
  const middle = (size - 1) / 2;
  return { crvalDeg: { raDeg: 83, decDeg: 22 }, crpix: { x: middle + dx, y: middle + dy }, cd: [-cd, 0, 0, cd] };
}

function place(dx: number, dy: number, star: SkyStar): { raDeg: number; decDeg: number } {
  const { x, y } = onFrame({ width: size, height: size, fwhmPx: 3, skyE: 0, shift: [dx, dy], seed: 0 }, star.x, star.y);
  return pixelToSky(wcsOf(dx, dy), x, y);
}

function save(name: string, sky: readonly SkyStar[], fwhmPx: number, [dx, dy]: [number, number], k: number): string {
  const plane = exposeField(sky, [], { width: size, height: size, fwhmPx, skyE: 300, shift: [dx, dy], seed: 40 + k });
  const pixels = Uint16Array.from(plane.electrons, (e) => Math.min(65535, Math.max(0, Math.round(e) + 500)));
  const cards = [
    { keyword: 'IMAGETYP', value: 'Light Frame' },
    { keyword: 'OBJECT', value: 'M1' },
    { keyword: 'DATE-OBS', value: `2026-11-20T22:${String(10 + k).padStart(2, '0')}:00.000` },
    { keyword: 'EXPTIME', value: 30 },
    { keyword: 'FILTER', value: name === 'blue.fits' ? 'B' : 'V' },
    { keyword: 'INSTRUME', value: 'Test Camera' },
    { keyword: 'EGAIN', value: 1, comment: 'electrons per ADU' },
    { keyword: 'RDNOISE', value: 5, comment: 'electrons' },
    ...Object.entries(wcsToKeywords(wcsOf(dx, dy))).map(([keyword, value]) => ({ keyword, value })),
  ];
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(encodeFits([{ kind: 'image', width: size, height: size, pixels, cards }])));
  return path;
}

function run(...words: string[]): { status: number | null; records: Record<string, never>[]; stderr: string } {
  const done = spawnSync(process.execPath, [program, ...words, '--json', '--threads', '1', '--out', folder], {
    encoding: 'utf8',
  });
  const records = done.stdout.split('\n').filter((line) => line !== '');
  return { status: done.status, records: records.map((line) => JSON.parse(line)), stderr: done.stderr };
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'stack-difference-'));
  for (let k = 0; k < 4; k++) paths.push(save(`frame-${k}.fits`, stars, 2.8 + 0.1 * k, [3 * k - 4, 2 - k], k));
});
after(() => rmSync(folder, { recursive: true }));

describe('stack and difference on the command line', () => {
  it('combine frames to an image with its history, and leave out another filter', async () => {
    const blue = save('blue.fits', stars, 3, [0, 0], 9);
    const { status, records, stderr } = run('stack', ...paths, blue, '--name', 'deep');
    assert.equal(status, 0, stderr);
    const record = records[0] as unknown as {
      state: string;
      images: string[];
      catalogues: string[];
      rejected: { name: string }[];
      stack: { nCombined: number; exposureSumS: number }[];
    };
    assert.equal(record.state, 'stacked');
    assert.deepEqual(
      record.rejected.map(({ name }) => name),
      ['blue.fits'],
    );
    assert.equal(record.stack[0]!.nCombined, 4);
    assert.equal(record.stack[0]!.exposureSumS, 120);
    assert.match(readFileSync(record.catalogues[0]!, 'utf8'), /^# %ECSV/);

    const file = await openFile(join(folder, 'deep.fits'));
    const [primary, mask, variance] = await readHdus(file);
    await file.close();
    const { header } = primary!;
    assert.equal(header.number('NCOMBINE'), 4);
    assert.equal(header.number('EXPSUM'), 120);
    assert.equal(header.string('DATE-OBS'), '2026-11-20T22:10:00.000');
    assert.equal(header.string('DATE-END'), '2026-11-20T22:13:30.000');
    assert.match(header.string('DATE-AVG')!, /^2026-11-20T22:1[12]:/);
    assert.equal(mask!.name, 'MASK');
    assert.equal(variance!.name, 'VARIANCE');
    const { wcs } = wcsFromKeywords((keyword) => header.value(keyword));
    assert.ok(wcs && Math.abs(wcs.crvalDeg.raDeg - 83) < 1e-9);

    const stored = await readStack(join(folder, 'deep.fits'));
    assert.ok(stored && stored.plane.noise.correlation! > 1);
    assert.equal(stored.filter, 'V');
    assert.equal(await readStack(paths[0]!), undefined);
  });

  it('find what is new against the stack', () => {
    const frame = save('later.fits', [...stars, nova], 3.3, [1.6, -2.3], 20);
    const { raDeg, decDeg } = target;
    // Without stars that confirm the header's WCS there would be no verdict.
    const catalogue = join(folder, 'stars.csv');
    const rows = stars.map((star) => ({ ...place(0, 0, star), mag: 25 - 2.5 * Math.log10(star.flux) }));
    writeFileSync(catalogue, ['ra,dec,mag', ...rows.map((row) => Object.values(row).join())].join('\n'));
    const { status, records, stderr } = run(
      ...['difference', frame, '--reference', join(folder, 'deep.fits'), '--target', `nova,${raDeg},${decDeg}`],
      ...['--catalogue', catalogue],
    );
    assert.equal(status, 0, stderr);
    const record = records[0] as unknown as {
      state: string;
      images: string[];
      targets: { flux: number; fluxErr: number; referenceFlux: number; verdict: string; bjdTdb: number }[];
    };
    assert.equal(record.state, 'differenced');
    const [found] = record.targets;
    assert.equal(found!.verdict, 'brighter');
    assert.ok(Math.abs(found!.flux - nova.flux) < 4 * found!.fluxErr, `${found!.flux} +- ${found!.fluxErr}`);
    assert.ok(Math.abs(found!.referenceFlux) < 0.2 * nova.flux);
    assert.ok(found!.bjdTdb > 2461365 && found!.bjdTdb < 2461366);
    assert.ok(existsSync(record.images[0]!));
  });

  it('take one frame for a reference, and say what cannot be done', () => {
    const { records } = run('difference', paths[3]!, '--reference', paths[0]!);
    assert.equal((records[0] as unknown as { state: string }).state, 'differenced');
    const elsewhere = save('elsewhere.fits', skyStars(100, 340, 3000, 3e5, 71), 3, [0, 0], 30);
    const none = run('difference', elsewhere, '--reference', join(folder, 'deep.fits'));
    assert.equal(none.status, 0);
    assert.equal((none.records[0] as unknown as { state: string }).state, 'not differenced');
    assert.match(none.stderr, /could not be laid upon/);
    assert.equal(run('stack', paths[0]!).status, 2);
  });
});
