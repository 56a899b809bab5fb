import type { Clock } from '../../base/clock.ts';
import { EdgeError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { mjdNumber, mjdOfUnixMs } from '../../pipeline/time/mjd.ts';
import { readFrameRecord } from '../../protocol/frame-record.ts';
import { type LightReport, lightReports } from '../health/light.ts';
import type { Alarm } from '../store/alarms.ts';
import { databaseFault } from '../store/database-fault.ts';
import { readStore, type Store } from '../store/open.ts';
import type { StoredReduction } from '../store/reductions.ts';

/** What the database tells, whether a daemon runs or not. Times are Unix milliseconds. */
export interface StoredStatus {
  readonly frames: Partial<Record<string, number>>;
  readonly parcels: readonly { destination: string; state: string; count: number }[];
  readonly targets: readonly { destination: string; count: number; fetchedAtMs: number }[];
  readonly light: readonly LightReport[];
  readonly requests: readonly { destination: string; id: string; state: string; reason: string }[];
  readonly troubled: readonly { path: string; state: string; reason: string | null }[];
  readonly lastReductions: readonly LastReduction[];
  /** The last alarms, open and past, newest first. */
  readonly alarms: readonly Alarm[];
}

interface LastReduction {
  readonly outcome: string;
  readonly reducedAtMs: number;
  readonly file: string;
  /** Why its record cannot be read; null when it can. */
  readonly unreadable: string | null;
}

/** What was read, or why it could not be, in plain words. */
export type ReadStatus = { readonly stored: StoredStatus } | { readonly stored: null; readonly reason: string };

/** Days of zero points that are looked at. */
const nightsShown = 60;
const requestsShown = 20;
const troubledShown = 10;
const reductionsShown = 5;
const alarmsShown = 20;

/** Reads the database of this site, beside a daemon or without one. Never rejects for what is wrong with the database. */
export function readStored({ dataDir, site }: Pick<Config, 'dataDir' | 'site'>, clock: Clock): ReadStatus {
  let store: Store | undefined;
  try {
    store = readStore(dataDir, clock);
    return { stored: storedIn(store, site, clock.nowMs()) };
  } catch (error) {
    return { stored: null, reason: reasonOf(error, dataDir) };
  } finally {
    store?.close();
  }
}

function storedIn(store: Store, { longitudeDeg, heightM }: Config['site'], nowMs: number): StoredStatus {
  const { frames, outbox, networkTargets, zeroPoints, requests, reductions, alarms } = store;
  const today = mjdNumber(mjdOfUnixMs(nowMs));
  return {
    frames: frames.counts(),
    parcels: outbox.counts(),
    targets: networkTargets.lists(),
    light: lightReports(zeroPoints.nights(today - nightsShown, longitudeDeg), heightM),
    requests: requests
      .recent(requestsShown)
      .map(({ destination, id, state, reason }) => ({ destination, id, state, reason })),
    troubled: (['rejected', 'failed'] as const)
      .flatMap((state) => frames.inState(state, troubledShown))
      .map(({ path, state, reason }) => ({ path, state, reason })),
    lastReductions: reductions.recent(reductionsShown).map((reduction) => lastReduction(reduction, frames)),
    alarms: alarms.recent(alarmsShown),
  };
}

function lastReduction(reduction: StoredReduction, frames: Store['frames']): LastReduction {
  const { outcome, reducedAtMs, frameId } = reduction;
  const { value, unreadable } = readFrameRecord(reduction.record);
  const file = value?.file ?? frames.get(frameId)?.path ?? `frame ${frameId}`;
  return { outcome, reducedAtMs, file, unreadable: unreadable ?? null };
}

function reasonOf(error: unknown, dataDir: string): string {
  if (error instanceof EdgeError) return error.message;
  const words = databaseFault(error, dataDir);
  if (words === undefined) throw error;
  return words;
}
