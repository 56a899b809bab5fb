import { availableParallelism } from 'node:os';
import { headerOverridesOf } from '../../config/instrument.ts';
import type { Config } from '../../config/schema.ts';
import type { Taking } from '../centres/contract.ts';
import { type Health, well } from '../health/health.ts';
import { followCameras } from '../intake/camera.ts';
import { Intake } from '../intake/intake.ts';
import { MasterKeeper } from '../masters/keeper.ts';
import type { Stage } from '../part.ts';
import { Periodic } from '../periodic.ts';
import { jobMaker } from '../reduction/job-of.ts';
import { ReductionProcess } from '../reduction/process.ts';
import { type ReducedFrame, Reducer } from '../reduction/reducer.ts';
import type { TargetBook } from '../targets/target-book.ts';
import type { BootContext } from './context.ts';

/** From the camera's folder to the stored record: intake, masters and reduction. */
export interface Measuring {
  readonly stage: Stage;
  readonly intake: Intake;
}

/** `onReduced` hears of each light frame that came to the end of its reduction. */
export function measuring(
  context: BootContext,
  targetBook: TargetBook,
  takings: readonly Taking[],
  onReduced: (ended: ReducedFrame) => void,
): Measuring {
  const { config, store, clock, log, software } = context;
  const { tell } = context.happenings;
  const { deadlineS, memoryMb, threads = Math.max(1, availableParallelism() - 1) } = config.reduction;
  const child = new ReductionProcess({ deadlineS, memoryMb, threads }, clock, log);
  const masters = new MasterKeeper({
    ...{ config, store, clock, log, software },
    build: (order, signal) => child.build(order, signal),
    onReduceAgain: (id) => intake.release(id),
  });
  const intake = new Intake({
    instruments: config.instruments.map((one) => ({ ...one, overrides: headerOverridesOf(one.header) })),
    dataDir: config.dataDir,
    settings: config.intake,
    ...{ store, clock, log, tell },
    onIdentified: ({ kind }) => {
      if (kind !== 'light') masters.noticed();
    },
  });
  const makeJob = jobMaker(config, software, { store, targetBook, isDelivered: takings.length > 0 });
  const reducer = new Reducer({
    ...{ config, store, intake, clock, log, tell },
    takings,
    jobOf: async (frame) => makeJob(frame, await masters.chooseFor(frame)),
    run: (job, signal) => child.run(job, signal),
  });
  reducer.on('ended', onReduced);

  return {
    intake,
    stage: [
      { name: 'reduction process', start() {}, stop: () => child.close(), health: () => well },
      {
        name: 'intake',
        start: (onFault) => intake.start(onFault),
        stop: () => intake.close(),
        health: () => intakeHealth(intake, clock.monotonicMs(), config),
      },
      new Periodic('cameras', 10_000, () => followCameras(store.cameras, context.alarms), clock, log),
      {
        name: 'masters',
        start: (onFault) => masters.start(onFault),
        stop: () => masters.stop(),
        health: () => masters.health(),
      },
      {
        name: 'reduction',
        start: (onFault) => reducer.start(onFault),
        stop: () => reducer.stop(),
        health: () => reducerHealth(reducer, deadlineS),
      },
    ],
  };
}

/** The folders are compared with the ledger every `rescanS`; over a slow share that takes its time. */
const latestRescans = 5;
const leastRescanMs = 15 * 60_000;

function intakeHealth(intake: Intake, nowMs: number, config: Pick<Config, 'intake'>): Health {
  const { paused, folders, rescannedMs } = intake.status();
  if (paused !== undefined) return { state: 'needs-operator', reason: paused };
  if (folders.length > 0) return { state: 'needs-operator', reason: folders.join(' ') };
  const ageMs = nowMs - (rescannedMs ?? 0);
  if (ageMs < Math.max(leastRescanMs, latestRescans * config.intake.rescanS * 1000)) return well;
  const minutes = Math.round(ageMs / 60_000);
  return {
    state: 'stalled',
    reason: `The watched folders were last looked through ${minutes} minutes ago. Does a network share hang?`,
  };
}

/** A frame may wait for several masters, each of which may take several times the deadline of a frame. */
const mostDeadlines = 20;

function reducerHealth(reducer: Reducer, deadlineS: number): Health {
  if (reducer.paused !== undefined) return { state: 'needs-operator', reason: reducer.paused };
  const busyMs = reducer.busyMs();
  if (busyMs < mostDeadlines * deadlineS * 1000) return well;
  return { state: 'stalled', reason: `The same frame has been worked on for ${Math.round(busyMs / 60_000)} minutes.` };
}
