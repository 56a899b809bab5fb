import { resolve } from 'node:path';
import { Command } from 'commander';
import { isWithin } from '../agent/intake/folders.ts';
import type { Frame } from '../agent/store/frame.ts';
import { editStore } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { UsageError } from './inputs.ts';
import { printable } from './printable.ts';
import { since } from './since.ts';

interface Options {
  readonly config: string;
  readonly failed?: true;
  readonly rejected?: true;
  readonly since?: number;
  readonly json?: true;
}

export function command(): Command {
  return new Command('retry')
    .description('look again at frames that failed or were rejected; a running daemon takes them up at once')
    .argument('[paths...]', 'files, or folders with all below them')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--failed', 'failed frames only')
    .option('--rejected', 'rejected frames only')
    .option('--since <moment>', 'only what came to this since then: 2026-11-30T18:00 (UTC), 12h, 3d', since)
    .option('--json', 'one JSON object on stdout')
    .action(retry);
}

async function retry(paths: readonly string[], options: Options): Promise<void> {
  const isMeant = meant(paths, options);
  const store = editStore((await loadConfig(options.config)).dataDir, systemClock);
  let frames: Frame[];
  try {
    frames = store.frames.retry(isMeant);
  } finally {
    store.close();
  }
  if (options.json) {
    console.log(JSON.stringify({ retried: frames.map(({ path }) => path) }));
    return;
  }
  for (const { path } of frames) console.log(`looked at again: ${printable(path)}`);
  if (frames.length === 0) console.log('no frame of this kind has failed or was rejected: nothing to look at again');
}

/** Which frames the command line means. */
function meant(paths: readonly string[], { failed, rejected, since: fromMs }: Options): (frame: Frame) => boolean {
  if (paths.length === 0 && !failed && !rejected && fromMs === undefined) {
    throw new UsageError('name files or folders, or give --failed, --rejected or --since');
  }
  const named = paths.map((path) => resolve(path));
  const states = new Set<string>([...(failed ? ['failed'] : []), ...(rejected ? ['rejected'] : [])]);
  return ({ path, state, stateAtMs }) =>
    (states.size === 0 || states.has(state)) &&
    stateAtMs >= (fromMs ?? 0) &&
    (named.length === 0 || named.some((name) => isWithin(path, name)));
}
