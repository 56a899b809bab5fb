import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { Command } from 'commander';
import { versionOf } from '../agent/intake/file-state.ts';
import { identify } from '../agent/intake/identify.ts';
import {
  type PipelineReply,
  type ReductionJob,
  type ReductionReply,
  runPipeline,
  writeProducts,
} from '../agent/reduction/job.ts';
import { type ThreadedCrew, threadedCrew } from '../agent/reduction/threads.ts';
import { systemClock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { headerOverridesOf, linearityOf } from '../config/instrument.ts';
import type { MovingTargetConfig } from '../config/schema.ts';
import { anyFallback, usualSolving } from '../config/solving.ts';
import type { FieldHint } from '../pipeline/astrometry/problem.ts';
import type { FrameSummary } from '../pipeline/products/summary.ts';
import type { FrameProduct } from '../pipeline/reduce.ts';
import type { Target } from '../pipeline/stages/state.ts';
import { findFrames, framesNamed, UsageError, uniqueStems } from './inputs.ts';
import { count, ephemeris, hint, notNegative, positive, several, target } from './options.ts';
import { version } from './version.ts';

/** What the reduction of frames can be told on the command line. */
export interface ReduceOptions {
  config?: string;
  bias?: string[];
  dark?: string[];
  flat?: string[];
  catalogue?: string;
  target?: Target[];
  ephemeris?: MovingTargetConfig[];
  /** Each as `cli/orbits.ts` reads it. */
  orbit?: string[];
  gain?: number;
  readNoise?: number;
  saturation?: number;
  scale?: number;
  hint?: FieldHint;
  solve: boolean;
  fallback?: boolean;
  threads?: number;
  out: string;
}

interface Options extends ReduceOptions {
  csv?: string;
  json?: boolean;
}

export function command(): Command {
  const reducing = new Command('reduce')
    .description('measure frames here and now: PSF photometry of every star, one catalogue a frame')
    .argument('<frame...>', 'frames, folders of frames or patterns')
    .option('--target <name,ra,dec>', 'measure this position too; may be given again', target);
  return withReduceOptions(withMovingTargets(reducing))
    .option('--csv <file>', 'also write a plain table (one frame only)')
    .option('--json', 'one JSON object per frame on stdout')
    .action(reduce);
}

/** Adds the options that name targets which move. */
export function withMovingTargets(command: Command): Command {
  return command
    .option('--ephemeris <name,file>', 'measure a moving target by a table of mjd|jd|utc,ra,dec; again', ephemeris)
    .option(
      '--orbit <name,e=,q=,i=,node=,peri=,tp=>',
      'the same by its orbit (au, degrees J2000, MJD TT); again',
      several,
    );
}

/** Adds the options of `ReduceOptions`, all but the targets, which commands name in their own ways. */
export function withReduceOptions(command: Command): Command {
  return command
    .option('--config <file>', 'take camera, dialects and targets from a configuration')
    .option('--bias <file...>', 'bias frames, raw or combined')
    .option('--dark <file...>', 'dark frames, raw or combined')
    .option('--flat <file...>', 'flat frames, raw or combined')
    .option('--catalogue <csv>', 'reference stars: ra,dec and mag or a column a band, [pmra,pmdec], epoch 2016.0')
    .option('--gain <e/ADU>', 'electrons per ADU', positive)
    .option('--read-noise <e>', 'read noise in electrons', notNegative)
    .option('--saturation <ADU>', 'level from which a pixel does not tell the truth', positive)
    .option('--scale <arcsec/px>', 'plate scale', positive)
    .option('--hint <ra,dec,radius>', 'where the frame looks, degrees', hint)
    .option('--no-solve', 'do not solve, even with a catalogue: take the header as it is')
    .option('--fallback', 'where solving fails, ask solve-field and astap_cli where it looks, if they are installed')
    .option('--threads <n>', 'threads; all cores when absent', count)
    .option('--out <dir>', 'folder of the products', '.');
}

async function reduce(frames: string[], options: Options): Promise<void> {
  const { paths, absent, passedOver } = await findFrames(frames);
  if (paths.length === 0) throw new UsageError(absent.map(({ reason }) => reason).join('; '));
  const csvPath = paths.length === 1 ? options.csv : undefined;
  const missing: Unreduced[] = absent.map(({ argument, reason }) => ({
    file: argument,
    state: 'failed',
    exposureId: null,
    reason,
  }));
  const total = paths.length + missing.length;
  let failures = 0;
  let done = 0;
  const tell = (result: Result) => {
    if (result.state === 'failed') failures++;
    if (options.json) console.log(JSON.stringify(result));
    console.error(line(result, ++done, total));
  };
  for (const note of passedOver) console.error(note);
  for (const result of missing) tell(result);
  for await (const result of reduceFrames(paths, options, csvPath)) tell(result);
  if (failures > 0) process.exitCode = 1;
}

/**
 * Reduces frames one after the other, and gives the record of each, or why it has none. `look` sees what the pipeline left of
 * each frame while its pixels are at hand.
 */
export async function* reduceFrames(
  paths: readonly string[],
  options: ReduceOptions,
  csvPath?: string,
  look?: (product: FrameProduct, record: FrameSummary) => void,
): AsyncGenerator<Result> {
  const stems = uniqueStems(paths);
  const makeJob = await jobMaker(options, csvPath);
  const crew = threadedCrew(options.threads ?? availableParallelism());
  try {
    for (const [i, path] of paths.entries()) yield await reduceOne(path, stems[i]!, makeJob, crew, look);
  } finally {
    await crew.close();
  }
}

/** Why a frame has no product. */
export interface Unreduced {
  readonly file: string;
  readonly state: 'rejected' | 'failed';
  readonly exposureId: string | null;
  readonly reason: string;
}

export type Result = FrameSummary | Unreduced;
type JobMaker = (path: string, stem: string) => Omit<ReductionJob, 'version' | 'fileHash' | 'exposureId' | 'factsKey'>;

/** Gives the record alone: the planes of a frame are gone before the next one is read. */
async function reduceOne(
  path: string,
  stem: string,
  makeJob: JobMaker,
  crew: ThreadedCrew,
  look: Parameters<typeof reduceFrames>[3],
): Promise<Result> {
  try {
    const job = await jobFor(path, stem, makeJob);
    if ('reason' in job) return job;
    const reply = await runPipeline(job, crew, systemClock);
    if (reply.state !== 'measured') return unreduced(job, reply);
    const { record } = await writeProducts(job, reply, systemClock);
    look?.(reply.product, record);
    return record;
  } catch (error) {
    return { file: path, state: 'failed', exposureId: null, reason: describeError(error) };
  }
}

/** The job for one file, or why there is none. */
async function jobFor(path: string, stem: string, makeJob: JobMaker): Promise<ReductionJob | Unreduced> {
  const job = makeJob(path, stem);
  const fileVersion = versionOf(await stat(path));
  const known = await identify({ path, below: job.below, version: fileVersion, overrides: job.overrides });
  if (known.kind === 'rejected') return { file: path, state: 'rejected', exposureId: null, reason: known.reason };
  if (known.kind !== 'identified') {
    const reason = known.kind === 'gone' ? 'the file is gone' : known.reason;
    return { file: path, state: 'failed', exposureId: null, reason };
  }
  const { exposureId, factsKey, fileHash, kind } = known.identity;
  if (kind !== 'light') {
    const reason = `this is a ${kind} frame: only light frames are measured`;
    return { file: path, state: 'rejected', exposureId, reason };
  }
  return { ...job, version: fileVersion, fileHash, exposureId, factsKey };
}

function unreduced(
  { path, exposureId }: ReductionJob,
  reply: Exclude<ReductionReply, { state: 'reduced' }>,
): Unreduced {
  return reply.state === 'rejected'
    ? { file: path, state: 'rejected', exposureId, reason: reply.reason }
    : { file: path, state: 'failed', exposureId, reason: 'the file changed while it was read' };
}

/** A frame as the pipeline leaves it, nothing of it written, or why it has no product. */
export type Pipelined = { readonly job: ReductionJob; readonly reply: PipelineReply } | Unreduced;

/** Runs the pipeline on frames one after the other, for commands that go on with what it yields. */
export async function* pipelineFrames(
  paths: readonly string[],
  options: ReduceOptions,
  crew: ThreadedCrew,
): AsyncGenerator<Pipelined> {
  const stems = uniqueStems(paths);
  const makeJob = await jobMaker(options, undefined);
  for (const [i, path] of paths.entries()) {
    try {
      const job = await jobFor(path, stems[i]!, makeJob);
      if ('reason' in job) {
        yield job;
        continue;
      }
      const reply = await runPipeline(job, crew, systemClock);
      yield reply.state === 'measured' ? { job, reply } : unreduced(job, reply);
    } catch (error) {
      yield { file: path, state: 'failed', exposureId: null, reason: describeError(error) };
    }
  }
}

async function jobMaker(options: ReduceOptions, csvPath: string | undefined): Promise<JobMaker> {
  // Where there is nothing to validate, the validator (a third of all that is loaded) stays out.
  const config =
    options.config === undefined ? undefined : await (await import('../config/load.ts')).loadConfig(options.config);
  const orbits = options.orbit === undefined ? [] : options.orbit.map((await import('./orbits.ts')).orbitOf);
  const instrument = config?.instruments[0];
  const camera = instrument?.camera;
  const gainEPerAdu = options.gain ?? camera?.gainEPerAdu;
  const readNoiseE = options.readNoise ?? camera?.readNoiseE;
  const saturationAdu = options.saturation ?? camera?.saturationAdu;
  const scaleArcsecPerPx = options.scale ?? camera?.scaleArcsecPerPx;
  const [bias, dark, flat] = await Promise.all(
    [options.bias, options.dark, options.flat].map((given) => (given ? framesNamed(given) : [])),
  );
  const configHash = createHash('sha256')
    .update(JSON.stringify([config ?? null, options.gain, options.readNoise, options.saturation, options.scale]))
    .digest('hex');
  return (path, stem) => ({
    path,
    below: basename(path),
    site: config?.site.name ?? 'command-line',
    place: config && {
      latitudeDeg: config.site.latitudeDeg,
      longitudeDeg: config.site.longitudeDeg,
      heightM: config.site.heightM,
    },
    writtenMs: undefined,
    instrument: instrument?.id ?? 'main',
    oname: instrument?.oname ?? null,
    overrides: instrument ? headerOverridesOf(instrument.header) : {},
    filterBands: instrument?.filterBands ?? {},
    configured: {
      ...(gainEPerAdu !== undefined && { gainEPerAdu }),
      ...(readNoiseE !== undefined && { readNoiseE }),
      ...(saturationAdu !== undefined && { saturationAdu }),
    },
    measured: {},
    linearity: camera && linearityOf(camera),
    masters: {
      how: 'given',
      files: { bias: bias!, dark: dark!, flat: flat! },
      saturationAdu,
      linearity: camera && linearityOf(camera),
    },
    cataloguePath: options.catalogue ?? config?.catalogue.file,
    starsDir: config?.dataDir,
    solve: options.solve,
    solving: { ...(config?.solving ?? usualSolving), ...(options.fallback && { fallback: anyFallback }) },
    hint: options.hint,
    scaleArcsecPerPx,
    targets: [...(config?.targets ?? []), ...(options.target ?? [])],
    movingTargets: [...(config?.movingTargets ?? []), ...(options.ephemeris ?? []), ...orbits],
    history: {},
    thresholdSigma: config?.reduction.thresholdSigma ?? 4.5,
    leapSecondsFile: config?.reduction.leapSecondsFile,
    outDir: options.out,
    stem,
    csvPath,
    isDelivered: false,
    askedFor: [],
    software: `bhtom-edge ${version}`,
    configHash,
    softDeadlineS: config?.reduction.deadlineS ?? 3600,
  });
}

/** One line for people about one frame. */
export function line(result: Result, number: number, total: number): string {
  const head = `[${number}/${total}] ${basename(result.file)}`;
  if (result.state !== 'reduced') return `${head}: ${result.state}: ${result.reason}`;
  const record = result as FrameSummary;
  const seconds = Object.values(record.timings).reduce((sum, ms) => sum + ms, 0) / 1000;
  const seeing = record.fwhmPx === null ? '' : `, FWHM ${record.fwhmPx.toFixed(2)} px`;
  const why = record.outcome === 'measured' ? '' : ` (${record.outcome}${record.reason ? `: ${record.reason}` : ''})`;
  return `${head}: ${record.nSources} stars${why}${seeing}, ${seconds.toFixed(2)} s`;
}
