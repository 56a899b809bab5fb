import { rm, stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { describeError, ProgrammingFault, RetryLater } from '../../base/errors.ts';
import { isSiteFault } from '../../base/site-fault.ts';
import { Wake } from '../../base/wake.ts';
import type { Config, InstrumentConfig } from '../../config/schema.ts';
import type { Health } from '../health/health.ts';
import type { Logger } from '../health/log.ts';
import { Progress } from '../health/progress.ts';
import { isMissing } from '../intake/walk.ts';
import type { Frame } from '../store/frame.ts';
import type { CalibrationFacts, MasterKind, MeasuredDetector } from '../store/master.ts';
import type { Store } from '../store/open.ts';
import { assessMaster } from './assess.ts';
import { type Choice, chooseMasters } from './choose.ts';
import { agesOf, isMaster, Library, type LibraryMaster, type SetStatus } from './library.ts';
import type { MasterOrder, MasterReply } from './master-order.ts';
import { orderFor, recordOf } from './orders.ts';
import { framesToRedo, isThere } from './redo.ts';
import { type CalibrationFrame, masterKinds, replaces } from './sets.ts';
import { calibrationFactsOf, fitsSetup } from './setup.ts';

export interface KeeperParts {
  readonly config: Pick<Config, 'calibration' | 'instruments' | 'dataDir'>;
  readonly store: Pick<Store, 'frames' | 'masters' | 'reductions' | 'transaction'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly software: string;
  readonly build: (order: MasterOrder, signal: AbortSignal) => Promise<MasterReply>;
  /** Called for each frame that waits for its reduction again. */
  readonly onReduceAgain?: (frameId: number) => void;
}

/** What the library has for one light frame. */
export interface FrameMasters {
  readonly choice: Choice<LibraryMaster>;
  /** By photon transfer on flats and biases of its setup. */
  readonly detector: MeasuredDetector | undefined;
}

/** Building one master, or looking through the frames of all sets on a slow share, takes less. */
const longestStepMs = 60 * 60_000;
/** Tries at building one set that the computer, not the frames, made fail. */
const maxTries = 3;
const dayMs = 86_400_000;
/** From this misfit on (stale, scaled, standing in) it is worth looking for frames to build a better one of. */
const poorMisfit = 2;

/**
 * Keeps the calibration library: builds a master from each complete set of calibration frames, chooses the masters for
 * light frames, has frames of the last nights reduced again when a better master came, and clears old files away.
 */
export class MasterKeeper {
  readonly #parts: KeeperParts;
  readonly #libraries: ReadonlyMap<string, Library>;
  readonly #stopping = new AbortController();
  readonly #progress: Progress;
  readonly #everyMs: number;
  readonly #news = new Wake();
  /** Tries so far, by set. */
  readonly #failures = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: KeeperParts) {
    const { config, store } = parts;
    this.#parts = parts;
    this.#everyMs = Math.max(60_000, config.calibration.quietMinutes * 60_000);
    this.#progress = new Progress(parts.clock, this.#everyMs + longestStepMs);
    const onUnreadable = (setKey: string, reason: string) =>
      parts.log.warn({ setKey, reason }, 'a master is left out and made again: what is stored of it cannot be read');
    this.#libraries = new Map(
      config.instruments.map(({ id }) => [id, new Library(store, id, config.calibration, onUnreadable)]),
    );
  }

  /** Begins. `onFault` hears of the fault that ended the work, if one does; frames never cause that. */
  start(onFault: (error: unknown) => void): void {
    this.#parts.store.masters.retryAfterUpgrade();
    this.#running = this.#loop().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  health(): Health {
    return this.#progress.health();
  }

  /** A calibration frame came into the library. */
  noticed(): void {
    this.#news.wake();
  }

  /** Breaks off; what was being built is built by the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new RetryLater('MASTERS_STOPPED', 'The program is stopping.'));
    await this.#running;
  }

  /** Builds every set that has frames enough, quiet or not. */
  async buildAll(): Promise<void> {
    for (const instrument of this.#parts.config.instruments) await this.#keep(instrument, () => true);
  }

  /** The masters for a light frame; sets that it needs and that have frames enough are built first. */
  async chooseFor(frame: Frame): Promise<FrameMasters> {
    const instrument = this.#parts.config.instruments.find(({ id }) => id === frame.instrument);
    const library = this.#libraries.get(frame.instrument);
    if (!instrument || !library || !frame.facts) {
      throw new ProgrammingFault('FRAME_NOT_READY', `Frame ${frame.id} (${frame.path}) is not ready to be reduced.`);
    }
    const facts = calibrationFactsOf(frame.facts, frame.mtimeMs);
    return this.#inTurn(async () => {
      await library.refresh();
      let choice = chooseMasters(library.masters(), facts, this.#options());
      const needed = neededKinds(choice);
      if (needed.size > 0) {
        const isUseful = (status: SetStatus) => needed.has(status.set.kind) && this.#couldServe(status, facts);
        await this.#buildWhere(instrument, isUseful);
        choice = chooseMasters(library.masters(), facts, this.#options());
      }
      return { choice, detector: detectorFor(library.masters(), facts) };
    });
  }

  async #loop(): Promise<void> {
    const { clock, config, log } = this.#parts;
    this.#progress.made();
    for (;;) {
      try {
        for (const instrument of config.instruments) await this.#keep(instrument, ({ state }) => state === 'due');
      } catch (error) {
        if (this.#stopping.signal.aborted || !isSiteFault(error)) throw error;
        log.error({ err: error }, 'the calibration library cannot be kept at present; tried again later');
      }
      this.#progress.made();
      await this.#news.wait(clock, this.#stopping.signal, this.#everyMs);
    }
  }

  async #keep(instrument: InstrumentConfig, wanted: (status: SetStatus) => boolean): Promise<void> {
    await this.#inTurn(async () => {
      await this.#forgetLost(instrument);
      await this.#buildWhere(instrument, wanted);
      await this.#redo(instrument);
      await this.#clearOld(instrument);
    });
  }

  /** One piece of work on the library at a time. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#turn.then(() => {
      this.#stopping.signal.throwIfAborted();
      return work();
    });
    this.#turn = next.catch(() => undefined); // the caller hears of it
    return next;
  }

  /** Builds the wanted sets one by one: biases first, for what comes later may need them. */
  async #buildWhere(instrument: InstrumentConfig, wanted: (status: SetStatus) => boolean): Promise<void> {
    const library = this.#libraries.get(instrument.id)!;
    const tried = new Set<string>();
    await library.refresh();
    const next = (kind: MasterKind) =>
      library
        .sets(this.#parts.clock.nowMs())
        .find(
          (status) =>
            status.set.kind === kind &&
            (status.state === 'due' || status.state === 'arriving') &&
            !tried.has(status.key) &&
            wanted(status),
        );
    for (const kind of masterKinds) {
      for (let status = next(kind); status; status = next(kind)) {
        tried.add(status.key);
        await this.#build(instrument, library, status);
        await library.refresh();
      }
    }
  }

  async #build(instrument: InstrumentConfig, library: Library, status: SetStatus): Promise<void> {
    const { log, build, config, store, clock, software } = this.#parts;
    this.#progress.made();
    const members = await present(status.set.frames);
    const about = { instrument: instrument.id, kind: status.set.kind, frames: members.length };
    if (members.length < (isMaster(status.set) ? 1 : config.calibration.fewestFrames)) {
      log.warn(about, 'the files of a set of calibration frames are not there: no master is built of them');
      return;
    }
    const surroundings = { masters: library.masters(), sets: library.sets(clock.nowMs()) };
    let reply: MasterReply;
    try {
      const order = orderFor(status, members, { config, instrument, software, ...surroundings });
      reply = await build(order, this.#stopping.signal);
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      if (isSiteFault(error)) throw error;
      const tries = (this.#failures.get(status.key) ?? 0) + 1;
      this.#failures.set(status.key, tries);
      log.error({ ...about, err: error, tries }, 'a master could not be built');
      if (tries < maxTries) return;
      reply = { state: 'refused', reason: `not built in ${tries} tries: ${describeError(error)}`, rejected: [] };
    }
    store.transaction(() => {
      store.masters.put(recordOf(instrument.id, status, reply));
      if (reply.state === 'built' && reply.confirms !== null) store.masters.trust(instrument.id, reply.confirms);
    });
    library.mastersChanged();
    const told = { ...about, ...(reply.rejected.length > 0 && { rejected: reply.rejected }) };
    if (reply.state === 'refused') {
      log.warn(
        { ...told, reason: reply.reason },
        isMaster(status.set) ? 'a given master is not used' : 'no master can be made of this set',
      );
    } else if (reply.doubt !== null) {
      log.warn({ ...told, id: reply.id, reason: reply.doubt }, 'a new master is not trusted and kept aside');
    } else {
      log.info({ ...told, id: reply.id, path: reply.path }, isMaster(status.set) ? 'master adopted' : 'master built');
    }
  }

  /** Queues the frames again for which a new master is clearly better than what they were reduced with. */
  async #redo({ id }: InstrumentConfig): Promise<void> {
    const { store, clock, config, log, onReduceAgain } = this.#parts;
    const library = this.#libraries.get(id)!;
    const news = library.masters().filter(({ redoDue, aside }) => redoDue && aside === null);
    if (news.length === 0) return;
    const sinceMs = clock.nowMs() - config.calibration.redoNights * dayMs;
    const { ids, unreadable } = await framesToRedo(store, id, library.masters(), news, sinceMs, this.#options());
    store.transaction(() => {
      for (const frame of ids) store.frames.reduceAgain(frame);
      store.masters.redone(id);
    });
    library.mastersChanged();
    if (ids.length > 0) log.info({ instrument: id, frames: ids.length }, 'reduced again with better masters');
    for (const one of unreadable) log.warn(one, 'left as it is: the record of its reduction cannot be read');
    for (const frame of ids) onReduceAgain?.(frame);
  }

  /** A master whose file somebody removed is built again, where its frames are still there. */
  async #forgetLost({ id }: InstrumentConfig): Promise<void> {
    const { store, log } = this.#parts;
    const library = this.#libraries.get(id)!;
    await library.refresh();
    for (const { path, setKey } of library.masters()) {
      if (!(await isGone(path))) continue;
      store.masters.forget(id, setKey);
      library.mastersChanged();
      log.warn({ instrument: id, path }, 'the file of a master is gone: it is built again if its frames are there');
    }
  }

  async #clearOld({ id }: InstrumentConfig): Promise<void> {
    const { store, clock, config } = this.#parts;
    const library = this.#libraries.get(id)!;
    await library.refresh();
    const oldestMs = clock.nowMs() - config.calibration.keepDays * dayMs;
    const masters = library.masters();
    for (const old of masters.filter(({ facts }) => facts.takenMs < oldestMs)) {
      const isReplaced = masters.some(
        (one) => one.aside === null && one.facts.takenMs > old.facts.takenMs && replaces(one, old),
      );
      if (!isReplaced) continue;
      store.masters.clear(id, old.setKey);
      library.mastersChanged();
      await rm(old.path, { force: true });
    }
  }

  #couldServe({ set, facts }: SetStatus, frame: CalibrationFacts): boolean {
    if (set.kind === 'bias' || set.kind === 'flat-dark') return fitsSetup(facts, frame);
    const master = { id: '', kind: set.kind, facts, nCombined: set.frames.length };
    return assessMaster(master, frame, { ...this.#options(), hasBias: true }).forbids.length === 0;
  }

  #options() {
    return { ages: agesOf(this.#parts.config.calibration), given: false };
  }
}

/** Kinds of master that a frame lacks, or has only poorly; with them what building them takes. */
function neededKinds({ chosen, assessed }: Choice): ReadonlySet<MasterKind> {
  const needed = new Set<MasterKind>();
  const isPoor = (kind: 'dark' | 'flat') => (chosen[kind]?.misfit ?? poorMisfit) >= poorMisfit;
  if (isPoor('dark')) needed.add('dark');
  if (isPoor('flat')) needed.add('flat').add('flat-dark');
  const hasBias = assessed.bias.some(({ forbids, misfit }) => forbids.length === 0 && misfit < poorMisfit);
  if (needed.size > 0 && !hasBias) needed.add('bias');
  return needed;
}

/** What the flats nearest in time told of the detector. */
function detectorFor(masters: readonly LibraryMaster[], frame: CalibrationFacts): MeasuredDetector | undefined {
  const apartMs = ({ facts }: LibraryMaster) => Math.abs(facts.takenMs - frame.takenMs);
  const told = masters.filter((one) => one.aside === null && one.detector !== null && fitsSetup(one.facts, frame));
  return told.sort((a, b) => apartMs(a) - apartMs(b))[0]?.detector ?? undefined;
}

async function present(frames: readonly CalibrationFrame[]): Promise<CalibrationFrame[]> {
  const found: CalibrationFrame[] = [];
  for (const frame of frames) if (await isThere(frame.path, frame.version)) found.push(frame);
  return found;
}

function isGone(path: string): Promise<boolean> {
  return stat(path).then(() => false, isMissing);
}
