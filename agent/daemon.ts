import type { Clock } from '../base/clock.ts';
import { describeError, RetryLater } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Config, InstrumentConfig } from '../config/schema.ts';
import type { Devices } from '../drivers/contract.ts';
import { Drivers } from '../drivers/load.ts';
import { centresOf, channelPart, channelsOf, checksOf, deliveriesOf, deliveryPart, deskPart } from './boot/centres.ts';
import type { BootContext } from './boot/context.ts';
import { knowledge } from './boot/knowledge.ts';
import { LifeCycle } from './boot/life-cycle.ts';
import { measuring } from './boot/measuring.ts';
import { measuringKey } from './boot/measuring-key.ts';
import { namedFiles } from './boot/named-files.ts';
import { notices } from './boot/notices.ts';
import { PagePart } from './boot/page.ts';
import { robotic } from './boot/robotic.ts';
import type { LoadDevices } from './boot/robotic-unit.ts';
import { storePart } from './boot/store-part.ts';
import { upkeep } from './boot/upkeep.ts';
import type { Centre } from './centres/contract.ts';
import { Happenings } from './happenings.ts';
import { Alarms } from './health/alarms.ts';
import { partEnded } from './health/health-watch.ts';
import type { Logger } from './health/log.ts';
import type { Intake } from './intake/intake.ts';
import type { Part, Stage } from './part.ts';
import type { ReducedFrame } from './reduction/reducer.ts';
import { RequestDesk } from './requests/desk.ts';
import { localRequests } from './requests/local.ts';
import { statusOf } from './status/gather.ts';
import { StatusSocket } from './status/socket.ts';
import { databaseFault } from './store/database-fault.ts';
import { openStore, type Store } from './store/open.ts';

export interface DaemonOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
  /** Opens the devices of an instrument; by default the driver that its configuration names. */
  readonly loadDevices?: LoadDevices;
}

export interface Daemon {
  readonly store: Store;
  readonly intake: Intake;
  /** Where the page for the browser is; undefined without one. */
  readonly pageUrl: string | undefined;
  /** Resolves with the fault that ended a part of the daemon for good; never while all is well. */
  readonly fault: Promise<unknown>;
  /** Stops all parts in reverse order; always comes to an end. */
  stop(): Promise<void>;
}

/**
 * Starts the daemon. Rejects with the reason when it cannot run as configured; what was started is stopped by then.
 * What is away (a centre, a device) comes later and stops nothing.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, clock, random, log, version } = options;
  const startedMs = clock.monotonicMs();
  const { promise: fault, resolve: endWith } = Promise.withResolvers<unknown>();
  const store = open(config, clock, version);
  if (store.setAside) log.error({ setAside: store.setAside }, 'the database was damaged and set aside');
  if (store.backup) log.info({ backup: store.backup }, 'the database was copied before its schema changed');

  const happenings = new Happenings(clock, log);
  const alarms = new Alarms({ store: store.alarms, clock, log, tell: happenings.tell });
  const lifeCycle = new LifeCycle(clock, log, (error, part) => {
    alarms.raise(partEnded(part, describeError(error)));
    endWith(error);
  });
  await lifeCycle.start([[storePart(store, config.dataDir)]]);
  try {
    alarms.load();
    const made = { version, software: `bhtom-edge ${version}` };
    const context = { config, store, clock, random, log, happenings, alarms, ...made };
    const loadDevices = options.loadDevices ?? driversOf(context);
    const { stages, intake, page } = compose(context, await centresOf(context), loadDevices, () => lifeCycle.parts());
    await lifeCycle.start([await notices(context), ...stages]);
    log.info({ site: config.site.name, ms: Math.round(clock.monotonicMs() - startedMs) }, 'ready');
    const stop = () => lifeCycle.stop().then(() => log.info('stopped'));
    return { store, intake, pageUrl: page?.url, fault, stop };
  } catch (error) {
    await lifeCycle.stop();
    throw error;
  }
}

function open(config: Config, clock: Clock, version: string): Store {
  try {
    return openStore(config.dataDir, clock, version, measuringKey(config));
  } catch (error) {
    const words = databaseFault(error, config.dataDir);
    throw words === undefined ? error : new RetryLater('DATABASE', words, { cause: error });
  }
}

/** The boot, in order. Nothing begins here; whoever hears of something from another part is connected by hand. */
function compose(
  context: BootContext,
  centres: readonly Centre[],
  loadDevices: LoadDevices,
  parts: () => Part[],
): { stages: Stage[]; intake: Intake; page: PagePart | undefined } {
  const { config, clock, log, happenings, alarms, version } = context;
  const deliveries = deliveriesOf(centres, context);
  const known = knowledge(
    context,
    centres.flatMap(({ targets }) => targets ?? []),
    (id) => measured.intake.release(id),
  );
  const takings = centres.flatMap(({ delivery }) => (delivery ? [delivery.taking] : []));
  const measured = measuring(context, known.targetBook, takings, onReduced);
  const telescopes = robotic(context, {
    loadDevices,
    onRequests: () => desk.changed(),
    onReady: () => desk.reconsider(),
    clockDifferenceMs: () => channels.map((channel) => channel.status().clockAheadMs).find((ms) => ms !== undefined),
  });
  const desk = new RequestDesk({
    ...{ requests: context.store.requests, clock: context.clock, log: context.log, tell: context.happenings.tell },
    checkFeasible(request) {
      known.wantStars([request.target]);
      known.wantLightCurves([request.target.name]);
      return telescopes.checkFeasible(request);
    },
    onChange: () => telescopes.wake(),
  });
  const channels = channelsOf(centres, desk, (destination) =>
    deliveries.find((one) => one.status().destination === destination)?.retryNow(),
  );

  const local = localRequests(context.store, clock, log, () => {
    desk.reconsider();
    telescopes.wake();
  });

  function onReduced({ frame, reply }: ReducedFrame): void {
    if (reply.state === 'reduced') {
      known.wantLightCurves(reply.record.targets.map(({ name }) => name));
      const { raDeg, decDeg } = frame.facts ?? {};
      const lost = reply.record.located.from !== 'solver';
      if (lost && raDeg && decDeg) known.wantStars([{ raDeg: raDeg.value, decDeg: decDeg.value }]);
    }
    for (const delivery of deliveries) delivery.wake();
    telescopes.frameEnded();
  }

  const { stage: keeping, loop, health } = upkeep(context, parts, known.prepareNight);
  const status = statusOf({
    ...{ version, site: config.site, clock, happenings, alarms, health, loop },
    ...{ deliveries, channels, intake: measured.intake, telescopes: telescopes.units },
  });
  const page = config.page.enabled ? new PagePart(context) : undefined;
  const stages = [
    [namedFiles(config)],
    [...deliveries.map(deliveryPart), ...checksOf(centres, context)],
    known.stage,
    measured.stage,
    telescopes.units,
    telescopes.site ? [telescopes.site] : [],
    [deskPart(desk), local, ...channels.map(channelPart)],
    [...keeping, new StatusSocket(config.dataDir, status, log)],
    page ? [page] : [],
  ];
  return { stages, intake: measured.intake, page };
}

function driversOf({ config, clock }: BootContext) {
  const drivers = new Drivers(config.site, clock);
  return (wanted: InstrumentConfig | 'site'): Promise<Devices> =>
    wanted === 'site' ? drivers.open(config.devices) : drivers.open(wanted.drivers!, wanted.filters);
}
