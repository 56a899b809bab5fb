import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { RetryLater } from '../../base/errors.ts';
import { Wake } from '../../base/wake.ts';
import type { Config } from '../../config/schema.ts';
import { frameHappening, type Tell } from '../happenings.ts';
import type { Logger } from '../health/log.ts';
import type { Frame } from '../store/frame.ts';
import type { Store } from '../store/open.ts';
import { DiskSpace } from './disk-space.ts';
import { sameVersion, versionOf } from './file-state.ts';
import { FolderProbe, type FolderProbeOptions } from './folder-probe.ts';
import { isWithin, ownFolders, pathBelow, type WatchedInstrument } from './folders.ts';
import type { Identification } from './identify.ts';
import { type Inspector, threadInspector } from './inspector.ts';
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
  /** How folders are asked whether they are there. */
  readonly probe?: Pick<FolderProbeOptions, 'identify' | 'everyMs' | 'deadlineMs'>;
  /** How often a polled folder is looked at. */
  readonly pollMs?: number;
}

export interface IntakeStatus {
  /** Why nothing is taken in at present; undefined while all is well. */
  readonly paused: string | undefined;
  /** What is wrong with watched folders, a sentence each; the others go on. */
  readonly folders: readonly string[];
  /** Files that are not whole yet. */
  readonly waiting: readonly WaitingFile[];
  /** When all folders were last compared with the ledger, monotonic; undefined before the first time. */
  readonly rescannedMs: number | undefined;
}

/** Tries at reading a settled file that ended with the loss of the reading thread. */
const maxReadings = 3;
/** How often the database is asked whether another process wrote to it. */
const noticeEveryMs = 1000;

/** How soon frames in a folder that gives no answer are thought of again. */
const againMs = 5000;

/** One folder of one instrument: each is watched and looked through for itself. */
interface Watched {
  readonly instrument: WatchedInstrument;
  readonly folder: string;
  readonly due: Wake;
  watch: Promise<Watch> | undefined;
  rescannedMs: number | undefined;
}

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
  readonly #watched: readonly Watched[];
  readonly #probe: FolderProbe;
  readonly #claimed = new Set<number>();
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  /** Does nothing yet; throws TellOperator when a watched folder lies inside dataDir. */
  constructor(options: IntakeOptions) {
    const { clock, log, store, settings, dataDir, instruments } = options;
    const { frames } = store;
    this.#options = options;
    this.#instruments = new Map(instruments.map((instrument) => [instrument.id, instrument]));
    this.#excluded = ownFolders(dataDir, instruments);
    this.#watched = instruments.flatMap((instrument) =>
      instrument.folders.map((folder) => ({
        ...{ instrument, folder: resolve(folder), due: new Wake(), watch: undefined, rescannedMs: undefined },
      })),
    );
    this.#probe = new FolderProbe({
      folders: [...new Set(this.#watched.map(({ folder }) => folder))],
      ...{ clock, log },
      onReplaced: (folder) => this.#watchAnew(folder),
      ...options.probe,
    });
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
      isHung: (path) => this.#probe.isHung(path),
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
    const loops: Promise<unknown>[] = [
      ...this.#watched.map((one) => this.#watch(one)),
      ...this.#watched.map((one) => this.#rescanAgain(one, signal)),
      this.#probe.run(signal),
      this.#disk.check().then(() => this.#disk.run(signal)),
      this.#settler.run(signal),
      this.#identifyAll(signal),
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
    const hung = new Set<number>();
    for (;;) {
      await this.#disk.room(either);
      const frame = frames.nextLight(new Set([...this.#claimed, ...hung]));
      if (!frame) {
        await this.#lights.wait(this.#options.clock, either, hung.size > 0 ? againMs : undefined);
        hung.clear();
        continue;
      }
      if (this.#probe.isHung(frame.path)) {
        hung.add(frame.id);
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
    for (const { due } of this.#watched) due.wake();
  }

  status(): IntakeStatus {
    const rescanned = this.#watched.map(({ rescannedMs }) => rescannedMs ?? Number.NEGATIVE_INFINITY);
    const oldestMs = Math.min(...rescanned);
    return {
      paused: this.#disk.paused,
      folders: this.#probe.troubles(),
      waiting: this.#settler.waiting(),
      rescannedMs: Number.isFinite(oldestMs) ? oldestMs : undefined,
    };
  }

  /** Stops cleanly; what was under way is taken up by the next start. */
  async close(): Promise<void> {
    this.#stop.abort(new RetryLater('INTAKE_CLOSED', 'The program is stopping.'));
    await this.#inspector.close();
    await this.#running;
    const watches = await Promise.allSettled(this.#watched.map((one) => one.watch)); // one that failed has told its fault
    for (const watch of watches) if (watch.status === 'fulfilled') await watch.value?.close();
  }

  async #watch(watched: Watched): Promise<void> {
    watched.watch = this.#listen(watched);
    await watched.watch;
    watched.due.wake(); // what came between the first rescan and now
  }

  /** Events of a folder that was replaced come no more: listens to the one that stands there now. */
  #watchAnew(folder: string): void {
    for (const watched of this.#watched) {
      if (watched.folder !== folder) continue;
      watched.due.wake();
      if (watched.instrument.polling) continue;
      const before = watched.watch;
      this.#watch(watched).catch((error: unknown) => {
        this.#options.log.warn(
          { err: error, folder },
          'the folder cannot be watched: its files are found by the rescan',
        );
      });
      before?.then((watch) => watch.close()).catch(() => undefined); // it told its fault when it began
    }
  }

  async #listen({ instrument, folder }: Watched): Promise<Watch> {
    const { log, clock, pollMs } = this.#options;
    const { signal } = this.#stop;
    const listen = instrument.polling ? pollFolders : watchFolders;
    return listen({
      folders: [folder],
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
  }

  async #heard(instrument: WatchedInstrument, path: string): Promise<void> {
    const sighting = await sight(path, this.#options.clock.nowMs());
    if (sighting) await this.#rescan.see(instrument, [sighting]);
  }

  async #rescanAgain(watched: Watched, signal: AbortSignal): Promise<void> {
    const { clock, settings } = this.#options;
    for (;;) {
      await this.#disk.room(signal);
      await this.#rescan.run(watched.instrument, watched.folder, signal);
      watched.rescannedMs = clock.monotonicMs();
      await watched.due.wait(clock, signal, settings.rescanS * 1000);
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
    const hung = new Set<number>();
    for (;;) {
      await this.#disk.room(signal);
      const frame = frames.nextSettled(hung);
      if (!frame) {
        await this.#settled.wait(this.#options.clock, signal, hung.size > 0 ? againMs : undefined);
        hung.clear();
      } else if (this.#probe.isHung(frame.path)) hung.add(frame.id);
      else await this.#identify(frame, signal);
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
      if (this.#probe.isHung(path)) return;
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
