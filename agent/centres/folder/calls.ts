import type { Clock } from '../../../base/clock.ts';
import { RetryLater, TellOperator } from '../../../base/errors.ts';
import { untilAborted } from '../../../base/until-aborted.ts';

const patienceMs = 60_000;

/**
 * Calls to one folder, in the words of this program. A call to a network share that hangs cannot be broken off and keeps
 * one of the system's few threads: while one does not come back, no other is begun.
 */
export class FolderCalls {
  readonly #folder: string;
  readonly #clock: Clock;
  #isUnderWay = false;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** @throws RetryLater, TellOperator; the signal's reason when it is aborted */
  async do<Result>(call: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    if (this.#isUnderWay) throw hung(this.#folder);
    const answered = new AbortController();
    this.#isUnderWay = true;
    const result = call().finally(() => {
      this.#isUnderWay = false;
    });
    result.catch(() => undefined); // it may come after nobody waits for it any more
    const late = this.#clock.sleep(patienceMs, AbortSignal.any([signal, answered.signal])).then(() => {
      throw hung(this.#folder);
    });
    try {
      return await untilAborted(Promise.race([result, late]), signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : inOurWords(error, this.#folder);
    } finally {
      answered.abort();
      late.catch(() => undefined);
    }
  }
}

const hung = (folder: string) =>
  new RetryLater('FOLDER_HANGS', `The folder ${folder} gives no answer. Does its network share hang?`);

/** What an error of the system means for a delivery. Whatever is no error of the system is given back as it is. */
function inOurWords(error: unknown, folder: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const because = { cause: error };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new RetryLater('FOLDER_AWAY', `There is no folder ${folder}: is its share mounted?`, because);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new TellOperator(
        'FOLDER_CLOSED',
        `${folder} cannot be written to (${code}): mend its permissions.`,
        because,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new RetryLater('FOLDER_FULL', `There is no room left in ${folder}: make some.`, because);
  }
  return new RetryLater('FOLDER_FAULT', `The folder ${folder} fails (${code}).`, because);
}
