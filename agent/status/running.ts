import { z } from 'zod';

const time = z.number().describe('Unix milliseconds');

/**
 * What only the running daemon knows. Read by programs of other versions: a reader ignores what it does not know, and
 * nothing is taken away once it stands here.
 */
export const runningStatus = z.object({
  version: z.string(),
  pid: z.number(),
  uptimeS: z.number(),
  /** Each part of the daemon: how it fares (see health/health.ts), and since when. */
  parts: z.array(z.object({ name: z.string(), state: z.string(), reason: z.string(), sinceMs: time })),
  destinations: z.array(
    z.object({
      id: z.string(),
      delivery: z.object({ state: z.string(), reason: z.string(), inFlight: z.number() }).nullable(),
      link: z.object({ state: z.string(), reason: z.string(), clockAheadMs: z.number().nullable() }).nullable(),
    }),
  ),
  intake: z.object({
    /** Why nothing is taken in; null while all is well. */
    paused: z.string().nullable(),
    /** Files that are not whole yet: how many, and the first few. */
    nWaiting: z.number(),
    waiting: z.array(z.object({ path: z.string(), reason: z.string(), waitingS: z.number() })),
    /** Seconds since all folders were last compared with the ledger; null before the first time. */
    rescannedAgoS: z.number().nullable(),
  }),
  /** The robotic instruments; the safety is null while the devices are away. */
  telescopes: z.array(
    z.object({
      instrument: z.string(),
      safety: z
        .object({ safe: z.boolean(), reasons: z.array(z.string()), sinceMs: time, attended: z.boolean() })
        .nullable(),
    }),
  ),
  alarms: z.array(
    z.object({
      code: z.string(),
      subject: z.string(),
      severity: z.string(),
      text: z.string(),
      raisedAtMs: time,
      lastAtMs: time,
      count: z.number(),
    }),
  ),
  /** The longest block of the event loop within the current minute, milliseconds. */
  loopLagMs: z.number(),
  /** The Sun in the night ahead, or now; null where it does not get there. */
  night: z.object({
    sunsetMs: time.nullable(),
    darkFromMs: time.nullable(),
    darkUntilMs: time.nullable(),
    sunriseMs: time.nullable(),
  }),
  /** What happened last, oldest first (see happenings.ts). */
  happenings: z.array(z.looseObject({ kind: z.string(), atMs: time })),
});
export type RunningStatus = z.infer<typeof runningStatus>;
