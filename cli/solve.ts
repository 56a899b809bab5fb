import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { readStarCsv } from '../agent/catalogue/star-csv.ts';
import { isFrameName } from '../agent/intake/names.ts';
import { threadedCrew } from '../agent/reduction/threads.ts';
import { installedSolvers } from '../agent/solvers/installed.ts';
import { systemClock } from '../base/clock.ts';
import { describeError, Parked } from '../base/errors.ts';
import { openFile } from '../base/file-bytes.ts';
import { dialectTable } from '../config/dialects.ts';
import { anyFallback } from '../config/solving.ts';
import type { StarCatalogue } from '../pipeline/astrometry/catalogue.ts';
import type { FieldHint, SolveInput } from '../pipeline/astrometry/problem.ts';
import { type NotSolved, solveField } from '../pipeline/astrometry/solve.ts';
import { wcsFromKeywords, wcsToKeywords } from '../pipeline/astrometry/wcs-keywords.ts';
import { calibrate } from '../pipeline/calibration/calibrate.ts';
import { resolveDetector } from '../pipeline/calibration/detector.ts';
import { readFrame } from '../pipeline/frame/read-frame.ts';
import { measurePlane } from '../pipeline/measure.ts';
import type { Plane } from '../pipeline/plane.ts';
import { placeHints, scaleHints } from '../pipeline/stages/hints.ts';
import { epochOf, starsOf } from '../pipeline/stages/locate.ts';
import { scaleTolerance } from '../pipeline/stages/solving-tries.ts';
import { numbersOf, readCsv } from '../pipeline/tables/read-csv.ts';
import { framesNamed, UsageError } from './inputs.ts';
import { hint, positive } from './options.ts';

interface Options {
  readonly catalogue: string;
  readonly hint?: FieldHint;
  readonly scale?: SolveInput['scale'];
  readonly size?: { readonly width: number; readonly height: number };
  readonly epoch?: number;
  readonly timeout: number;
  readonly fallback?: boolean;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('solve')
    .description('find where frames or lists of stars look')
    .argument('<input...>', 'frames, or CSV lists of x,y,flux (1-based pixels)')
    .requiredOption('--catalogue <csv>', 'reference stars: ra,dec,mag[,pmra,pmdec], epoch 2016.0, mas per year')
    .option('--hint <ra,dec,radius>', 'where it looks and how wrong that may be, degrees; else from the header', hint)
    .option('--scale <arcsec/px,fraction>', 'plate scale and its relative tolerance; else from the header', scale)
    .option('--size <width,height>', 'size of the image that a list comes from, pixels', size)
    .option('--epoch <year>', 'Julian year of the exposure; else from the header, for lists: now', positive)
    .option('--timeout <seconds>', 'time allowed for an input', positive, 60)
    .option('--fallback', 'where that fails, ask solve-field and astap_cli where to look, if they are installed')
    .option('--json', 'one JSON object per input on standard output')
    .action(solve);
}

async function solve(inputs: string[], options: Options): Promise<void> {
  const paths = await framesNamed(inputs);
  if (options.size === undefined && paths.some((path) => !isFrameName(path))) {
    throw new UsageError('a list needs the size of its image: --size WIDTH,HEIGHT');
  }
  const { stars } = await readStarCsv(options.catalogue);
  for (const path of paths) {
    try {
      const answer = await solveOne(path, stars, options);
      if (options.json) console.log(JSON.stringify(answer));
      console.error(inWords(answer));
    } catch (error) {
      process.exitCode = 1;
      if (options.json) console.log(JSON.stringify({ file: path, solved: false, error: describeError(error) }));
      console.error(`${basename(path)}: failed: ${describeError(error)}`);
    }
  }
}

/** The answer for programs; `wcs` holds FITS keywords by name. */
type Answer = { readonly file: string; readonly seconds: number } & (
  | NotSolved
  | {
      readonly solved: true;
      readonly raDeg: number;
      readonly decDeg: number;
      readonly scaleArcsecPerPx: number;
      readonly rotationDeg: number;
      readonly parity: 1 | -1;
      readonly wcs: Record<string, string | number>;
      readonly rmsArcsec: number;
      readonly nMatched: number;
      readonly logOdds: number;
    }
);

async function solveOne(path: string, catalogue: StarCatalogue, options: Options): Promise<Answer> {
  const startMs = systemClock.monotonicMs();
  const isOver = (): boolean => systemClock.monotonicMs() - startMs > options.timeout * 1000;
  const problem = isFrameName(path)
    ? await problemOfFrame(path, catalogue, options, isOver)
    : await problemOfList(path, catalogue, options);
  let solution = 'reason' in problem ? problem : solveHinted(problem, isOver);
  if (!solution.solved && options.fallback && !('reason' in problem)) {
    const hint = await hintFromOutside(path, problem, options.timeout);
    if (hint) solution = solveHinted({ ...problem, ...hint }, () => false);
  }
  const seconds = Math.round(systemClock.monotonicMs() - startMs) / 1000;
  if (!solution.solved) return { file: path, ...solution, seconds };
  return { file: path, ...solution, wcs: wcsToKeywords(solution.wcs), seconds };
}

/** What is to be solved; the hint may still be wanting. */
type Problem = Omit<SolveInput, 'hint'> & { readonly hint: FieldHint | undefined };

function solveHinted({ hint, ...problem }: Problem, isOver: () => boolean) {
  return hint ? solveField({ ...problem, hint }, isOver) : notSolved(noHint);
}

/** Where programs outside say that it looks; our own solver takes it from there. */
async function hintFromOutside(path: string, problem: Problem, timeoutS: number) {
  const { x, y, flux, width, height, scale } = problem;
  const order = Array.from(flux.keys()).sort((a, b) => flux[b]! - flux[a]!);
  const sorted = (values: Float64Array) => Float64Array.from(order, (row) => values[row]!);
  const frame = { path, width, height, stars: { x: sorted(x), y: sorted(y) }, scale };
  for (const solver of await installedSolvers({ fallback: anyFallback })) {
    if (solver.name === 'astap' && !isFrameName(path)) continue;
    const guess = await solver.guess(frame, 1000 * timeoutS);
    if (!guess) continue;
    console.error(`${basename(path)}: ${solver.name} says ${guess.raDeg.toFixed(3)} ${guess.decDeg.toFixed(3)}`);
    return {
      hint: { raDeg: guess.raDeg, decDeg: guess.decDeg, radiusDeg: 0.3 },
      scale: { arcsecPerPx: guess.scaleArcsecPerPx, toleranceFraction: 0.05 },
    };
  }
  return undefined;
}

const noHint = 'nothing tells where it looks: give --hint RA,DEC,RADIUS';
const notSolved = (reason: string): NotSolved => ({ solved: false, reason });

async function problemOfList(path: string, catalogue: StarCatalogue, options: Options): Promise<Problem | NotSolved> {
  const table = readCsv(await readFile(path, 'utf8'), path);
  const [x, y, flux] = ['x', 'y', 'flux'].map((name) => numbersOf(table, name));
  if (!x || !y || !flux) {
    throw new Parked('LIST_COLUMNS', `${path} needs the columns x, y and flux; it has: ${table.names.join(', ')}.`);
  }
  if (!options.hint && !options.fallback) return notSolved(noHint);
  if (!options.scale) return notSolved('nothing tells the plate scale: give --scale ARCSEC_PER_PX,TOLERANCE');
  const epochYear = options.epoch ?? 1970 + systemClock.nowMs() / (365.25 * 86_400_000);
  const fromOne = (values: Float64Array): Float64Array => values.map((value) => value - 1);
  return {
    ...{ x: fromOne(x), y: fromOne(y), flux, ...options.size!, hint: options.hint, scale: options.scale },
    ...{ catalogue, epochYear },
  };
}

async function problemOfFrame(
  path: string,
  catalogue: StarCatalogue,
  options: Options,
  isOver: () => boolean,
): Promise<Problem | NotSolved> {
  const file = await openFile(path);
  try {
    const read = await readFrame(file, { table: dialectTable, path: basename(path) });
    if (read.kind === 'rejected') return notSolved(read.reason);
    const { facts, header, image } = read;
    const known = wcsFromKeywords((keyword) => header.value(keyword)).wcs;
    const where = placeHints({ facts, wcs: known, given: options.hint }, image)[0];
    if (!where && !options.fallback) return notSolved('neither the header nor --hint says where it looks');
    const arcsecPerPx = scaleHints({ facts, wcs: known, given: options.scale?.arcsecPerPx })[0]?.arcsecPerPx;
    if (arcsecPerPx === undefined) return notSolved('neither the header nor --scale tells the plate scale');
    const { width, height } = image;
    const crew = threadedCrew(availableParallelism());
    try {
      const { planes } = await calibrate(
        { width, height, pixels: image.pixels, exposureS: facts.exposureS?.value, bayer: facts.bayer?.value.pattern },
        { detector: resolveDetector({ header: facts }), masters: {}, alreadyCalibrated: facts.calibrated },
        crew,
      );
      let reason = 'the frame has no plane';
      for (const plane of greenFirst(planes)) {
        const measurement = await measurePlane(plane, { artificialStars: false, deadlinePassed: isOver }, crew);
        if (measurement.outcome.kind === 'measured') {
          return {
            ...starsOf([{ plane, measurement }]),
            ...{ width, height, hint: where, catalogue, epochYear: options.epoch ?? epochOf(facts) },
            scale: { arcsecPerPx, toleranceFraction: options.scale?.toleranceFraction ?? scaleTolerance },
          };
        }
        reason = measurement.outcome.reason;
      }
      return notSolved(reason);
    } finally {
      await crew.close();
    }
  } finally {
    await file.close();
  }
}

/** Of a colour camera the green planes see most; the others are looked at when those show nothing. */
function greenFirst(planes: readonly Plane[]): Plane[] {
  return planes.toSorted((a, b) => Number(b.name.startsWith('G')) - Number(a.name.startsWith('G')));
}

function inWords(answer: Answer): string {
  const name = basename(answer.file);
  if (!answer.solved) return `${name}: not solved: ${answer.reason} (${answer.seconds.toFixed(2)} s)`;
  const { raDeg, decDeg, scaleArcsecPerPx, rotationDeg, parity, rmsArcsec, nMatched, logOdds, seconds } = answer;
  return (
    `${name}: centre ${raDeg.toFixed(5)} ${decDeg >= 0 ? '+' : ''}${decDeg.toFixed(5)}, ` +
    `${scaleArcsecPerPx.toFixed(4)} arcsec/px, +y at ${rotationDeg.toFixed(2)} deg${parity > 0 ? ', mirrored' : ''}; ` +
    `${nMatched} stars, rms ${rmsArcsec.toFixed(2)} arcsec, log-odds ${logOdds.toFixed(0)} (${seconds.toFixed(2)} s)`
  );
}

function scale(text: string): SolveInput['scale'] {
  const [arcsecPerPx, toleranceFraction = scaleTolerance, ...more] = text.split(',').map(Number) as [number, number?];
  if (more.length > 0 || !(arcsecPerPx > 0) || !(toleranceFraction >= 0 && toleranceFraction < 0.95)) {
    throw new InvalidArgumentError('a scale is ARCSEC_PER_PX,TOLERANCE with a tolerance from 0 to below 0.95');
  }
  return { arcsecPerPx, toleranceFraction };
}

function size(text: string): { width: number; height: number } {
  const [width, height, ...more] = text.split(',').map(Number) as [number, number, ...number[]];
  if (more.length > 0 || !(Number.isInteger(width) && width > 0) || !(Number.isInteger(height) && height > 0)) {
    throw new InvalidArgumentError('a size is WIDTH,HEIGHT in whole pixels');
  }
  return { width, height };
}
