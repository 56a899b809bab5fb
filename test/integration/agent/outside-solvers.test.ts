import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { installedSolvers } from '../../../agent/solvers/installed.ts';
import type { LostFrame } from '../../../agent/solvers/outside-solver.ts';
import { runProgram } from '../../../agent/solvers/run-program.ts';
import { type ReduceOptions, reduceFrames } from '../../../cli/reduce.ts';
import { pixelToSky, type Wcs } from '../../../pipeline/astrometry/wcs.ts';
import { wcsFromKeywords } from '../../../pipeline/astrometry/wcs-keywords.ts';
import type { FrameSummary } from '../../../pipeline/products/summary.ts';
import { separationDeg } from '../../../sky/sphere.ts';
import { realFile, withAll, withPrograms, withRealData } from '../../support/outside.ts';

const folder = mkdtempSync(join(tmpdir(), 'outside-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

const frame: LostFrame = {
  ...{ path: 'frame.fits', width: 1000, height: 800 },
  stars: { x: Float64Array.of(1, 2), y: Float64Array.of(3, 4) },
  scale: { arcsecPerPx: 2, toleranceFraction: 0.2 },
};
const solver = async (program: 'astap' | 'solve-field', path: string) =>
  (await installedSolvers({ fallback: [{ program, path }] }))[0];

/** No process of a file of ids is left, two seconds at most after it was killed; a zombie is none. */
async function assertAllGone(pids: string): Promise<void> {
  const alive = (pid: string) => {
    const stat = `/proc/${pid}/stat`;
    return existsSync(stat) && readFileSync(stat, 'utf8').split(' ')[2] !== 'Z';
  };
  const left = () => readFileSync(pids, 'utf8').trim().split('\n').filter(alive);
  for (let tries = 0; tries < 20 && left().length > 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(left(), []);
}

describe('a program outside', () => {
  it('is killed with all it has started when its time is over', async () => {
    const pids = join(folder, 'pids');
    const path = script('stubborn', `trap '' TERM\nsleep 600 & echo $! > ${pids}\nwait\nsleep 600`);
    const end = await runProgram(path, [], { cwd: folder, timeoutMs: 500 });
    assert.equal(end.how, 'killed');
    await assertAllGone(pids);
  });

  it('is killed as solve-field too, when it and what it has started ignore to be asked, and is told as not knowing', async () => {
    const pids = join(folder, 'solve-pids');
    // Like solve-field: the search runs in a process of its own, here with one more below it.
    const search = script('engine', `trap '' TERM INT HUP\necho $$ >> ${pids}\nwhile :; do sleep 1; done`);
    const path = script(
      'solve-field',
      `trap '' TERM INT HUP\necho $$ >> ${pids}\n${search} & ${search} &\nwhile :; do wait; sleep 1; done`,
    );
    const startedMs = performance.now();
    assert.equal(await (await solver('solve-field', path))!.guess(frame, 700), undefined);
    assert.ok(performance.now() - startedMs < 5000);
    assert.equal(readFileSync(pids, 'utf8').trim().split('\n').length, 3);
    await assertAllGone(pids);
  });

  it('leaves nothing behind when it ends before what it has started', async () => {
    const pids = join(folder, 'left-pids');
    const path = script('leaving', `trap '' HUP\nsleep 600 & echo $! > ${pids}`);
    const end = await runProgram(path, [], { cwd: folder, timeoutMs: 60_000 });
    assert.deepEqual([end.how, end.code], ['ended', 0]);
    await assertAllGone(pids);
  });

  it('that is not there is not asked', async () => {
    assert.equal(await solver('astap', join(folder, 'none')), undefined);
    const end = await runProgram(join(folder, 'none'), [], { cwd: folder, timeoutMs: 500 });
    assert.equal(end.how, 'not started');
  });

  const ini = (lines: string[]) => `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > "$out.ini"`;
  const astapOf = (name: string, lines: string[]) =>
    script(name, `while [ $# -gt 0 ]; do [ "$1" = -o ] && out="$2"; shift; done\n${ini(lines)}`);

  it('gives centre and scale in the way of ASTAP', async () => {
    const solved = ['PLTSOLVD=T', 'CRPIX1=500.5', 'CRPIX2=400.5', 'CRVAL1=83.2', 'CRVAL2=30.1'];
    const cd = ['CD1_1=-5.5555556E-4', 'CD1_2=0', 'CD2_1=0', 'CD2_2=5.5555556E-4'];
    const guess = await (await solver('astap', astapOf('astap', [...solved, ...cd])))!.guess(frame, 5000);
    assert.ok(guess && separationDeg(guess, { raDeg: 83.2, decDeg: 30.1 }) < 1e-9);
    assert.ok(Math.abs(guess.scaleArcsecPerPx - 2) < 1e-6);
  });

  it('may know nothing, write nonsense, hang, or break down', async () => {
    const paths = [
      astapOf('unsolved', ['PLTSOLVD=F', 'ERROR=No star database found']),
      astapOf('nonsense', ['PLTSOLVD=T', 'CRVAL1=what']),
      script('silent', 'exit 1'),
      script('hanging', 'sleep 600'),
    ];
    for (const path of paths) assert.equal(await (await solver('astap', path))!.guess(frame, 500), undefined);
    assert.equal(
      await (await solver('solve-field', script('broken', 'echo no > stars.wcs')))!.guess(frame, 500),
      undefined,
    );
  });
});

describe('a real frame whose header lies about its place', withAll(withRealData, withPrograms('solve-field')), () => {
  /** The other end of the sky in its cards, and a catalogue that is not of one field, or ours would find it there. */
  const lost = () => {
    const bytes = readFileSync(realFile('hatp32-microobs', 'HATP-32171220050012.FITS'));
    for (const [keyword, value] of [
      ['RA', '200.0'],
      ['DEC', '-30.0'],
    ] as const) {
      const at = bytes.indexOf(`${keyword.padEnd(8)}= `, 0, 'latin1');
      bytes.write(`${keyword.padEnd(8)}= ${value.padStart(20)}`.padEnd(80), at, 'latin1');
    }
    const path = join(folder, 'lost.fits');
    const catalogue = join(folder, 'lost.csv');
    writeFileSync(path, bytes);
    writeFileSync(catalogue, `${readFileSync(realFile('catalogs', 'tycho2-hatp32.csv'), 'utf8')}210,-40,9\n`);
    return { path, catalogue };
  };
  const options: ReduceOptions = { solve: true, threads: 2, out: folder, scale: 5.16, fallback: true };

  it('is found by solve-field and solved by ourselves', async () => {
    const { path, catalogue } = lost();
    for await (const result of reduceFrames([path], { ...options, catalogue })) {
      const record = result as FrameSummary;
      assert.equal(record.located.from, 'solver', JSON.stringify(record.located));
      const { wcs } = wcsFromKeywords((keyword) => record.wcs![keyword]);
      const centre = pixelToSky(wcs as Wcs, 324.5, 249.5);
      assert.ok(separationDeg(centre, { raDeg: 30.97876, decDeg: 46.82714 }) * 3600 < 10);
      assert.ok(record.warnings.some((text) => /solve-field told that this frame looks at 30\.9/.test(text)));
      assert.ok(Number.isFinite(record.zeroPoint));
    }
  });
});
