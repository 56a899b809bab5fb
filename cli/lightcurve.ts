import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import { writeFileDurably } from '../base/durable.ts';
import { describeError, EdgeError, TellOperator } from '../base/errors.ts';
import type { EnsembleFrame } from '../pipeline/ensemble/frame.ts';
import { frameFromCatalogue } from '../pipeline/ensemble/from-catalogue.ts';
import { type LightCurve, lightCurves } from '../pipeline/ensemble/light-curve.ts';
import { scintillationSigma } from '../pipeline/ensemble/scintillation.ts';
import { type Meta, toCsv, toEcsv } from '../pipeline/products/ecsv.ts';
import { lightCurveColumns } from '../pipeline/products/light-curve.ts';
import { lightCurveSvg } from '../pipeline/products/light-curve-svg.ts';
import { readEcsv } from '../pipeline/products/read-ecsv.ts';
import { bjdTdb } from '../pipeline/time/barycentre.ts';
import { jdMinusMjd, mjdNumber, normaliseMjd } from '../pipeline/time/mjd.ts';

interface Options {
  readonly target: NamedPosition;
  readonly out: string;
  readonly aperture?: number;
  readonly height: number;
  readonly json?: boolean;
}

interface NamedPosition {
  readonly name: string;
  readonly raDeg: number;
  readonly decDeg: number;
}

export function command(): Command {
  return new Command('lightcurve')
    .description('the light curve of one target over many catalogues: ensemble photometry, as CSV, ECSV and SVG')
    .argument('<catalogue...>', 'catalogues as `reduce` writes them (.cat.ecsv)')
    .requiredOption('--target <name,ra,dec>', 'name and position, ICRS degrees', target)
    .option('--out <dir>', 'folder for the light curve', '.')
    .option('--aperture <m>', 'diameter of the telescope, for scintillation', positive)
    .option('--height <m>', 'height of the site, for scintillation', Number, 0)
    .option('--json', 'one JSON object on standard output')
    .action(async (files: string[], options: Options) => {
      const { frames, leftOut } = await readAll(files);
      const curves = lightCurves(frames, {
        target: options.target,
        scintillation: (frame) => scintillationOf(frame, options),
      });
      const answer = await writeCurves(curves, frames, options);
      const unused = [...leftOut, ...curves.flatMap((curve) => curve.leftOut)];
      for (const { file, reason } of unused) console.error(`${file}: left out, ${reason}`);
      console.error(
        `${answer.nPoints} points of ${options.target.name} against ${answer.nComparison} comparison stars` +
          (answer.scatterMmag === null ? '' : `, ${answer.scatterMmag} mmag from point to point`),
      );
      if (options.json) console.log(JSON.stringify({ ...answer, leftOut: unused }));
      else console.log(answer.csv);
      if (leftOut.length > 0) process.exitCode = 1;
    });
}

async function readAll(files: readonly string[]) {
  const frames: EnsembleFrame[] = [];
  const leftOut: { file: string; reason: string }[] = [];
  for (const file of files) {
    try {
      const text = await readFile(file, 'utf8').catch((cause: unknown) => {
        throw new TellOperator('UNREADABLE', `${file} cannot be read: check the name and its permissions.`, { cause });
      });
      frames.push(frameFromCatalogue(readEcsv(text, file, parse), basename(file)));
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
async function writeCurves(curves: readonly LightCurve[], frames: readonly EnsembleFrame[], { target, out }: Options) {
  const stem = join(out, target.name.replace(/[^A-Za-z0-9._+-]+/g, '_'));
  const timed = curves.map((curve) => ({
    ...curve,
    points: curve.points.map((point) => ({ ...point, bjdTdb: point.bjdTdb ?? bjdOf(point.mjdMid, target) })),
  }));
  const columns = lightCurveColumns(timed.flatMap(({ points }) => points));
  const meta: Meta = {
    target: { name: target.name, raDeg: target.raDeg, decDeg: target.decDeg },
    nFrames: frames.length,
    filters: timed.map(({ filter, band, zeroPointErr, nComparison, scatterMag, leftOut }) => ({
      ...{ filter, band, zeroPointErr: zeroPointErr ?? null, nComparison, scatterMmag: mmag(scatterMag) },
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
    scatterMmag: most ? mmag(most.scatterMag) : null,
  };
}

function bjdOf(mjdMid: number, { raDeg, decDeg }: NamedPosition): number {
  return mjdNumber(bjdTdb(normaliseMjd(mjdMid, 0), raDeg, decDeg)) + jdMinusMjd;
}

function mmag(mag: number): number | null {
  return Number.isFinite(mag) ? Number((1000 * mag).toFixed(2)) : null;
}

function target(text: string): NamedPosition {
  const match = /^(.+),([^,]+),([^,]+)$/.exec(text);
  const raDeg = Number(match?.[2]);
  const decDeg = Number(match?.[3]);
  if (!match || !(raDeg >= 0 && raDeg < 360) || !(decDeg >= -90 && decDeg <= 90))
    throw new InvalidArgumentError('give NAME,RA,DEC with RA 0 to 360 and Dec -90 to 90, degrees');
  return { name: match[1]!.trim(), raDeg, decDeg };
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('a number above 0');
}
