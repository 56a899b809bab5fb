import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { writeFileDurably } from '../../base/durable.ts';
import { openFile } from '../../base/file-bytes.ts';
import { knownCameras } from '../../config/cameras.ts';
import { dialectTable } from '../../config/dialects.ts';
import { filters } from '../../config/filters.ts';
import type { MovingTargetConfig, SolvingConfig } from '../../config/schema.ts';
import type { FieldHint } from '../../pipeline/astrometry/problem.ts';
import type { DetectorSources } from '../../pipeline/calibration/detector.ts';
import type { Linearity } from '../../pipeline/calibration/linearity.ts';
import type { Crew } from '../../pipeline/crew.ts';
import { readFrame } from '../../pipeline/frame/read-frame.ts';
import type { HeaderOverrides } from '../../pipeline/header/dialect.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import type { Kernels } from '../../pipeline/kernels.ts';
import { planeTable } from '../../pipeline/products/plane-table.ts';
import { type FrameSummary, frameSummary } from '../../pipeline/products/summary.ts';
import { type FrameProduct, locateAgain, reduceFrame } from '../../pipeline/reduce.ts';
import type { RawState, StandardKnowledge, Target } from '../../pipeline/stages/state.ts';
import { withTaughtNames } from '../../pipeline/standardisation/bands.ts';
import type { Site } from '../../sky/site.ts';
import type { FieldStars } from '../catalogue/field-stars.ts';
import { mayHaveStars, starsFor } from '../catalogue/stars-for.ts';
import type { MeasuredProduct } from '../delivery/selection.ts';
import { sameVersion, versionOf } from '../intake/file-state.ts';
import { type LeapKnowledge, leapSeconds } from '../leap-seconds.ts';
import { reconcileDetector, settleLinearity } from '../masters/measure-detector.ts';
import { isLost, otherPlaces } from '../solvers/find-lost.ts';
import type { FileVersion } from '../store/frame.ts';
import { type LoadedMasters, loadMasters, type MasterFiles } from './load-masters.ts';
import { placeMovingTargets } from './moving-targets.ts';

/** Everything one reduction is told; plain data, so that it can travel to the child process. */
export interface ReductionJob {
  readonly path: string;
  /** The path below the watched folder. */
  readonly below: string;
  readonly version: FileVersion;
  readonly fileHash: string;
  readonly exposureId: string;
  /** Hash of what the header says that a measurement depends on. */
  readonly factsKey: string;
  /** The site's name at its centres. */
  readonly site: string;
  /** Where it stands; the header's own words count where the configuration is silent. */
  readonly place: Site | undefined;
  /** When the file was written, Unix milliseconds, if it came as it was taken. */
  readonly writtenMs: number | undefined;
  readonly instrument: string;
  readonly oname: string | null;
  readonly overrides: HeaderOverrides;
  /** What filter names of this site stand for. */
  readonly filterBands: Readonly<Record<string, string>>;
  readonly configured: NonNullable<DetectorSources['configured']>;
  readonly linearity: Linearity | undefined;
  /** What this site's own frames told of the detector. */
  readonly measured: NonNullable<DetectorSources['measured']>;
  readonly masters: MasterFiles;
  /** A CSV of reference stars (see `catalogue/star-csv.ts`), in the place of the site's own. */
  readonly cataloguePath: string | undefined;
  /** The data folder whose reference stars serve when no CSV is given. */
  readonly starsDir: string | undefined;
  /** False: the header's own solution is taken as it is. */
  readonly solve: boolean;
  /** Programs outside that may be asked where a lost frame looks. */
  readonly solving: SolvingConfig;
  readonly hint: FieldHint | undefined;
  readonly scaleArcsecPerPx: number | undefined;
  readonly targets: readonly Target[];
  readonly movingTargets: readonly MovingTargetConfig[];
  /** What earlier frames of the setup told of filter and zero point. */
  readonly history: StandardKnowledge['history'];
  readonly thresholdSigma: number;
  /** A leap-seconds.list that the operator gives. */
  readonly leapSecondsFile: string | undefined;
  /** Where product files go, and the beginning of their names. */
  readonly outDir: string;
  readonly stem: string;
  /** Also write the plain table here. */
  readonly csvPath: string | undefined;
  /** Whether anybody is to have the products. */
  readonly isDelivered: boolean;
  /** Names of the targets for which the frame was taken. */
  readonly askedFor: readonly string[];
  readonly software: string;
  /** Hash of all configuration that changes results. */
  readonly configHash: string;
  /** Past this the pipeline ends its iterations early and says so. */
  readonly softDeadlineS: number;
}

export type ReductionReply =
  | {
      readonly state: 'reduced';
      readonly reductionId: string;
      readonly exposureId: string;
      /** How the measurement ended: `measured`, `no stars`, ... */
      readonly outcome: string;
      readonly record: FrameSummary;
      readonly products: readonly MeasuredProduct[];
    }
  | { readonly state: 'rejected'; readonly code: string; readonly reason: string }
  /** The file is not the version that was identified any more. */
  | { readonly state: 'replaced' };

/** A frame that went through the pipeline, before anything of it is written. */
export interface PipelineReply {
  readonly state: 'measured';
  readonly product: FrameProduct;
  readonly masters: LoadedMasters;
  readonly stars: Awaited<ReturnType<typeof starsFor>>['stars'];
  /** Where the moving targets stood. */
  readonly movingTargets: readonly Target[];
  readonly leapTable: LeapKnowledge['table'];
  /** Of whoever chose masters and reference stars. */
  readonly warnings: readonly string[];
  readonly timings: Map<string, number>;
}

/**
 * Reduces one light frame: reads it, runs the pipeline, writes the product files and packs the products. Rejects only
 * for faults of the disk or of the program; what the file itself does wrong is an outcome.
 */
export async function runJob(job: ReductionJob, crew: Crew<Kernels>, clock: Clock): Promise<ReductionReply> {
  const reply = await runPipeline(job, crew, clock);
  return reply.state === 'measured' ? writeProducts(job, reply, clock) : reply;
}

/** Writes the product files of a measured frame and packs its products. */
export async function writeProducts(
  job: ReductionJob,
  reply: PipelineReply,
  clock: Clock,
): Promise<Extract<ReductionReply, { state: 'reduced' }>> {
  const { product, masters, stars, movingTargets, leapTable, warnings, timings } = reply;
  const tables = product.measured.map((measured, i) => planeTable(product, measured, product.standards[i]!));
  const catalogues = tables.map(({ plane }) =>
    join(job.outDir, plane === 'mono' ? `${job.stem}.cat.ecsv` : `${job.stem}.${plane}.cat.ecsv`),
  );
  const writingMs = clock.monotonicMs();
  const record = frameSummary(product, {
    file: job.path,
    exposureId: job.exposureId,
    fileHash: job.fileHash,
    software: job.software,
    configHash: job.configHash,
    catalogues,
    warnings,
    reference: stars && { id: stars.id, origin: stars.origin, complete: stars.isComplete },
    timings: Object.fromEntries(timings),
  });
  for (const [i, table] of tables.entries()) await writeFileDurably(catalogues[i]!, table.ecsv(record));
  if (job.csvPath !== undefined) await writeFileDurably(job.csvPath, tables[0]!.plainCsv());
  const reductionId = reductionIdOf(job, movingTargets, record, masters.ids, stars?.id, leapTable.validUntilMjd);
  // Only a station that sends loads what packs for sending.
  const { productsOf } = job.isDelivered ? await import('./products.ts') : { productsOf: () => [] };
  const products = await productsOf(job, reductionId, record, tables);
  record.timings.write = clock.monotonicMs() - writingMs;
  return { state: 'reduced', reductionId, exposureId: job.exposureId, outcome: product.outcome, record, products };
}

/** Reads one light frame and runs the pipeline on it; writes nothing. */
export async function runPipeline(
  job: ReductionJob,
  crew: Crew<Kernels>,
  clock: Clock,
): Promise<PipelineReply | Exclude<ReductionReply, { state: 'reduced' }>> {
  const nowMs = () => clock.monotonicMs();
  const startedMs = nowMs();
  const file = await openFile(job.path);
  try {
    if (!sameVersion(versionOf(await stat(job.path)), job.version)) return { state: 'replaced' };
    const read = await readFrame(file, { table: dialectTable, overrides: job.overrides, path: job.below, crew });
    if (read.kind === 'rejected') return { state: 'rejected', code: read.fault, reason: read.reason };
    if (read.facts.refusals.length > 0) {
      const { code } = read.facts.refusals[0]!;
      return { state: 'rejected', code, reason: read.facts.refusals.map(({ reason }) => reason).join(' ') };
    }
    const timings = new Map([['read', nowMs() - startedMs]]);
    const masters = await loadMasters(job.masters, read.facts, job.version.mtimeMs, job.overrides);
    const detector = reconcileDetector(job.configured, read.facts, masters.detector);
    timings.set('masters', nowMs() - startedMs - timings.get('read')!);
    const site = job.place ?? placeOf(read.facts);
    const moving = await placeMovingTargets(job.movingTargets, read.facts, site);
    const leap = await leapSeconds(job.leapSecondsFile);
    const tools = { crew, isOver: () => nowMs() - startedMs > job.softDeadlineS * 1000 };
    let found = await starsFor(job, read, clock);
    let product = await reduceFrame(
      {
        header: read.header,
        facts: read.facts,
        image: read.image,
        joined: read.joined,
        size: { width: read.image.width, height: read.image.height },
        masters: masters.set,
        linearity: settleLinearity(job.linearity, masters.detector),
        detector: {
          configured: detector.configured,
          measured: { ...job.measured, ...detector.measured },
          cameras: knownCameras,
        },
        thresholdSigma: job.thresholdSigma,
        targets: [...job.targets, ...moving.targets],
        ...skyKnowledge(job, found.stars),
        site,
        writtenMs: job.writtenMs,
        leapTable: leap.table,
      },
      tools,
      timings,
      nowMs,
    );
    if (job.solve && isLost(product) && mayHaveStars(job)) {
      const searchedMs = nowMs();
      const leftMs = () => job.softDeadlineS * 1000 - (nowMs() - startedMs);
      const search = { ...job, hasStarsAnywhere: job.cataloguePath === undefined, leftMs };
      for await (const { hint, scaleArcsecPerPx, by } of otherPlaces(product, search)) {
        const known = { ...job, hint, scaleArcsecPerPx };
        const there = await starsFor(known, read, clock);
        const again = await locateAgain(product, skyKnowledge(known, there.stars, true), tools, timings, nowMs);
        if (isLost(again)) continue;
        const place = `${hint.raDeg.toFixed(3)} ${hint.decDeg.toFixed(3)}`;
        const told = by === undefined ? [] : [`${by} told that this frame looks at ${place}.`];
        found = { ...there, warnings: [...there.warnings, ...told] };
        product = again;
        break;
      }
      timings.set('find lost', nowMs() - searchedMs);
    }
    return {
      state: 'measured',
      product,
      masters,
      stars: found.stars,
      movingTargets: moving.targets,
      leapTable: leap.table,
      warnings: [...masters.warnings, ...detector.warnings, ...found.warnings, ...moving.warnings, ...leap.warnings],
      timings,
    };
  } finally {
    await file.close();
  }
}

/** What solving and zero points go by. */
function skyKnowledge(
  {
    solve,
    hint,
    scaleArcsecPerPx,
    history,
    filterBands,
  }: Pick<ReductionJob, 'solve' | 'hint' | 'scaleArcsecPerPx' | 'history' | 'filterBands'>,
  stars: FieldStars | undefined,
  isHintAlone = false,
): Pick<RawState, 'solving' | 'knowledge'> {
  return {
    solving: { catalogue: solve ? stars?.stars : undefined, hint, scaleArcsecPerPx, isHintAlone },
    knowledge: { reference: stars?.reference, filters: withTaughtNames(filters, filterBands), history },
  };
}

function placeOf({ siteLatDeg, siteLonDeg, siteHeightM }: FrameFacts): Site | undefined {
  return siteLatDeg && siteLonDeg
    ? { latitudeDeg: siteLatDeg.value, longitudeDeg: siteLonDeg.value, heightM: siteHeightM?.value ?? 0 }
    : undefined;
}

/**
 * The same exposure, header and file facts, masters, catalogue, targets told of, history, leap seconds, configuration
 * and code version give the same id.
 */
function reductionIdOf(
  { exposureId, factsKey, targets, history, writtenMs, configHash, software }: ReductionJob,
  moving: readonly Target[],
  record: FrameSummary,
  masterIds: readonly string[],
  catalogueId: string | undefined,
  leapValidMjd: number,
): string {
  const names = new Set(record.targets.map(({ name }) => name));
  const told = [...targets.filter(({ name }) => names.has(name)), ...moving];
  const known = [exposureId, factsKey, masterIds, catalogueId ?? null, told, history, writtenMs ?? null, leapValidMjd];
  return createHash('sha256')
    .update(JSON.stringify([...known, configHash, software]))
    .digest('hex');
}
