/** What the code that catches an error should do about it: one class for each reaction, not for each place. */
export type Reaction = 'retry' | 'park' | 'tell-operator' | 'programming-fault';

/**
 * The root of every error this program raises on purpose. `code` is stable and made for programs, `message` is made
 * for people: what happened, what it means, what to do. No message carries a secret.
 */
export abstract class EdgeError extends Error {
  abstract readonly reaction: Reaction;
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The world is not ready (network, busy device, full disk): the same work may succeed later. */
export class RetryLater extends EdgeError {
  readonly reaction = 'retry';
  /** The earliest moment another try makes sense, where the other side said so. */
  readonly notBeforeMs: number | undefined;

  constructor(code: string, message: string, options?: { cause?: unknown; notBeforeMs?: number }) {
    super(code, message, options);
    this.notBeforeMs = options?.notBeforeMs;
  }
}

/** This piece of work cannot succeed as it is (a bad file, a refused product): set it aside with its reason. */
export class Parked extends EdgeError {
  readonly reaction = 'park';
}

/** Only a person can mend it (configuration, credentials, hardware). */
export class TellOperator extends EdgeError {
  readonly reaction = 'tell-operator';
}

/** An invariant of this program is broken: never retried, never hidden. */
export class ProgrammingFault extends EdgeError {
  readonly reaction = 'programming-fault';
}

/** The message of anything that was thrown, with those of its causes that say more. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : describeError(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message} (${cause})`;
}
