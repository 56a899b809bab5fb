import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type Frame, type FrameState, frameStates } from '../agent/store/frame.ts';
import { frameAdvice } from '../agent/store/frame-advice.ts';
import { readStore, type Store } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { UsageError } from './inputs.ts';
import { count } from './options.ts';
import { printable } from './printable.ts';
import { since } from './since.ts';

interface Options {
  readonly config: string;
  readonly json?: true;
}

interface ListOptions extends Options {
  readonly state?: FrameState;
  readonly since?: number;
  readonly limit: number;
}

export function command(): Command {
  const frames = new Command('frames').description('what became of the files of the watched folders, and why');
  frames
    .command('list')
    .description('the frames, newest file first')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .addOption(new Option('--state <state>', 'of this state only').choices(frameStates))
    .option('--since <moment>', 'only files written since then: 2026-11-30T18:00 (UTC), 12h, 3d', since)
    .option('--limit <count>', 'so many at most', count, 50)
    .option('--json', 'one JSON object on stdout')
    .action(list);
  frames
    .command('show')
    .description('all that is known of one file, and what can be done')
    .argument('<path>', 'the file')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--json', 'one JSON object on stdout')
    .action(show);
  return frames;
}

async function list(options: ListOptions): Promise<void> {
  const states = options.state ? [options.state] : frameStates;
  const frames = await reading(options, (store) =>
    states.flatMap((state) => store.frames.inState(state, options.limit)),
  );
  const shown = frames
    .filter(({ mtimeMs }) => mtimeMs >= (options.since ?? 0))
    .sort((a, b) => b.mtimeMs - a.mtimeMs || b.id - a.id)
    .slice(0, options.limit);
  if (options.json) console.log(JSON.stringify({ frames: shown.map(plain) }));
  else if (shown.length === 0) console.log('no such frames');
  else for (const frame of shown) console.log(inOneLine(frame));
}

async function show(path: string, options: Options): Promise<void> {
  const wanted = resolve(path);
  const [versions, reduction] = await reading(options, (store) => {
    const frames = store.frames.versionsOf(wanted);
    const exposureId = frames[0]?.exposureId;
    return [frames, exposureId ? store.reductions.byExposure(exposureId)[0] : undefined] as const;
  });
  const frame = versions[0];
  if (!frame) throw new UsageError(`${path} is not known: it lies in no watched folder, or was not seen yet`);
  const outcome = frame.state === 'reduced' ? (reduction?.outcome ?? null) : null;
  if (options.json) console.log(JSON.stringify({ ...plain(frame), outcome, versions: versions.length }));
  else console.log(inWords(frame, outcome, versions.length).join('\n'));
}

async function reading<Result>({ config }: Options, read: (store: Store) => Result): Promise<Result> {
  const store = readStore((await loadConfig(config)).dataDir, systemClock);
  try {
    return read(store);
  } finally {
    store.close();
  }
}

function plain(frame: Frame) {
  const { facts: _facts, ...rest } = frame;
  return { ...rest, advice: frameAdvice(frame) ?? null };
}

function inOneLine({ path, state, reason, mtimeMs }: Frame): string {
  return `${utc(mtimeMs)} ${state.padEnd(10)} ${printable(path)}${reason === null ? '' : `: ${printable(reason)}`}`;
}

function inWords(frame: Frame, outcome: string | null, nVersions: number): string[] {
  const { path, instrument, state, stateAtMs, reason, reasonCode, kind, facts, attempts, sizeBytes, mtimeMs } = frame;
  const advice = frameAdvice(frame);
  const object = facts?.object?.value;
  return [
    `${printable(path)} of ${instrument}: ${(sizeBytes / 1e6).toFixed(1)} MB, written ${utc(mtimeMs)}`,
    `${state} since ${utc(stateAtMs)}${outcome === null ? '' : `: ${outcome}`}`,
    ...(reason === null ? [] : [`why (${reasonCode}): ${printable(reason)}`]),
    ...(attempts > 0 ? [`${attempts} tries went wrong`] : []),
    ...(kind === null ? [] : [`kind: ${kind}${object ? `, object ${printable(object)}` : ''}`]),
    ...(frame.exposureId === null ? [] : [`exposure ${frame.exposureId}`]),
    ...(nVersions > 1 ? [`${nVersions} versions of this file were seen`] : []),
    ...(advice === undefined ? [] : [`what to do: ${advice}`]),
  ];
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
