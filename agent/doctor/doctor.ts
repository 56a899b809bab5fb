import type { Clock } from '../../base/clock.ts';
import type { Config } from '../../config/schema.ts';
import { catalogueFinding } from './catalogue.ts';
import { centreFindings, type OpenedDestination } from './centres.ts';
import { clockFindings } from './clock.ts';
import { dataDirFindings } from './data-dir.ts';
import { driverFindings } from './drivers.ts';
import type { Finding } from './finding.ts';
import { folderFindings } from './folders.ts';
import { siteFinding } from './site.ts';

export interface Patient {
  readonly config: Config;
  readonly clock: Clock;
  readonly destinations: readonly OpenedDestination[];
  /** Host or host:port; undefined when none is to be asked. */
  readonly ntpServer: string | undefined;
}

/** Looks at everything that a site needs before its first night, and changes nothing. */
export async function examine({ config, clock, destinations, ntpServer }: Patient): Promise<Finding[]> {
  const [clocks, dataDir, { findings, lights }, centres, drivers] = await Promise.all([
    clockFindings({ clock, ntpServer, destinations: config.destinations.filter((one) => 'url' in one) }),
    dataDirFindings(config),
    folderFindings({ config, clock }),
    centreFindings(destinations),
    driverFindings(config),
  ]);
  const catalogue = await catalogueFinding(config, lights, clock);
  return [...clocks, ...dataDir, ...findings, ...siteFinding(config, lights), catalogue, ...centres, ...drivers];
}
