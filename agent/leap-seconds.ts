import { readFile } from 'node:fs/promises';
import { builtInLeapTable, type LeapTable, parseLeapList } from '../pipeline/time/leap.ts';

/** Where systems install the IERS list. */
const systemList = '/usr/share/zoneinfo/leap-seconds.list';

/** The leap seconds that are known for longest: our own, or those of the system's time zone data. */
export async function leapSeconds(path = systemList): Promise<LeapTable> {
  // No such list, as on Windows, is no fault: our own serves.
  const text = await readFile(path, 'utf8').catch(() => '');
  const installed = parseLeapList(text);
  return installed && installed.validUntilMjd > builtInLeapTable.validUntilMjd ? installed : builtInLeapTable;
}
