/** How a part of the daemon fares, as far as it can prove it. */
export interface Health {
  /**
   * `well`: it made progress within its deadline, or has nothing to do · `away`: what it works with cannot be reached,
   * and is tried again without help · `needs-operator`: only a person can mend it · `stalled`: it has made no progress
   * within its deadline, and does not know why.
   */
  readonly state: 'well' | 'away' | 'needs-operator' | 'stalled';
  /** In plain words; empty while all is well. */
  readonly reason: string;
}

export const well: Health = { state: 'well', reason: '' };
