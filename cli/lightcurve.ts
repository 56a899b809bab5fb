import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { parse } from 'yaml';
import { writeFileDurably } from '../base/durable.ts';
import { describeError, EdgeError, TellOperator } from '../base/errors.ts';
import { fileNameOf } from '../base/file-name.ts';
import { cutPatches, type Patches } from '../pipeline/blend/cut-patches.ts';
import type { EnsembleFrame } from '../pipeline/ensemble/frame.ts';
import { frameFromCatalogue } from '../pipeline/ensemble/from-catalogue.ts';
import type { BlendSummary } from '../pipeline/ensemble/hold-blend.ts';
import { type CurveTarget, type LightCurve, lightCurves } from '../pipeline/ensemble/light-curve.ts';
import { scintillationSigma } from '../pipeline/ensemble/scintillation.ts';
import { lightCurveColumns } from '../pipeline/products/light-curve.ts';
import { lightCurveSvg } from '../pipeline/products/light-curve-svg.ts';
import { type Meta, toCsv, toEcsv } from '../pipeline/tables/ecsv.ts';
import { readEcsv } from '../pipeline/tables/read-ecsv.ts';
import { bjdTdb } from '../pipeline/time/barycentre.ts';
import { jdMinusMjd, mjdNumber, normaliseMjd } from '../pipeline/time/mjd.ts';
import { framesNamed } from './inputs.ts';
import { notNegative, positive, target } from './options.ts';
import { orbitOf } from './orbits.ts';
import { line, type ReduceOptions, reduceFrames, withMovingTargets, withReduceOptions } from './reduce.ts';
import { storedLightCurves } from './stored-light-curve.ts';

interface Options extends ReduceOptions {
  readonly moving?: string[];
  readonly aperture?: number;
  readonly height: number;
  readonly json?: boolean;
}

interface LeftOut {
  readonly file: string;
  readonly reason: string;
}

export function command(): Command {
  const lightcurve = new Command('lightcurve')
    .description(
      'the light curve of one target: over frames by ensemble photometry, or with --config alone of what the site has measured',
    )
    .argument(
      '<frame-or-catalogue...>',
      'frames, folders of them, catalogues as `reduce` writes them (.ecsv); or the names of targets that were measured',
    )
    .option('--target <name,ra,dec>', 'name and position, ICRS degrees; may be given again', target)
    .option('--moving <name>', 'a target that moves, by its name in the records of the catalogues; again', names);
  return withReduceOptions(withMovingTargets(lightcurve))
    .option('--aperture <m>', 'diameter of the telescope, for scintillation', positive)
    .option('--height <m>', 'height of the site above the sea, for scintillation', notNegative, 0)
    .option('--json', 'one JSON object a target on stdout')
    .action(run);
}

const names = (name: string, previous: readonly string[] = []): string[] => [...previous, name.trim()];

/** Those with a place, those that move by `--orbit` or `--ephemeris`, and those that the records know by name. */
function targetsOf({ target = [], ephemeris = [], orbit = [], moving = [] }: Options): CurveTarget[] {
  const movingNames = new Set([...[...ephemeris, ...orbit.map(orbitOf)].map(({ name }) => name), ...moving]);
  return [...target, ...[...movingNames].map((name) => ({ name, isMoving: true as const }))];
}

async function run(inputs: string[], options: Options, command: Command): Promise<void> {
  const targets = targetsOf(options);
  const { config } = options;
  if (targets.length === 0 && config !== undefined) return storedLightCurves(inputs, { ...options, config });
  if (targets.length === 0)
    command.error(
      "error: a light curve needs a '--target', '--orbit', '--ephemeris' or '--moving', or a site's '--config' and the name of a target",
    );
  const { catalogues, patches, failed } = await cataloguesOf(inputs, options);
  const { frames, leftOut } = await readAll(catalogues, patches);
  const unread = [...failed, ...leftOut];
  for (const target of targets) {
    const curves = lightCurves(frames, { target, scintillation: (frame) => scintillationOf(frame, options) });
    const answer = await writeCurves(curves, frames.length, target, options.out);
    const unused = [...unread, ...curves.flatMap((curve) => curve.leftOut)];
    for (const { file, reason } of unused) console.error(`${file}: left out, ${reason}`);
    const scatter = answer.scatterMmag === null ? '' : `, ${answer.scatterMmag} mmag from point to point`;
    console.error(
      `${target.name}: ${answer.nPoints} points against ${answer.nComparison} comparison stars${scatter}: ${answer.csv}`,
    );
    for (const { filter, blend } of curves) if (blend.kind === 'held') console.error(parted(filter, blend));
    if (options.json) console.log(JSON.stringify({ ...answer, leftOut: unused }));
  }
  if (unread.length > 0) process.exitCode = 1;
}

function parted(filter: string, { nStars, nearestArcsec }: Extract<BlendSummary, { kind: 'held' }>): string {
  return `${filter}: told apart from ${nStars - 1} neighbour(s) over all frames at once, the nearest at ${nearestArcsec.toFixed(2)}"`;
}

/** Catalogues as they are; frames are reduced first, the targets measured in each and their surroundings kept. */
async function cataloguesOf(
  inputs: readonly string[],
  options: Options,
): Promise<{ catalogues: string[]; patches: ReadonlyMap<string, Patches>; failed: LeftOut[] }> {
  const paths = await framesNamed(inputs);
  const catalogues = paths.filter((path) => path.endsWith('.ecsv'));
  const frames = paths.filter((path) => !path.endsWith('.ecsv'));
  const patches = new Map<string, Patches>();
  const failed: LeftOut[] = [];
  let done = 0;
  if (frames.length > 0) {
    const reduced = reduceFrames(frames, options, undefined, (product, record) => {
      for (const [i, cut] of cutPatches(product).entries()) patches.set(record.catalogues[i]!, cut);
    });
    for await (const result of reduced) {
      console.error(line(result, ++done, frames.length));
      if ('catalogues' in result) catalogues.push(...result.catalogues);
      else failed.push({ file: result.file, reason: `${result.state}: ${result.reason}` });
    }
  }
  return { catalogues, patches, failed };
}

async function readAll(files: readonly string[], patches: ReadonlyMap<string, Patches>) {
  const frames: EnsembleFrame[] = [];
  const leftOut: LeftOut[] = [];
  for (const file of files) {
    try {
      const text = await readFile(file, 'utf8').catch((cause: unknown) => {
        throw new TellOperator('UNREADABLE', `${file} cannot be read: check the name and its permissions.`, { cause });
      });
      const frame = frameFromCatalogue(readEcsv(text, file, parse), basename(file));
      frames.push({ ...frame, patches: patches.get(file) });
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error;
      leftOut.push({ file, reason: describeError(error) });
    }
  }
  return { frames, leftOut };
}

function scintillationOf({ exposureS, airmass }: EnsembleFrame, { aperture, height }: Options): number {
  if (aperture === undefined || exposureS === undefined || !(exposureS > 0)) return 0;
  return scintillationSigma({ apertureM: aperture, exposureS, airmass: airmass ?? 1.3, heightM: height });
}

/** Writes the tables and the plot of all filters together. */
async function writeCurves(curves: readonly LightCurve[], nFrames: number, target: CurveTarget, out: string) {
  const stem = join(out, fileNameOf(target.name));
  const timed = curves.map((curve) => ({
    ...curve,
    points: curve.points.map((point) => ({ ...point, bjdTdb: point.bjdTdb ?? bjdOf(point.mjdMid, target) })),
  }));
  const columns = lightCurveColumns(timed.flatMap(({ points }) => points));
  const meta: Meta = {
    target: { raDeg: null, decDeg: null, ...target },
    nFrames,
    filters: timed.map(({ filter, band, photometry, zeroPointErr, blend, nComparison, scatterMag, leftOut }) => ({
      ...{ filter, band, photometry, zeroPointErr: zeroPointErr ?? null, nComparison, scatterMmag: mmag(scatterMag) },
      blend: { ...blend },
      leftOut: leftOut.map(({ file, reason }) => ({ file, reason })),
    })),
  };
  await writeFileDurably(`${stem}.csv`, toCsv(columns));
  await writeFileDurably(`${stem}.ecsv`, toEcsv(columns, meta));
  await writeFileDurably(`${stem}.svg`, lightCurveSvg(target.name, timed));
  const most = [...timed].sort((a, b) => b.points.length - a.points.length)[0];
  return {
    target: target.name,
    csv: `${stem}.csv`,
    ecsv: `${stem}.ecsv`,
    svg: `${stem}.svg`,
    nPoints: timed.reduce((sum, { points }) => sum + points.length, 0),
    nComparison: most?.nComparison ?? 0,
    photometry: most?.photometry ?? null,
    blend: most?.blend ?? null,
    scatterMmag: most ? mmag(most.scatterMag) : null,
  };
}

/** For records that do not tell; where a moving target stood they must. */
function bjdOf(mjdMid: number, target: CurveTarget): number {
  if ('isMoving' in target) return Number.NaN;
  return mjdNumber(bjdTdb(normaliseMjd(mjdMid, 0), target.raDeg, target.decDeg)) + jdMinusMjd;
}

function mmag(mag: number): number | null {
  return Number.isFinite(mag) ? Number((1000 * mag).toFixed(2)) : null;
}
