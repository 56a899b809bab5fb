import type { Alarm } from '../store/alarms.ts';

/** Something to tell a person who is not at the computer. */
export interface Notice {
  readonly severity: 'info' | Alarm['severity'];
  /** One line. */
  readonly title: string;
  readonly text: string;
  /** Name of the site. */
  readonly site: string;
  /** When what it tells happened, Unix milliseconds. */
  readonly atMs: number;
}

/** A way to a person. One file a kind, in `channels/`. */
export interface NoticeChannel {
  /**
   * Sends a notice, once; whoever calls repeats.
   * @throws RetryLater when the service was not reached or is busy; the notice may have arrived all the same
   * @throws TellOperator when the service refuses: its account, its address or the notice's form is to be mended
   */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
  /** Ends what is kept open between notices, if anything is. */
  close?(): Promise<void>;
}

/** An alarm as it is told first, or again while it lasts. */
export function alarmNotice(
  alarm: Pick<Alarm, 'code' | 'subject' | 'severity' | 'text' | 'raisedAtMs'>,
  site: string,
  again = false,
): Notice {
  const { code, subject, severity, text, raisedAtMs } = alarm;
  const title = `${site}: ${severity === 'critical' ? 'ALARM' : 'warning'}${again ? ' (still)' : ''}, ${subject} [${code}]`;
  return { severity, title, text, site, atMs: raisedAtMs };
}

/** The end of an alarm that was told. */
export function overNotice(
  { code, subject, text }: Pick<Alarm, 'code' | 'subject' | 'text'>,
  site: string,
  atMs: number,
): Notice {
  return { severity: 'info', title: `${site}: over, ${subject} [${code}]`, text: `It is over: ${text}`, site, atMs };
}

/** What a person sends to see whether a channel works. */
export function testNotice(site: string, atMs: number): Notice {
  const text = 'This is a test: notices of this site arrive here.';
  return { severity: 'info', title: `${site}: test`, text, site, atMs };
}
