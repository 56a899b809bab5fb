import type { Centre, RequestChannel } from '../centres/contract.ts';
import { httpClient } from '../centres/http.ts';
import { openCentres } from '../centres/registry.ts';
import { Delivery } from '../delivery/delivery.ts';
import { well } from '../health/health.ts';
import type { Part } from '../part.ts';
import type { RequestDesk } from '../requests/desk.ts';
import { centreCheck } from './centre-check.ts';
import type { BootContext } from './context.ts';

/** Lists of targets and light curves are kilobytes, and a centre that is silent for a minute is down. */
const smallAnswers = { silenceMs: 60_000, wholeMs: 3 * 60_000, largestBytes: 16 * 2 ** 20 };

/** The centres that the configuration names. */
export function centresOf({
  config,
  software,
  clock,
  random,
  log,
}: Pick<BootContext, 'config' | 'software' | 'clock' | 'random' | 'log'>): Promise<Centre[]> {
  const instruments = config.instruments.map(({ id, oname, drivers, filters }) => ({
    ...{ id, oname: oname ?? null, robotic: drivers !== undefined, filters },
  }));
  const http = httpClient(software, clock, smallAnswers);
  return openCentres(config.destinations, { site: config.site.name, instruments, software, clock, random, log, http });
}

/** One delivery for each centre that takes products. */
export function deliveriesOf(
  centres: readonly Centre[],
  { store, clock, random, log, happenings }: BootContext,
): Delivery[] {
  return centres.flatMap(({ delivery: adapter }) =>
    adapter ? [new Delivery({ outbox: store.outbox, adapter, clock, random, log, tell: happenings.tell })] : [],
  );
}

export function deliveryPart(delivery: Delivery): Part {
  const { destination } = delivery.status();
  return {
    name: `delivery to ${destination}`,
    start: (onFault) => delivery.start(onFault),
    stop: () => delivery.stop(),
    health: () => delivery.health(),
  };
}

/** One check for each centre that can say what stands in the way. */
export function checksOf(centres: readonly Centre[], { clock }: BootContext): Part[] {
  return centres.flatMap(({ destination, obstacles }) =>
    obstacles ? [centreCheck(destination, obstacles, clock)] : [],
  );
}

/** One channel for each centre that may ask for observations. */
export function channelsOf(
  centres: readonly Centre[],
  desk: RequestDesk,
  onConnected: (destination: string) => void,
): RequestChannel[] {
  return centres.flatMap(({ destination, requests }) =>
    requests ? [requests(desk, () => onConnected(destination))] : [],
  );
}

export function deskPart(desk: RequestDesk): Part {
  return {
    name: 'desk of requests',
    start: (onFault) => desk.start(onFault),
    stop: () => desk.stop(),
    health: () => well,
  };
}

export function channelPart(channel: RequestChannel): Part {
  return {
    name: `link to ${channel.destination}`,
    start: (onFault) => channel.start(onFault),
    stop: () => channel.stop(),
    health: () => channel.health(),
  };
}
