import { Command, Option } from 'commander';
import type { AdesObservatory } from '../agent/exports/ades.ts';
import { placeInCatalogue } from '../agent/exports/catalogue-place.ts';
import { type ExportFormat, type ExportNeeds, exportFormats } from '../agent/exports/formats.ts';
import { type ExportPoint, exportPointOf, type RecordedPoint } from '../agent/exports/point.ts';
import { recordedPoints } from '../agent/exports/recorded.ts';
import { saveNew } from '../agent/exports/save.ts';
import { readStore } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { filters } from '../config/filters.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { type ExportFormatName, exportFormatNames } from '../config/sections/destinations.ts';
import { type FrameRecord, readFrameRecord } from '../protocol/frame-record.ts';
import { UsageError } from './inputs.ts';
import { count, positive } from './options.ts';
import { printable } from './printable.ts';
import { version } from './version.ts';

interface Options {
  readonly config: string;
  readonly format: ExportFormatName | 'ades';
  readonly target?: string;
  readonly from?: number;
  readonly to?: number;
  readonly night?: number;
  readonly out: string;
  readonly obscode?: string;
  readonly skyportalInstrument?: number;
  readonly mpcStation?: string;
  readonly submitter?: string;
  readonly aperture?: number;
  readonly detector: 'CCD' | 'CMO';
  readonly astCat: string;
  readonly json?: boolean;
}

/** A point that stays, and why. */
interface Kept {
  readonly target: string;
  readonly exposureId: string;
  readonly reason: string;
}

export function command(): Command {
  return new Command('export')
    .description("measurements of targets as a file in other people's formats; what is not sure stays, and is told")
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .addOption(
      new Option('--format <format>', 'whose format').choices([...exportFormatNames, 'ades']).makeOptionMandatory(),
    )
    .requiredOption('--out <file>', 'the file to write; never over one that is there')
    .option('--target <name>', 'this target only; all where absent')
    .option('--from <utc>', 'not before, such as 2026-11-30 or 2026-11-30T18:00', mjdOfText)
    .option('--to <utc>', 'before', mjdOfText)
    .option('--night <date>', 'the night that begins on this date, noon to noon at the site', mjdOfDate)
    .option('--obscode <code>', 'for aavso: your observer code')
    .option('--skyportal-instrument <id>', 'for skyportal: the number of the instrument there', count)
    .option('--mpc-station <code>', 'for ades: the code of the observatory')
    .option('--submitter <name>', 'for ades: who observed and measured, such as "A. Kowalska"')
    .option('--aperture <m>', 'for ades: the diameter of the telescope', positive)
    .addOption(new Option('--detector <kind>', 'for ades').choices(['CCD', 'CMO']).default('CMO'))
    .option('--ast-cat <name>', 'for ades: the catalogue of the astrometry, such as Gaia2', 'UNK')
    .option('--json', 'one JSON object on stdout')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const format = exportFormats[options.format];
  const needs = needsOf(format, options);
  const config = await loadConfig(options.config);
  const { points, kept } = pointsOf(config, withNight(options, config));
  const { content, leftOut } = format.write(format.isOfOneTarget ? oneTarget(points) : points, needs);
  const nPoints = points.length - leftOut.length;
  if (nPoints > 0) await saveNew(options.out, content);
  else process.exitCode = 1;
  tell(options, nPoints, [...kept, ...leftOut.map(({ point, reason }) => ({ ...point, reason }))]);
}

function needsOf({ needs }: ExportFormat, options: Options): ExportNeeds {
  const { obscode, skyportalInstrument } = options;
  if (needs.includes('obscode') && !/^[A-Za-z0-9]{1,10}$/.test(obscode ?? '')) {
    throw new UsageError("a report to the AAVSO needs your observer code: '--obscode ABC'");
  }
  if (needs.includes('skyPortalInstrument') && skyportalInstrument === undefined) {
    throw new UsageError("SkyPortal knows instruments by numbers: '--skyportal-instrument 7'");
  }
  return {
    ...{ software: `bhtom-edge ${version}`, obscode, skyPortalInstrument: skyportalInstrument },
    ...(needs.includes('ades') && { ades: observatoryOf(options) }),
  };
}

function observatoryOf({ mpcStation, submitter, aperture, detector, astCat }: Options): AdesObservatory {
  if (!/^[A-Z0-9]\d\d$/.test(mpcStation ?? '') || !submitter || aperture === undefined) {
    throw new UsageError(
      'the Minor Planet Center asks who observed with what: \'--mpc-station L01 --submitter "A. Kowalska" --aperture 0.4\'',
    );
  }
  return { station: mpcStation!, submitter: submitter.replace(/[|\r\n]/g, ' '), apertureM: aperture, detector, astCat };
}

/** A night is a range of time: from noon to noon, by the Sun on the meridian of the site. */
function withNight(options: Options, { site }: Config): Options {
  const { night, from, to } = options;
  if (night === undefined) return options;
  if (from !== undefined || to !== undefined) throw new UsageError("give '--night', or '--from' and '--to'");
  const noon = night + 0.5 - site.longitudeDeg / 360;
  return { ...options, from: noon, to: noon + 1 };
}

function pointsOf(
  { dataDir, site, instruments, movingTargets }: Config,
  { target, from, to, format }: Options,
): { points: ExportPoint[]; kept: Kept[] } {
  const store = readStore(dataDir, systemClock);
  const points: ExportPoint[] = [];
  const kept: Kept[] = [];
  const moving = new Set(format === 'ades' ? [target, ...movingTargets.map(({ name }) => name)] : []);
  const isWanted = ({ target: name, mjdMid }: Pick<RecordedPoint, 'target' | 'mjdMid'>) =>
    (target === undefined ? format !== 'ades' || moving.has(name) : name === target) && isWithin(mjdMid, from, to);
  try {
    for (const { record: json, exposureId, frameId } of store.reductions.newestOfEach()) {
      const { value: record, unreadable } = readFrameRecord(json);
      if (!record) {
        kept.push({ target: '', exposureId, reason: `its record cannot be read: ${unreadable}` });
        continue;
      }
      const instrument = store.frames.get(frameId)?.instrument ?? instruments[0]!.id;
      const findPlace = (found: FrameRecord['targets'][number]) =>
        moving.has(found.name) && isWithin(record.mjdMid, from, to) ? placeInCatalogue(record, found) : undefined;
      const place = { site: site.name, instrument, observer: undefined };
      for (const recorded of recordedPoints(record, filters, place, findPlace)) {
        if (!isWanted(recorded)) continue;
        const point = exportPointOf(recorded);
        if (typeof point === 'string') kept.push({ target: recorded.target, exposureId, reason: point });
        else points.push(point);
      }
    }
  } finally {
    store.close();
  }
  return { points: points.sort((a, b) => a.mjdMid - b.mjdMid), kept };
}

function isWithin(mjdMid: number | null, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): boolean {
  return mjdMid === null ? !(Number.isFinite(from) || Number.isFinite(to)) : mjdMid >= from && mjdMid < to;
}

/** These formats hold one target a file. */
function oneTarget(points: readonly ExportPoint[]): readonly ExportPoint[] {
  const names = new Set(points.map(({ target }) => target));
  if (names.size <= 1) return points;
  throw new UsageError(
    `this format holds one target a file; say which: '--target NAME' (${[...names].slice(0, 10).join(', ')})`,
  );
}

function tell({ json, out }: Options, nPoints: number, kept: readonly Kept[]): void {
  if (json) {
    const stayed = kept.map(({ target, exposureId, reason }) => ({ target, exposureId, reason }));
    console.log(JSON.stringify({ file: nPoints > 0 ? out : null, nPoints, stayed }));
    return;
  }
  console.log(nPoints > 0 ? `${nPoints} points in ${out}` : 'no point that could be written; no file');
  const byReason = Map.groupBy(kept, ({ target, reason }) => `${target ? `${target}: ` : ''}${reason}`);
  for (const [words, same] of byReason) console.log(printable(`stays here: ${words} (${same.length})`));
}

function mjdOfDate(text: string): number {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) throw new UsageError(`"${text}" is no date of a night: write 2026-11-30`);
  return mjdOfText(text);
}

function mjdOfText(text: string): number {
  const isZoned = /Z$|[+-]\d\d:?\d\d$/.test(text);
  const unixMs = Date.parse(isZoned ? text : `${text.includes('T') ? text : `${text}T00:00`}Z`);
  if (Number.isNaN(unixMs)) throw new UsageError(`"${text}" is no time: write 2026-11-30 or 2026-11-30T18:00, UTC`);
  return unixMs / 86_400_000 + 40_587;
}
