import { EventEmitter } from 'node:events';
import type { Clock } from '../../base/clock.ts';
import { describeError, EdgeError, RetryLater } from '../../base/errors.ts';
import { isSiteFault } from '../../base/site-fault.ts';
import type { Config } from '../../config/schema.ts';
import type { Taking } from '../centres/contract.ts';
import { selectParcels, type TakenParcels } from '../delivery/selection.ts';
import type { Tell } from '../happenings.ts';
import type { Logger } from '../health/log.ts';
import { cameraOf, heldBack } from '../intake/camera.ts';
import type { Intake } from '../intake/intake.ts';
import type { Frame } from '../store/frame.ts';
import type { Store } from '../store/open.ts';
import type { ReductionJob, ReductionReply } from './job.ts';
import { zeroPointRows, zeroPointSetup } from './zero-point-rows.ts';

export interface ReducerParts {
  readonly config: Config;
  readonly store: Pick<Store, 'frames' | 'cameras' | 'reductions' | 'outbox' | 'zeroPoints'>;
  readonly intake: Pick<Intake, 'nextLight' | 'release'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tell?: Tell;
  /** The job that one frame asks for; masters that it needs may be built first. */
  readonly jobOf: (frame: Frame) => Promise<ReductionJob>;
  /** What each centre takes. */
  readonly takings: readonly Taking[];
  readonly run: (job: ReductionJob, signal: AbortSignal) => Promise<ReductionReply>;
}

/** A light frame that reached the end of its way. */
export interface ReducedFrame {
  readonly frame: Frame;
  readonly reply: ReductionReply;
}

/** After a fault of the site all work rests for so long. */
const pauseMs = 60_000;

interface ReducerEvents {
  ended: [ReducedFrame];
}

/**
 * Takes identified light frames from the intake, one at a time, has them reduced, and writes record, parcels and the
 * frame's new state in one transaction. A failed attempt is counted; after `maxAttempts` the frame is `failed`. A fault
 * of the site (a full disk, a catalogue that is gone) costs no frame an attempt: all work pauses, and is tried again every minute.
 */
export class Reducer extends EventEmitter<ReducerEvents> {
  readonly #parts: ReducerParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #busySinceMs: number | undefined;
  #paused: string | undefined;

  constructor(parts: ReducerParts) {
    super();
    this.#parts = parts;
  }

  /** Begins. `onFault` hears of the fault that ended the work, if one does; frames never cause that. */
  start(onFault: (error: unknown) => void): void {
    this.#running = this.#loop().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  /** For how long the frame at hand has been worked on, milliseconds; 0 when there is none. */
  busyMs(): number {
    return this.#busySinceMs === undefined ? 0 : this.#parts.clock.monotonicMs() - this.#busySinceMs;
  }

  /** Why nothing is reduced at present; undefined while all is well. */
  get paused(): string | undefined {
    return this.#paused;
  }

  /** Breaks off; the frame at hand is taken up by the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new RetryLater('REDUCER_STOPPED', 'The program is stopping.'));
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#reduceNext(signal);
        this.#paused = undefined;
      } catch (error) {
        if (signal.aborted || !isSiteFault(error)) throw error;
        await this.#pause(error, signal);
      }
    }
  }

  async #reduceNext(signal: AbortSignal): Promise<void> {
    const { intake, clock } = this.#parts;
    const frame = await intake.nextLight(signal);
    this.#busySinceMs = clock.monotonicMs();
    try {
      await this.#reduce(frame);
    } finally {
      this.#busySinceMs = undefined;
      intake.release(frame.id);
    }
  }

  async #pause(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    const reason = `Nothing is reduced, because of this computer and not of the frames: ${describeError(error)}. It goes on by itself once that is mended.`;
    if (this.#paused === undefined) log.error({ err: error }, reason);
    this.#paused = reason;
    await clock.sleep(pauseMs, signal);
  }

  async #reduce(frame: Frame): Promise<void> {
    const { clock, log } = this.#parts;
    const startedMs = clock.monotonicMs();
    const about = { frame: frame.path, instrument: frame.instrument };
    try {
      const reply = await this.#parts.run(await this.#parts.jobOf(frame), this.#stopping.signal);
      this.#store(frame, reply);
      log.info({ ...about, ...inShort(reply), ms: Math.round(clock.monotonicMs() - startedMs) }, reply.state);
      this.#tell(frame, reply);
      this.emit('ended', { frame, reply });
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (isSiteFault(error)) throw error;
      this.#failed(frame, error, about);
    }
  }

  #store(frame: Frame, reply: ReductionReply): void {
    const { frames, cameras, reductions, outbox, zeroPoints } = this.#parts.store;
    if (reply.state === 'rejected') {
      frames.rejectIdentified(frame.id, reply.code, reply.reason);
      return;
    }
    if (reply.state === 'replaced') {
      frames.replaced(frame.id);
      return;
    }
    const { reductionId: id, exposureId, outcome, record, products } = reply;
    const taken: TakenParcels = {
      isSent: (key) => outbox.isSent(key),
      isTakenNear: ({ destination, target, key }, mjdMid, withinDays) =>
        target !== null && outbox.isTakenNear(destination, target, mjdMid, withinDays, key),
    };
    reductions.finish({ id, frameId: frame.id, exposureId, outcome, record: JSON.stringify(record) }, () => {
      if (frame.facts) zeroPoints.write(zeroPointRows(zeroPointSetup(frame.instrument, frame.facts), record));
      const camera = frame.facts && cameras.notice(frame.instrument, cameraOf(frame.facts), frame.path);
      const held = camera && camera.standing !== 'own' ? heldBack(camera) : undefined;
      outbox.enqueue(selectParcels(products, this.#parts.takings, taken), held);
    });
  }

  #tell({ id, instrument, path }: Frame, reply: ReductionReply): void {
    const about = { frame: id, instrument, path };
    const { tell } = this.#parts;
    if (reply.state === 'rejected') tell?.({ kind: 'frame-rejected', ...about, reason: reply.reason });
    if (reply.state !== 'reduced') return;
    tell?.({ kind: 'frame-reduced', ...about, exposureId: reply.exposureId, outcome: reply.outcome });
  }

  #failed(frame: Frame, error: unknown, about: object): void {
    const { config, store, log } = this.#parts;
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT') {
      store.frames.vanished(frame.id);
      log.warn(about, 'the file is gone before it was reduced');
      return;
    }
    const reason = describeError(error);
    const after = store.frames.attemptFailed(frame.id, reason, config.reduction.maxAttempts);
    if (after?.state === 'failed') {
      this.#parts.tell?.({
        kind: 'frame-failed',
        frame: frame.id,
        instrument: frame.instrument,
        path: frame.path,
        reason,
      });
    }
    const known = error instanceof EdgeError;
    log.error(
      { ...about, attempt: frame.attempts + 1, state: after?.state, ...(known ? { reason } : { err: error }) },
      'reduction failed',
    );
  }
}

/** What the log says of a reduction. */
function inShort(reply: ReductionReply): object {
  if (reply.state === 'rejected') return { reason: reply.reason };
  if (reply.state === 'replaced') return {};
  const { outcome, record } = reply;
  const targets = record.targets.map(({ name, verdict, counterpart }) => `${name}: ${counterpart?.words ?? verdict}`);
  const light = record.planes.map(({ transparency }) => transparency?.share).find((share) => share !== undefined);
  return {
    ...{ outcome, stars: record.nSources, fwhmPx: record.fwhmPx },
    ...(light !== undefined && { light: Number(light.toFixed(2)) }),
    ...(targets.length > 0 && { targets }),
  };
}
