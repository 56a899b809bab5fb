import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { RetryLater, TellOperator } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { isSiteFault } from '../../base/site-fault.ts';
import { Wake } from '../../base/wake.ts';
import { answerFault, type NetworkTarget, type TargetSource } from '../centres/target-source.ts';
import { type Health, well } from '../health/health.ts';
import type { Logger } from '../health/log.ts';
import type { NetworkTargetStore } from '../store/network-targets.ts';

export interface TargetKeeperParts {
  readonly sources: readonly TargetSource[];
  readonly store: Pick<NetworkTargetStore, 'replaceList' | 'listFetchedAtMs' | 'writeArchive' | 'archive'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Hears of targets that a list did not have before. */
  readonly onAdded?: (targets: readonly NetworkTarget[]) => void;
}

const hourMs = 3_600_000;
/** A list is read again when it is this old, a light curve when a frame shows its target and it is this old. */
const listAgeMs = 6 * hourMs;
const archiveAgeMs = 12 * hourMs;
/** Between two calls. */
const pauseMs = 2000;
const patience = { firstMs: 60_000, capMs: 6 * hourMs };
/** Light curves that wait at most: a catalogue of targets is not fetched by accident. */
const maxWaiting = 500;

/** Keeps lists and light curves of the centres' targets fresh: one call at a time, with pauses, ever more slowly when they fail. */
export class TargetKeeper {
  readonly #parts: TargetKeeperParts;
  readonly #stopping = new AbortController();
  readonly #wake = new Wake();
  /** Names whose light curves are wanted, in the order they were asked for. */
  readonly #wanted = new Set<string>();
  /** By centre: failures in a row, and when the next try is allowed. */
  readonly #resting = new Map<string, { failures: number; untilMs: number; error: Error }>();
  /** By centre and name: light curves that made no sense, and when they are asked for again. */
  readonly #senseless = new Map<string, number>();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: TargetKeeperParts) {
    this.#parts = parts;
  }

  /** Begins. `onFault` hears of a fault that ended the work; centres never cause one. */
  start(onFault: (error: unknown) => void): void {
    if (this.#parts.sources.length === 0) return;
    this.#running = this.#loop().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  /** Asks for the light curves of targets that frames show; fresh ones cost nothing. */
  want(names: readonly string[]): void {
    for (const name of names) if (this.#wanted.size < maxWaiting) this.#wanted.add(name);
    this.#wake.wake();
  }

  /** The worst of the centres: one that needs the operator, else one that is away. */
  health(): Health {
    const resting = [...this.#resting].map(([destination, { error }]) => ({ destination, error }));
    const worst = resting.find(({ error }) => error instanceof TellOperator) ?? resting[0];
    if (!worst) return well;
    const state = worst.error instanceof TellOperator ? 'needs-operator' : 'away';
    return { state, reason: `${worst.destination}: ${worst.error.message}` };
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new RetryLater('TARGETS_STOPPED', 'The program is stopping.'));
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { sources, clock } = this.#parts;
    const { signal } = this.#stopping;
    for (;;) {
      for (const source of sources) {
        if (this.#isResting(source)) continue;
        await this.#tryIt(source, async () => {
          if (await this.#refreshList(source, signal)) await clock.sleep(pauseMs, signal);
          for (const name of this.#wanted)
            if (await this.#refreshArchive(source, name, signal)) await clock.sleep(pauseMs, signal);
        });
      }
      // What a resting centre was asked for is asked again when a frame shows it again.
      this.#wanted.clear();
      await this.#wake.wait(clock, signal, Math.min(...sources.map((source) => this.#dueInMs(source))));
    }
  }

  async #refreshList({ destination, targets }: TargetSource, signal: AbortSignal): Promise<boolean> {
    const { store, log } = this.#parts;
    if (!this.#isOld(store.listFetchedAtMs(destination), listAgeMs)) return false;
    const list = await targets(signal);
    const added = store.replaceList(destination, list);
    log.info({ destination, targets: list.length, added: added.length }, 'targets of the network');
    this.#parts.onAdded?.(added);
    return true;
  }

  async #refreshArchive({ destination, archive }: TargetSource, name: string, signal: AbortSignal): Promise<boolean> {
    const { store, log } = this.#parts;
    if (!archive || !this.#isOld(store.archive(destination, name)?.fetchedAtMs, archiveAgeMs)) return false;
    const key = JSON.stringify([destination, name]);
    if ((this.#senseless.get(key) ?? 0) > this.#parts.clock.nowMs()) return false;
    let curve: Awaited<ReturnType<typeof archive>>;
    try {
      curve = await archive(name, signal);
    } catch (error) {
      // One that the centre cannot tell must not keep the others waiting.
      if (!(error instanceof RetryLater) || error.code !== answerFault) throw error;
      log.warn({ destination, target: name, reason: error.message }, 'the archive of a target could not be read');
      this.#senseless.set(key, this.#parts.clock.nowMs() + hourMs);
      return true;
    }
    this.#senseless.delete(key);
    store.writeArchive(destination, name, curve?.points, curve?.acknowledgement);
    log.debug({ destination, target: name, points: curve?.points.length ?? 'unknown there' }, 'archive of a target');
    return true;
  }

  /** Does one centre's work; when that fails, lets it rest. */
  async #tryIt({ destination }: TargetSource, work: () => Promise<void>): Promise<void> {
    const { clock, random, log } = this.#parts;
    try {
      await work();
      this.#resting.delete(destination);
    } catch (error) {
      const isExpected = error instanceof RetryLater || error instanceof TellOperator || isSiteFault(error);
      if (!(error instanceof Error) || !isExpected || this.#stopping.signal.aborted) throw error;
      const failures = (this.#resting.get(destination)?.failures ?? 0) + 1;
      const ownMs = Math.max(patience.firstMs / 2, backoffMs(failures, random, patience));
      const askedMs = error instanceof RetryLater ? (error.notBeforeMs ?? 0) - clock.nowMs() : patience.capMs / 6;
      this.#resting.set(destination, { failures, error, untilMs: clock.nowMs() + Math.max(ownMs, askedMs) });
      const level = error instanceof TellOperator ? 'error' : 'warn';
      log[level](
        { destination, reason: error.message },
        'the targets of a centre could not be read; what is known stays',
      );
    }
  }

  #isResting({ destination }: TargetSource): boolean {
    return (this.#resting.get(destination)?.untilMs ?? 0) > this.#parts.clock.nowMs();
  }

  /** A clock that was set back makes nothing young for ever. */
  #isOld(fetchedAtMs: number | undefined, maxAgeMs: number): boolean {
    return fetchedAtMs === undefined || Math.abs(this.#parts.clock.nowMs() - fetchedAtMs) >= maxAgeMs;
  }

  #dueInMs({ destination }: TargetSource): number {
    const nowMs = this.#parts.clock.nowMs();
    const rest = this.#resting.get(destination);
    if (rest) return Math.max(1000, rest.untilMs - nowMs);
    const fetchedAtMs = this.#parts.store.listFetchedAtMs(destination) ?? nowMs;
    return Math.max(1000, fetchedAtMs + listAgeMs - nowMs);
  }
}
