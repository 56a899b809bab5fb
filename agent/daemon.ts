import { availableParallelism } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Config } from '../config/schema.ts';
import { hubCentral } from './central/hub.ts';
import { tokenSource } from './central/token.ts';
import { Delivery } from './delivery/delivery.ts';
import type { Logger } from './health/log.ts';
import { Intake } from './intake/intake.ts';
import { jobMaker } from './reduction/job-of.ts';
import { ReductionProcess } from './reduction/process.ts';
import { type ReducedFrame, Reducer } from './reduction/reducer.ts';
import { openStore, type Store } from './store/open.ts';

export interface DaemonParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
}

export interface Daemon {
  readonly store: Store;
  readonly intake: Intake;
  /** Resolves with the fault that ended a part of the daemon for good; never while all is well. */
  readonly fault: Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts the daemon: the boot, in order. Rejects with TellOperator when it cannot run as configured. */
export async function startDaemon({ config, clock, random, log, version }: DaemonParts): Promise<Daemon> {
  const startedMs = clock.monotonicMs();
  const software = `bhtom-edge ${version}`;
  const { promise: fault, resolve: onFault } = Promise.withResolvers<unknown>();

  const store = openStore(config.dataDir, clock, version);
  if (store.setAside) log.error({ setAside: store.setAside }, 'the database was damaged and set aside');
  if (store.backup) log.info({ backup: store.backup }, 'the database was copied before its schema changed');

  const deliveries = config.destinations.map(
    (destination) =>
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
  );

  const intake = new Intake({
    instruments: config.instruments,
    dataDir: config.dataDir,
    settings: config.intake,
    store,
    clock,
    log,
  });

  const { deadlineS, memoryMb, threads = Math.max(1, availableParallelism() - 1) } = config.reduction;
  const child = new ReductionProcess({ deadlineS, memoryMb, threads }, clock, log);
  const reducer = new Reducer({
    config,
    store,
    intake,
    clock,
    log,
    jobOf: jobMaker(config, software, store),
    run: (job, signal) => child.run(job, signal),
  });
  reducer.on('ended', (_reduced: ReducedFrame) => {
    for (const delivery of deliveries) delivery.wake();
  });

  intake.start(onFault);
  reducer.start(onFault);
  log.info({ site: config.site.name, ms: Math.round(clock.monotonicMs() - startedMs) }, 'ready');

  return {
    store,
    intake,
    fault: fault.then((error) => {
      log.fatal({ err: error }, `a part of the program has ended: ${describeError(error)}`);
      return error;
    }),
    async stop() {
      await Promise.all([intake.close(), reducer.stop()]);
      child.close();
      await Promise.all(deliveries.map((delivery) => delivery.stop()));
      store.close();
      log.info('stopped');
    },
  };
}
