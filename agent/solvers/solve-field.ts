import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHeader } from '../../pipeline/fits/header.ts';
import { encodeFits } from '../../pipeline/fits/write.ts';
import { guessOf, type LostFrame, type OutsideSolver } from './outside-solver.ts';
import { runProgram } from './run-program.ts';

/** Stars beyond these many only slow it down. */
const maxStars = 300;

/** `solve-field` of astrometry.net (Lang et al. 2010, AJ 139, 1782), blind, on the stars that we found. */
export function solveFieldProgram(path: string): OutsideSolver {
  return {
    name: 'solve-field',
    async guess(frame, timeoutMs) {
      const folder = await mkdtemp(join(tmpdir(), 'bhtom-edge-solve-'));
      try {
        await writeFile(join(folder, 'stars.xyls'), starTable(frame));
        await runProgram(path, argumentsFor(frame, timeoutMs), { cwd: folder, timeoutMs });
        const wcs = await readFile(join(folder, 'stars.wcs')).catch(ifMissing);
        if (!wcs) return undefined;
        const { header } = parseHeader(wcs);
        return guessOf((keyword) => header.value(keyword), frame);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

function argumentsFor({ width, height, scale }: LostFrame, timeoutMs: number): string[] {
  const none = ['--solved', '--match', '--rdls', '--corr', '--index-xyls', '--new-fits'].flatMap((option) => [
    option,
    'none',
  ]);
  const within = scale && [
    ...['--scale-units', 'arcsecperpix'],
    ...['--scale-low', String(scale.arcsecPerPx * (1 - scale.toleranceFraction))],
    ...['--scale-high', String(scale.arcsecPerPx * (1 + scale.toleranceFraction))],
  ];
  return [
    ...['stars.xyls', '--overwrite', '--no-plots', '--no-tweak', '--crpix-center', '--temp-axy', '--wcs', 'stars.wcs'],
    ...['--width', String(width), '--height', String(height), '--x-column', 'X', '--y-column', 'Y'],
    ...['--cpulimit', String(Math.ceil(timeoutMs / 1000)), ...none, ...(within ?? [])],
  ];
}

/** Its table of stars: FITS pixels, brightest first. */
function starTable({ stars }: LostFrame): Buffer {
  const column = (values: Float64Array) => Float64Array.from(values.subarray(0, maxStars), (value) => value + 1);
  const columns = [
    { name: 'X', unit: 'pix', values: column(stars.x) },
    { name: 'Y', unit: 'pix', values: column(stars.y) },
  ];
  return Buffer.concat(encodeFits([{ kind: 'empty' }, { kind: 'table', columns }]));
}

/** For a file that a program did not write. */
export function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
