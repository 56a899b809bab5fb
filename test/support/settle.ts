import type { ManualClock } from '../../base/clock.ts';

/**
 * Lets time pass second by second until the work is settled, and gives what it gives. `meanwhile` is waited for before
 * each second: work on threads, which know no simulated time.
 */
export async function settle<Value>(
  clock: ManualClock,
  work: Promise<Value>,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<Value> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  work.then(note, note);
  for (let k = 0; !settled && k < 100_000; k++) {
    await new Promise((resolve) => setImmediate(resolve));
    await meanwhile();
    if (!settled) await clock.advance(1000);
  }
  return work;
}
