import { readFile } from 'node:fs/promises';
import { describeError } from '../base/errors.ts';
import { builtInLeapTable, type LeapTable, parseLeapList } from '../pipeline/time/leap.ts';

/** Where systems install the IERS list. */
const systemList = '/usr/share/zoneinfo/leap-seconds.list';

export interface LeapKnowledge {
  readonly table: LeapTable;
  /** Why the list that the operator gave is not used. */
  readonly warnings: readonly string[];
}

/**
 * The leap seconds that are known for longest: our own, those of the system's time zone data, or those of the list that the operator
 * gives. A given list that cannot be used is told.
 */
export async function leapSeconds(given: string | undefined, system = systemList): Promise<LeapKnowledge> {
  // No such list, as on Windows, is no fault: our own serves.
  const installed = parseLeapList(await readFile(system, 'utf8').catch(() => ''));
  const warnings: string[] = [];
  const own = given === undefined ? undefined : await readGiven(given, warnings);
  const table = [installed, own].reduce<LeapTable>(
    (best, list) => (list && list.validUntilMjd > best.validUntilMjd ? list : best),
    builtInLeapTable,
  );
  return { table, warnings };
}

async function readGiven(path: string, warnings: string[]): Promise<LeapTable | undefined> {
  try {
    const list = parseLeapList(await readFile(path, 'utf8'));
    if (!list) warnings.push(`reduction.leapSecondsFile ${path} is no leap-seconds.list of the IERS: it is not used`);
    return list;
  } catch (error) {
    warnings.push(`reduction.leapSecondsFile cannot be read and is not used: ${describeError(error)}`);
    return undefined;
  }
}
