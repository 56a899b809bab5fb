import { connect } from 'node:net';
import { describeError } from '../../base/errors.ts';
import type { Config, SiteDriver, TelescopeDriver } from '../../config/schema.ts';
import { capabilitiesOf } from '../../config/sections/drivers.ts';
import { doubtful, type Finding, well, wrong } from './finding.ts';

const patienceMs = 5000;

/** Whether each device server takes a connection. Nothing is said over it: no device is touched. */
export async function driverFindings({
  instruments,
  devices,
}: Pick<Config, 'instruments' | 'devices'>): Promise<Finding[]> {
  const drivers = [
    ...instruments.flatMap(({ id, drivers: own = [] }) => own.map((driver) => ({ of: id, driver }))),
    ...devices.map((driver) => ({ of: 'the site', driver })),
  ];
  return Promise.all(drivers.map(({ of, driver }) => findingOf(of, driver)));
}

async function findingOf(of: string, driver: TelescopeDriver | SiteDriver): Promise<Finding> {
  const what = `${driver.kind} of ${of} (${capabilitiesOf(driver).join(', ')})`;
  if (driver.kind === 'simulator') return well('driver', what, 'simulated: nothing is to be reached');
  if (driver.host === undefined)
    return doubtful(
      'driver',
      what,
      'its server is looked for in the local networks when the daemon starts',
      'Name its host to have it looked at here.',
    );
  const address = `${driver.host}:${driver.port}`;
  const fault = await faultOf(driver.host, driver.port);
  if (fault === undefined) return well('driver', what, `${address} takes connections`);
  return wrong(
    'driver',
    what,
    `${address} cannot be reached: ${fault}`,
    'Start the device server, and look at host, port and firewall.',
  );
}

/** Why no connection can be made; undefined when one can. */
function faultOf(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (fault: string | undefined) => {
      socket.destroy();
      resolve(fault);
    };
    socket.setTimeout(patienceMs, () => end(`no answer in ${patienceMs / 1000} s`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end(describeError(error)));
  });
}
