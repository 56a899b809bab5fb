import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import type { PipelineReply, ReductionJob } from '../agent/reduction/job.ts';
import { threadedCrew } from '../agent/reduction/threads.ts';
import { writeStack } from '../agent/stacks/stack-file.ts';
import { writeFileDurably } from '../base/durable.ts';
import { measurePlane } from '../pipeline/measure.ts';
import { planeTable } from '../pipeline/products/plane-table.ts';
import { frameSummary } from '../pipeline/products/summary.ts';
import { memberOf, type StackMember } from '../pipeline/stack/member.ts';
import { type Stack, stackPlanes } from '../pipeline/stack/stack.ts';
import { stackProduct } from '../pipeline/stack/stack-product.ts';
import type { MeasuredPlane, Target } from '../pipeline/stages/state.ts';
import { framesNamed, UsageError } from './inputs.ts';
import { count, target } from './options.ts';
import { pipelineFrames, type ReduceOptions, withReduceOptions } from './reduce.ts';
import { version } from './version.ts';

interface Options extends ReduceOptions {
  target?: Target[];
  best?: number;
  name?: string;
  json?: boolean;
}

export function command(): Command {
  const stacking = new Command('stack')
    .description('align and combine frames of one field and filter: an image and a catalogue that go deeper')
    .argument('<frame...>', 'frames, folders of frames or patterns')
    .option('--target <name,ra,dec>', 'measure this position on the stack; may be given again', target)
    .option('--best <n>', 'take the best n frames only, by sharpness, sky and transparency', count)
    .option('--name <stem>', 'name of the products; that of the frame on whose pixels the stack lies when absent');
  return withReduceOptions(stacking).option('--json', 'one JSON object on stdout').action(stack);
}

/** A frame that was measured, held for the stack without its measurement. */
interface Candidate {
  readonly job: ReductionJob;
  readonly reply: PipelineReply;
  /** One a plane; undefined where nothing could be measured. */
  readonly members: readonly (StackMember | undefined)[];
}

async function stack(frames: string[], options: Options): Promise<void> {
  const paths = await framesNamed(frames);
  if (paths.length < 2) throw new UsageError('a stack needs two frames at least');
  const crew = threadedCrew(options.threads ?? availableParallelism());
  const rejected: { name: string; reason: string }[] = [];
  const candidates: Candidate[] = [];
  try {
    for await (const frame of pipelineFrames(paths, { ...options, target: [] }, crew)) {
      if ('reason' in frame) rejected.push({ name: basename(frame.file), reason: frame.reason });
      else candidates.push(candidateOf(frame.job, frame.reply));
      const done = candidates.length + rejected.length;
      console.error(`[${done}/${paths.length}] ${basename('reason' in frame ? frame.file : frame.job.path)}`);
    }
    const alike = ofOneSetup(candidates, rejected);
    const names = alike[0]?.reply.product.planes.map(({ name }) => name) ?? [];
    const stacks: Stack[] = [];
    const measured: MeasuredPlane[] = [];
    for (const [i, name] of names.entries()) {
      const members = alike.flatMap((candidate) => candidate.members[i] ?? []);
      const outcome = await stackPlanes(members, crew, options.best === undefined ? {} : { best: options.best });
      // The planes of one frame share their fate: what is said of the first is said once.
      if (i === 0) rejected.push(...outcome.rejected);
      if (outcome.kind === 'not stacked') {
        report({ state: 'not stacked', plane: name, reason: outcome.reason, rejected }, options);
        return;
      }
      stacks.push(outcome);
      measured.push({ plane: outcome.plane, measurement: await measurePlane(outcome.plane, {}, crew) });
    }
    if (stacks.length === 0) {
      report({ state: 'not stacked', reason: 'no frame could be measured', rejected }, options);
      return;
    }
    const lies = alike.find(({ members }) => members[0]?.name === stacks[0]!.referenceName)!;
    const product = await stackProduct({ ...lies.reply.product, targets: options.target ?? [] }, stacks, measured, {
      crew,
      isOver: () => false,
    });
    const stem = options.name ?? `${lies.job.stem}.stack`;
    const endings = measured.map(({ plane }) => (plane.name === 'mono' ? '' : `.${plane.name}`));
    const images = endings.map((ending) => join(options.out, `${stem}${ending}.fits`));
    const catalogues = endings.map((ending) => join(options.out, `${stem}${ending}.cat.ecsv`));
    const { stars } = lies.reply;
    const record = {
      ...frameSummary(product, {
        file: images[0]!,
        exposureId: idOf(alike, stacks[0]!),
        fileHash: '',
        software: lies.job.software,
        configHash: lies.job.configHash,
        catalogues,
        warnings: lies.reply.warnings,
        reference: stars && { id: stars.id, origin: stars.origin, complete: stars.isComplete },
        timings: {},
      }),
      state: 'stacked' as const,
      images,
      stack: stacks.map(({ plane, gain, members, exposureS, outlierShare }) => ({
        plane: plane.name,
        nCombined: members.length,
        exposureSumS: exposureS ?? null,
        gain,
        outlierShare,
        noiseCorrelation: plane.noise.correlation ?? 1,
        members,
      })),
      rejected,
    };
    for (const [i, one] of stacks.entries()) {
      await writeStack(images[i]!, one, product, `bhtom-edge ${version}`);
      const table = planeTable(product, measured[i]!, product.standards[i]!);
      await writeFileDurably(catalogues[i]!, table.ecsv(record));
    }
    report(record, options);
    const { nSources, fwhmPx } = record;
    const image = `${stacks[0]!.members.length} frames, ${nSources} stars, FWHM ${fwhmPx?.toFixed(2) ?? '?'} px`;
    console.error(`${images.join(', ')}: ${image}`);
  } finally {
    await crew.close();
  }
}

function candidateOf(job: ReductionJob, reply: PipelineReply): Candidate {
  const { product } = reply;
  const { facts } = product;
  const time = { exposureS: facts.exposureS?.value, midUtc: facts.midUtc?.value };
  const members = product.measured.map(({ plane, measurement }) =>
    memberOf(basename(job.path), plane, measurement, time),
  );
  // What was modelled on single frames is let go: a stack of many would hold all their residual images.
  return { job, reply: { ...reply, product: { ...product, measured: [] } }, members };
}

/** Those with the filter and the size of the first; the others are left out with the reason. */
function ofOneSetup(
  candidates: readonly Candidate[],
  rejected: { name: string; reason: string }[],
): readonly Candidate[] {
  const first = candidates[0]?.reply.product;
  return candidates.filter(({ job, reply: { product } }) => {
    const other = product.facts.filter?.value;
    const wanted = first!.facts.filter?.value;
    const sizes = `${product.width} x ${product.height} pixels, not ${first!.width} x ${first!.height}`;
    const reason =
      other !== wanted
        ? `its filter is ${other ?? 'unknown'}, that of the first frame ${wanted ?? 'unknown'}`
        : product.planes.map(({ name }) => name).join() !== first!.planes.map(({ name }) => name).join()
          ? 'it is of another kind of camera than the first frame'
          : product.width !== first!.width || product.height !== first!.height
            ? `it has ${sizes}`
            : undefined;
    if (reason) rejected.push({ name: basename(job.path), reason });
    return !reason;
  });
}

/** The stack's identity: the exposures that went in, whatever their order. */
function idOf(candidates: readonly Candidate[], { members }: Stack): string {
  const names = new Set(members.map(({ name }) => name));
  const ids = candidates.filter(({ job }) => names.has(basename(job.path))).map(({ job }) => job.exposureId);
  return createHash('sha256').update(ids.sort().join('\n')).digest('hex');
}

function report(record: { readonly state: string; readonly [key: string]: unknown }, options: Options): void {
  if (options.json) console.log(JSON.stringify(record));
  if (record.state === 'not stacked') console.error(`not stacked: ${record.reason}`);
}
