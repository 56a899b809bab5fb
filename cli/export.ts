import { Command, Option } from 'commander';
import { aavsoReport } from '../agent/exports/aavso.ts';
import { bhtomCsv } from '../agent/exports/bhtom-csv.ts';
import { type ExportPoint, exportPointOf, type RecordedPoint } from '../agent/exports/point.ts';
import { recordedPoints } from '../agent/exports/recorded.ts';
import { saveNew } from '../agent/exports/save.ts';
import { skyPortalPhotometry } from '../agent/exports/skyportal.ts';
import { tomCsv } from '../agent/exports/tom-csv.ts';
import { readStore } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { filters } from '../config/filters.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { readFrameRecord } from '../protocol/frame-record.ts';
import { UsageError } from './inputs.ts';
import { count } from './options.ts';
import { printable } from './printable.ts';
import { version } from './version.ts';

const formats = ['aavso', 'bhtom', 'tom', 'skyportal'] as const;
type Format = (typeof formats)[number];

interface Options {
  readonly config: string;
  readonly format: Format;
  readonly target?: string;
  readonly from?: number;
  readonly to?: number;
  readonly out: string;
  readonly obscode?: string;
  readonly skyportalInstrument?: number;
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
    .addOption(new Option('--format <format>', 'whose format').choices(formats).makeOptionMandatory())
    .requiredOption('--out <file>', 'the file to write; never over one that is there')
    .option('--target <name>', 'this target only; all where absent')
    .option('--from <utc>', 'not before, such as 2026-11-30 or 2026-11-30T18:00', mjdOfText)
    .option('--to <utc>', 'before', mjdOfText)
    .option('--obscode <code>', 'for aavso: your observer code')
    .option('--skyportal-instrument <id>', 'for skyportal: the number of the instrument there', count)
    .option('--json', 'one JSON object on stdout')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const config = await loadConfig(options.config);
  const { points, kept } = pointsOf(config, options);
  const { text, leftOut } = written(points, options);
  if (points.length - leftOut.length === 0) {
    tell(options, 0, [...kept, ...leftOut]);
    process.exitCode = 1;
    return;
  }
  await saveNew(options.out, text);
  tell(options, points.length - leftOut.length, [...kept, ...leftOut]);
}

function pointsOf(
  { dataDir, site, instruments }: Config,
  { target, from, to }: Options,
): { points: ExportPoint[]; kept: Kept[] } {
  const store = readStore(dataDir, systemClock);
  const points: ExportPoint[] = [];
  const kept: Kept[] = [];
  try {
    for (const { record: json, exposureId, frameId } of store.reductions.newestOfEach()) {
      const { value: record, unreadable } = readFrameRecord(json);
      if (!record) {
        kept.push({ target: '', exposureId, reason: `its record cannot be read: ${unreadable}` });
        continue;
      }
      const instrument = store.frames.get(frameId)?.instrument ?? instruments[0]!.id;
      for (const recorded of recordedPoints(record, filters, { site: site.name, instrument, observer: undefined })) {
        if ((target !== undefined && recorded.target !== target) || !isWithin(recorded, from, to)) continue;
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

function isWithin({ mjdMid }: RecordedPoint, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): boolean {
  return mjdMid === null ? !(Number.isFinite(from) || Number.isFinite(to)) : mjdMid >= from && mjdMid < to;
}

function written(points: readonly ExportPoint[], options: Options): { text: string; leftOut: readonly Kept[] } {
  switch (options.format) {
    case 'aavso': {
      if (!options.obscode || !/^[A-Za-z0-9]{1,10}$/.test(options.obscode)) {
        throw new UsageError("a report to the AAVSO needs your observer code: '--obscode ABC'");
      }
      const { text, leftOut } = aavsoReport(points, options.obscode, `bhtom-edge ${version}`);
      return { text, leftOut: leftOut.map(({ point, reason }) => ({ ...point, reason })) };
    }
    case 'bhtom':
      return { text: bhtomCsv(oneTarget(points)), leftOut: [] };
    case 'tom':
      return { text: tomCsv(oneTarget(points)), leftOut: [] };
    case 'skyportal': {
      if (options.skyportalInstrument === undefined) {
        throw new UsageError("SkyPortal knows instruments by numbers: '--skyportal-instrument 7'");
      }
      const [first] = oneTarget(points);
      const body = skyPortalPhotometry(first?.target ?? '', options.skyportalInstrument, points);
      return { text: `${JSON.stringify(body)}\n`, leftOut: [] };
    }
  }
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

function mjdOfText(text: string): number {
  const isZoned = /Z$|[+-]\d\d:?\d\d$/.test(text);
  const unixMs = Date.parse(isZoned ? text : `${text.includes('T') ? text : `${text}T00:00`}Z`);
  if (Number.isNaN(unixMs)) throw new UsageError(`"${text}" is no time: write 2026-11-30 or 2026-11-30T18:00, UTC`);
  return unixMs / 86_400_000 + 40_587;
}
