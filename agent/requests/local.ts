import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../health/log.ts';
import { Periodic } from '../periodic.ts';
import type { Store } from '../store/open.ts';

/** Under this name the requests are kept that people at the site add; no destination may have it. */
export const localSource = 'local';
const everyMs = 1000;

/**
 * Notices what `bhtom-edge requests` wrote into the database beside the running daemon, and has it answered and executed.
 * There is no centre to tell: whoever added a request sees its state with the same command.
 */
export function localRequests(
  store: Pick<Store, 'outsideVersion'>,
  clock: Clock,
  log: Logger,
  onChange: () => void,
): Periodic {
  let version: number | undefined;
  const look = () => {
    const now = store.outsideVersion();
    if (version !== undefined && now !== version) onChange();
    version = now;
  };
  return new Periodic('requests of the site', everyMs, look, clock, log);
}
