import type { Clock } from '../../base/clock.ts';
import type { Config } from '../../config/schema.ts';
import { leapWarning } from '../../pipeline/stages/circumstances.ts';
import { taiMinusUtc } from '../../pipeline/time/leap.ts';
import { mjdOfUnixMs } from '../../pipeline/time/mjd.ts';
import { leapSeconds } from '../leap-seconds.ts';
import { queryDaemon } from './query-daemon.ts';
import type { RunningStatus } from './running.ts';
import { readStored, type StoredStatus } from './stored.ts';

/** How a site is: what its daemon knows and what its database tells, each with the reason when it is missing. */
export interface Status {
  readonly site: string;
  /** Of the program that answer. */
  readonly version: string;
  readonly atMs: number;
  /** What the operator should see to, whatever frames come. */
  readonly warnings: readonly string[];
  readonly running: RunningStatus | null;
  readonly notRunning: string | null;
  readonly stored: StoredStatus | null;
  readonly notStored: string | null;
}

/** Asks daemon and database of a site. Rejects for none of the troubles it is there to tell. */
export async function siteStatus(config: Config, clock: Clock, version: string): Promise<Status> {
  const answer = await queryDaemon(config.dataDir);
  const read = readStored(config, clock);
  return {
    ...{ site: config.site.name, version, atMs: clock.nowMs(), warnings: await leapWarnings(config, clock) },
    ...{ running: answer.running, notRunning: 'reason' in answer ? answer.reason : null },
    ...{ stored: read.stored, notStored: 'reason' in read ? read.reason : null },
  };
}

async function leapWarnings({ reduction }: Config, clock: Clock): Promise<string[]> {
  const { table, warnings } = await leapSeconds(reduction.leapSecondsFile);
  const { expired } = taiMinusUtc(mjdOfUnixMs(clock.nowMs()), table);
  return [...warnings, ...(expired ? [leapWarning(table.validUntilMjd)] : [])];
}
