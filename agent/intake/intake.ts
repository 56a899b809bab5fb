import { stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { RetryLater } from '../../base/errors.ts';
import { Wake } from '../../base/wake.ts';
import type { Config } from '../../config/schema.ts';
import { frameHappening, type Tell } from '../happenings.ts';
import type { Logger } from '../health/log.ts';
import type { Frame } from '../store/frame.ts';
import type { Store } from '../store/open.ts';
import { DiskSpace } from './disk-space.ts';
import { isWithin, ownFolders, pathBelow, type WatchedInstrument } from './folders.ts';
import type { Identification } from './identify.ts';
import { type Inspector, threadInspector } from './inspector.ts';
import { sameVersion, versionOf } from './look.ts';
import { pollFolders } from './poll.ts';
import { Rescan } from './rescan.ts';
import { defaultPatience, type Patience, Settler, type WaitingFile } from './settle.ts';
import { isMissing, sight } from './walk.ts';
import { type Watch, watchFolders } from './watch.ts';
import { Writes } from './writes.ts';

export interface IntakeOptions {
  readonly instruments: readonly WatchedInstrument[];
  readonly dataDir: string;
  readonly settings: Config['intake'];
  readonly store: Pick<Store, 'frames' | 'transaction' | 'compact' | 'outsideVersion'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called for each frame that was identified or filed, after it is in the store. */
  readonly onIdentified?: (frame: Frame) => void;
  readonly tell?: Tell;
  readonly patience?: Patience;
  readonly inspector?: Inspector;
  /** How often the free space is measured. */
  readonly diskCheckMs?: number;
  /** How often a polled folder is looked at. */
  readonly pollMs?: number;
}

export interface IntakeStatus {
  /** Why nothing is taken in at present; undefined while all is well. */
  readonly paused: string | undefined;
  /** Files that are not whole yet. */
  readonly waiting: readonly WaitingFile[];
  /** When all folders were last compared with the ledger, monotonic; undefined before the first time. */
  readonly rescannedMs: number | undefined;
}

/** Tries at reading a settled file that ended with the loss of the reading thread. */
const maxReadings = 3;
/** How often the database is asked whether another process wrote to it. */
const noticeEveryMs = 1000;

/** From the folders of the camera programs to rows in the store. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #instruments: ReadonlyMap<string, WatchedInstrument>;
  readonly #excluded: readonly string[];
  readonly #inspector: Inspector;
  readonly #disk: DiskSpace;
  readonly #writes: Writes;
  readonly #settler: Settler;
  readonly #rescan: Rescan;
  readonly #settled = new Wake();
  readonly #lights = new Wake();
  readonly #due = new Wake();
  readonly #claimed = new Set<number>();
  readonly #stop = new AbortController();
  #rescannedMs: number | undefined;
  #watches: Promise<Watch>[] = [];
  #running: Promise<unknown> = Promise.resolve();

  /** Does nothing yet; throws TellOperator when a watched folder lies inside dataDir. */
  constructor(options: IntakeOptions) {
    const { clock, log, store, settings, dataDir, instruments } = options;
    const { frames } = store;
    this.#options = options;
    this.#instruments = new Map(instruments.map((instrument) => [instrument.id, instrument]));
    this.#excluded = ownFolders(dataDir, instruments);
    this.#inspector = options.inspector ?? threadInspector({ maxFileBytes: settings.maxFileMb * 1048576, clock });
    this.#disk = new DiskSpace({
      dataDir,
      minFreeMb: settings.minFreeMb,
      clock,
      log,
      onFull: () => store.compact(),
      ...(options.diskCheckMs !== undefined && { everyMs: options.diskCheckMs }),
    });
    this.#writes = new Writes({ transaction: store.transaction, disk: this.#disk, signal: this.#stop.signal });
    this.#settler = new Settler({
      frames,
      inspector: this.#inspector,
      disk: this.#disk,
      writes: this.#writes,
      clock,
      log,
      settleMs: settings.settleS * 1000,
      patience: options.patience ?? defaultPatience,
      onSettled: (frame) => {
        this.#tell(frame);
        this.#settled.wake();
      },
      onRejected: (frame) => this.#tell(frame),
    });
    this.#rescan = new Rescan({
      frames,
      writes: this.#writes,
      clock,
      log,
      excluded: this.#excluded,
      onFresh: (frame) => this.#settle(frame),
    });
  }

  /**
   * Begins: takes up what the last run left, then watches. `onFault` hears of the fault that ended the intake, if one
   * does; files in the folders never cause that.
   */
  start(onFault: (error: unknown) => void): void {
    const { frames } = this.#options.store;
    const retried = frames.retryAfterChange();
    if (retried > 0)
      this.#options.log.info(
        { frames: retried },
        'looking again at what another version or configuration could not use',
      );
    for (const frame of frames.inState('seen', -1).reverse()) this.#settler.add(frame);
    const { signal } = this.#stop;
    this.#watches = this.#options.instruments.map((instrument) => this.#watch(instrument));
    const loops: Promise<unknown>[] = [
      ...this.#watches,
      this.#disk.check().then(() => this.#disk.run(signal)),
      this.#settler.run(signal),
      this.#identifyAll(signal),
      this.#rescanAll(signal),
      this.#noticeRetries(signal),
    ];
    const ended = loops.map((loop) =>
      loop.catch((error: unknown) => {
        if (!signal.aborted) onFault(error);
      }),
    );
    this.#running = Promise.all(ended);
  }

  /**
   * The next light frame to reduce: waits until there is one, and rejects with the signal's reason when aborted. It is
   * given to nobody else until `release`. What it gives is there, in the version the ledger knows; the reader of its
   * pixels still compares their hash with `fileHash`, for it may be replaced at any moment.
   */
  async nextLight(signal: AbortSignal): Promise<Frame> {
    const { frames } = this.#options.store;
    const either = AbortSignal.any([signal, this.#stop.signal]);
    for (;;) {
      await this.#disk.room(either);
      const frame = frames.nextLight(this.#claimed);
      if (!frame) {
        await this.#lights.wait(this.#options.clock, either);
        continue;
      }
      this.#claimed.add(frame.id);
      try {
        if (await this.#isThere(frame)) return frame;
        this.release(frame.id);
      } catch (error) {
        this.release(frame.id);
        throw error;
      }
    }
  }

  /** Ends the claim of `nextLight`, whatever became of the frame; one that is still to be reduced is due again. */
  release(id: number): void {
    this.#claimed.delete(id);
    this.#lights.wake();
  }

  /** Compares the folders with the ledger now, not only when it is time. */
  rescanSoon(): void {
    this.#due.wake();
  }

  status(): IntakeStatus {
    return { paused: this.#disk.paused, waiting: this.#settler.waiting(), rescannedMs: this.#rescannedMs };
  }

  /** Stops cleanly; what was under way is taken up by the next start. */
  async close(): Promise<void> {
    this.#stop.abort(new RetryLater('INTAKE_CLOSED', 'The program is stopping.'));
    await this.#inspector.close();
    await this.#running;
    const watches = await Promise.allSettled(this.#watches); // one that failed has told its fault
    for (const watch of watches) if (watch.status === 'fulfilled') await watch.value.close();
  }

  async #watch(instrument: WatchedInstrument): Promise<Watch> {
    const { log, clock, pollMs } = this.#options;
    const { signal } = this.#stop;
    const listen = instrument.polling ? pollFolders : watchFolders;
    const watch = await listen({
      folders: instrument.folders,
      excluded: this.#excluded,
      log,
      clock,
      ...(pollMs !== undefined && { everyMs: pollMs }),
      onFile: (path) => {
        if (signal.aborted || this.#excluded.some((folder) => isWithin(path, folder))) return;
        this.#heard(instrument, path).catch((error: unknown) => {
          if (!signal.aborted) log.warn({ err: error, file: path }, 'an event was lost; the rescan will find the file');
        });
      },
    });
    this.rescanSoon(); // what came between the first rescan and now
    return watch;
  }

  async #heard(instrument: WatchedInstrument, path: string): Promise<void> {
    const sighting = await sight(path, this.#options.clock.nowMs());
    if (sighting) await this.#rescan.see(instrument, [sighting]);
  }

  async #rescanAll(signal: AbortSignal): Promise<void> {
    const { clock, settings, instruments } = this.#options;
    for (;;) {
      await this.#disk.room(signal);
      for (const instrument of instruments) await this.#rescan.run(instrument, signal);
      this.#rescannedMs = clock.monotonicMs();
      await this.#due.wait(clock, signal, settings.rescanS * 1000);
    }
  }

  /** Takes up the frames that a command, another process, has put back to be looked at again. */
  async #noticeRetries(signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#options;
    for (let version = store.outsideVersion(); ; ) {
      await clock.sleep(noticeEveryMs, signal);
      const now = store.outsideVersion();
      if (now !== version) for (const frame of store.frames.inState('seen', -1)) this.#settle(frame);
      version = now;
    }
  }

  async #identifyAll(signal: AbortSignal): Promise<void> {
    const { frames } = this.#options.store;
    const none = new Set<number>();
    for (;;) {
      await this.#disk.room(signal);
      const frame = frames.nextSettled(none);
      if (frame) await this.#identify(frame, signal);
      else await this.#settled.wait(this.#options.clock, signal);
    }
  }

  async #identify(frame: Frame, signal: AbortSignal): Promise<void> {
    const { log, store, clock } = this.#options;
    const instrument = this.#instruments.get(frame.instrument);
    const { path, sizeBytes, mtimeMs } = frame;
    const startedMs = clock.monotonicMs();
    let found: Identification;
    try {
      found = await this.#inspector.identify({
        path,
        below: instrument ? pathBelow(instrument, path) : path,
        version: { sizeBytes, mtimeMs },
        overrides: instrument?.overrides ?? {},
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RetryLater)) throw error;
      log.warn({ err: error, frame: frame.id, file: path }, 'a frame could not be read');
      const reason = `The file could not be read in ${maxReadings} tries: ${error.message}`;
      await this.#writes.write(() => store.frames.attemptFailed(frame.id, reason, maxReadings));
      return;
    }
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    const after = await this.#writes.write(() => this.#enter(frame, found));
    if (after) this.#announce(after, tookMs);
  }

  #enter(frame: Frame, found: Identification): Frame | undefined {
    const { frames } = this.#options.store;
    switch (found.kind) {
      case 'identified':
        return frames.identify(frame.id, found.identity);
      case 'rejected':
        return frames.reject(frame.id, found.code, found.reason);
      case 'unsettled':
        return frames.unsettle(frame.id);
      case 'gone':
        frames.vanished(frame.id);
        return undefined;
    }
  }

  #settle(frame: Frame): void {
    if (this.#settler.add(frame)) this.#tell(frame);
  }

  #tell(frame: Frame): void {
    const happening = frameHappening(frame);
    if (happening) this.#options.tell?.(happening);
  }

  #announce(frame: Frame, tookMs: number): void {
    const { log, onIdentified } = this.#options;
    this.#tell(frame);
    const facts = { frame: frame.id, file: frame.path, instrument: frame.instrument, ms: tookMs };
    switch (frame.state) {
      case 'seen':
        this.#settler.add(frame);
        return;
      case 'rejected':
        log.warn({ ...facts, code: frame.reasonCode }, `rejected: ${frame.reason}`);
        return;
      case 'filed':
        log.info({ ...facts, kind: frame.kind }, frame.duplicateOf === null ? 'filed' : `filed: ${frame.reason}`);
        break;
      default:
        log.info({ ...facts, kind: frame.kind, object: frame.facts?.object?.value }, 'identified');
        this.#lights.wake();
    }
    onIdentified?.(frame);
  }

  /** Whether a frame's file is still there as the ledger knows it; where not, the ledger is told. */
  async #isThere(frame: Frame): Promise<boolean> {
    try {
      if (sameVersion(versionOf(await stat(frame.path)), frame)) return true;
    } catch (error) {
      if (!isMissing(error)) return true; // whoever reads it meets the error and says so
      await this.#writes.write(() => this.#options.store.frames.vanished(frame.id));
      this.rescanSoon();
      return false;
    }
    await this.#writes.write(() => this.#options.store.frames.replaced(frame.id));
    this.rescanSoon();
    return false;
  }
}
