import type { Clock } from '../base/clock.ts';
import { proofOfLifeMs } from './contract/device.ts';
import type { Command, Reading } from './contract.ts';
import { notConfirmed, silent } from './errors.ts';

/**
 * Reads a device until its value shows that a command was done: a reply "Ok" proves nothing, values do. A value from
 * before the command proves nothing either, and a reading that does not come is waited for no longer than the deadline.
 * @throws TellOperator `DEVICE_NOT_CONFIRMED` at the deadline; the signal's reason when aborted
 */
export async function confirm<Value>(
  what: { device: string; wish: string; read: () => Promise<Reading<Value>>; done: (value: Value) => boolean },
  command: Command,
  clock: Clock,
  pollMs = 200,
): Promise<Reading<Value>> {
  const startMs = clock.monotonicMs();
  const endMs = startMs + command.deadlineMs;
  let lastSeen = 'nothing';
  for (;;) {
    const leftMs = endMs - clock.monotonicMs();
    const reading = await inTime(what.read(), Math.max(leftMs, 0), command.signal, clock);
    if (reading !== 'too late') {
      const old = clock.nowMs() - reading.atMs > clock.monotonicMs() - startMs + toleranceMs;
      if (!old && what.done(reading.value)) return reading;
      lastSeen = old ? 'nothing since the command' : JSON.stringify(reading.value);
    }
    if (leftMs <= 0 || reading === 'too late') throw notConfirmed(what.device, what.wish, command.deadlineMs, lastSeen);
    await clock.sleep(Math.min(pollMs, leftMs), command.signal);
  }
}

/**
 * The value of a reading that is to be acted on now.
 * @throws RetryLater `DEVICE_SILENT` when it is older than `usableMs`, or does not say how old it is
 */
export function current<Value>(device: string, { value, atMs }: Reading<Value>, clock: Clock): Value {
  const ageMs = clock.nowMs() - atMs;
  if (!(ageMs <= usableMs)) throw silent(device, `its last word is ${Math.round(ageMs / 1000)} s old`);
  return value;
}

/** Twice the silence after which a driver asks for a sign of life. */
const usableMs = 2 * proofOfLifeMs;
/** Readings are stamped in whole milliseconds, some by another computer. */
const toleranceMs = 1000;

/** A driver that breaks its own deadline is waited for this much longer. */
const graceMs = 5000;

/**
 * Gives a command to a driver without trusting it to keep to its deadline or to hear its signal.
 * @throws TellOperator `DEVICE_NOT_CONFIRMED` a little after the deadline; the signal's reason as soon as it is aborted
 */
export async function ordered<Value>(
  what: { device: string; wish: string },
  order: (command: Command) => Promise<Value>,
  command: Command,
  clock: Clock,
): Promise<Value> {
  command.signal.throwIfAborted();
  const given = await inTime(order(command), command.deadlineMs + graceMs, command.signal, clock);
  if (given === 'too late') throw notConfirmed(what.device, what.wish, command.deadlineMs, 'nothing');
  return given;
}

/** What `work` gives, or 'too late' after `ms`; rejects with the signal's reason as soon as it is aborted. */
export async function inTime<Value>(
  work: Promise<Value>,
  ms: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<Value | 'too late'> {
  const settled = new AbortController();
  const late = clock.sleep(ms, AbortSignal.any([signal, settled.signal])).then(() => 'too late' as const);
  late.catch(() => undefined); // when the work wins, its alarm is called off and nobody listens
  try {
    return await Promise.race([work, late]);
  } finally {
    settled.abort();
  }
}
