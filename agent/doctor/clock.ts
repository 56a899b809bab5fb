import type { Clock } from '../../base/clock.ts';
import { describeError, RetryLater } from '../../base/errors.ts';
import { doubtful, type Finding, well, wrong } from './finding.ts';
import { askNtp, type ClockOffset } from './sntp.ts';

export interface ClockQuestion {
  readonly clock: Clock;
  /** Host or host:port; undefined when none is to be asked. */
  readonly ntpServer: string | undefined;
  readonly destinations: readonly { readonly id: string; readonly url: string }[];
}

/** Times of frames are worth no more than the clock that made them. */
const tolerableMs = 500;
const patienceMs = 10_000;
/** Header `Date` counts whole seconds: its moment lies half a second later on average. */
const dateHalfStepMs = 500;

/** Holds this computer's clock against an NTP server and against the servers of all destinations. */
export async function clockFindings({ clock, ntpServer, destinations }: ClockQuestion): Promise<Finding[]> {
  const nowMs = () => clock.nowMs();
  const asked = [
    ...(ntpServer === undefined ? [] : [{ subject: ntpServer, ask: () => askNtp(ntpServer, nowMs) }]),
    ...destinations.map(({ id, url }) => ({ subject: id, ask: () => askHttp(url, nowMs) })),
  ];
  return Promise.all(
    asked.map(async ({ subject, ask }) => {
      try {
        return findingOf(subject, await ask());
      } catch (error) {
        if (!(error instanceof RetryLater)) throw error;
        return doubtful('clock', subject, `the clock was not held against it: ${describeError(error)}`, noAnswer);
      }
    }),
  );
}

const noAnswer =
  'Look whether this computer reaches the network; keep its clock by NTP (chrony, systemd-timesyncd, Windows time service).';

function findingOf(subject: string, { aheadMs, uncertaintyMs }: ClockOffset): Finding {
  const size = Math.abs(aheadMs);
  const words = `this computer's clock is ${(size / 1000).toFixed(2)} s ${aheadMs < 0 ? 'behind' : 'ahead of'} ${subject} (known to ${(uncertaintyMs / 1000).toFixed(2)} s)`;
  if (size <= tolerableMs + uncertaintyMs) return well('clock', subject, words);
  const remedy =
    'Set the clock, and let NTP keep it (chrony, systemd-timesyncd, Windows time service): the times of all frames are wrong by this.';
  return wrong('clock', subject, words, remedy);
}

/** The offset by the header `Date` of whatever a server answers. */
async function askHttp(url: string, nowMs: () => number): Promise<ClockOffset> {
  const sentMs = nowMs();
  let date: string | null;
  try {
    const answer = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(patienceMs) });
    date = answer.headers.get('date');
  } catch (error) {
    throw new RetryLater('NO_ANSWER', `${url} gave no answer`, { cause: error });
  }
  const gotMs = nowMs();
  const thereMs = Date.parse(date ?? '') + dateHalfStepMs;
  if (Number.isNaN(thereMs)) throw new RetryLater('NO_DATE', `${url} does not tell its time`);
  return { aheadMs: (sentMs + gotMs) / 2 - thereMs, uncertaintyMs: (gotMs - sentMs) / 2 + dateHalfStepMs };
}
