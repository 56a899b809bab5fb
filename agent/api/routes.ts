import type { Clock } from '../../base/clock.ts';
import type { Config } from '../../config/schema.ts';
import { solarDayAt } from '../../sky/solar-day.ts';
import type { Status } from '../status/status.ts';
import { frameStates } from '../store/frame.ts';
import type { Store } from '../store/open.ts';
import { metrics } from './metrics.ts';
import type { StatusAnswer, TargetAnswer, TargetsAnswer } from './shapes.ts';
import { framesView, frameView } from './views/frames.ts';
import { mastersView } from './views/masters.ts';
import { countsOf, nightsView, nightView } from './views/nights.ts';
import { framePreview } from './views/preview.ts';
import { repairsOf } from './views/repairs.ts';
import type { Tonight } from './views/tonight.ts';
import { queueView, requestsView } from './views/work.ts';

/** What an answer is: JSON, text or a picture. */
export type PageAnswer =
  | { readonly kind: 'json'; readonly body: object }
  | { readonly kind: 'text'; readonly type: string; readonly body: string | Uint8Array }
  | { readonly kind: 'none'; readonly status: number; readonly words: string };

export interface RouteParts {
  readonly config: Config;
  readonly clock: Clock;
  /** A connection for reading. */
  readonly store: Store;
  readonly status: () => Promise<Status>;
  readonly tonight: Tonight;
}

const mostFrames = 200;

const notFound = (words: string): PageAnswer => ({ kind: 'none', status: 404, words });
const json = (body: object): PageAnswer => ({ kind: 'json', body });

/** Answers a call to the API; undefined where the path is none of it. Throws what the database throws. */
export async function answerCall(parts: RouteParts, url: URL): Promise<PageAnswer | undefined> {
  const { store } = parts;
  const [room, what, more] = segmentsOf(url.pathname);
  switch (room) {
    case 'status':
      return json(await statusAnswer(parts));
    case 'frames':
      if (what === undefined) return frames(store, url.searchParams);
      return more === 'preview.png' ? preview(store, what) : frame(store, what);
    case 'targets': {
      if (what === undefined) return json({ targets: store.targetPoints.targets() } satisfies TargetsAnswer);
      const points = store.targetPoints.of(what);
      return points.length > 0
        ? json({ name: what, points } satisfies TargetAnswer)
        : notFound(`No target "${what}" was measured here.`);
    }
    case 'tonight':
      return what === undefined ? json(await parts.tonight.answer()) : altitudes(parts.tonight, what, more);
    case 'nights': {
      if (what === undefined) return json(nightsView(store, parts.config.site));
      const night = nightView(store, parts.config.site, what);
      return night ? json(night) : notFound(`"${what}" is not the date of an evening, as 2026-12-24.`);
    }
    case 'requests':
      return json(requestsView(store));
    case 'masters':
      return json(mastersView(store, parts.config));
    case 'queue':
      return json(queueView(store));
    case 'metrics':
      return { kind: 'text', type: 'text/plain; version=0.0.4', body: metrics(await parts.status()) };
    default:
      return undefined;
  }
}

/** The parts of a path below /api/v1/, decoded; none where it is not below it or cannot be decoded. */
function segmentsOf(path: string): string[] {
  if (!path.startsWith('/api/v1/')) return [];
  try {
    return path.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
  } catch {
    return []; // no address of ours holds a broken escape
  }
}

async function statusAnswer({ config, clock, store, status }: RouteParts): Promise<StatusAnswer> {
  const today = solarDayAt(config.site.longitudeDeg, clock.nowMs());
  const told = await status();
  return { ...told, today: countsOf(store, today), repairs: repairsOf(told, store) };
}

function frames(store: Store, query: URLSearchParams): PageAnswer {
  const before = wholeNumber(query.get('before') ?? String(Number.MAX_SAFE_INTEGER));
  const limit = wholeNumber(query.get('limit') ?? '50');
  const state = frameStates.find((one) => one === query.get('state'));
  if (
    before === undefined ||
    limit === undefined ||
    limit < 1 ||
    limit > mostFrames ||
    (query.has('state') && !state)
  ) {
    return {
      kind: 'none',
      status: 400,
      words: `frames?before=ID&limit=1..${mostFrames}&state=${frameStates.join('|')}`,
    };
  }
  return json(framesView(store, before, limit, state));
}

function frame(store: Store, id: string): PageAnswer {
  const found = frameView(store, wholeNumber(id) ?? 0);
  return found ? json(found) : notFound(`There is no frame ${id}.`);
}

async function altitudes(tonight: Tonight, instrument: string, file: string | undefined): Promise<PageAnswer> {
  const body = file === 'altitudes.svg' ? await tonight.altitudes(instrument) : undefined;
  return body === undefined
    ? notFound(`There is no plan of "${instrument}".`)
    : { kind: 'text', type: 'image/svg+xml', body };
}

async function preview(store: Store, id: string): Promise<PageAnswer> {
  const found = store.frames.get(wholeNumber(id) ?? 0);
  if (!found) return notFound(`There is no frame ${id}.`);
  try {
    const made = await framePreview(found.path);
    return 'png' in made ? { kind: 'text', type: 'image/png', body: made.png } : notFound(made.reason);
  } catch (error) {
    if (typeof (error as { errno?: unknown }).errno !== 'number') throw error;
    return notFound(`The file cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}
