/**
 * A real night through the daemon: node bench/transit.ts FOLDER --catalogue CSV [--threads 2]
 * The frames (the HAT-P-32 night of 48) are put into a watched folder, reduced by the daemon, and `lightcurve` is run
 * on its catalogues. Beside it sep's aperture of 3.5 px on the same frames, with the same ensemble of comparison stars:
 * the same rows of the same catalogues, sep's magnitudes in the place of ours. A trapezoid of the published shape
 * (Hartman et al. 2011, ApJ 742, 59: 0.1295 d, ingress 0.0172 d) over a straight line is fitted to each; the middle is
 * held against the ephemeris of Wang et al. (2019): 2455867.402743 + 1042 x 2.1500082.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { parse } from 'yaml';
import { startDaemon } from '../agent/daemon.ts';
import { systemClock } from '../base/clock.ts';
import { Random } from '../base/random.ts';
import { configSchema } from '../config/schema.ts';
import { nearestPoint, pointGrid } from '../pipeline/astrometry/point-grid.ts';
import type { EnsembleFrame } from '../pipeline/ensemble/frame.ts';
import { frameFromCatalogue } from '../pipeline/ensemble/from-catalogue.ts';
import { lightCurves, pointToPointScatter } from '../pipeline/ensemble/light-curve.ts';
import type { FrameSummary } from '../pipeline/products/summary.ts';
import { numbersOf, readCsv } from '../pipeline/tables/read-csv.ts';
import { readEcsv } from '../pipeline/tables/read-ecsv.ts';
import { numberRows } from './peers/program.ts';
import { timed } from './peers/timed.ts';
import { fitTransit } from './transit-fit.ts';

const target = { name: 'HAT-P-32', raDeg: 31.0428, decDeg: 46.6879 };
const expected = 2455867.402743 + 1042 * 2.1500082;
const shape = { duration: 0.1295, ingress: 0.0172 };
const aperture = { radiusPx: 3.5, matchPx: 1 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { catalogue: { type: 'string' }, threads: { type: 'string', default: '2' } },
});
const [input] = positionals;
if (input === undefined || values.catalogue === undefined) {
  throw new Error('usage: node bench/transit.ts FOLDER --catalogue CSV [--threads 2]');
}
const names = readdirSync(input)
  .filter((name) => /\.fits?$/i.test(name))
  .sort();
const root = mkdtempSync(join(tmpdir(), 'bhtom-edge-transit-'));
try {
  const records = await throughDaemon(input, values.catalogue);
  const catalogues = records
    .flatMap(({ catalogues }) => catalogues)
    .sort((a, b) => basename(a).localeCompare(basename(b)));
  const solved = records.filter(({ located }) => located.from === 'solver').length;
  console.log(`${records.length} frames reduced by the daemon, ${solved} solved, ${catalogues.length} catalogues`);
  const command = ['lightcurve', '--target', `${target.name},${target.raDeg},${target.decDeg}`, ...catalogues];
  const cli = fileURLToPath(new URL('../bin/bhtom-edge.mjs', import.meta.url));
  const run = spawnSync(process.execPath, [cli, ...command, '--out', root, '--json'], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const answer = JSON.parse(run.stdout) as { csv: string; photometry: string; nComparison: number };
  const table = readCsv(readFileSync(answer.csv, 'utf8'), answer.csv);
  console.log(`lightcurve chose ${answer.photometry} photometry against ${answer.nComparison} comparison stars`);
  console.log('series                         points  p-to-p    rms about fit   depth             middle - ephemeris');
  const [times, mags] = ['bjd_tdb', 'mag'].map((name) => Array.from(numbersOf(table, name)!)) as [number[], number[]];
  report('bhtom-edge lightcurve', times, mags);

  const frames = catalogues.map((file) =>
    frameFromCatalogue(readEcsv(readFileSync(file, 'utf8'), file, parse), basename(file)),
  );
  const series: [string, readonly EnsembleFrame[]][] = [
    ['bhtom-edge, PSF', frames.map((frame) => ({ ...frame, apertures: [] }))],
    ...frames[0]!.apertures.map(({ radiusPx }): [string, readonly EnsembleFrame[]] => [
      `bhtom-edge, ${radiusPx === 'corrected' ? 'corrected aperture' : `${radiusPx} px aperture`}`,
      frames.flatMap((frame) => {
        const aperture = frame.apertures.find((one) => one.radiusPx === radiusPx);
        const targets = frame.targets.map((one) => ({ ...one, mag: undefined, magErr: undefined, snr: undefined }));
        return aperture ? [{ ...frame, ...aperture, apertures: [], targets }] : [];
      }),
    ]),
    [`sep, ${aperture.radiusPx} px aperture`, bySep(frames)],
  ];
  for (const [name, list] of series) {
    const [curve] = lightCurves(list, { target, scintillation: () => 0 });
    const points = curve!.points.filter(({ mag }) => Number.isFinite(mag));
    const bjd = points.map((point) => point.bjdTdb ?? Number.NaN);
    report(
      name,
      bjd,
      points.map(({ mag }) => mag),
    );
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function throughDaemon(from: string, cataloguePath: string): Promise<FrameSummary[]> {
  const watched = join(root, 'frames');
  mkdirSync(watched);
  const config = configSchema.parse({
    site: { name: 'bench', latitudeDeg: 31.68, longitudeDeg: -110.88, heightM: 2340 },
    dataDir: join(root, 'data'),
    instruments: [{ folders: [watched], camera: { scaleArcsecPerPx: 5.16 } }],
    targets: [target],
    catalogue: { file: cataloguePath },
    intake: { settleS: 0.2, rescanS: 5, minFreeMb: 0 },
    reduction: { threads: Number(values.threads) },
  });
  const log = pino({ level: 'warn' }, pino.destination(2));
  const parts = { config, clock: systemClock, random: new Random(1), log, version: 'bench' };
  const daemon = await startDaemon(parts);
  try {
    for (const name of names) cpSync(join(from, name), join(watched, name));
    const failed = () => daemon.store.frames.counts().failed ?? 0;
    while (daemon.store.reductions.recent(1000).length + failed() < names.length) await systemClock.sleep(500);
    return daemon.store.reductions.recent(1000).map(({ record }) => JSON.parse(record) as FrameSummary);
  } finally {
    await daemon.stop();
  }
}

/** The same catalogues with sep's magnitudes: stars that sep does not have within a pixel have none. */
function bySep(frames: readonly EnsembleFrame[]): EnsembleFrame[] {
  const script = fileURLToPath(new URL('peers/sep_series.py', import.meta.url));
  const files = names.map((name) => join(input!, name));
  timed('/usr/bin/python3', ['-W', 'ignore', script, 'sep.csv', ...files], { cwd: root, limitS: 600 });
  const rows = Map.groupBy(numberRows(readFileSync(join(root, 'sep.csv'), 'utf8')), ([frame]) => names[frame!]!);
  return frames.map((frame) => {
    const found = (rows.get(frame.file) ?? []).filter(([, , , flux]) => flux! > 0);
    const [x, y] = [1, 2].map((column) => Float64Array.from(found, (row) => row[column]! + 1)) as [
      Float64Array,
      Float64Array,
    ];
    const grid = pointGrid(x, y, found.length, 2 * aperture.matchPx);
    const nearest = Array.from(
      frame.x,
      (_, k) => found[nearestPoint(grid, frame.x[k]!, frame.y[k]!, aperture.matchPx)],
    );
    const mag = Float64Array.from(nearest, (row) => (row ? -2.5 * Math.log10(row[3]! / frame.exposureS!) : Number.NaN));
    return {
      ...frame,
      mag,
      magErr: frame.magErr.map((error, k) => (nearest[k] ? error : Number.NaN)),
      apertures: [],
    };
  });
}

function report(name: string, times: readonly number[], mags: readonly number[]): void {
  const sorted = [...mags].sort((a, b) => a - b);
  // The brighter half lies outside the transit.
  const usual = sorted[sorted.length >> 2]!;
  const fluxes = mags.map((mag) => 10 ** (-0.4 * (mag - usual)));
  const { depth, depthErr, middle, middleErr, rms } = fitTransit(times, fluxes, shape, expected, 0.06);
  const mmag = (value: number) => (1085.7 * value).toFixed(2);
  const scatter = pointToPointScatter(mags.map((mag) => ({ mag })));
  const minutes = (days: number) => (1440 * days).toFixed(1);
  console.log(
    `${name.padEnd(30)} ${String(mags.length).padStart(3)}    ${(1000 * scatter).toFixed(2)} mmag   ${mmag(rms)} mmag   ` +
      `${(100 * depth).toFixed(2)} +- ${(100 * depthErr).toFixed(2)} %   ${minutes(middle - expected)} +- ${minutes(middleErr)} min`,
  );
}
