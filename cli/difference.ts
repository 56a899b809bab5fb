import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { type ThreadedCrew, threadedCrew } from '../agent/reduction/threads.ts';
import { writeDifference } from '../agent/stacks/difference-file.ts';
import { readStack } from '../agent/stacks/stack-file.ts';
import { describeError, TellOperator } from '../base/errors.ts';
import { type Difference, differencePlanes } from '../pipeline/difference/subtract.ts';
import { type DifferenceTarget, differenceTargets } from '../pipeline/difference/targets.ts';
import { BadFits } from '../pipeline/fits/limits.ts';
import { measurePlane } from '../pipeline/measure.ts';
import type { FrameProduct } from '../pipeline/reduce.ts';
import type { MeasuredPlane, Target } from '../pipeline/stages/state.ts';
import { mjdNumber } from '../pipeline/time/mjd.ts';
import { framesNamed } from './inputs.ts';
import { target } from './options.ts';
import { type Pipelined, pipelineFrames, type ReduceOptions, withReduceOptions } from './reduce.ts';

interface Options extends ReduceOptions {
  reference: string[];
  target?: Target[];
  json?: boolean;
}

export function command(): Command {
  const subtracting = new Command('difference')
    .description('subtract a reference from frames of the same field and filter; measure targets on what is left')
    .argument('<frame...>', 'frames, folders of frames or patterns')
    .requiredOption('--reference <file...>', 'a stack (one file a plane for a colour camera), or a good frame')
    .option('--target <name,ra,dec>', 'measure this position on the difference; may be given again', target);
  return withReduceOptions(subtracting).option('--json', 'one JSON object per frame on stdout').action(difference);
}

/** A measured reference. */
interface Reference {
  readonly name: string;
  readonly filter: string | undefined;
  readonly planes: readonly MeasuredPlane[];
}

async function difference(frames: string[], options: Options): Promise<void> {
  const paths = await framesNamed(frames);
  const crew = threadedCrew(options.threads ?? availableParallelism());
  let failures = 0;
  let done = 0;
  try {
    const reference = await openReference(options, crew);
    for await (const frame of pipelineFrames(paths, options, crew)) {
      const record = await subtractOne(frame, reference, options, crew);
      if (record.state === 'failed') failures++;
      if (options.json) console.log(JSON.stringify(record));
      console.error(`[${++done}/${paths.length}] ${line(record)}`);
    }
  } finally {
    await crew.close();
  }
  if (failures > 0) process.exitCode = 1;
}

/** The reference, measured: stacks as they are, a raw frame through the same pipeline as the frames. */
async function openReference(options: Options, crew: ThreadedCrew): Promise<Reference> {
  const files = await framesNamed(options.reference);
  const name = files.map((file) => basename(file)).join(', ');
  const stored = await Promise.all(files.map(readStackOrNot));
  const stacks = stored.flatMap((one) => one ?? []);
  if (stacks.length === files.length) {
    const planes: MeasuredPlane[] = [];
    for (const { plane } of stacks) planes.push({ plane, measurement: await measurePlane(plane, {}, crew) });
    return { name, filter: stacks[0]!.filter, planes };
  }
  if (files.length > 1) {
    throw new TellOperator('USAGE', 'the reference is to be one frame, or stacks alone: make a stack of them first.');
  }
  for await (const frame of pipelineFrames(files, { ...options, target: [] }, crew)) {
    if ('reason' in frame) throw new TellOperator('REFERENCE', `the reference cannot be used: ${frame.reason}`);
    const { measured, facts } = frame.reply.product;
    return { name, filter: facts.filter?.value, planes: measured };
  }
  throw new TellOperator('REFERENCE', 'the reference cannot be read.');
}

/** A file in another packing, or none that a stack could be: the pipeline will say what it is. */
async function readStackOrNot(path: string): Promise<Awaited<ReturnType<typeof readStack>>> {
  try {
    return await readStack(path);
  } catch (error) {
    if (error instanceof BadFits) return undefined;
    throw error;
  }
}

interface DifferenceRecord {
  readonly file: string;
  readonly state: 'differenced' | 'not differenced' | 'rejected' | 'failed';
  readonly [key: string]: unknown;
}

async function subtractOne(
  frame: Pipelined,
  reference: Reference,
  options: Options,
  crew: ThreadedCrew,
): Promise<DifferenceRecord> {
  if ('reason' in frame) return { ...frame };
  const { job, reply } = frame;
  const { product } = reply;
  const file = job.path;
  try {
    const planes: object[] = [];
    const targets: DifferenceTarget[] = [];
    const images: string[] = [];
    for (const [i, measured] of product.measured.entries()) {
      const { name } = measured.plane;
      const other = reference.planes.find(({ plane }) => plane.name === name);
      const outcome = other
        ? await differencePlanes(measured, other, crew)
        : { kind: 'not differenced' as const, reason: `the reference has no plane ${name}` };
      if (outcome.kind === 'not differenced') {
        planes.push({ plane: name, outcome: outcome.kind, reason: outcome.reason });
        continue;
      }
      const image = join(options.out, name === 'mono' ? `${job.stem}.diff.fits` : `${job.stem}.diff.${name}.fits`);
      const origin = { file: basename(file), reference: reference.name, software: job.software };
      await writeDifference(image, outcome, product, i, origin);
      images.push(image);
      planes.push({ plane: name, outcome: 'differenced', image, ...planeRecord(outcome) });
      targets.push(...differenceTargets(product, i, outcome));
    }
    const { facts } = product;
    return {
      file,
      exposureId: job.exposureId,
      state: images.length > 0 ? 'differenced' : 'not differenced',
      filter: facts.filter?.value ?? null,
      mjdMid: facts.midUtc ? mjdNumber(facts.midUtc.value) : null,
      exposureS: facts.exposureS?.value ?? null,
      reference: reference.name,
      images,
      planes,
      targets: targets.map(blanks),
      warnings: [...reply.warnings, ...product.calibration.warnings, ...filterWarning(product, reference)],
    };
  } catch (error) {
    return { file, exposureId: job.exposureId, state: 'failed', reason: describeError(error) };
  }
}

function planeRecord(difference: Difference): object {
  const { image, force, registration, ...plain } = difference;
  const { nMatched, rmsPx } = registration;
  return { ...plain, nMatched, rmsPx };
}

/** Unknown values as null, so that every target has every key. */
function blanks(target: DifferenceTarget): object {
  return Object.fromEntries(Object.entries(target).map(([key, value]) => [key, value ?? null]));
}

function filterWarning({ facts }: FrameProduct, { filter, name }: Reference): string[] {
  const own = facts.filter?.value;
  return own === filter
    ? []
    : [`the reference ${name} is of filter ${filter ?? 'unknown'}, this frame of ${own ?? 'unknown'}`];
}

function line(record: DifferenceRecord): string {
  const head = `${basename(record.file)}: ${record.state}`;
  const targets = (record.targets ?? []) as { name: string; flux: number | null; fluxErr: number | null }[];
  const told = targets.map(({ name, flux, fluxErr }) =>
    flux === null || fluxErr === null
      ? `${name}: no number`
      : `${name}: ${flux.toFixed(0)} +- ${fluxErr.toFixed(0)} e-`,
  );
  const planes = (record.planes ?? []) as { reason?: string }[];
  const why = record.reason ?? planes.find(({ reason }) => reason)?.reason;
  return [head, ...(why === undefined ? [] : [String(why)]), ...told].join(', ');
}
