/**
 * How well the stars of a real night repeat: node bench/repeatability.ts FOLDER [--threads 2]
 * Measures every frame of the folder (the HAT-P-32 night of 48 frames) with this project and with sep in an aperture of
 * 3.5 px, lays the frames upon each other by their stars (affine), gives each frame one zero point, and prints the
 * scatter of the ten brightest stars whose peaks stay under 3,000 ADU. No flats, no colours, no air masses: the same
 * plain treatment for both.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { reduceFrames } from '../cli/reduce.ts';
import { align, alignmentBase, applyLinear } from '../pipeline/astrometry/align.ts';
import { nearestPoint, pointGrid } from '../pipeline/astrometry/point-grid.ts';
import { readEcsv } from '../pipeline/tables/read-ecsv.ts';
import { numberRows } from './peers/program.ts';
import { timed } from './peers/timed.ts';
import { median, robustWidth } from './photometry/score.ts';

/** A star of one frame; 0-based pixels. `peak` is the highest raw pixel of its core where known. */
interface Row {
  readonly x: number;
  readonly y: number;
  readonly flux: number;
  readonly peak?: number;
}

const highestPeakAdu = 3000;
const nBrightest = 10;
/** Stars that share the frame's zero point, and the brightest ones that frames are laid upon each other by. */
const nEnsemble = 60;
const nAligning = 200;
/** Share of the frames in which sep must see a star for it to be chosen, and any list for a scatter to be given. */
const chosenShare = 0.9;
const seenShare = 0.8;
const matchPx = 1.5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: 'string', default: '2' } },
});
const [input] = positionals;
if (input === undefined) throw new Error('usage: node bench/repeatability.ts FOLDER [--threads 2]');
const files = readdirSync(input)
  .filter((name) => /\.fits?$/i.test(name))
  .sort()
  .map((name) => join(input, name));

const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-repeat-'));
try {
  const theirs = bySep(folder);
  const ours = await byUs(folder);
  const base = Math.floor(files.length / 2);
  const stars = theirs[base]!.toSorted((a, b) => b.flux - a.flux);
  const sep = matrixOf(theirs, base, stars);
  const peaks = stars.map((_, s) => Math.max(...sep.rows.map((frame) => frame[s]?.peak ?? 0)));
  const lists = {
    'sep, 3.5 px aperture': sep,
    ...Object.fromEntries(
      [...ours].map(([column, frames]) => [`bhtom-edge, ${column}`, matrixOf(frames, base, stars)]),
    ),
  };
  const usable = stars
    .map((_, s) => s)
    .filter((s) => peaks[s]! < highestPeakAdu && seenIn(sep.rows, s) >= chosenShare * files.length);
  const chosen = usable.slice(0, nBrightest);
  console.log(`${files.length} frames; mmag of each star, brightest first; median`);
  for (const [name, { rows, nAligned }] of Object.entries(lists)) {
    const widths = repeatability(rows, usable.slice(0, nEnsemble), chosen);
    const text = widths.map((width) => (1000 * width).toFixed(1).padStart(5)).join(' ');
    console.log(`${name.padEnd(24)} ${nAligned} frames aligned: ${text} | ${(1000 * median(widths)).toFixed(2)}`);
  }
  for (const s of chosen) {
    const seen = Object.values(lists).map(({ rows }) => seenIn(rows, s));
    const { x, y } = stars[s]!;
    console.log(`star at ${x.toFixed(1)}, ${y.toFixed(1)}, peak ${peaks[s]} ADU, seen in ${seen.join(', ')} frames`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function bySep(out: string): Row[][] {
  const script = fileURLToPath(new URL('peers/sep_series.py', import.meta.url));
  timed('/usr/bin/python3', ['-W', 'ignore', script, 'sep.csv', ...files], { cwd: out, limitS: 600 });
  const frames: Row[][] = files.map(() => []);
  for (const [frame, x, y, flux, , peak] of numberRows(readFileSync(join(out, 'sep.csv'), 'utf8'))) {
    if (flux! > 0) frames[frame!]!.push({ x: x!, y: y!, flux: flux!, peak: peak! });
  }
  return frames;
}

/** Our fluxes: each column of fluxes that all catalogues have, and its rows in each frame. */
async function byUs(out: string): Promise<Map<string, Row[][]>> {
  const columns = new Map<string, Row[][]>();
  for await (const record of reduceFrames(files, { solve: false, threads: Number(values.threads), out })) {
    if (record.state !== 'reduced') throw new Error(`${record.file}: ${record.reason}`);
    const { numbers } = readEcsv(readFileSync(record.catalogues[0]!, 'utf8'), record.file, parse);
    const [x, y] = [numbers.get('x')!, numbers.get('y')!];
    const rowsOf = (flux: Float64Array) =>
      Array.from(flux, (value, i) => ({ x: x[i]! - 1, y: y[i]! - 1, flux: value })).filter((row) => row.flux > 0);
    for (const [name, flux] of numbers) {
      if (!/^(flux|aper_flux|aper_sum_[\d.]+)$/.test(name)) continue;
      columns.set(name, [...(columns.get(name) ?? []), rowsOf(flux)]);
    }
  }
  return new Map([...columns].filter(([, frames]) => frames.length === files.length));
}

/** For each frame, the row of each star of the base frame, or undefined where it was not seen. */
function matrixOf(frames: readonly Row[][], baseAt: number, stars: readonly Row[]) {
  const ranked = frames.map((rows) => rows.toSorted((a, b) => b.flux - a.flux));
  const positions = ranked.map((rows) => ({
    x: Float64Array.from(rows.slice(0, nAligning), ({ x }) => x),
    y: Float64Array.from(rows.slice(0, nAligning), ({ y }) => y),
  }));
  const base = alignmentBase(positions[baseAt]!);
  if (!base) throw new Error('the middle frame has too few stars to lay the others upon');
  let nAligned = 0;
  const rows = ranked.map((frame, f) => {
    const found = align(positions[f]!, base);
    if (!found) return stars.map(() => undefined);
    nAligned++;
    const laid = frame.map(({ x, y }) => applyLinear(found.map, x, y));
    const grid = pointGrid(
      Float64Array.from(laid, ({ x }) => x),
      Float64Array.from(laid, ({ y }) => y),
      laid.length,
      2 * matchPx,
    );
    return stars.map(({ x, y }) => frame[nearestPoint(grid, x, y, matchPx)]);
  });
  return { rows, nAligned };
}

function seenIn(rows: readonly (readonly (Row | undefined)[])[], star: number): number {
  return rows.filter((frame) => frame[star] !== undefined).length;
}

/**
 * Robust standard deviation of the magnitudes of each chosen star over the frames, after one zero point a frame, the
 * median over the ensemble of magnitude less the star's own median, found by iteration; Infinity for a star that was
 * seen in too few frames.
 */
function repeatability(
  rows: readonly (readonly (Row | undefined)[])[],
  ensemble: readonly number[],
  chosen: readonly number[],
): number[] {
  const mags = rows.map((frame) => frame.map((row) => (row ? -2.5 * Math.log10(row.flux) : Number.NaN)));
  const zeroPoints = new Float64Array(rows.length);
  const reducedOf = (star: number) => mags.map((frame, f) => frame[star]! - zeroPoints[f]!).filter(Number.isFinite);
  for (let round = 0; round < 10; round++) {
    const typical = new Map(ensemble.map((star) => [star, median(reducedOf(star))]));
    mags.forEach((frame, f) => {
      const offsets = ensemble.map((star) => frame[star]! - typical.get(star)!).filter(Number.isFinite);
      if (offsets.length > 0) zeroPoints[f] = median(offsets);
    });
  }
  return chosen.map((star) =>
    seenIn(rows, star) >= seenShare * rows.length ? robustWidth(reducedOf(star)) : Number.POSITIVE_INFINITY,
  );
}
