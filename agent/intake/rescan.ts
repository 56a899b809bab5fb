import { access, constants } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../health/log.ts';
import type { Frame, Sighting } from '../store/frame.ts';
import type { FrameStore } from '../store/frames.ts';
import type { WatchedInstrument } from './folders.ts';
import { walk } from './walk.ts';
import type { Writes } from './writes.ts';

export interface LedgerOptions {
  readonly frames: FrameStore;
  readonly writes: Writes;
  readonly clock: Clock;
  readonly log: Logger;
  /** Folders that are never entered: the agent's own. */
  readonly excluded: readonly string[];
  /** A frame that is to be settled. */
  readonly onFresh: (frame: Frame) => void;
}

/** So many files are compared with the ledger at a time. */
const batchSize = 50;

/** Compares folders with the ledger. */
export class Rescan {
  readonly #options: LedgerOptions;
  readonly #troubled = new Set<string>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Compares a folder of an instrument (absolute path) with the ledger; what the watch missed is found here. */
  async run(instrument: WatchedInstrument, folder: string, signal: AbortSignal): Promise<void> {
    const { excluded, clock } = this.#options;
    const troubled = new Set<string>();
    const onUnreadable = (unreadable: string, reason: string) => {
      troubled.add(unreadable);
      this.#tellTrouble(instrument, unreadable, reason);
    };
    let batch: Sighting[] = [];
    for await (const sighting of walk(folder, { excluded, nowMs: clock.nowMs(), onUnreadable, signal })) {
      batch.push(sighting);
      if (batch.length < batchSize) continue;
      await this.see(instrument, batch);
      batch = [];
    }
    await this.see(instrument, batch);
    this.#tellRecovery(folder, troubled);
  }

  /** Enters what was sighted in the ledger. */
  async see(instrument: WatchedInstrument, sightings: readonly Sighting[]): Promise<void> {
    if (sightings.length === 0) return;
    const { frames, writes, onFresh } = this.#options;
    const { fresh, unreadable } = await writes.write(() => frames.see(instrument.id, sightings));
    for (const frame of fresh) onFresh(frame);
    for (const frame of unreadable) {
      if (await isReadable(frame.path)) onFresh(await writes.write(() => frames.reopen(frame.id)));
    }
  }

  #tellTrouble(instrument: WatchedInstrument, folder: string, reason: string): void {
    if (this.#troubled.has(folder)) return;
    this.#troubled.add(folder);
    this.#options.log.warn(
      { instrument: instrument.id, folder },
      `the folder cannot be read; frames in it wait until it can: ${reason}`,
    );
  }

  #tellRecovery(folder: string, stillTroubled: ReadonlySet<string>): void {
    for (const told of [...this.#troubled]) {
      if (stillTroubled.has(told) || !told.startsWith(folder)) continue;
      this.#troubled.delete(told);
      this.#options.log.info({ folder: told }, 'the folder can be read again');
    }
  }
}

function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false, // as before
  );
}
