import { stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Logger } from '../health/log.ts';
import { isWithin } from './folders.ts';

/** What tells a folder from another one that took its place. */
export interface FolderIdentity {
  readonly dev: number;
  readonly ino: number;
}

export interface FolderProbeOptions {
  /** Absolute paths. */
  readonly folders: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Another folder stands at the path than before (something was mounted over it), or it is back. */
  readonly onReplaced: (folder: string) => void;
  /** The system's own unless a test gives another. */
  readonly identify?: (folder: string) => Promise<FolderIdentity>;
  readonly everyMs?: number;
  /** A folder that gives no answer for this long hangs. */
  readonly deadlineMs?: number;
}

type Trouble = { readonly kind: 'hung' | 'away'; readonly reason: string };
type Answer = { readonly identity: FolderIdentity } | { readonly error: unknown };

/**
 * Asks each watched folder for itself, again and again, whether it is there: a network share that hangs answers no
 * call, and nothing that waits for it may hold up another folder. One call a folder is under way at most.
 */
export class FolderProbe {
  readonly #options: FolderProbeOptions;
  readonly #troubles = new Map<string, Trouble>();

  constructor(options: FolderProbeOptions) {
    this.#options = options;
  }

  /** Whether a path lies in a folder that answers no call at present. */
  isHung(path: string): boolean {
    for (const [folder, { kind }] of this.#troubles) if (kind === 'hung' && isWithin(path, folder)) return true;
    return false;
  }

  /** What is wrong with the folders, a sentence each. */
  troubles(): string[] {
    return [...this.#troubles.values()].map(({ reason }) => reason);
  }

  /** Asks until aborted, which ends it at once. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#options.folders.map((folder) => this.#follow(folder, signal)));
  }

  async #follow(folder: string, signal: AbortSignal): Promise<void> {
    const { clock, everyMs = 10_000, identify = stat } = this.#options;
    let before: FolderIdentity | undefined;
    for (;;) {
      const asked = identify(folder).then(
        ({ dev, ino }): Answer => ({ identity: { dev, ino } }),
        (error: unknown): Answer => ({ error }),
      );
      const answer = await this.#answerOf(folder, asked, signal);
      if ('error' in answer) {
        const reason = `The watched folder ${folder} cannot be reached (${describeError(answer.error)}). Its frames are taken in once it is there.`;
        this.#set(folder, { kind: 'away', reason });
      } else {
        const wasTroubled = this.#set(folder, undefined);
        const isAnother = before && (before.dev !== answer.identity.dev || before.ino !== answer.identity.ino);
        if (isAnother)
          this.#options.log.warn({ folder }, 'another folder stands where the watched one was: watched anew');
        if (isAnother || wasTroubled) this.#options.onReplaced(folder);
        before = answer.identity;
      }
      await clock.sleep(everyMs, signal);
    }
  }

  /** The answer, however long it takes; past the deadline the folder is told as hung. */
  async #answerOf(folder: string, asked: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    const { clock, deadlineMs = 15_000 } = this.#options;
    const answered = new AbortController();
    const late = clock.sleep(deadlineMs, AbortSignal.any([signal, answered.signal])).then(
      () => {
        const reason = `The watched folder ${folder} has given no answer for ${deadlineMs / 1000} s. Does its network share hang? Its frames wait; all other folders go on.`;
        this.#set(folder, { kind: 'hung', reason });
      },
      () => undefined, // it answered, or all ends
    );
    try {
      return await untilAborted(asked, signal);
    } finally {
      answered.abort();
      await late;
    }
  }

  /** Says so when it changes. Gives whether there was trouble before. */
  #set(folder: string, trouble: Trouble | undefined): boolean {
    const before = this.#troubles.get(folder);
    if (trouble) this.#troubles.set(folder, trouble);
    else this.#troubles.delete(folder);
    const { log } = this.#options;
    if (trouble && before?.kind !== trouble.kind) log.warn({ folder }, trouble.reason);
    if (!trouble && before) log.info({ folder }, 'the watched folder is back');
    return before !== undefined;
  }
}
