import { gunzipSync } from 'node:zlib';
import { Command } from 'commander';
import { isHeldBack } from '../agent/intake/camera.ts';
import { editStore, readStore, type Store } from '../agent/store/open.ts';
import type { ParcelState, ParcelStatus } from '../agent/store/outbox.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { UsageError } from './inputs.ts';
import { count } from './options.ts';
import { printable } from './printable.ts';
import { siteCommand } from './site-command.ts';

const states = ['queued', 'sending', 'unknown', 'accepted', 'done', 'rejected', 'parked', 'superseded'] as const;
/** What is shown when no state is named: all that has not come to its end. */
const openStates: readonly ParcelState[] = ['queued', 'sending', 'unknown', 'accepted', 'rejected', 'parked'];

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export function command(): Command {
  const queue = new Command('queue').description(
    'what goes to the centres: what waits, what was refused, send it again',
  );
  queue.addCommand(
    siteCommand('list', 'parcels that have not come to their end, the newest first')
      .option('--state <state>', `only those of a state: ${states.join(', ')}`, stateNamed)
      .option('--limit <n>', 'so many at most', count, 50)
      .action(list),
  );
  queue.addCommand(
    siteCommand('show', 'one parcel: its way, what the centre said, what is in it')
      .argument('<id>', 'its number', count)
      .action(show),
  );
  queue.addCommand(
    siteCommand('retry', 'sends parcels again that were refused or put aside')
      .argument('[id...]', 'their numbers')
      .option('--rejected', 'all that centres refused')
      .option('--parked', 'all that were put aside, but for those of another camera: see cameras')
      .action(retry),
  );
  queue.addCommand(
    siteCommand('park', 'puts parcels aside that wait: they stay, and are not sent')
      .argument('<id...>', 'their numbers')
      .action(park),
  );
  return queue;
}

async function withStore<Result>(
  options: Options,
  open: typeof readStore,
  work: (store: Store) => Result,
): Promise<Result> {
  const { dataDir } = await loadConfig(options.config);
  const store = open(dataDir, systemClock);
  try {
    return work(store);
  } finally {
    store.close();
  }
}

async function list(options: Options & { readonly state?: ParcelState; readonly limit: number }): Promise<void> {
  const { counts, parcels } = await withStore(options, readStore, ({ outbox }) => ({
    counts: outbox.counts(),
    parcels: outbox.list(options.state ? [options.state] : openStates, options.limit),
  }));
  if (options.json) {
    for (const parcel of parcels) console.log(JSON.stringify(parcel));
    return;
  }
  for (const { destination, state, count: n } of counts) console.log(`${destination}: ${n} ${state}`);
  for (const parcel of parcels) console.log(printable(lineOf(parcel)));
  if (parcels.length === 0) console.log('nothing of that kind');
}

async function show(id: number, options: Options): Promise<void> {
  const found = await withStore(options, readStore, ({ outbox }) => {
    const parcel = outbox.get(id);
    const body = parcel && outbox.body(id);
    return (
      parcel && {
        ...parcel,
        content: body && body.length > 0 ? (JSON.parse(gunzipSync(body).toString()) as unknown) : null,
      }
    );
  });
  if (!found) throw new UsageError(`there is no parcel ${id}: 'queue list' shows them`);
  if (options.json) {
    console.log(JSON.stringify(found));
    return;
  }
  const { content, ...parcel } = found;
  for (const line of wayOf(parcel)) console.log(printable(line));
  console.log(
    content === null ? 'content: given up, no destination needs it any more' : `content: ${summaryOf(content)}`,
  );
}

async function retry(
  ids: string[],
  options: Options & { readonly rejected?: boolean; readonly parked?: boolean },
): Promise<void> {
  if (ids.length === 0 && !options.rejected && !options.parked) {
    throw new UsageError("name parcels by their numbers, or say '--rejected' or '--parked'");
  }
  const wanted = numbersOf(ids);
  const done = await withStore(options, editStore, ({ outbox }) => {
    const kinds = [
      ...(options.rejected ? (['rejected'] as const) : []),
      ...(options.parked ? (['parked'] as const) : []),
    ];
    // What another camera took goes when somebody has said that it is the instrument's.
    const all =
      kinds.length > 0 ? outbox.list(kinds, Number.MAX_SAFE_INTEGER).filter((one) => !isHeldBack(one.lastError)) : [];
    return [...new Set([...wanted, ...all.map(({ id }) => id)])].map((id) => ({ id, again: outbox.requeue(id) }));
  });
  tell(done, options, 'will be sent again', 'is neither refused nor put aside');
}

async function park(ids: string[], options: Options): Promise<void> {
  const wanted = numbersOf(ids);
  const done = await withStore(options, editStore, ({ outbox }) =>
    wanted.map((id) => ({ id, again: outbox.park(id, 'put aside by hand') })),
  );
  tell(done, options, 'is put aside', 'does not wait');
}

function tell(done: readonly { id: number; again: boolean }[], options: Options, yes: string, no: string): void {
  for (const { id, again } of done) {
    console.log(options.json ? JSON.stringify({ id, done: again }) : `parcel ${id} ${again ? yes : no}`);
  }
  if (done.length === 0 && !options.json) console.log('nothing of that kind');
  if (done.some(({ again }) => !again)) process.exitCode = 1;
}

function lineOf({
  id,
  state,
  destination,
  subject,
  target,
  plane,
  exposureId,
  failures,
  lastError,
}: ParcelStatus): string {
  const what = target ?? (subject === 'frame' ? 'whole frame' : 'target');
  const tries = failures > 0 ? `, failed ${failures} times` : '';
  const where = plane && plane !== 'mono' ? ` ${plane}` : '';
  return `${id} ${state} -> ${destination}: ${what} of ${exposureId.slice(0, 12)}${where}${tries}${lastError ? `: ${lastError}` : ''}`;
}

function wayOf(parcel: ParcelStatus): string[] {
  const at = (ms: number | null) => ms !== null && new Date(ms).toISOString();
  const rows: [string, string | number | null | false][] = [
    ['parcel', lineOf(parcel)],
    ['exposure', parcel.exposureId],
    ['reduction', parcel.reductionId],
    ['key', parcel.key],
    ['revision', parcel.revision],
    ['checksum', parcel.checksum],
    ['queued', at(parcel.createdAtMs)],
    ['last sent', at(parcel.sentAtMs)],
    ['next try', parcel.state === 'queued' && at(parcel.nextAtMs)],
    ['accepted', at(parcel.acceptedAtMs)],
    ["the centre's name for it", parcel.remoteId],
    ['the centre said', parcel.receipt],
    ['done', at(parcel.doneAtMs)],
    ["the centre's verdict", parcel.verdict],
    ['last fault', parcel.lastError],
  ];
  return rows.flatMap(([name, value]) =>
    value === null || value === false || value === '' ? [] : [`${name}: ${value}`],
  );
}

function summaryOf(content: unknown): string {
  const { frame, targets, sources } = content as {
    frame?: { file?: string };
    targets?: { name: string }[];
    sources?: { x?: unknown[] };
  };
  const names = (targets ?? []).map(({ name }) => name).join(', ');
  const n = sources?.x?.length;
  return [frame?.file, names && `targets ${names}`, n !== undefined && `${n} sources`].filter(Boolean).join('; ');
}

function stateNamed(text: string): ParcelState {
  const found = states.find((state) => state === text);
  if (found) return found;
  throw new UsageError(`there is no state "${text}": choose one of ${states.join(', ')}`);
}

function numbersOf(ids: readonly string[]): number[] {
  return ids.map((text) => {
    const id = Number(text);
    if (!Number.isInteger(id) || id < 1)
      throw new UsageError(`"${text}" is no number of a parcel: 'queue list' shows them`);
    return id;
  });
}
