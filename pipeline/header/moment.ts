import type { Mjd } from '../time/mjd.ts';
import type { Confidence } from './facts.ts';

/**
 * The moment of an exposure that a card tells: `start or middle` where programs differ, `file` for when the file was
 * written, `unclear` where the comment speaks of something that may be start or end.
 */
export type MomentRole = 'start' | 'middle' | 'end' | 'start or middle' | 'file' | 'unclear';

/** What one card says of when the exposure was taken. */
export interface Moment {
  readonly role: MomentRole;
  /** UTC; as written where the zone is `local`; of no particular day where `isClock`. */
  readonly mjd: Mjd;
  readonly zone: 'utc' | 'unstated' | 'local';
  /** The last digit written is worth so much. */
  readonly resolutionS: number;
  /** A time of day without its date. */
  readonly isClock: boolean;
  /** A date without its time of day. */
  readonly isDate: boolean;
  /** Days until the other reading of a date whose day and month may be exchanged. */
  readonly otherReadingDays?: number;
  readonly card: string;
  readonly quote: string;
  readonly comment: string;
  readonly confidence: Confidence;
}

/** A moment as its value alone tells it, before the card is known. */
export type Spoken = Omit<Moment, 'card' | 'quote' | 'comment' | 'confidence'>;
