import type { Random } from './random.ts';

export interface BackoffPolicy {
  /** The longest wait after the first failure. */
  firstMs: number;
  /** The longest wait ever. */
  capMs: number;
}

export const defaultBackoff: BackoffPolicy = { firstMs: 1000, capMs: 15 * 60_000 };

/**
 * How long to wait before the next try: exponential with full jitter, uniform in [0, min(cap, first * 2^(n-1))), so
 * that a hundred sites that lost the same server do not return in step.
 */
export function backoffMs(failures: number, random: Random, policy: BackoffPolicy = defaultBackoff): number {
  const longestMs = Math.min(policy.capMs, policy.firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return random.uniform() * longestMs;
}
