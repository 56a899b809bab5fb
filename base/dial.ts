import type { Clock } from './clock.ts';
import { describeError } from './errors.ts';

export interface DialPolicy {
  readonly firstMs: number;
  readonly longestMs: number;
}

const usualDialPolicy: DialPolicy = { firstMs: 500, longestMs: 30_000 };

/**
 * Keeps one connection alive: calls `connection`, which lasts as long as it does and gives or throws the reason of its
 * end, and calls it again after a wait that doubles with each failure. Ends when the signal is aborted.
 */
export async function keepDialling(
  connection: () => Promise<string>,
  onLost: (reason: string) => void,
  clock: Clock,
  signal: AbortSignal,
  policy: DialPolicy = usualDialPolicy,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startMs = clock.monotonicMs();
    const reason = await connection().catch(describeError);
    if (signal.aborted) return;
    onLost(reason);
    // One that lasted was a good one: the next failure is the first again.
    failures = clock.monotonicMs() - startMs > policy.longestMs ? 0 : failures;
    const waitMs = Math.min(policy.firstMs * 2 ** failures++, policy.longestMs);
    await clock.sleep(waitMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
