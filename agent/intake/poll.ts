import { resolve } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { FileVersion } from '../store/frame.ts';
import { isFrameName } from './names.ts';
import { walk } from './walk.ts';
import type { Watch, WatchOptions } from './watch.ts';

export interface PollOptions extends WatchOptions {
  readonly clock: Clock;
  readonly everyMs?: number;
}

/** A file that has not changed for this long is looked at by the rescan only: nothing writes to it any more. */
const quietMs = 60 * 60_000;

/**
 * Hears of new and changed files where no events arrive (network shares), by listing the folders every few seconds.
 * Names cost next to nothing, a look at each file does: so only new files and those of the last hour are looked at.
 * Resolves once it knows what is there; that is not told.
 */
export async function pollFolders(options: PollOptions): Promise<Watch> {
  const { clock, excluded, onFile, everyMs = 3000 } = options;
  const stop = new AbortController();
  const folders = options.folders.map((folder) => resolve(folder));
  let known = new Map<string, FileVersion>();

  async function list(isFirst: boolean): Promise<void> {
    const found = new Map<string, FileVersion>();
    const nowMs = clock.nowMs();
    const passOver = (path: string): boolean => {
      const version = isFrameName(path) ? known.get(path) : undefined;
      if (version === undefined || Math.abs(nowMs - version.mtimeMs) < quietMs) return false;
      found.set(path, version);
      return true;
    };
    const onUnreadable = () => undefined; // the rescan says so
    for (const folder of folders) {
      for await (const sighting of walk(folder, { excluded, nowMs, passOver, onUnreadable, signal: stop.signal })) {
        const { path, sizeBytes, mtimeMs } = sighting;
        const before = known.get(path);
        found.set(path, { sizeBytes, mtimeMs });
        if (!isFirst && (before?.sizeBytes !== sizeBytes || before.mtimeMs !== mtimeMs)) onFile(path);
      }
    }
    known = found;
  }

  async function poll(): Promise<void> {
    for (;;) {
      await clock.sleep(everyMs, stop.signal);
      await list(false);
    }
  }

  await list(true);
  const polling = poll().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return {
    async close() {
      stop.abort(new Error('the watch is closed'));
      await polling;
    },
  };
}
