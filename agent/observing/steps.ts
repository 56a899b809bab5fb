import type { Clock } from '../../base/clock.ts';
import { describeError, TellOperator } from '../../base/errors.ts';
import { confirm, current, ordered } from '../../drivers/confirm.ts';
import type { Camera, CameraFrame, Command, Devices } from '../../drivers/contract.ts';
import { refused } from '../../drivers/errors.ts';
import { separationDeg } from '../../sky/sphere.ts';
import type { Order, Step, Visit, WrittenFrame } from '../store/visit.ts';
import type { Visibility } from './visibility.ts';
import type { FrameWriter, PlannedFrame, VisitStore } from './visit.ts';
import { NotNow } from './visit-errors.ts';

/** What the steps of a visit work with. */
export interface Tools {
  readonly store: VisitStore;
  readonly devices: Devices & { readonly camera: Camera };
  readonly writer: FrameWriter;
  readonly clock: Clock;
  /** Whether a request may run from a moment on, for so many seconds (all it needs, when not told). */
  readonly checkVisibility: (request: Order['request'], atMs: number, durationS?: number) => Visibility;
  readonly roof: {
    /** Opens the roof where there is one. */
    readonly ensureOpen: (signal: AbortSignal) => Promise<void>;
    /** Rejects unless it is open, where there is one. */
    readonly requireOpen: (signal: AbortSignal) => Promise<void>;
  };
  /** Called with what a person must look at. */
  readonly alarm: (message: string) => void;
  readonly deadlines: Deadlines;
  /** How far from the target the mount may say that it points. */
  readonly pointingToleranceDeg: number;
}

/** How long each thing may take, milliseconds. */
export interface Deadlines {
  readonly slewMs: number;
  readonly filterMs: number;
  /** From the end of an exposure to its pixels. */
  readonly readOutMs: number;
  readonly stopMs: number;
  readonly reductionMs: number;
}

/** One visit while it runs. */
export interface Context extends Tools {
  readonly visit: Visit;
  readonly planned: readonly PlannedFrame[];
  /** Frames that are in the watched folder. */
  readonly frames: WrittenFrame[];
  /** The frame between the camera and the folder. */
  exposed: CameraFrame | undefined;
}

/** Steps that use the telescope, or may come to. */
export type TelescopeStep = Exclude<Step, 'claimed' | 'reduce'>;

export interface State {
  /** How the step is left when it goes wrong: known before it begins. */
  readonly safeExit: 'nothing moves' | 'stop the mount';
  /** Aborted as soon as it is not safe; the others move nothing that could be unsafe. */
  readonly onlyWhenSafe: boolean;
  run(visit: Context, signal: AbortSignal): Promise<TelescopeStep | 'reduce'>;
}

/** The state machine of a visit: each step ends with the name of the next. */
export const states: Readonly<Record<TelescopeStep, State>> = {
  safety: {
    safeExit: 'nothing moves',
    onlyWhenSafe: true,
    async run({ checkVisibility, visit, clock }) {
      demand(checkVisibility(visit.order.request, clock.nowMs()));
      return 'roof';
    },
  },

  roof: {
    safeExit: 'nothing moves', // the roof's own sequence leaves it in a state that it knows, and alarms
    onlyWhenSafe: true,
    async run({ roof }, signal) {
      await roof.ensureOpen(signal);
      return 'slew';
    },
  },

  slew: {
    safeExit: 'stop the mount',
    onlyWhenSafe: true,
    async run({ devices: { mount }, visit, clock, deadlines, roof }, signal) {
      if (mount === undefined) return 'filter';
      await roof.requireOpen(signal);
      const command = { signal, deadlineMs: deadlines.slewMs };
      const order = <Value>(wish: string, give: (command: Command) => Promise<Value>) =>
        ordered({ device: 'The mount', wish }, give, command, clock);
      // Its state is read before anything else: after a restart nobody knows how the mount was left.
      const { motion } = current(mount.name, await order('says where it is', () => mount.read()), clock);
      if (motion === 'slewing' || motion === 'unknown') await order('stands still', (c) => mount.stop(c));
      if (motion === 'parked') await order('is unparked', (c) => mount.unpark(c));
      await order('points at the target', (c) => mount.slewTo(visit.order.request.target, c));
      return 'confirm';
    },
  },

  confirm: {
    safeExit: 'stop the mount',
    onlyWhenSafe: true,
    async run(visit, signal) {
      await requirePointing(visit, signal);
      return 'filter';
    },
  },

  filter: {
    safeExit: 'stop the mount',
    onlyWhenSafe: true,
    async run(visit, signal) {
      const { devices, clock, deadlines } = visit;
      const { filter } = nextFrame(visit);
      const wheel = devices.filterWheel;
      if (wheel === undefined) {
        if (filter !== '') throw refused('The camera', `it has no filter wheel, and the request wants ${filter}`);
        return 'expose';
      }
      const what = { device: 'The filter wheel', wish: `holds ${filter} in the beam` };
      const command = { signal, deadlineMs: deadlines.filterMs };
      await ordered(what, (c) => wheel.select(filter, c), command, clock);
      await confirm({ ...what, read: () => wheel.read(), done: (found) => found === filter }, command, clock);
      return 'expose';
    },
  },

  expose: {
    safeExit: 'stop the mount', // the camera ends an aborted exposure by itself
    onlyWhenSafe: true,
    async run(visit, signal) {
      const { devices, clock, deadlines, store, checkVisibility } = visit;
      const { exposureS, binning } = nextFrame(visit);
      demand(checkVisibility(visit.visit.order.request, clock.nowMs(), exposureS));
      // A roof can be closed by hand and a drive can stop: what was true at the start of the visit is read again.
      await visit.roof.requireOpen(signal);
      await requirePointing(visit, signal);
      const deadlineMs = exposureS * 1000 + deadlines.readOutMs;
      // The camera may still be busy with an exposure that a killed program has left behind.
      await confirm(
        {
          device: 'The camera',
          wish: 'is idle',
          read: () => devices.camera.read(),
          done: (s) => s.activity === 'idle',
        },
        { signal, deadlineMs },
        clock,
      );
      store.exposureBegun(visit.visit.id);
      const order = { kind: 'light', exposureS, binning } as const;
      visit.exposed = await ordered(
        { device: 'The camera', wish: 'delivered its frame' },
        () => devices.camera.expose(order, { signal, deadlineMs: deadlines.readOutMs }),
        { signal, deadlineMs },
        clock,
      );
      return 'write';
    },
  },

  write: {
    safeExit: 'stop the mount',
    onlyWhenSafe: false, // what has been collected is kept, whatever the weather does now
    async run(visit) {
      const { writer, store, frames, planned, deadlines, clock } = visit;
      const written = await ordered(
        { device: 'The disk', wish: 'took the frame' },
        () => writer.write(visit.visit, nextFrame(visit), visit.exposed!),
        { signal: new AbortController().signal, deadlineMs: deadlines.readOutMs },
        clock,
      );
      store.frameWritten(visit.visit.id, written);
      frames.push(written);
      visit.exposed = undefined;
      return frames.length < planned.length ? 'filter' : 'rest';
    },
  },

  rest: {
    safeExit: 'nothing moves',
    onlyWhenSafe: false,
    async run(visit) {
      await stopMount(visit);
      return 'reduce';
    },
  },
};

/** Ends tracking: a telescope that nobody watches does not follow the sky into its pier. Alarms when it does not obey. */
export async function stopMount({ devices: { mount }, deadlines, clock, alarm }: Tools): Promise<void> {
  if (mount === undefined) return;
  const command = { signal: new AbortController().signal, deadlineMs: deadlines.stopMs };
  try {
    await ordered({ device: 'The mount', wish: 'stands still' }, (c) => mount.stop(c), command, clock);
  } catch (error) {
    alarm(describeError(error));
  }
}

/** The mount tracks the target, by a word that is not old. */
async function requirePointing(
  { devices: { mount }, visit, clock, deadlines, pointingToleranceDeg }: Context,
  signal: AbortSignal,
): Promise<void> {
  if (mount === undefined) return;
  const what = { device: mount.name, wish: 'says where it points' };
  const reading = await ordered(what, () => mount.read(), { signal, deadlineMs: deadlines.stopMs }, clock);
  const { motion, ...position } = current(mount.name, reading, clock);
  const offDeg = separationDeg(position, visit.order.request.target);
  if (motion !== 'tracking' || !(offDeg <= pointingToleranceDeg))
    throw new TellOperator(
      'POINTING_NOT_CONFIRMED',
      `${mount.name} should track the target, but is ${motion}, ${offDeg.toFixed(3)} deg from it ` +
        `(allowed: ${pointingToleranceDeg} deg). Check its alignment, its drive and its clock.`,
    );
}

function nextFrame({ planned, frames }: Context): PlannedFrame {
  return planned[frames.length]!;
}

function demand(visibility: Visibility): void {
  if (!visibility.ok) throw new NotNow(visibility.reason);
}
