import { Parked, RetryLater } from '../../base/errors.ts';

/** The visit must not go on: it is not safe, the request was cancelled, the program ends. */
export class VisitAborted extends RetryLater {
  constructor(reason: string) {
    super('VISIT_ABORTED', reason);
  }
}

/** The program ended in the middle of a visit, which is not taken up again. */
export class ProgramEnded extends RetryLater {
  constructor(reason: string) {
    super('PROGRAM_ENDED', reason);
  }
}

/** The sky or the owner's limits do not allow the request at this moment. */
export class NotNow extends Parked {
  constructor(reason: string) {
    super('NOT_POSSIBLE_NOW', reason);
  }
}
