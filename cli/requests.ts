import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Command } from 'commander';
import { readRequests } from '../agent/requests/files/read.ts';
import { localSource } from '../agent/requests/local.ts';
import { editStore, readStore, type Store } from '../agent/store/open.ts';
import type { StoredRequest } from '../agent/store/requests.ts';
import { systemClock } from '../base/clock.ts';
import { describeError, TellOperator } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { UsageError } from './inputs.ts';
import { count, positive } from './options.ts';
import { printable } from './printable.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export function command(): Command {
  const requests = new Command('requests').description('what is to be observed: add a list, see what became of it');
  requests.addCommand(
    withConfig('add', 'asks this site for what stands in files: YAML, JSON, CSV, or a mail with observing blocks')
      .argument('<file...>', 'the files; - is standard input')
      .option('--filter <name>', 'for requests that name no filter')
      .option('--exposure <s>', 'for requests that name no exposure time, seconds', positive)
      .option('--count <n>', 'exposures of each filter, where the file does not say', count)
      .option('--start <utc>', 'not before, where the file does not say')
      .option('--end <utc>', 'not after, where the file does not say; else 30 days')
      .action(add),
  );
  requests.addCommand(
    withConfig('list', 'requests of all sources, the newest first')
      .option('--limit <n>', 'so many at most', count, 30)
      .option('--json', 'JSON on stdout')
      .action(list),
  );
  requests.addCommand(
    withConfig('cancel', 'gives requests up that were added here').argument('<id...>', 'their ids').action(cancel),
  );
  return requests;
}

function withConfig(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .exitOverride();
}

async function withStore<Result>(
  { config: path }: Options,
  open: typeof readStore,
  work: (store: Store) => Result,
): Promise<Result> {
  const store = open((await loadConfig(path)).dataDir, systemClock);
  try {
    return work(store);
  } finally {
    store.close();
  }
}

interface AddOptions extends Options {
  readonly filter?: string;
  readonly exposure?: number;
  readonly count?: number;
  readonly start?: string;
  readonly end?: string;
}

async function add(files: readonly string[], options: AddOptions): Promise<void> {
  const { exposure: exposureS, ...defaults } = options;
  const { filter, count, start, end } = defaults;
  // All files are read before anything is asked for.
  const asked = files.flatMap((file) =>
    readRequests(
      textOf(file),
      file === '-' ? 'standard input' : basename(file),
      { filter, exposureS, count, start, end },
      systemClock.nowMs(),
    ),
  );
  await withStore(options, editStore, (store) => {
    for (const request of asked) {
      const isNew = store.requests.receiveOffer(localSource, undefined, request);
      const held = store.requests.get(localSource, request.id)!;
      console.log(
        `${request.id} ${printable(request.name)}: ${isNew ? 'added' : `was added before: ${stateInWords(held)}`}`,
      );
    }
  });
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new TellOperator('REQUEST_FILE', `${file} cannot be read: ${describeError(cause)}`, { cause });
  }
}

async function list({ limit, ...options }: Options & { readonly limit: number }): Promise<void> {
  const requests = await withStore(options, readStore, (store) => store.requests.recent(limit));
  if (options.json) return console.log(JSON.stringify(requests, undefined, 2));
  if (requests.length === 0) return console.log('no requests yet');
  for (const request of requests) console.log(printable(inWords(request)));
}

function inWords(stored: StoredRequest): string {
  const { destination, id, request } = stored;
  if (!request) return `${destination} ${id}: ${stateInWords(stored)}`;
  const { target, instrumentConfigs, windows } = request;
  const exposures = instrumentConfigs.map(
    ({ filter, exposureS, exposureCount }) => `${exposureCount} x ${exposureS} s ${filter}`,
  );
  const span = `${windows[0]!.start.slice(0, 16)} to ${windows.at(-1)!.end.slice(0, 16)}`;
  return `${destination} ${id} ${target.name} (${exposures.join(', ')}; ${span}): ${stateInWords(stored)}`;
}

function stateInWords({ state, reason, answered }: StoredRequest): string {
  const words = state === 'PENDING' && answered === null ? 'PENDING, not answered yet' : state;
  return reason === '' ? words : `${words} (${reason})`;
}

async function cancel(ids: readonly string[], options: Options): Promise<void> {
  await withStore(options, editStore, (store) => {
    const unknown = ids.find((id) => store.requests.get(localSource, id) === undefined);
    if (unknown !== undefined) {
      throw new UsageError(
        `there is no request "${unknown}" that was added here; those of a centre are given up there`,
      );
    }
    for (const id of ids) {
      const isChanged = store.requests.receiveCancel(localSource, undefined, id, 'given up at the site');
      console.log(`${id}: ${isChanged ? 'given up' : stateInWords(store.requests.get(localSource, id)!)}`);
    }
  });
}
