import { Parked, RetryLater, TellOperator } from '../base/errors.ts';

/** The device did not show within its deadline that it obeyed: nobody knows what it does now. */
export function notConfirmed(device: string, wish: string, deadlineMs: number, lastSeen: string): TellOperator {
  return new TellOperator(
    'DEVICE_NOT_CONFIRMED',
    `${device} did not confirm within ${deadlineMs / 1000} s that it ${wish}; it last said: ${lastSeen}. ` +
      'Its state is not known: look at it before it is used again.',
  );
}

/** The device will never do this, whenever it is asked. */
export function refused(device: string, reason: string): Parked {
  return new Parked('DEVICE_REFUSED', `${device} refuses: ${reason}.`);
}

/** The device does something else at the moment. */
export function busy(device: string, activity: string): RetryLater {
  return new RetryLater('DEVICE_BUSY', `${device} is ${activity}; try again when it is done.`);
}

/** The device does not answer, or is lost; `why` where that is known. */
export function silent(device: string, why?: string, cause?: unknown): RetryLater {
  const known = why === undefined ? '' : ` (${why})`;
  return new RetryLater('DEVICE_SILENT', `${device} does not answer${known}; check its power and its cable.`, {
    cause,
  });
}
