import { resolve } from 'node:path';
import { Command } from 'commander';
import { type ExposureTrace, type TracedReduction, traceExposure } from '../agent/lineage/trace.ts';
import { configHashOf } from '../agent/reduction/job-of.ts';
import { fewestDigits } from '../agent/store/lineage.ts';
import { readStore, type Store } from '../agent/store/open.ts';
import type { ParcelStatus } from '../agent/store/outbox.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { UsageError } from './inputs.ts';
import { printable } from './printable.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('trace')
    .description('the way of a measurement: raw file, masters, configuration, program, and what centres made of it')
    .argument(
      '<what>',
      'a file; what a centre calls a point; a key, exposure, reduction or master by its first digits; the origin in an export',
    )
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--json', 'one JSON object an exposure on stdout')
    .action(run);
}

async function run(what: string, options: Options): Promise<void> {
  const config = await loadConfig(options.config);
  const store = readStore(config.dataDir, systemClock);
  try {
    const exposures = exposuresOf(what, store);
    if (exposures.length === 0) {
      throw new UsageError(
        `nothing here is known as "${what}": give a file, the name of a point at a centre, or ${fewestDigits} digits of a hash at least`,
      );
    }
    const configHash = configHashOf(config);
    if (exposures.length > 1 && !options.json) console.log(`${exposures.length} exposures:`);
    for (const exposureId of exposures) {
      const trace = await traceExposure(store, exposureId, configHash);
      if (options.json) console.log(JSON.stringify(trace));
      else for (const line of exposures.length > 1 ? [inOneLine(trace)] : inWords(trace)) console.log(printable(line));
    }
  } finally {
    store.close();
  }
}

/** A word as it stands, as a file, and the longest hash in it: exports and centres wrap it in words of their own. */
function exposuresOf(what: string, store: Store): string[] {
  const hashes = (what.toLowerCase().match(/[0-9a-f]+/g) ?? []).filter(({ length }) => length >= fewestDigits);
  const longest = hashes.sort((a, b) => b.length - a.length)[0];
  for (const word of [what, resolve(what), ...(longest === undefined ? [] : [longest])]) {
    const found = store.lineage.exposuresOf(word);
    if (found.length > 0) return found;
  }
  return [];
}

function inOneLine({ exposureId, files, reductions }: ExposureTrace): string {
  const parcels = reductions.flatMap((one) => one.parcels);
  const states = [...Map.groupBy(parcels, ({ destination, state }) => `${destination} ${state}`)];
  const at = states.map(([state, same]) => `${state}${same.length > 1 ? ` (${same.length})` : ''}`).join(', ');
  return `${exposureId.slice(0, 16)} ${files[0]?.path ?? 'no file'}: ${at || 'sent nowhere'}`;
}

function inWords({ exposureId, files, reductions }: ExposureTrace): string[] {
  return [
    `exposure ${exposureId}`,
    ...files.map(
      ({ path, instrument, fileHash, state, isThere }) =>
        `  file ${path} of ${instrument}: ${isThere ? state : `gone; it was ${state}`}${fileHash ? `, SHA-256 ${fileHash}` : ''}`,
    ),
    ...(reductions.length === 0 ? ['  not measured'] : []),
    ...reductions.flatMap((reduction, i) => reductionInWords(reduction, i > 0)),
  ];
}

function reductionInWords(reduction: TracedReduction, isFormer: boolean): string[] {
  const { id, reducedAtMs, outcome, software, configHash, isConfigOfToday } = reduction;
  const { reference, masters, catalogues, parcels, unreadable } = reduction;
  return [
    `${isFormer ? 'former reduction' : 'reduction'} ${id}: ${outcome} at ${utc(reducedAtMs)}`,
    ...(unreadable === undefined
      ? [`  by ${software}, configuration ${configHash.slice(0, 16)}${isConfigOfToday ? ' (as it is today)' : ''}`]
      : [`  its record cannot be read: ${unreadable}`]),
    ...masters.map(({ kind, id: master, path, members, unreadable: why }) => {
      const names = why ?? `of ${members.map(({ name }) => name).join(', ')}`;
      return `  ${kind} ${master.slice(0, 16)}${path === null ? '' : ` ${path}`}: ${names}`;
    }),
    ...(reference ? [`  stars ${reference.id.slice(0, 16)}: ${reference.origin}`] : []),
    ...catalogues.map(({ path, isThere }) => `  catalogue ${path}${isThere ? '' : ': gone'}`),
    ...parcels.flatMap(parcelInWords),
  ];
}

function parcelInWords(parcel: ParcelStatus): string[] {
  const { id, destination, state, target, plane, key, remoteId, doneAtMs, receipt, verdict, lastError } = parcel;
  const what = `${target ?? 'whole frame'}${plane && plane !== 'mono' ? ` ${plane}` : ''}`;
  const name = remoteId === null ? '' : `, there ${remoteId}`;
  return [
    `  -> ${destination}: ${what} ${state}${doneAtMs === null ? '' : ` at ${utc(doneAtMs)}`}${name} (parcel ${id}, key ${key.slice(0, 16)})`,
    ...[receipt, verdict, lastError].flatMap((words) => (words ? [`     ${words}`] : [])),
  ];
}

const utc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
