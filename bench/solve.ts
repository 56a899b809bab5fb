/**
 * How often, how fast and how well the solver solves made-up lists, and whether it ever gives a wrong answer. Seconds are
 * of the processor, all threads of the process together, so that a busy machine does not count.
 * node bench/solve.ts [--sets NAME,NAME] [--n 20] [--seed 1] [--sky CSV of ra,dec,mag]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { solveField } from '../pipeline/astrometry/solve.ts';
import { pixelToSky } from '../pipeline/astrometry/wcs.ts';
import { type ListRecipe, makeList, missOf, type RealSky } from '../test/support/star-lists.ts';

const normal = {
  stars: [35, 300],
  missing: 0.15,
  falseShare: 0.2,
  scaleTolerance: 0.1,
  catalogueDeeper: [0.3, 1.7],
} as const;
const hard = {
  stars: [50, 300],
  missing: 0.33,
  falseShare: 1,
  scaleTolerance: 0.2,
  catalogueDeeper: [0, 1.7],
  hintOffDeg: 3,
  hintOffAtLeast: 0.7,
} as const;

const sets: Record<string, ListRecipe> = {
  '10arcmin': { ...normal, fieldDeg: 10 / 60, hintOffDeg: 0.5 },
  '20arcmin': { ...normal, fieldDeg: 20 / 60, hintOffDeg: 1 },
  '40arcmin': { ...normal, fieldDeg: 40 / 60, hintOffDeg: 1 },
  '1.5deg': { ...normal, fieldDeg: 1.5, hintOffDeg: 2 },
  '4deg': { ...normal, fieldDeg: 4, hintOffDeg: 4 },
  crowded: { ...normal, fieldDeg: 20 / 60, hintOffDeg: 1, stars: [1000, 1001] },
  '10arcmin-hard': { ...hard, fieldDeg: 10 / 60, hintOffDeg: 1 },
  '20arcmin-hard': { ...hard, fieldDeg: 20 / 60, hintOffDeg: 1.5 },
  '40arcmin-hard': { ...hard, fieldDeg: 40 / 60 },
  '1.5deg-hard': { ...hard, fieldDeg: 1.5 },
  '4deg-hard': { ...hard, fieldDeg: 4 },
  'trailed-hard': { ...hard, fieldDeg: 1.5, trailPx: 25 },
  'pole-hard': { ...hard, fieldDeg: 1.5, at: 'pole' },
  'ra0-hard': { ...hard, fieldDeg: 1.5, at: 'ra0' },
};

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: Object.keys(sets).join(',') },
    n: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    sky: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const sky = values.sky === undefined ? undefined : readSky(values.sky);
console.log('set              n  solved  false | CPU s med    p90    max | rms px median   p90   max | log-odds min');
for (const name of values.sets.split(',')) {
  const recipe = sets[name];
  if (!recipe) throw new Error(`no set ${name}; the sets are ${Object.keys(sets).join(', ')}`);
  const seconds: number[] = [];
  const rms: number[] = [];
  const odds: number[] = [];
  let wrong = 0;
  for (let k = 0; k < Number(values.n); k++) {
    const seed = Number(values.seed) * 1000 + k;
    const list = makeList(recipe, seed, sky);
    const start = performance.now();
    const cpu = process.cpuUsage();
    const deadline = start + 20_000;
    const solution = solveField(list.input, () => performance.now() > deadline);
    const used = process.cpuUsage(cpu);
    seconds.push((used.user + used.system) / 1e6);
    if (solution.solved) {
      const { rmsPx } = missOf(list, (x, y) => pixelToSky(solution.wcs, x, y));
      if (rmsPx > 0.01 * list.input.width) wrong++;
      rms.push(rmsPx);
      odds.push(solution.logOdds);
      if (values.verbose)
        console.log(
          seed,
          list.input.x.length,
          list.input.catalogue.raDeg.length,
          seconds.at(-1)!.toFixed(2),
          rmsPx.toFixed(3),
          solution.nMatched,
          solution.logOdds.toFixed(1),
          solution.wcs.sip?.a.order ?? 1,
        );
    } else if (values.verbose)
      console.log(
        seed,
        list.input.x.length,
        list.input.catalogue.raDeg.length,
        seconds.at(-1)!.toFixed(2),
        solution.reason,
      );
  }
  const at = (sorted: number[], share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(3).padStart(6);
  for (const list of [seconds, rms, odds]) list.sort((a, b) => a - b);
  console.log(
    `${name.padEnd(15)} ${String(seconds.length).padStart(3)}  ${String(rms.length).padStart(6)} ${String(wrong).padStart(6)} |` +
      `   ${at(seconds, 0.5)} ${at(seconds, 0.9)} ${at(seconds, 1)} |` +
      `        ${at(rms, 0.5)} ${at(rms, 0.9)} ${at(rms, 1)} | ${at(odds, 0)}`,
  );
}

function readSky(file: string): RealSky {
  const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  const column = (place: number): Float64Array => Float64Array.from(rows, (row) => Number(row.split(',')[place]));
  return { raDeg: column(0), decDeg: column(1), mag: column(2) };
}
