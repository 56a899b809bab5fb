/** What a check found of one thing: as it should be, doubtful, or wrong; then with what to do about it. */
export interface Finding {
  /** What was looked at, such as `clock` or `folder`. */
  readonly area: string;
  /** Which one of them, such as a path or the id of a destination; empty where there is one only. */
  readonly subject: string;
  readonly state: 'well' | 'doubtful' | 'wrong';
  readonly words: string;
  /** What a person can do; null where there is nothing to do. */
  readonly remedy: string | null;
}

export function well(area: string, subject: string, words: string): Finding {
  return { area, subject, state: 'well', words, remedy: null };
}

export function doubtful(area: string, subject: string, words: string, remedy: string): Finding {
  return { area, subject, state: 'doubtful', words, remedy };
}

export function wrong(area: string, subject: string, words: string, remedy: string): Finding {
  return { area, subject, state: 'wrong', words, remedy };
}
