import { availableParallelism } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { headerOverridesOf } from '../config/instrument.ts';
import type { Config, DestinationConfig, HubDestinationConfig, InstrumentConfig } from '../config/schema.ts';
import type { Devices } from '../drivers/contract.ts';
import { loadDriver } from '../drivers/load.ts';
import type { SkyPosition } from '../pipeline/astrometry/sphere.ts';
import type { ObservingRequest } from '../protocol/request.ts';
import { LateStars } from './catalogue/late-stars.ts';
import { threadPrefetcher } from './catalogue/prefetch.ts';
import { bhtom2Targets } from './central/bhtom2/target-source.ts';
import { type HttpClient, httpClient } from './central/http.ts';
import { hubCentral } from './central/hub.ts';
import { hubTargets } from './central/hub-targets.ts';
import type { NetworkTarget, TargetSource } from './central/target-source.ts';
import { tokenSource } from './central/token.ts';
import { Delivery } from './delivery/delivery.ts';
import { keepHouseDaily } from './health/housekeeping.ts';
import type { Logger } from './health/log.ts';
import { watchLoop } from './health/loop-lag.ts';
import { Intake } from './intake/intake.ts';
import { MasterKeeper } from './masters/keeper.ts';
import { Observatory } from './observing/observatory.ts';
import { jobMaker } from './reduction/job-of.ts';
import { ReductionProcess } from './reduction/process.ts';
import { Reducer } from './reduction/reducer.ts';
import { RequestLink } from './requests/link.ts';
import type { Frame } from './store/frame.ts';
import { openStore, type Store } from './store/open.ts';
import { TargetBook } from './targets/target-book.ts';
import { TargetKeeper } from './targets/target-keeper.ts';

export interface DaemonParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
  /** Opens the devices of an instrument; by default the driver that its configuration names. */
  readonly loadDevices?: (instrument: InstrumentConfig) => Promise<Devices>;
}

export interface Daemon {
  readonly store: Store;
  readonly intake: Intake;
  /** Resolves with the fault that ended a part of the daemon for good; never while all is well. */
  readonly fault: Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts the daemon: the boot, in order. Rejects with TellOperator when it cannot run as configured. */
export async function startDaemon(parts: DaemonParts): Promise<Daemon> {
  const { config, clock, random, log, version } = parts;
  const loadDevices = parts.loadDevices ?? ((instrument) => driversOf(instrument, config, clock));
  const startedMs = clock.monotonicMs();
  const software = `bhtom-edge ${version}`;
  const { promise: fault, resolve: onFault } = Promise.withResolvers<unknown>();

  const store = openStore(config.dataDir, clock, version);
  if (store.setAside) log.error({ setAside: store.setAside }, 'the database was damaged and set aside');
  if (store.backup) log.info({ backup: store.backup }, 'the database was copied before its schema changed');

  const hubs = config.destinations.filter(isHub);
  const deliveries = new Map(
    hubs.map((destination) => [
      destination.id,
      new Delivery({
        outbox: store.outbox,
        central: hubCentral({
          destination: destination.id,
          url: destination.url,
          token: tokenSource(destination),
          clock,
        }),
        clock,
        random,
        log,
      }),
    ]),
  );

  const { deadlineS, memoryMb, threads = Math.max(1, availableParallelism() - 1) } = config.reduction;
  const child = new ReductionProcess({ deadlineS, memoryMb, threads }, clock, log);
  const masters = new MasterKeeper({
    config,
    store,
    clock,
    log,
    software,
    build: (order, signal) => child.build(order, signal),
    onReduceAgain: (id) => intake.release(id),
  });

  const lateStars = new LateStars({ config, store, clock, log, onReduceAgain: (id) => intake.release(id) });
  const lookForLateStars = () => void lateStars.look().catch(onFault);
  const prefetcher = config.catalogue.online
    ? threadPrefetcher({ dataDir: config.dataDir, catalogue: config.catalogue, software }, log, lookForLateStars)
    : undefined;
  prefetcher?.prefetchFor(config.targets);

  const http = httpClient(software, clock, smallAnswers);
  const targetSources = config.destinations.filter((one) => one.targets).map((one) => targetSourceOf(one, http));
  const onAdded = (added: readonly NetworkTarget[]) => {
    // A whole list is not fetched for by accident: frames and requests ask for what they need.
    if (added.length <= mostPrefetched)
      prefetcher?.prefetchFor(added.filter((one) => risesAt(config.site, one.decDeg)));
  };
  const targets = new TargetKeeper({
    sources: targetSources,
    store: store.networkTargets,
    clock,
    random,
    log,
    onAdded,
  });
  targets.want(config.targets.map(({ name }) => name));
  const targetBook = new TargetBook({
    store: store.networkTargets,
    own: config.targets,
    destinations: targetSources.map(({ destination }) => destination),
    mayLookAnywhere: config.solving.fallback.length > 0,
  });

  const intake = new Intake({
    instruments: config.instruments.map((one) => ({ ...one, overrides: headerOverridesOf(one.header) })),
    dataDir: config.dataDir,
    settings: config.intake,
    store,
    clock,
    log,
    onIdentified: ({ kind }) => {
      if (kind !== 'light') masters.noticed();
    },
  });

  const makeJob = jobMaker(config, software, { store, targetBook });
  const reducer = new Reducer({
    config,
    store,
    intake,
    clock,
    log,
    jobOf: async (frame) => makeJob(frame, await masters.chooseFor(frame)),
    run: (job, signal) => child.run(job, signal),
  });
  const observatories: Observatory[] = [];
  const onRequests = () => {
    for (const link of links) link.report();
  };
  for (const instrument of config.instruments) {
    if (!instrument.drivers) continue;
    const devices = await loadDevices(instrument);
    observatories.push(
      new Observatory({ config, instrument, devices, store, clock, log, software, onChange: onRequests }),
    );
  }
  reducer.on('ended', ({ frame, reply }) => {
    if (reply.state === 'reduced') {
      targets.want(reply.record.targets.map(({ name }) => name));
      const place = reply.record.located.from === 'solver' ? undefined : placeOf(frame);
      if (place) prefetcher?.prefetchFor([place]);
    }
    for (const delivery of deliveries.values()) delivery.wake();
    for (const observatory of observatories) observatory.frameEnded();
  });

  const links = hubs
    .filter(({ requests }) => requests)
    .map(
      (destination) =>
        new RequestLink({
          destination: destination.id,
          url: destination.url,
          token: tokenSource(destination),
          site: config.site.name,
          software,
          instruments: config.instruments.map(({ id, oname, drivers, filters }) => ({
            id,
            oname: oname ?? null,
            robotic: drivers !== undefined,
            filters,
          })),
          requests: store.requests,
          judge: (request) => {
            prefetcher?.prefetchFor([request.target]);
            targets.want([request.target.name]);
            return judgeForAll(observatories, request);
          },
          clock,
          random,
          log,
          onChange: () => {
            for (const observatory of observatories) observatory.wake();
          },
          onConnected: () => deliveries.get(destination.id)?.retryNow(),
        }),
    );

  intake.start(onFault);
  masters.start(onFault);
  reducer.start(onFault);
  targets.start(onFault);
  for (const observatory of observatories) observatory.start(onFault);
  const stopHousekeeping = keepHouseDaily({
    ...{ store, site: config.site, clock, log },
    prepareNight: () => {
      prefetcher?.prefetchFor([...config.targets, ...tonightsTargets(store)]);
      lookForLateStars();
    },
  });
  lookForLateStars();
  const loop = watchLoop(log);
  log.info({ site: config.site.name, ms: Math.round(clock.monotonicMs() - startedMs) }, 'ready');

  return {
    store,
    intake,
    fault: fault.then((error) => {
      log.fatal({ err: error }, `a part of the program has ended: ${describeError(error)}`);
      return error;
    }),
    async stop() {
      stopHousekeeping();
      loop.stop();
      await Promise.all(links.map((link) => link.stop()));
      await Promise.all(observatories.map((observatory) => observatory.stop()));
      await Promise.all([intake.close(), masters.stop(), reducer.stop(), targets.stop(), prefetcher?.close()]);
      await lateStars.stop();
      child.close();
      await Promise.all([...deliveries.values()].map((delivery) => delivery.stop()));
      store.close();
      log.info('stopped');
    },
  };
}

/** Lists of targets and light curves are kilobytes, and a centre that is silent for a minute is down. */
const smallAnswers = { silenceMs: 60_000, wholeMs: 3 * 60_000, largestBytes: 16 * 2 ** 20 };

/** New targets of a list for which reference stars are fetched at once, at most. */
const mostPrefetched = 50;

/** Whether a declination ever stands 25 degrees above the horizon. */
function risesAt({ latitudeDeg }: Config['site'], decDeg: number): boolean {
  return 90 - Math.abs(latitudeDeg - decDeg) > 25;
}

/** Where the requests look that wait for their visit. */
function tonightsTargets(store: Store): SkyPosition[] {
  return store.requests.executable().flatMap(({ request }) => (request ? [request.target] : []));
}

function placeOf({ facts }: Frame): SkyPosition | undefined {
  return facts?.raDeg && facts.decDeg && { raDeg: facts.raDeg.value, decDeg: facts.decDeg.value };
}

function isHub(destination: DestinationConfig): destination is HubDestinationConfig {
  return destination.kind === 'hub';
}

function targetSourceOf(destination: DestinationConfig, http: HttpClient): TargetSource {
  const { id, url } = destination;
  const token = tokenSource(destination);
  if (isHub(destination)) return hubTargets(id, url, token, http);
  return bhtom2Targets({ destination: id, url, token }, destination.minImportance, http);
}

function driversOf({ drivers, filters }: InstrumentConfig, { site }: Config, clock: Clock): Promise<Devices> {
  return loadDriver({ ...drivers!, filters }, site, clock);
}

/** Accepted when one of the instruments could do it; else declined with the reason of each. */
async function judgeForAll(
  observatories: readonly Observatory[],
  request: ObservingRequest,
): Promise<{ ok: true } | { ok: false; reason: string }> {
  const reasons: string[] = [];
  for (const observatory of observatories) {
    const judgement = await observatory.foresee(request);
    if (judgement.ok) return judgement;
    reasons.push(judgement.reason);
  }
  return { ok: false, reason: reasons.join('; ') || 'this site has no robotic instrument' };
}
