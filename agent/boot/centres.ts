import type { Config, DestinationConfig, HubDestinationConfig } from '../../config/schema.ts';
import { bhtom2Targets } from '../central/bhtom2/target-source.ts';
import { type HttpClient, httpClient } from '../central/http.ts';
import { hubCentral } from '../central/hub.ts';
import { hubTargets } from '../central/hub-targets.ts';
import type { TargetSource } from '../central/target-source.ts';
import { tokenSource } from '../central/token.ts';
import { Delivery } from '../delivery/delivery.ts';
import { well } from '../health/health.ts';
import type { RequestDesk } from '../requests/desk.ts';
import { RequestLink } from '../requests/link.ts';
import type { BootContext } from './context.ts';
import type { Part } from './part.ts';

/** One delivery for each destination that takes products. */
export function deliveriesOf({ config, store, clock, random, log, happenings }: BootContext): Delivery[] {
  return config.destinations.filter(isHub).map(
    ({ id, url, ...secret }) =>
      new Delivery({
        outbox: store.outbox,
        central: hubCentral({ destination: id, url, token: tokenSource({ id, ...secret }), clock }),
        ...{ clock, random, log, tell: happenings.tell },
      }),
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

/** One link for each hub that may ask for observations. */
export function linksOf(
  { config, clock, random, log, software }: BootContext,
  desk: RequestDesk,
  onConnected: (destination: string) => void,
): RequestLink[] {
  const instruments = config.instruments.map(({ id, oname, drivers, filters }) => ({
    ...{ id, oname: oname ?? null, robotic: drivers !== undefined, filters },
  }));
  return config.destinations
    .filter(isHub)
    .filter(({ requests }) => requests)
    .map(
      ({ id, url, ...secret }) =>
        new RequestLink({
          ...{ destination: id, url, token: tokenSource({ id, ...secret }), site: config.site.name },
          ...{ software, instruments, desk, clock, random, log },
          onConnected: () => onConnected(id),
        }),
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

const meaning = { connected: 'well', disconnected: 'away', 'needs-operator': 'needs-operator' } as const;

export function linkPart(link: RequestLink): Part {
  const { destination } = link.status();
  return {
    name: `link to ${destination}`,
    start: (onFault) => link.start(onFault),
    stop: () => link.stop(),
    health() {
      const { state, reason } = link.status();
      return { state: meaning[state], reason };
    },
  };
}

/** Where the targets of the network are read from. */
export function targetSourcesOf({ config, software, clock }: BootContext): TargetSource[] {
  const http = httpClient(software, clock, smallAnswers);
  return config.destinations.filter(({ targets }) => targets).map((one) => targetSourceOf(one, http));
}

/** Lists of targets and light curves are kilobytes, and a centre that is silent for a minute is down. */
const smallAnswers = { silenceMs: 60_000, wholeMs: 3 * 60_000, largestBytes: 16 * 2 ** 20 };

function targetSourceOf(destination: DestinationConfig, http: HttpClient): TargetSource {
  const { id, url } = destination;
  const token = tokenSource(destination);
  if (isHub(destination)) return hubTargets(id, url, token, http);
  return bhtom2Targets({ destination: id, url, token }, destination.minImportance, http);
}

function isHub(destination: Config['destinations'][number]): destination is HubDestinationConfig {
  return destination.kind === 'hub';
}
